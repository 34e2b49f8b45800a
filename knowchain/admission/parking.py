"""Parked blocks: valid by themselves, waiting for a parent. A cache, bounded in every direction.

Parked is never acknowledged, forwarded or ranked. What falls out is asked for again by
reconciliation, so that a bound here loses nothing.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from knowchain import limits
from knowchain.identifiers import RecordId
from knowchain.records.block import Block

__all__ = ["Parked", "Parking"]


class Parked(NamedTuple):
    """A block that waits, with the body that came along."""

    block: Block
    body: bytes | None
    source: str
    since: float
    """Seconds, by the clock of whoever parks."""

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return len(self.block.data) + len(self.body or b"")


class Parking:
    """Blocks by id, found by the parent that they lack. Not safe for several threads."""

    def __init__(
        self,
        *,
        per_source: int = limits.PARKED_PER_SOURCE,
        total_bytes: int = limits.PARKED_BYTES,
        seconds: float = limits.PARKED_SECONDS,
    ) -> None:
        self._per_source = per_source
        self._total_bytes = total_bytes
        self._seconds = seconds
        self._parked: OrderedDict[RecordId, Parked] = OrderedDict()
        self._missing: dict[RecordId, set[RecordId]] = {}
        self._waiting: dict[RecordId, set[RecordId]] = defaultdict(set)
        self._shares: dict[str, OrderedDict[RecordId, None]] = {}
        self.bytes = 0
        """Bytes held now."""

    def __len__(self) -> int:
        return len(self._parked)

    def __contains__(self, rid: object) -> bool:
        return rid in self._parked

    def park(self, parked: Parked, missing: Iterable[RecordId]) -> None:
        """Keep a block until its ``missing`` parents come.

        A source that fills its share pushes out its own oldest block, never another's; when all
        shares together are too many bytes, the oldest of all goes. A block that waits already keeps
        its place in the share of whoever brought it first, or anybody could push it out by bringing
        it again; a body that it lacks is taken over.
        """
        rid = parked.block.id
        self.expire(parked.since)
        if (first := self._parked.get(rid)) is not None:
            if first.body is None and parked.body is not None:
                self._parked[rid] = first._replace(body=parked.body)
                self.bytes += len(parked.body)
            self._shrink()
            return
        share = self._shares.setdefault(parked.source, OrderedDict())
        if len(share) >= self._per_source:
            self.drop(next(iter(share)))
            share = self._shares.setdefault(parked.source, OrderedDict())
        self._parked[rid] = parked
        self._missing[rid] = set(missing)
        for parent in self._missing[rid]:
            self._waiting[parent].add(rid)
        share[rid] = None
        self.bytes += parked.size
        self._shrink()

    def _shrink(self) -> None:
        while self.bytes > self._total_bytes:
            self.drop(next(iter(self._parked)))

    def arrived(self, parent: RecordId) -> list[Parked]:
        """``parent`` was accepted: the blocks that now lack nothing, taken out of parking."""
        ready = []
        for rid in sorted(self._waiting.pop(parent, ())):
            missing = self._missing[rid]
            missing.discard(parent)
            if not missing:
                ready.append(self._parked[rid])
                self.drop(rid)
        return ready

    def refused(self, parent: RecordId) -> None:
        """``parent`` was rejected for ever: what waits for it waits in vain, and goes."""
        todo = [parent]
        while todo:
            for rid in tuple(self._waiting.get(todo.pop(), ())):
                self.drop(rid)
                todo.append(rid)

    def expire(self, now: float) -> None:
        """Drop what has waited too long."""
        while self._parked:
            rid, oldest = next(iter(self._parked.items()))
            if 0 <= now - oldest.since < self._seconds:
                return
            self.drop(rid)

    def drop(self, rid: RecordId) -> None:
        """Forget one parked block; nothing happens if it is not parked."""
        parked = self._parked.pop(rid, None)
        if parked is None:
            return
        for parent in self._missing.pop(rid):
            waiting = self._waiting.get(parent)
            if waiting is not None:
                waiting.discard(rid)
                if not waiting:
                    del self._waiting[parent]
        share = self._shares[parked.source]
        del share[rid]
        if not share:
            del self._shares[parked.source]
        self.bytes -= parked.size

    def wanted(self) -> tuple[RecordId, ...]:
        """The parents that parked blocks lack and that are not parked themselves: what to ask for."""
        return tuple(sorted(parent for parent in self._waiting if parent not in self._parked))
