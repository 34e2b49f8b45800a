"""The referee: the whole of ranking in plain integers and lists, to be read beside the page.

Slow, and written without the columns of :mod:`knowchain.ranking.engine`, which must agree with it on
every bit.

Source: docs/spec/ranking.md.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from knowchain.identifiers import RecordId
from knowchain.ranking.condition_values import values_of_one
from knowchain.ranking.conditions import Condition
from knowchain.ranking.debts import owed_after, targets_of
from knowchain.ranking.facts import CANDIDATE_KIND, Drop, Fact, Viewer, World
from knowchain.ranking.feed import Contribution, Evidence, Feed, Judgement, Move, Placed, salted
from knowchain.ranking.history import commitment_of
from knowchain.ranking.lineage import Hops
from knowchain.ranking.numbers import ONE, fresh, ilog2q
from knowchain.ranking.plain_opinions import PlainOpinions
from knowchain.ranking.plain_reranking import Movable, PlainReranking
from knowchain.ranking.profile import OUTWARD_LEAST, SOURCES, Profile
from knowchain.ranking.signals import AXIS, LABEL, MAX_AGE, language_key
from knowchain.ranking.vouching import edges_at, hops_from, latest_at, reach_at
from knowchain.records.vocabulary.languages import matches
from knowchain.trust.referee import masses
from knowchain.trust.terms import cap_of, signal_of

__all__ = ["Referee"]

_MOST_PLACES: Final = 500


@dataclass(frozen=True)
class _Entry:
    fact: Fact
    sources: tuple[str, ...]
    contributions: tuple[Contribution, ...]
    score: int


class Referee:
    """One feed, worked out one work at a time."""

    def __init__(self, world: World, profile: Profile, viewer: Viewer, *, as_of: int) -> None:
        self._world, self._profile, self._viewer, self._as_of = world, profile, viewer, as_of
        self._facts = {fact.id: fact for fact in world.facts}
        self._works = [fact for fact in self._facts.values() if fact.kind == CANDIDATE_KIND]
        self._trust()
        trust = {who: signal_of(mass, self._cap) for who, mass in self._mass.items()}
        self._opinions = PlainOpinions(world, self._facts, profile, trust, as_of)
        self._drops = {fact.id: self._drop(fact) for fact in self._works}
        free = [fact for fact in self._works if self._drops[fact.id] is None]
        self._lift = self._lifts(free)
        self._explored = self._latest_of_each(free)
        given = {name: self._given(name, free) for name in SOURCES}
        self._counts = {name: len(ids) for name, ids in given.items()}
        entries = [self._entry(fact, given) for fact in free]
        self._entries = {entry.fact.id: entry for entry in entries if self._kept(entry)}
        self._order = sorted(
            self._entries.values(), key=lambda e: (-e.score, salted(world.snapshot, e.fact.id))
        )
        self._ranks = {entry.fact.id: rank for rank, entry in enumerate(self._order, 1)}
        self._targets: dict[str, int] = {}

    def feed(self, limit: int | None = None) -> Feed:
        """The best items; as many as a page of the profile, or ``limit``."""
        size = self._profile.page if limit is None else limit
        places = self._places(size)
        reranking = self._reranking
        owed = None
        if self._profile.rerank.calibration_mu:
            shown = [tuple(sorted(_keys(entry.fact))) for entry, _ in places]
            owed = owed_after(self._viewer.owed, self._targets, shown)
        return Feed(
            profile=self._profile.name,
            snapshot=self._world.snapshot,
            as_of=self._as_of,
            works=len(self._works),
            candidates=len(self._order),
            given=self._counts,
            dropped=dict(Counter(drop for drop in self._drops.values() if drop is not None)),
            items=tuple(self._placed(entry, place, moves) for place, (entry, moves) in enumerate(places, 1)),
            history=commitment_of(self._profile, self._viewer),
            unmet={name: place for name, place in reranking.unmet.items() if place <= len(places)},
            owed=owed,
        )

    def judge(self, rid: RecordId, limit: int | None = None) -> Judgement | None:
        """What became of one work; None if it is no work that is held."""
        if rid not in self._drops:
            return None
        if (drop := self._drops[rid]) is not None:
            met = (each for each in self._profile.drop if self._meets(each, self._facts[rid]))
            return Judgement(rid, drop, None, condition=next(met).text if drop is Drop.FILTER else None)
        size = self._profile.page if limit is None else limit
        entry = self._entries[rid]
        places = self._places(_MOST_PLACES)
        found = ((place, moves) for place, (each, moves) in enumerate(places, 1) if each.fact.id == rid)
        place, moves = next(found, (None, ()))
        placed = self._placed(entry, place, moves)
        if place is not None and place <= size:
            return Judgement(rid, None, placed, shown=True)
        last = [each.score for each, _ in places[:size]][-1:]
        return Judgement(rid, None, placed, short_of=max(0, last[0] - entry.score) if last else 0)

    # --- moves -------------------------------------------------------------------------------------

    def _places(self, count: int) -> list[tuple[_Entry, tuple[Move, ...]]]:
        if not self._profile.rerank.moves:
            return [(entry, ()) for entry in self._order[:count]]
        return [(self._entries[work.id], moves) for work, moves in self._reranking.fill(count)]

    @cached_property
    def _reranking(self) -> PlainReranking:
        floors = [f"floor:{floor.group}" for floor in self._profile.rerank.floors]
        works = [self._movable(entry) for entry in self._order]
        pool = {work.id for work in works[:500]}
        for floor in floors:
            pool |= {work.id for work in [each for each in works if floor in each.groups][:500]}
        drawn = [work for work in works if "explore" in self._entries[work.id].sources]
        drawn.sort(key=lambda work: salted(self._world.snapshot, work.id))
        movable = [work for work in works if work.id in pool]
        wanted = {language for work in movable for language in work.languages}
        self._targets = targets_of(self._amounts, wanted)
        return PlainReranking(self._profile.rerank, movable, drawn, self._targets, self._viewer.owed)

    def _movable(self, entry: _Entry) -> Movable:
        fact, groups = entry.fact, set()
        if self._opinions.value("outward", fact) >= OUTWARD_LEAST:
            groups.add("floor:outward")
        rare = self._value("lang_lift", fact) >= self._profile.rerank.lift_min
        if rare and self._value("trust", fact) > 0:
            groups.add("floor:minority")
        return Movable(
            fact.id,
            fact.author,
            entry.score,
            tuple(sorted(_keys(fact))),
            self._world.fingerprints.get(fact.id),
            frozenset(groups),
        )

    # --- stages ------------------------------------------------------------------------------------

    def _trust(self) -> None:
        counting = latest_at(self._world.statements, self._as_of)
        edges, reach = edges_at(counting), reach_at(counting, self._profile, self._viewer)
        self._blocked = reach.blocked
        self._mass: dict[bytes, int] = {}
        self._hops: dict[bytes, int] = {}
        if reach.seeds:
            self._mass = masses(edges, reach.seeds, reach.blocked)
            hops = hops_from(edges, reach.seeds, reach.blocked, self._profile.trust_hops)
            self._hops = {who: hop for who, hop in hops.items() if self._mass.get(who)}
        self._cap = cap_of(self._mass.values()) if self._mass else 1

    def _drop(self, fact: Fact) -> Drop | None:
        if fact.drop is not None:
            return fact.drop
        if fact.time > self._as_of:
            return Drop.FUTURE
        if fact.author in self._blocked:
            return Drop.BLOCKED_AUTHOR
        shut = [any(matches(tag, each) for each in self._profile.blocked_languages) for tag in fact.languages]
        return Drop.BLOCKED_LANGUAGE if shut and all(shut) else None

    def _given(self, source: str, free: list[Fact]) -> set[RecordId]:
        found = [fact for fact in free if self._gives(source, fact)]
        found.sort(key=lambda fact: (-fact.time, salted(self._world.snapshot, fact.id)))
        return {fact.id for fact in found[: self._profile.sources[source]]}

    def _gives(self, source: str, fact: Fact) -> bool:
        viewer = self._viewer
        if source == "follows":
            interests = [c in viewer.collections for c in fact.collections]
            interests += [topic in viewer.topics for topic in fact.topics]
            return fact.author in viewer.people or any(interests)
        if source == "language":
            wanted = (*self._profile.langs, *viewer.languages)
            return any(matches(tag, each) for tag in fact.languages for each in wanted)
        if source == "topic":
            return any(topic in self._profile.topics for topic in fact.topics)
        if source == "outward":
            return self._opinions.value("outward", fact) > 0
        if source == "explore":
            return fact.id in self._explored
        return source == "recent" or fact.author in self._hops

    def _latest_of_each(self, free: list[Fact]) -> set[RecordId]:
        latest: dict[RecordId, Fact] = {}
        for fact in sorted(free, key=lambda fact: (-fact.time, salted(self._world.snapshot, fact.id))):
            latest.setdefault(fact.author, fact)
        return {fact.id for fact in latest.values()}

    def _kept(self, entry: _Entry) -> bool:
        least = self._profile.score_min
        if not entry.sources:
            self._drops[entry.fact.id] = Drop.NO_SOURCE
        elif any(self._meets(condition, entry.fact) for condition in self._profile.drop):
            self._drops[entry.fact.id] = Drop.FILTER
        elif least is not None and entry.score < least * ONE:
            self._drops[entry.fact.id] = Drop.BELOW_SCORE
        return self._drops[entry.fact.id] is None

    def _meets(self, condition: Condition, fact: Fact) -> bool:
        return condition.test(
            values_of_one(
                condition.names,
                fact,
                self._profile,
                self._viewer,
                self._as_of,
                lambda signal: self._value(signal, fact),
            )
        )

    # --- signals -----------------------------------------------------------------------------------

    def _entry(self, fact: Fact, given: dict[str, set[RecordId]]) -> _Entry:
        contributions = []
        for signal, weight in self._profile.weights.items():
            value = self._value(signal, fact)
            contributions.append(Contribution(signal, value, weight, value * weight))
        for boost in self._profile.boosts:
            value = ONE if self._meets(boost.when, fact) else 0
            contributions.append(Contribution(boost.name, value, boost.add, value * boost.add))
        return _Entry(
            fact,
            tuple(name for name in SOURCES if fact.id in given[name]),
            tuple(contributions),
            sum(each.adds for each in contributions),
        )

    def _value(self, signal: str, fact: Fact) -> int:
        age = self._as_of - fact.time
        if signal == "age":
            return -min(age, MAX_AGE)
        if signal == "fresh":
            return fresh(age, self._profile.fresh_half_life_s * 1000)
        if signal == "lang_lift":
            return min((self._lift[key] for key in _keys(fact)), default=0)
        if signal == "provenance":
            hops = self._hops_of(fact)
            return ONE * hops.verified // hops.claimed if hops.claimed else 0
        if signal == "novelty":
            return ONE >> self._viewer.history.get(fact.id, 0)
        if signal == "trust":
            return signal_of(self._mass.get(fact.author, 0), self._cap)
        return self._opinions.value(signal, fact)

    def _lifts(self, free: list[Fact]) -> dict[str, int]:
        window = self._profile.lang_window_s * 1000
        users = {
            (key, fact.author) for fact in free if self._as_of - fact.time < window for key in _keys(fact)
        }
        amounts = {key: 0 for fact in self._works for key in _keys(fact)}
        for key, author in users:
            amounts[key] += signal_of(self._mass.get(author, 0), self._cap)
        self._amounts = amounts
        logs = {key: ilog2q(ONE + amount) - ilog2q(ONE) for key, amount in amounts.items()}
        most = max(logs.values(), default=0)
        return {key: ONE * (most - log) // most if most else 0 for key, log in logs.items()}

    def _hops_of(self, item: Fact) -> Hops:
        claimed = verified = 0
        queue, depth = [item.id], {item.id: 0}
        for rid in queue:
            if depth[rid] == 16 or claimed >= 1024:
                break
            for target in self._facts[rid].sources:
                claimed += 1
                fact = self._facts.get(target)
                if fact is None or fact.drop not in (None, Drop.REVISED):
                    continue
                verified += 1
                if target not in depth:
                    depth[target] = depth[rid] + 1
                    queue.append(target)
        return Hops(claimed, verified)

    # --- answers -----------------------------------------------------------------------------------

    def _placed(self, entry: _Entry, place: int | None, moves: tuple[Move, ...]) -> Placed:
        fact, hops = entry.fact, self._hops_of(entry.fact)
        rank = self._ranks[fact.id]
        hop = self._hops.get(fact.author)
        named = tuple(f"trust:{hop}" if name == "trust" else name for name in entry.sources)
        mass = self._mass.get(fact.author, 0)
        evidence = Evidence(
            age=self._as_of - fact.time,
            claimed=hops.claimed,
            verified=hops.verified,
            languages=fact.languages,
            mass=mass,
            hop=hop,
            seen=self._viewer.history.get(fact.id, 0),
            grounds={
                name: self._opinions.ground(name, fact) for name in self._profile.weights if _is_opinion(name)
            },
        )
        return Placed(
            fact.id, fact.author, entry.score, rank, entry.contributions, named, evidence, place, moves
        )


def _is_opinion(signal: str) -> bool:
    return signal.startswith((AXIS, LABEL)) or signal in ("bridge", "contribution", "outward", "popularity")


def _keys(fact: Fact) -> set[str]:
    return {key for tag in fact.languages if (key := language_key(tag)) is not None}
