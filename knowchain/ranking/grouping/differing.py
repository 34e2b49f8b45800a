"""What sets groups apart, and what unites them: how each judges the works that several judged.

Source: docs/spec/groups.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

import numpy as np

from knowchain.identifiers import RecordId
from knowchain.ranking.grouping.judgements import Judgements
from knowchain.ranking.numbers import Ints

__all__ = ["Approval", "approvals", "most_divided", "most_united"]

_FEWEST: Final = 2
"""People of a group who must have judged a work, before the group is said to have an opinion of it."""


_APART: Final = 200
"""Thousandths: what a few judgements more or less make of it is no difference."""


@dataclass(frozen=True, slots=True)
class Approval:
    """How groups judge one work.

    Attributes:
        milli: of each group, how surely somebody of it approves, in thousandths: (A + 1) / (N + 2), in
            people of the usual weight.
        judged: by how many people at all.
    """

    work: RecordId
    milli: tuple[int, ...]
    judged: int

    @property
    def apart(self) -> int:
        """How far the groups lie apart, in thousandths."""
        return max(self.milli) - min(self.milli)

    @property
    def together(self) -> int:
        """How surely all of them approve: the product, in thousandths."""
        return prod(self.milli) // int(1000 ** (len(self.milli) - 1))


def approvals(judgements: Judgements, parts: Sequence[Ints]) -> list[Approval]:
    """Of each work of which every group has an opinion, how it judges it.

    Args:
        parts: for each group, how far each person belongs to it, in thousandths.
    """
    works, usual = len(judgements.works), int(judgements.weights.sum()) // max(len(judgements.people), 1)
    columns, heard = [], np.full(works, True)
    for part in parts:
        mass = (judgements.weights * part // 1000)[judgements.person]
        whole, agreeing = np.zeros(works, np.int64), np.zeros(works, np.int64)
        np.add.at(whole, judgements.work, mass)
        np.add.at(agreeing, judgements.work, np.where(judgements.sign > 0, mass, 0))
        heard &= np.bincount(judgements.work[mass > 0], minlength=works) >= _FEWEST
        columns.append((agreeing + usual) * 1000 // (whole + 2 * usual))
    judged = np.bincount(judgements.work, minlength=works).tolist()
    rows = np.stack(columns, 1).tolist() if columns else []
    return [
        Approval(work, tuple(row), count)
        for work, row, count, said in zip(judgements.works, rows, judged, heard.tolist(), strict=False)
        if said
    ]


def most_divided(found: Sequence[Approval], count: int) -> tuple[Approval, ...]:
    """The works that groups judge most differently, by a fifth at least."""
    apart = [each for each in found if each.apart >= _APART]
    return tuple(sorted(apart, key=lambda each: (-each.apart, -each.judged, each.work))[:count])


def most_united(found: Sequence[Approval], count: int) -> tuple[Approval, ...]:
    """The works of which all groups approve most surely; more surely than not, each of them."""
    liked = [each for each in found if min(each.milli) > 500]
    return tuple(sorted(liked, key=lambda each: (-each.together, -each.judged, each.work))[:count])
