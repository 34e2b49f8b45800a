"""From what people say of each other to the trust of one reader at one moment.

Source: docs/spec/ranking.md, section 6.4, on top of docs/spec/trust.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from knowchain.identifiers import RecordId
from knowchain.ranking.facts import Statement, Viewer
from knowchain.ranking.profile import ME, Profile

__all__ = ["LEVEL_WEIGHTS", "Reach", "edges_at", "hops_from", "mass_weight", "reach_at"]

Edges = dict[tuple[bytes, bytes], int]

LEVEL_WEIGHTS: Final = {-2: -255, -1: -85, 0: 0, 1: 85, 2: 255}
"""The weight of an edge, by the ``level`` of a trust record; a block is −255."""


def mass_weight(per_mille: int) -> int:
    """The weight of a ``mass``: ⌈255 · m / 1000⌉, so that the least mass is an edge still."""
    return (255 * per_mille + 999) // 1000


@dataclass(frozen=True, slots=True)
class Reach:
    """From whom trust starts, and whom it never reaches."""

    seeds: frozenset[RecordId]
    blocked: frozenset[RecordId]


def latest_at(statements: Iterable[Statement], as_of: int) -> list[Statement]:
    """The statement that counts for each author and subject: the latest that is not of the future.

    When that one has run out none counts: an older one doesn't come back.
    """
    latest: dict[tuple[RecordId, RecordId], Statement] = {}
    for each in statements:
        if each.time > as_of or each.author == each.subject:
            continue
        pair = (each.author, each.subject)
        known = latest.get(pair)
        if known is None or (known.time, known.id) < (each.time, each.id):
            latest[pair] = each
    return [each for each in latest.values() if each.until is None or as_of < each.until]


def edges_at(counting: Iterable[Statement]) -> Edges:
    """The edges of the graph of trust."""
    return {(each.author, each.subject): each.weight for each in counting if each.weight}


def reach_at(counting: Iterable[Statement], profile: Profile, viewer: Viewer) -> Reach:
    """Seeds and blocks of one reader; their own blocks count where ``me`` is a seed."""
    blocked = set(profile.blocked_people)
    if ME in profile.seeds and viewer.me is not None:
        blocked |= {each.subject for each in counting if each.block and each.author == viewer.me}
    return Reach(profile.seeds_for(viewer.me) - blocked, frozenset(blocked))


def hops_from(
    edges: Mapping[tuple[bytes, bytes], int], seeds: Iterable[RecordId], blocked: Collection[bytes], most: int
) -> dict[bytes, int]:
    """Steps along edges that trust, from the seeds, around whoever is blocked; at most ``most``."""
    trusted: dict[bytes, list[bytes]] = {}
    for (source, target), weight in edges.items():
        if weight > 0 and target not in blocked:
            trusted.setdefault(source, []).append(target)
    hops: dict[bytes, int] = dict.fromkeys(seeds, 0)
    frontier = list(hops)
    for step in range(1, most + 1):
        found = {target for source in frontier for target in trusted.get(source, ()) if target not in hops}
        hops.update(dict.fromkeys(found, step))
        frontier = list(found)
    return hops
