"""The one writer of packs: it appends, rolls to a new pack when one is full, and waits for the medium.

Writing happens in a thread of its own, so that hashing and writing overlap; what is queued is bounded.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

from knowchain.storage.blocks.durable import faults_at, sync_file, write_at
from knowchain.storage.blocks.framing import HEADER_SIZE, Kind, entry_head
from knowchain.storage.blocks.packfolder import PackFolder, Place

__all__ = ["Appender", "Written"]

_GATHER: Final = 4 * 2**20
"""Bytes gathered before they are handed to the writing thread."""
_GATHER_PIECES: Final = 8192
_IN_FLIGHT: Final = 3
"""Writes queued at once; with ``_GATHER`` it bounds the memory."""
_SYNC_EVERY: Final = 64 * 2**20
"""Bytes after which the medium is asked to catch up, so that the last wait is short."""


@dataclass(frozen=True, slots=True)
class _Sealed:
    fd: int
    number: int
    marker: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Written:
    """What the system has, and the medium will have once it was waited for.

    ``ends`` tells, by pack, its marker and its size in bytes.
    """

    ends: dict[int, tuple[bytes, int]]
    fd: int
    sealed: tuple[_Sealed, ...]
    early: Future[None] | None


class Appender:
    """Appends entries to packs.

    Not thread-safe: its store holds a lock around every call but :meth:`wait`, and one of those at a time.

    Args:
        limit: bytes after which a pack is sealed.
        next_number: the number of the next pack to be made.
    """

    def __init__(self, packs: PackFolder, limit: int, next_number: int) -> None:
        self._packs = packs
        self._limit = limit
        self._next = next_number
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="pack-write")
        self._syncer = ThreadPoolExecutor(1, thread_name_prefix="pack-sync")
        self._queued: deque[Future[None]] = deque()
        self._early: Future[None] | None = None
        self._sealed: list[_Sealed] = []
        self._reset()

    def _reset(self) -> None:
        self._pieces: list[bytes] = []
        self._gathered = self._unsynced = 0
        self._fd = -1
        self._number = self._end = self._handed = 0
        self._marker = b""

    @property
    def position(self) -> tuple[int, int]:
        """The place of the next entry: pack and byte, unless a new pack is begun."""
        return (self._number, self._end) if self._fd >= 0 else (self._next, HEADER_SIZE)

    def resume(self, number: int, marker: bytes, end: int) -> None:
        """Go on appending to pack ``number`` at byte ``end``."""
        with faults_at(self._packs.path(number), "open"):
            self._fd = os.open(self._packs.path(number), os.O_RDWR)
        self._number, self._marker, self._end, self._handed = number, marker, end, end

    def append(self, kind: Kind, multihash: bytes, payload: bytes) -> Place:
        """Queue an entry, in a new pack if this one is full.

        Raises:
            StorageFault: the disk refused an earlier write, or a new pack.
        """
        if self._fd < 0 or self._end >= self._limit:
            self.roll()
        covered = b"" if kind is Kind.BLOCK else payload
        head = entry_head(self._marker, kind, multihash, len(payload), covered)
        place = Place(self._number, self._end, len(payload))
        size = len(head) + len(payload)
        self._pieces += (head, payload)
        self._end += size
        self._gathered += size
        if self._gathered >= _GATHER or len(self._pieces) >= _GATHER_PIECES:
            self._hand_over()
        return place

    def roll(self) -> None:
        """Seal the current pack and begin another."""
        self.seal()
        self._fd, self._marker = self._packs.create(self._next)
        self._number, self._end, self._handed = self._next, HEADER_SIZE, HEADER_SIZE
        self._next += 1

    def seal(self) -> None:
        """Never append to the current pack again."""
        if self._fd >= 0:
            self._hand_over()
            self._sealed.append(_Sealed(self._fd, self._number, self._marker, self._end))
            self._fd = -1

    def _hand_over(self) -> None:
        if not self._pieces:
            return
        while len(self._queued) >= _IN_FLIGHT:
            self._finish(self._queued.popleft())
        self._queued.append(self._writer.submit(write_at, self._fd, self._pieces, self._handed))
        self._unsynced += self._end - self._handed
        self._pieces, self._gathered, self._handed = [], 0, self._end
        if self._unsynced >= _SYNC_EVERY and (self._early is None or self._early.done()):
            self._sync_early()

    def _sync_early(self) -> None:
        """Start a sync in the background. Its error counts: the system reports a failed write once."""
        if self._early is not None:
            self._finish(self._early)
        self._unsynced = 0
        self._early = self._syncer.submit(sync_file, self._fd)

    def _finish(self, write: Future[None]) -> None:
        with faults_at(self._packs.path(self._number), "write to"):
            write.result()

    def flush(self) -> Written:
        """Hand everything to the system.

        Raises:
            StorageFault: the disk refused.
        """
        self._hand_over()
        while self._queued:
            self._finish(self._queued.popleft())
        sealed, self._sealed = tuple(self._sealed), []
        ends = {pack.number: (pack.marker, pack.end) for pack in sealed}
        if self._fd >= 0:
            ends[self._number] = (self._marker, self._end)
        early, self._early = self._early, None
        return Written(ends, self._fd, sealed, early)

    def wait(self, written: Written) -> None:
        """Wait until ``written`` is on the medium, while others go on appending.

        Raises:
            StorageFault: the disk refused; nothing since the last wait may be relied on.
        """
        with faults_at(self._packs.folder, "write to"):
            try:
                if written.early is not None:
                    written.early.result()
                for fd in (*(pack.fd for pack in written.sealed), written.fd):
                    if fd >= 0:
                        sync_file(fd)
            finally:
                for pack in written.sealed:
                    os.close(pack.fd)

    def abandon(self) -> None:
        """Forget everything queued and stand still; :meth:`resume` or a new pack follows."""
        running = [*self._queued, *([self._early] if self._early else [])]
        wait(running)
        self._queued.clear()
        self._early = None
        for fd in (*(pack.fd for pack in self._sealed), self._fd):
            if fd >= 0:
                os.close(fd)
        self._sealed.clear()
        self._reset()

    def close(self) -> None:
        """Stop the threads; what was not flushed is forgotten."""
        self.abandon()
        self._writer.shutdown()
        self._syncer.shutdown()
