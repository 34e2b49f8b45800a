"""Parting people who lie at places into groups: cut by cut, then settled; nothing is drawn by lot.

Source: docs/spec/groups.md.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from knowchain.ranking.numbers import Ints

__all__ = ["parted", "parts_of"]

_ROUNDS: Final = 100
_WHOLE: Final = 1_000
_LEAST: Final = 50
"""A part below this is none."""


def parted(places: Ints, weights: Ints, count: int) -> Ints | None:
    """The number of each person's group.

    First the group that is spread most is cut in two at its mean, across the direction in which it is spread
    most, until there are enough; then everybody goes to the nearest centre until nobody moves.

    Args:
        places: a row for each person, as ``coordinates`` gives them.
        weights: of each person, at least 1.
        count: of groups, at least 1.

    Returns:
        Numbers from 0; None, if people don't differ enough for so many.
    """
    groups = np.zeros(len(places), np.int64)
    for number in range(1, count):
        if not _cut(groups, places, weights, number):
            return None
    for _ in range(_ROUNDS):
        nearest = np.argmin(_distances(places, _centres(groups, places, weights, count)), axis=1)
        if len(np.unique(nearest)) < count:
            return None
        if np.array_equal(nearest, groups):
            break
        groups = nearest
    return groups


def parts_of(groups: Ints, places: Ints, weights: Ints, count: int) -> list[list[int]]:
    """How far each person belongs to each group, in thousandths: as the fourth power of nearness.

    Parts below 50 are left out, so that the parts of one person may sum to less than 1,000.
    """
    distances = _distances(places, _centres(groups, places, weights, count)) + 1
    return [_shares(row) for row in distances.tolist()]


def _shares(squares: list[int]) -> list[int]:
    nearest = min(squares)
    near = [nearest * nearest * _WHOLE // (each * each) for each in squares]
    found = [each * _WHOLE // sum(near) for each in near]
    return [each if each >= _LEAST else 0 for each in found]


def _cut(groups: Ints, places: Ints, weights: Ints, number: int) -> bool:
    """Cut the widest group in two; whether it could be."""
    widest: tuple[int, npt.NDArray[np.intp], int] | None = None
    for group in range(number):
        rows = np.flatnonzero(groups == group)
        spread = _spread(places[rows], weights[rows])
        axis = int(np.argmax(spread)) if len(spread) else 0
        total = sum(spread)
        if len(spread) and spread[axis] and (widest is None or total > widest[0]):
            widest = total, rows, axis
    if widest is None:
        return False
    _, rows, axis = widest
    along = places[rows, axis]
    beyond = rows[along > int((along * weights[rows]).sum()) // int(weights[rows].sum())]
    groups[beyond] = number
    return bool(len(beyond))


def _spread(places: Ints, weights: Ints) -> list[int]:
    """By direction, the sum of squares about the mean."""
    if not len(places):
        return []
    mean = (places * weights[:, None]).sum(0) // weights.sum()
    found: list[int] = ((places - mean) ** 2 * weights[:, None]).sum(0).tolist()
    return found


def _centres(groups: Ints, places: Ints, weights: Ints, count: int) -> Ints:
    mass = np.zeros(count, np.int64)
    np.add.at(mass, groups, weights)
    sums = np.zeros((count, places.shape[1]), np.int64)
    np.add.at(sums, groups, places * weights[:, None])
    found: Ints = sums // np.maximum(mass, 1)[:, None]
    return found


def _distances(places: Ints, centres: Ints) -> Ints:
    """Squares, a row for each person and a column for each centre."""
    found: Ints = ((places[:, None, :] - centres[None, :, :]) ** 2).sum(2)
    return found
