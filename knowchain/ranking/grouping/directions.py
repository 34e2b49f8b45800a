"""Directions in which people differ most: principal components in whole numbers.

Floats would differ between machines; these are sums and products of 64-bit integers, rounded down at
places that docs/spec/groups.md, names, so that everybody finds the same.
"""

from __future__ import annotations

from math import isqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from knowchain.ranking.grouping.judgements import Judgements
from knowchain.ranking.numbers import Ints

__all__ = ["MAX_ENTRIES", "coordinates"]

MAX_ENTRIES: Final = 1_000_000
"""Judgements with which no sum below passes 2^62."""
_ONE: Final = 2**9
"""A judgement that nobody else made."""
_LONG: Final = 2**20
"""The length of a direction."""
_WIDE: Final = 2**16
"""Below this, sums of squares of places, weighed, stay below 2^62."""
_ROUNDS: Final = 60
_PULL: Final = 2
"""How many times the pull of the person in the middle anybody may have."""
_FINE: Final = 2**4
"""A pull is counted in parts of a weight."""


class _Table:
    """Judgements less the mean of their work, summed by person or by work."""

    def __init__(self, judgements: Judgements, entries: npt.NDArray[np.bool_]) -> None:
        self._person, self._work = judgements.person[entries], judgements.work[entries]
        self._people, self._works = len(judgements.people), len(judgements.works)
        self._by_work = np.argsort(self._work, kind="stable")
        self._person_ends = _ends(self._person, self._people)
        self._work_ends = _ends(self._work, self._works)
        self._weights = judgements.weights
        weight = judgements.weights[self._person]
        mass = np.maximum(self._of_works(weight), 1)
        mean = self._of_works(judgements.sign[entries] * weight) * _ONE // mass
        self._values = judgements.sign[entries] * _ONE - mean[self._work]
        self.counts = self._of_people(np.ones(len(self._person), np.int64))
        self._pulls = self._bounded(self._of_people(self._values**2))

    def _bounded(self, squares: Ints) -> Ints:
        """The pull of each person, in parts of ``_FINE``; who judges much pulls no more than twice as hard
        as the one in the middle."""
        order = np.argsort(squares, kind="stable")
        mass = np.cumsum(self._weights[order])
        most = _PULL * int(squares[order[np.searchsorted(mass, (mass[-1] + 1) // 2)]])
        pulls = self._weights * _FINE
        return np.maximum(np.where(squares > most, pulls * most // np.maximum(squares, 1), pulls), 1)

    def along(self, direction: Ints) -> Ints:
        """How far each person lies in a direction, in parts of ``_ONE`` · ``_LONG``."""
        return self._of_people(self._values * direction[self._work])

    def pulled(self, places: Ints) -> Ints:
        """The direction into which the people, where they lie, pull; by work."""
        return self._of_works(self._values * (places * self._pulls)[self._person])

    def _of_people(self, amounts: Ints) -> Ints:
        return _between(amounts, self._person_ends)

    def _of_works(self, amounts: Ints) -> Ints:
        return _between(amounts[self._by_work], self._work_ends)

    def first(self) -> Ints:
        """Where the search begins: nothing that anybody could choose. In even steps it could lie straight
        across two camps and find nothing, so the steps grow, and start over."""
        counts = self._of_works(np.ones(len(self._work), np.int64))
        works = np.arange(self._works, dtype=np.int64)
        return counts * (1 + (7919 * works**2 + 104_729 * works) % 65_521)


def _ends(numbers: Ints, count: int) -> Ints:
    return np.concatenate(([0], np.cumsum(np.bincount(numbers, minlength=count))))


def _between(amounts: Ints, ends: Ints) -> Ints:
    sums = np.concatenate((np.zeros(1, np.int64), np.cumsum(amounts)))[ends]
    found: Ints = sums[1:] - sums[:-1]
    return found


def coordinates(judgements: Judgements, entries: npt.NDArray[np.bool_], count: int) -> Ints:
    """Where people lie along the directions in which they differ most.

    Args:
        entries: the judgements that are looked at.
        count: how many directions, at most.

    Returns:
        A row for each person, a column for each direction, below 2^16 either way; fewer than ``count``, if
        people don't differ in more. Who judged less lies as far out as if they had judged the rest in the
        same way.
    """
    table = _Table(judgements, entries)
    found: list[Ints] = []
    for _ in range(count):
        direction = _next(table, found)
        if direction is None:
            break
        found.append(_of_length(direction))
    judged = int(np.count_nonzero(np.bincount(judgements.work[entries], minlength=1)))
    stretch = np.array(
        [isqrt(judged * 2**16 // each) if each else 0 for each in table.counts.tolist()], np.int64
    )
    places = [table.along(each) // _ONE * stretch // 2**17 for each in found]
    if not places:
        return np.zeros((len(judgements.people), 0), np.int64)
    found_places = np.stack(places, 1)
    while int(np.abs(found_places).max(initial=0)) >= _WIDE:
        found_places >>= 1
    return found_places


def _next(table: _Table, known: list[Ints]) -> Ints | None:
    """The direction of the greatest spread across those that are known; None if nothing is left."""
    direction = _scaled(_across(_scaled(table.first()), known))
    for _ in range(_ROUNDS):
        places = _scaled(table.along(direction))
        turned = _scaled(_across(_scaled(table.pulled(places)), known))
        if not turned.any():
            return None
        if np.array_equal(turned, direction):
            break
        direction = turned
    return direction if int(direction[np.argmax(np.abs(direction))]) > 0 else -direction


def _across(direction: Ints, known: list[Ints]) -> Ints:
    """What is left of a direction without its part along others."""
    for each in known:
        share = (_dot(direction, each) << 20) // max(_dot(each, each), 1)
        direction = direction - (each * share >> 20)
    return direction


def _of_length(direction: Ints) -> Ints:
    """The same direction, ``_LONG`` long."""
    return direction * _LONG // max(isqrt(_dot(direction, direction)), 1)


def _scaled(numbers: Ints) -> Ints:
    """The same numbers, none beyond ``_LONG`` and the greatest near it; nothing, if all are next to it."""
    greatest = int(np.abs(numbers).max(initial=0))
    if greatest == 0:
        return numbers
    while greatest >= 2 * _LONG:
        numbers, greatest = numbers >> 1, greatest >> 1
    found: Ints = numbers * _LONG // greatest
    return found


def _dot(one: Ints, other: Ints) -> int:
    return int((one * other).sum())
