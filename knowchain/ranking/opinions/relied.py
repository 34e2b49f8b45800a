"""Signals out of what people take up for others: ``popularity`` of works, ``contribution`` of authors.

Source: docs/spec/ranking.md, sections 6.7 and 6.8.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from knowchain.ranking.contribution import PERSON_CAP
from knowchain.ranking.days import faded_column
from knowchain.ranking.numbers import ONE, Ints, ilog2q_column
from knowchain.ranking.popularity import CROWD

__all__ = ["Used", "contribution", "popularity"]


class Used(NamedTuple):
    """Uses that count, one entry each: the latest of one record by one person, other than its author, whom
    the reader's trust reaches."""

    subject: npt.NDArray[np.intp]
    who: npt.NDArray[np.intp]
    days: Ints
    """Since it was signed."""
    trust: Ints
    earner: npt.NDArray[np.intp]
    """The author of what is used."""
    worth: Ints
    """Of what is used; 0: it doesn't stand, or contributes nothing."""

    def where(self, mask: npt.NDArray[np.bool_]) -> Used:
        """Some of them."""
        return Used(*(column[mask] for column in self))


def popularity(used: Used, size: int) -> Ints:
    """By subject: how much trust took it up."""
    mass = np.bincount(used.subject, used.trust, size).astype(np.int64)
    found = np.zeros(size, np.int64)
    some = mass > 0
    found[some] = np.minimum(ONE, (ilog2q_column(ONE + mass[some]) - 16 * ONE) // CROWD)
    return found


def contribution(used: Used, authors: int, *, half_life_s: int) -> Ints:
    """By author: what they made that others rely on."""
    used = used.where(used.worth > 0)
    earned = faded_column(used.trust * used.worth, used.days, half_life_s)
    pairs, first, at = np.unique(used.earner * authors + used.who, return_index=True, return_inverse=True)
    each = np.bincount(at, earned, len(pairs)).astype(np.int64)
    each = np.minimum(each, PERSON_CAP * used.trust[first])
    total = np.bincount(used.earner[first], each, authors).astype(np.int64)
    some = total[total > 0]
    if not len(some):
        return np.zeros(authors, np.int64)
    rank = (95 * len(some) + 99) // 100 - 1
    logs = ilog2q_column(ONE + np.append(total, np.partition(some, rank)[rank])) - 16 * ONE
    return np.minimum(ONE, ONE * logs[:-1] // max(int(logs[-1]), 1))
