"""Do groups tell anything? Those found from half of the works are asked about the other half.

Source: docs/spec/groups.md.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from knowchain.ranking.grouping.directions import coordinates
from knowchain.ranking.grouping.judgements import Judgements
from knowchain.ranking.grouping.parting import parted as parted_into
from knowchain.ranking.numbers import Ints

__all__ = ["foretold"]

_SPLITS: Final = 4
"""Ways to halve the works: what one of them makes of groups depends on which works fall together."""
_Half: TypeAlias = npt.NDArray[np.bool_]
"""Which judgements are of a half of the works."""


def foretold(judgements: Judgements, counts: tuple[int, ...]) -> dict[int, int]:
    """How well each number of groups foretells judgements that were not looked at when they were found.

    A judgement is foretold as that of the greater weight among the others in its person's group; where
    these are even, or silent, as that among all others. Undecided ones are not asked for. Each person
    counts by their weight, however much they judged.

    Args:
        counts: ascending.

    Returns:
        How much is foretold, of a thousand, by number of groups, up to the first number into which people
        can't be parted.
    """
    found: dict[int, int] = {}
    halves = _halves(judgements)
    places = [coordinates(judgements, half, max(counts) - 1) for half in halves]
    for count in counts:
        parted = [_groups(each, judgements.weights, count) for each in places]
        if any(groups is None for groups in parted):
            break
        right, asked = np.zeros((2, len(judgements.people)), np.int64)
        for half, groups in zip(halves, parted, strict=True):
            if groups is not None:
                _ask(judgements, groups, count, ~half, right, asked)
        weights = np.where(asked > 0, judgements.weights, 0)
        shares = right * 1000 // np.maximum(asked, 1)
        found[count] = int((shares * weights).sum()) // max(int(weights.sum()), 1)
    return found


def _halves(judgements: Judgements) -> list[_Half]:
    """Each split twice: once with one half, once with the other."""
    splits = [split for split in range(_SPLITS) if split == 0 or 4 << split <= len(judgements.works)]
    ones = [(judgements.work >> split) % 2 == 1 for split in splits]
    return [half for one in ones for half in (~one, one)]


def _groups(places: Ints, weights: Ints, count: int) -> Ints | None:
    if count == 1:
        return np.zeros(len(places), np.int64)
    if places.shape[1] == 0:
        return None
    return parted_into(places[:, : max(count - 1, 1)], weights, count)


def _ask(judgements: Judgements, groups: Ints, count: int, half: _Half, right: Ints, asked: Ints) -> None:
    """Ask for each decided judgement of a half of the works; count by person."""
    entries = half & (judgements.sign != 0)
    person, work, sign = judgements.person[entries], judgements.work[entries], judgements.sign[entries]
    own = sign * judgements.weights[person]
    cells = work * count + groups[person]
    near, all_ = np.zeros(len(judgements.works) * count, np.int64), np.zeros(len(judgements.works), np.int64)
    np.add.at(near, cells, own)
    np.add.at(all_, work, own)
    told = np.sign(near[cells] - own)
    told = np.where(told == 0, np.sign(all_[work] - own), told)
    np.add.at(right, person, told == sign)
    np.add.at(asked, person, 1)
