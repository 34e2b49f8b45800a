"""Signals out of evaluations: one for each axis, ``outward`` and ``bridge``.

Source: docs/spec/ranking.md, sections 6.6, 6.10 and 6.11.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from knowchain.ranking.columns import Groups
from knowchain.ranking.days import faded_column
from knowchain.ranking.numbers import ONE, Ints

__all__ = ["Judged", "Membership", "axis", "bridge", "outward"]

_Rows = npt.NDArray[np.intp]
_SQUARED: int = 2**23
"""Below this sum of masses Q · (ΣE)² is below 2^62."""


class Judged(NamedTuple):
    """Evaluations that count, one entry each: the latest of one person about one record on one axis, by
    somebody else than its author whom the reader's trust reaches."""

    subject: _Rows
    who: _Rows
    axis: _Rows
    days: Ints
    """Since it was signed."""
    value: Ints
    languages: Ints
    """The number of the set of tags in which it was taken in."""
    trust: Ints

    def where(self, mask: npt.NDArray[np.bool_]) -> Judged:
        """Some of them."""
        return Judged(*(column[mask] for column in self))


class Membership(NamedTuple):
    """A viewpoint group, by number of person."""

    parts: Ints
    """How far each belongs to it, in thousandths."""
    minimum: int


def _summed(at: npt.NDArray[np.intp], amounts: Ints, size: int) -> Ints:
    """Sums by number: whole numbers below 2^53, which floats hold exactly."""
    return np.bincount(at, amounts, size).astype(np.int64)


def axis(judged: Judged, size: int, *, half_life_s: int, kappa: int) -> Ints:
    """The signal of one axis by subject: a mean of those who judge, drawn towards 0.

    Args:
        judged: on that axis alone.
        size: how many subjects there are.
        kappa: the trust with which everything is judged 0 beforehand.
    """
    weight = faded_column(judged.trust, judged.days, half_life_s)
    total = _summed(judged.subject, weight * judged.value, size)
    return total * (ONE // 2) // (_summed(judged.subject, weight, size) + kappa)


def outward(judged: Judged, size: int, languages: Groups, count: int) -> Ints:
    """How evenly the trust of those who found something in a record is spread over their languages.

    Args:
        count: how many languages there are.
    """
    judged = judged.where(judged.value > 0)
    entry, language = languages.members_of(judged.languages)
    people, who = np.unique(judged.who, return_inverse=True)
    pairs = judged.subject[entry] * len(people) + who[entry]
    spoken = np.unique(pairs * max(count, 1) + language)
    pair, language = np.divmod(spoken, max(count, 1))
    # Each shares their trust among the languages in which they took it in.
    _, at, many = np.unique(pair, return_inverse=True, return_counts=True)
    trust = np.zeros(len(people), np.int64)
    trust[who] = judged.trust
    share = trust[pair % max(len(people), 1)] // many[at]
    cells, at = np.unique(pair // max(len(people), 1) * max(count, 1) + language, return_inverse=True)
    mass = _summed(at, share, len(cells))
    return _spread(cells // max(count, 1), mass, size)


def _spread(subject: Ints, mass: Ints, size: int) -> Ints:
    """⌊(Q − ⌊Q·ΣE² / E²⌋) · E / (E + Q)⌋ by subject, E = ΣE; 0 where nothing is spread."""
    total = _summed(subject, mass, size)
    small = np.flatnonzero((total > 0) & (total < _SQUARED))
    squares = np.zeros(size, np.int64)
    np.add.at(squares, subject[total[subject] < _SQUARED], mass[total[subject] < _SQUARED] ** 2)
    found = np.zeros(size, np.int64)
    found[small] = ONE - ONE * squares[small] // total[small] ** 2
    for each in np.flatnonzero(total >= _SQUARED).tolist():
        masses = mass[subject == each].tolist()
        found[each] = ONE - ONE * sum(one * one for one in masses) // sum(masses) ** 2
    return found * total // (total + ONE)


def bridge(judged: Judged, size: int, groups: Sequence[Membership]) -> Ints:
    """How surely every viewpoint group would approve of a record.

    Args:
        judged: on the shared axes alone.
        groups: in their order.
    """
    if not groups:
        return np.zeros(size, np.int64)
    people, who = np.unique(judged.who, return_inverse=True)
    pairs, at = np.unique(judged.subject * max(len(people), 1) + who, return_inverse=True)
    approves = _summed(at, judged.value, len(pairs)) > 0
    subject, person = np.divmod(pairs, max(len(people), 1))
    trust = np.zeros(len(people), np.int64)
    trust[who] = judged.trust
    found = np.full(size, ONE, np.int64)
    for group in groups:
        mass = (trust * group.parts[people] // 1000)[person]
        whole = _summed(subject, mass, size)
        agreeing = _summed(subject[approves], mass[approves], size)
        found = found * (agreeing + ONE) // (whole + 2 * ONE)
        found[(whole == 0) | (whole * 1000 < group.minimum * ONE)] = 0
    return found
