"""Runs: a key's chain as linear stretches, so that ancestry costs as much as the chain has forks.

A chain without forks is one run. A record that follows anything but the last record of one run (a
fork, a merge, a second beginning) opens a run of its own. Where runs break depends on the order of
arrival; what descends from what does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from knowchain.identifiers import RecordId

__all__ = ["Place", "Run", "Runs"]


class Place(NamedTuple):
    """Where an ordinary record stands among its key's runs."""

    run: int
    seq: int


class Run(NamedTuple):
    """Records ``start`` to ``end`` (inclusive sequence numbers), each the only parent of the next."""

    id: int
    author: RecordId
    start: int
    end: int
    parents: tuple[Place, ...]
    """The places of the first record's parents; empty when it begins a chain."""


class Runs:
    """The runs of one key, and what descends from what among them."""

    __slots__ = ("_reach", "_runs")

    def __init__(self, runs: Iterable[Run]) -> None:
        self._runs = {run.id: run for run in runs}
        self._reach: dict[int, dict[int, int]] = {}

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs.values())

    def __len__(self) -> int:
        return len(self._runs)

    def __getitem__(self, run: int) -> Run:
        return self._runs[run]

    def covers(self, descendant: Place, ancestor: Place) -> bool:
        """Whether ``ancestor`` is ``descendant`` or comes before it in the chain."""
        if descendant.run == ancestor.run:
            return ancestor.seq <= descendant.seq
        return self.before(descendant.run).get(ancestor.run, -1) >= ancestor.seq

    def before(self, run: int) -> dict[int, int]:
        """For each other run that ``run`` descends from, the greatest sequence number that it covers."""
        known = self._reach.get(run)
        if known is not None:
            return known
        reach: dict[int, int] = {}
        todo = list(self._runs[run].parents)
        while todo:
            place = todo.pop()
            seen = reach.get(place.run)
            if seen is None:
                todo.extend(self._runs[place.run].parents)
            if seen is None or seen < place.seq:
                reach[place.run] = place.seq
        if len(self._reach) >= _REMEMBERED:
            self._reach.clear()
        self._reach[run] = reach
        return reach


_REMEMBERED = 256
"""Runs whose ancestry is remembered; a key with more forks than that pays for them by time."""
