"""Salts: the order among works of equal score, for one snapshot.

Works that were imported at once may all be equal, so that every feed asks for the least salts of many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import Cid, RecordId
from knowchain.ranking.feed import salted

__all__ = ["Salts"]


class Salts:
    """Salts by row, worked out when they are first asked for.

    Args:
        snapshot: what they are salted with.
        ids: the works by row; may grow.
    """

    def __init__(self, snapshot: Cid, ids: Sequence[RecordId]) -> None:
        self.snapshot = snapshot
        self._ids = ids
        self._beginnings: npt.NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._known: npt.NDArray[np.bool_] = np.zeros(0, bool)

    def of(self, row: int) -> bytes:
        """The salt of one work."""
        return salted(self.snapshot, self._ids[row])

    def least(self, rows: npt.NDArray[np.intp], count: int) -> list[int]:
        """The rows with the least salts, in their order.

        The first 8 bytes decide, and the whole salt where these are equal.
        """
        if count <= 0:
            return []
        if count < len(rows):
            beginnings = self._beginnings_of(rows)
            rows = rows[beginnings <= np.partition(beginnings, count - 1)[count - 1]]
        chosen: list[int] = rows.tolist()
        return sorted(chosen, key=self.of)[:count]

    def ordered(self, rows: npt.NDArray[np.intp], scores: npt.NDArray[np.float64]) -> list[int]:
        """Rows by their scores, the greatest first, and those of equal score by salt."""
        if len(rows) < 2:
            alone: list[int] = rows.tolist()
            return alone
        beginnings = self._beginnings_of(rows)
        order = np.lexsort((beginnings, -scores))
        scores, beginnings = scores[order], beginnings[order]
        found: list[int] = rows[order].tolist()
        if ((scores[1:] == scores[:-1]) & (beginnings[1:] == beginnings[:-1])).any():
            keyed = zip((-score for score in scores.tolist()), map(self.of, found), found, strict=True)
            return [row for _, _, row in sorted(keyed)]
        return found

    def before(self, row: int, rows: npt.NDArray[np.intp]) -> int:
        """How many of ``rows`` have a lesser salt than ``row``."""
        own = self.of(row)
        beginnings = self._beginnings_of(rows)
        mine = np.uint64(int.from_bytes(own[:8], "big"))
        alike: list[int] = rows[beginnings == mine].tolist()
        return int(np.count_nonzero(beginnings < mine)) + sum(self.of(each) < own for each in alike)

    def _beginnings_of(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.uint64]:
        missing = len(self._ids) - len(self._known)
        if missing:
            self._beginnings = np.concatenate((self._beginnings, np.zeros(missing, np.uint64)))
            self._known = np.concatenate((self._known, np.zeros(missing, bool)))
        new = rows[~self._known[rows]]
        if len(new):
            ids, snapshot = self._ids, self.snapshot
            joined = b"".join([salted(snapshot, ids[row])[:8] for row in new.tolist()])
            self._beginnings[new] = np.frombuffer(joined, ">u8")
            self._known[new] = True
        found: npt.NDArray[Any] = self._beginnings[rows]
        return found
