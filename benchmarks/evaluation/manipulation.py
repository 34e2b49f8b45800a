"""What attackers gain: the part of all places that their works have, and the best place, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.evaluation.attacks import BASELINES, Attack, attacks
from benchmarks.evaluation.measures import LONG, PAGE, presets
from benchmarks.evaluation.society import NOW, SNAPSHOT, Member, Society, rid
from knowchain.identifiers import RecordId
from knowchain.ranking import Columns, Engine, Profile, World
from knowchain.ranking.facts import ViewpointGroup, Viewpoints
from knowchain.ranking.grouping import grouped, judgements_in

GROUPS = rid("viewpoint groups")
BRIDGING = Profile(
    name="bridging",
    weights={"bridge": 2_000, "fresh": 300, "provenance": 700, "trust": 800},
    fresh_half_life_s=31_557_600,
    groups=GROUPS,
)
"""A reader's own profile that asks for what all viewpoint groups approve of."""


@dataclass(frozen=True)
class Exposure:
    """Places of some works.

    Attributes:
        share: of all places on the pages of all readers, 0 to 1.
        best: the best place that any reader sees one of them at, from 1; None: none of the first 100.
    """

    share: float
    best: int | None


@dataclass(frozen=True)
class Gain:
    """One attack on one profile."""

    attack: str
    profile: str
    before: Exposure
    after: Exposure


def gains(society: Society, *, readers: int, sybils: Sequence[int], flood: int) -> list[Gain]:
    """Every attack on every preset, on a profile that bridges, and on the baselines."""
    profiles = {**presets(), BRIDGING.name: BRIDGING}
    able = society.readers(readers)
    found: list[Gain] = []
    last: tuple[Attack, dict[str, Exposure]] | None = None
    for attack in attacks(society, sybils, flood):
        # Attacks that follow each other mostly begin from one world: it is looked at once.
        if last is None or last[0].before is not attack.before or last[0].items != attack.items:
            last = attack, exposures(society, attack.before, attack, able, profiles)
        after = exposures(society, attack.after, attack, able, profiles)
        found += [Gain(attack.name, name, before, after[name]) for name, before in last[1].items()]
    return found


def exposures(
    society: Society,
    world: World,
    attack: Attack,
    readers: Sequence[Member],
    profiles: Mapping[str, Profile],
) -> dict[str, Exposure]:
    """By profile and baseline, what the works of an attack are given in one world."""
    columns = Columns.of(world)
    engine = Engine(columns)
    found = {}
    for name, profile in profiles.items():
        if profile.groups is not None:
            _put_groups(engine, society, readers[0], profile)
        pages = [
            [
                item.id
                for item in engine.rank(profile, society.viewer(reader), as_of=NOW, snapshot=SNAPSHOT)
                .feed(LONG)
                .items
            ]
            for reader in readers
        ]
        found[name] = _exposure(pages, attack.items)
    for name, baseline in BASELINES.items():
        found[name] = _exposure([baseline(world)[:LONG]], attack.items)
    return found


def _put_groups(engine: Engine, society: Society, reader: Member, profile: Profile) -> None:
    """The viewpoint groups that a reader finds in this world, the attack's judgements among the others."""
    viewer = society.viewer(reader)
    vouched = engine.trust.at(replace(profile, groups=None), viewer, NOW)
    grouping = grouped(judgements_in(engine.columns, vouched, NOW), count=2)
    groups = tuple(ViewpointGroup(group.members, 100) for group in grouping.groups)
    engine.columns.put_viewpoints(Viewpoints(GROUPS, groups))


def _exposure(pages: Sequence[Sequence[RecordId]], items: frozenset[RecordId]) -> Exposure:
    places = [place for page in pages for place, work in enumerate(page, 1) if work in items]
    shown = sum(place <= PAGE for place in places)
    return Exposure(shown / (PAGE * len(pages)), min(places, default=None))
