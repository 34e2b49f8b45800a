"""Hops: what an item claims to come from, and how much of that is here and stands.

Source: docs/spec/ranking.md, section 6.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from knowchain.identifiers import RecordId
from knowchain.ranking.facts import UNFIT_AS_SOURCE, Fact
from knowchain.ranking.numbers import ONE
from knowchain.ranking.signals import MAX_DEPTH, MAX_HOPS

__all__ = ["Hops", "descendants", "hops_of"]


class Hops(NamedTuple):
    """Claims and how many of them hold."""

    claimed: int
    verified: int

    @property
    def signal(self) -> int:
        """Q · verified // claimed; 0 where nothing is claimed."""
        return ONE * self.verified // self.claimed if self.claimed else 0


def hops_of(start: RecordId, facts: Mapping[RecordId, Fact]) -> Hops:
    """Count the hops of an item, breadth first: step by step, and in each step in the order of finding."""
    claimed = verified = 0
    seen = {start}
    frontier = [start]
    for _ in range(MAX_DEPTH):
        found: list[RecordId] = []
        for each in frontier:
            if claimed >= MAX_HOPS:
                return Hops(claimed, verified)
            for target in facts[each].sources:
                claimed += 1
                fact = facts.get(target)
                if fact is None or fact.drop in UNFIT_AS_SOURCE:
                    continue
                verified += 1
                if target not in seen:
                    seen.add(target)
                    found.append(target)
        frontier = found
        if not frontier:
            break
    return Hops(claimed, verified)


def descendants(start: RecordId, cited_by: Mapping[RecordId, Iterable[RecordId]]) -> set[RecordId]:
    """Whose hops may change with a record: all that it is a source of, over at most 16 steps."""
    seen: set[RecordId] = set()
    frontier = [start]
    for _ in range(MAX_DEPTH):
        frontier = [each for source in frontier for each in cited_by.get(source, ()) if each not in seen]
        if not frontier:
            break
        seen.update(frontier)
    return seen
