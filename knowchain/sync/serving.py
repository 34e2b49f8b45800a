"""The giving half of a session: the other side's wants are answered in order, as credit allows.

Blocks are read from the store when the transport asks for the next message and there is credit,
never before: a slow reader costs one batch of memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowchain.errors import SyncError
from knowchain.limits import MAX_INT
from knowchain.sync.holdings import Counters, Holdings
from knowchain.sync.limits import MAX_QUEUED_WANTS, SyncLimits
from knowchain.sync.messages import Blocks, Bodies, Served, Want
from knowchain.sync.sorted_ids import split_ids


@dataclass(slots=True)
class _Open:
    """The want that is being answered."""

    want: Want
    known: list[bytes]
    lacking: list[bytes]
    items: Iterator[tuple[bytes, bytes | None]]
    ahead: tuple[bytes, bytes | None] | None = None
    """Read from the store, and waiting for credit."""


class Server:
    """Answers wants.

    Args:
        holdings: the store.
        limits: what the other side may take.
        counters: counted into.
    """

    def __init__(self, holdings: Holdings, limits: SyncLimits, counters: Counters) -> None:
        self._holdings = holdings
        self._limits = limits
        self._counters = counters
        self._queue: deque[Want] = deque()
        self._open: _Open | None = None
        self._credit = 0
        self._given = 0
        self._held: set[bytes] = set()

    @property
    def idle(self) -> bool:
        """Whether every want is answered."""
        return self._open is None and not self._queue

    def note_held(self, ids: Iterable[bytes]) -> None:
        """Records held here that the other side has, ancestors and all: walks stop there."""
        self._held.update(ids)

    def on_want(self, want: Want) -> None:
        """Queue a want.

        Raises:
            SyncError: ``pace``: more wants than a peer may have open.
        """
        if len(self._queue) + (self._open is not None) >= MAX_QUEUED_WANTS:
            raise SyncError("pace", "more than {most} wants are open", most=MAX_QUEUED_WANTS)
        self._queue.append(want)

    def on_credit(self, amount: int) -> None:
        """Take credit: so many bytes more may be sent."""
        self._credit = min(self._credit + amount, MAX_INT)

    def next_message(self) -> Blocks | Bodies | Served | None:
        """The next part of an answer; None while there is no want, or no credit.

        Raises:
            SyncError: ``exhausted``: the session gave as much as one session gives.
        """
        if self._open is None:
            if not self._queue:
                return None
            self._open = self._begun(self._queue.popleft())
        current = self._open
        batch, exhausted = self._batch(current)
        if not batch and not exhausted:
            return None
        if batch:
            return self._counted(current, batch)
        self._open = None
        if current.want.kind == "records":
            self._held.update(current.known)
        return Served(b"".join(current.lacking))

    def _begun(self, want: Want) -> _Open:
        ids = split_ids(want.ids)
        if want.kind == "bodies":
            lacking: list[bytes] = []
            return _Open(want, [], lacking, self._bodies(ids, lacking))
        lacking = list(self._holdings.unheld(ids))
        unknown = set(lacking)
        known = [each for each in ids if each not in unknown]
        return _Open(want, known, lacking, self._holdings.lineage(known, self._held, want.bodies))

    def _bodies(self, ids: list[bytes], lacking: list[bytes]) -> Iterator[tuple[bytes, bytes | None]]:
        for each in ids:
            body = self._holdings.body(each)
            if body is None:
                lacking.append(each)
            else:
                yield body, None

    def _batch(self, current: _Open) -> tuple[list[tuple[bytes, bytes | None]], bool]:
        """What can be sent at once, and whether there was nothing left to read."""
        batch: list[tuple[bytes, bytes | None]] = []
        size = 0
        item: tuple[bytes, bytes | None] | None = (b"", None)
        while size < self._limits.batch_bytes:
            item = current.ahead or next(current.items, None)
            if item is None:
                break
            cost = len(item[0]) + len(item[1] or b"")
            current.ahead = item if cost > self._credit else None
            if current.ahead is not None:
                break
            self._credit -= cost
            size += cost
            batch.append(item)
        self._given += size
        if self._given > self._limits.session_bytes:
            raise SyncError("exhausted", "{size} bytes are given in one session", size=self._given)
        return batch, item is None

    def _counted(self, current: _Open, batch: list[tuple[bytes, bytes | None]]) -> Blocks | Bodies:
        if current.want.kind == "bodies":
            self._counters.bodies_out += len(batch)
            return Bodies(tuple(body for body, _ in batch))
        self._counters.records_out += len(batch)
        self._counters.bodies_out += sum(body is not None for _, body in batch)
        return Blocks(tuple(batch))
