"""The log that the packs are: appends, group commits, and what happens when the disk refuses.

Everybody appends under one short lock. A commit hands the bytes to the system, waits for the medium
while others go on appending, and only then records them in the index: whoever waited is covered by one sync.

When the disk refuses anything, nothing since the last commit can be relied on: the packs are cut back to
what is acknowledged, and every batch that was open fails. The store goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from knowchain.errors import StorageFault
from knowchain.storage.blocks.appender import Appender
from knowchain.storage.blocks.durable import faults_at, sync_file, sync_folder
from knowchain.storage.blocks.framing import Kind, Pointer, Tombstone
from knowchain.storage.blocks.index import Change, Gone, Index, Located, Pointed, Stored
from knowchain.storage.blocks.packfolder import PackFolder

__all__ = ["BlockLog"]


class BlockLog:
    """Appends to the packs and commits to the index. Thread-safe."""

    def __init__(self, packs: PackFolder, index: Index, limit: int) -> None:
        self._packs = packs
        self._index = index
        self._limit: Final = limit
        self._committing = Lock()
        """Held for a whole commit; taken before ``_appending`` by whoever needs both."""
        self._appending = Lock()
        self._pending: list[tuple[bytes, Change]] = []
        self._fresh: dict[bytes, Change] = {}
        self._appended = self._durable = 0
        self._broken = False
        self.generation = 0
        self._first_own: Final = self._next_number()
        self._appender = Appender(packs, limit, self._first_own)
        self._resume()

    def _next_number(self) -> int:
        known = (*self._packs.numbers(), *self._packs.erasing(), *self._index.durable())
        return max(known, default=0) + 1

    def _resume(self) -> None:
        """Go on in the last pack, if it is as long as the index says and has room."""
        durable = self._index.durable()
        last = max(self._packs.numbers(), default=0)
        if last in durable:
            marker, end = durable[last]
            if self._packs.size(last) == end < self._limit and last == max(durable):
                self._appender.resume(last, marker, end)

    @contextmanager
    def appending(self) -> Iterator[None]:
        """The lock under which :meth:`standing` and the appends are called.

        Raises:
            StorageFault: the disk refused, now or when an earlier failure is cleaned up.
        """
        while True:
            with self._appending:
                if not self._broken:
                    try:
                        yield
                    except BaseException:
                        self._break()
                        raise
                    return
            self.mend()

    def _break(self) -> None:
        if not self._broken:
            self._broken = True
            self.generation += 1

    @property
    def position(self) -> tuple[int, int]:
        """Pack and byte of the next entry."""
        return self._appender.position

    def standing(self, multihash: bytes) -> Located | None:
        """Where the block stands, counting what is appended but not yet committed."""
        match self._fresh.get(multihash):
            case Stored(place):
                return place
            case Pointed(_, pointer):
                return pointer
            case Gone():
                return None
            case _:
                return self._index.find(multihash)

    def append_block(self, multihash: bytes, block: bytes) -> None:
        place = self._appender.append(Kind.BLOCK, multihash, block)
        self._note(multihash, Stored(place))

    def append_pointer(self, multihash: bytes, pointer: Pointer) -> None:
        place = self._appender.append(Kind.POINTER, multihash, pointer.encode())
        self._note(multihash, Pointed(place, pointer))

    def append_tombstone(self, multihash: bytes, tombstone: Tombstone) -> None:
        self._appender.append(Kind.TOMBSTONE, multihash, tombstone.encode())
        self._note(multihash, Gone(tombstone))

    def _note(self, multihash: bytes, change: Change) -> None:
        self._pending.append((multihash, change))
        self._fresh[multihash] = change
        self._appended += 1

    def seal(self) -> None:
        """Never append to the current pack again."""
        with self.appending():
            self._appender.seal()

    def commit(self) -> None:
        """Everything appended so far is on the medium, and in the index, at return.

        Raises:
            StorageFault: the disk refused; nothing since the last commit is kept.
        """
        if self._broken:
            self.mend()
        wanted = self._appended
        with self._committing:
            if self._durable >= wanted and not self._broken:
                return  # the commit that was waited for covered this one
            try:
                with self._appending:
                    if self._broken:
                        raise self._refused()
                    written, taken, mark = self._appender.flush(), self._pending, self._appended
                    self._pending = []
                self._appender.wait(written)
                self._index.apply(taken, written.ends)
            except BaseException:  # an interrupt too: whatever was under way is cut back
                self._break()
                raise
            self._settle(taken, mark)

    def _settle(self, taken: list[tuple[bytes, Change]], mark: int) -> None:
        with self._appending:
            self._durable = mark
            for multihash, change in taken:
                if self._fresh.get(multihash) is change:
                    del self._fresh[multihash]

    @staticmethod
    def _refused() -> StorageFault:
        return StorageFault(
            "the disk refused a write while this was under way; nothing of it was acknowledged",
            remedy="look at the first error, then do it again",
        )

    def check(self, generation: int) -> None:
        """Check that nothing failed since ``generation`` was read.

        Raises:
            StorageFault: something did, and what was appended since then is lost.
        """
        if generation != self.generation:
            raise self._refused()

    def abandon(self) -> None:
        """Let go of everything that is not committed."""
        with self._appending:
            self._break()
        self.mend()

    def mend(self) -> None:
        """After a failure: cut the packs back to what is acknowledged.

        Raises:
            StorageFault: the disk refuses that too; the next use tries again.
        """
        with self._committing, self._appending:
            if not self._broken:
                return
            self._appender.abandon()
            self._pending.clear()
            self._fresh.clear()
            self._cut_back()
            self._resume()
            self._durable = self._appended
            self._broken = False

    def _cut_back(self) -> None:
        durable = self._index.durable()
        for number in self._packs.numbers():
            path = self._packs.path(number)
            with faults_at(path, "cut back"):
                if number not in durable:
                    if number >= self._first_own:  # an older one that is unreadable is fsck's business
                        path.unlink()
                elif self._packs.size(number) > durable[number][1]:
                    fd = os.open(path, os.O_RDWR)
                    try:
                        os.ftruncate(fd, durable[number][1])
                        sync_file(fd)
                    finally:
                        os.close(fd)
        with faults_at(self._packs.folder, "sync"):
            sync_folder(self._packs.folder)

    def close(self) -> None:
        """Stop the writing threads. What was not committed is cut back when the store is opened again."""
        with self._committing, self._appending:
            self._appender.close()
