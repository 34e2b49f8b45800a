"""What is wanted of files, and when each is asked for again. Pure: time is a value."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import Final

from knowchain.identifiers import Cid

__all__ = ["Wanted", "Wants"]

_FIRST: Final = 1.0
_LONGEST: Final = 3600.0
"""Seconds after which a file that nobody had is asked for again: twice as long each time, up to this."""
_TRIES: Final = 24
"""After so many, over half a day, a file is forgotten until the next start."""


@dataclass(slots=True)
class Wanted:
    """A file that lacks."""

    root: Cid
    size: int | None = None
    """Bytes that the work says it has; more than that is not fetched."""
    source: str = ""
    """The peer that the work came from, asked first; empty if it is unknown."""
    tries: int = 0
    due: float = field(default=0.0)


class Wants:
    """The files that lack, by when they are due.

    Args:
        most: files at once; more are refused, and to be offered again.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._wanted: dict[Cid, Wanted] = {}
        self._heap: list[tuple[float, int, Cid]] = []
        self._count = 0
        self._busy: set[Cid] = set()

    def __len__(self) -> int:
        return len(self._wanted)

    def __contains__(self, root: object) -> bool:
        return root in self._wanted

    @property
    def full(self) -> bool:
        """Whether no more is taken."""
        return len(self._wanted) >= self._most

    def add(self, wanted: Wanted) -> None:
        """Want a file; nothing happens if it is wanted already."""
        if wanted.root not in self._wanted and not self.full:
            self._wanted[wanted.root] = wanted
            self._push(wanted)

    def next_due(self) -> float:
        """When the next file is due; infinity while there is none."""
        while self._heap:
            due, _, root = self._heap[0]
            wanted = self._wanted.get(root)
            if wanted is not None and wanted.due == due and root not in self._busy:
                return due
            heapq.heappop(self._heap)
        return math.inf

    def take(self, now: float) -> Wanted | None:
        """A file that is due; it is not given again before :meth:`done` or :meth:`failed`."""
        if self.next_due() > now:
            return None
        _, _, root = heapq.heappop(self._heap)
        self._busy.add(root)
        return self._wanted[root]

    def done(self, root: Cid) -> None:
        """It is here, or can't be had by anybody."""
        self._busy.discard(root)
        self._wanted.pop(root, None)

    def failed(self, root: Cid, now: float) -> None:
        """Nobody had it, or not all of it: later again."""
        self._busy.discard(root)
        wanted = self._wanted[root]
        wanted.tries += 1
        if wanted.tries >= _TRIES:
            del self._wanted[root]
            return
        wanted.due = now + min(_LONGEST, _FIRST * 2.0 ** (wanted.tries - 1))
        self._push(wanted)

    def hurry(self, now: float) -> None:
        """Something changed, such as a new connection: everything is due now."""
        for wanted in self._wanted.values():
            if wanted.root not in self._busy and wanted.due > now:
                wanted.due = now
                self._push(wanted)

    def _push(self, wanted: Wanted) -> None:
        self._count += 1
        heapq.heappush(self._heap, (wanted.due, self._count, wanted.root))
