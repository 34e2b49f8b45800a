"""The asking half of a session: wants go out, blocks come in, and credit bounds what is under way.

Credit is granted anew only for what the caller has settled, that is, given to admission and heard
back: a slow disk slows the other side down, and memory stays within the window.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from knowchain.errors import SyncError
from knowchain.sync.holdings import Arrived, BodyArrived, Counters, Event, Outcome
from knowchain.sync.limits import SyncLimits
from knowchain.sync.messages import Blocks, Bodies, Credit, Served, Want, WantKind
from knowchain.sync.sorted_ids import split_ids

_OPEN_WANTS: Final = 2
"""Wants open at once: the second hides the round trip behind the first."""


@dataclass(slots=True)
class _Open:
    """A want under way, and what of it has not come yet."""

    kind: WantKind
    awaiting: set[bytes]


class Fetcher:
    """Asks for lineages and bodies.

    Args:
        limits: what the other side may cost.
        counters: counted into.
        bodies: whether to ask for bodies together with records.
    """

    def __init__(self, limits: SyncLimits, counters: Counters, bodies: bool) -> None:
        self._limits = limits
        self._counters = counters
        self._with_bodies = bodies
        self._heads: deque[bytes] = deque()
        self._bodies: deque[bytes] = deque()
        self._open: deque[_Open] = deque()
        self._granted = 0
        self._unsettled = 0
        self._taken = 0
        self._fruitless = 0
        self._excused = False

    @property
    def idle(self) -> bool:
        """Whether all that was asked for has come and is settled."""
        return not (self._heads or self._bodies or self._open or self._unsettled)

    def want(self, kind: WantKind, ids: Iterable[bytes]) -> None:
        """Ask for the lineages of heads, or for bodies."""
        (self._heads if kind == "records" else self._bodies).extend(ids)

    def next_message(self) -> Want | Credit | None:
        """The next want, or credit for those that are open."""
        if len(self._open) < _OPEN_WANTS and (self._heads or self._bodies):
            kind: WantKind = "records" if self._heads else "bodies"
            queue = self._heads if self._heads else self._bodies
            ids = [queue.popleft() for _ in range(min(len(queue), self._limits.heads_per_want))]
            self._open.append(_Open(kind, set(ids)))
            return Want(kind, b"".join(ids), self._with_bodies and kind == "records")
        owed = self._limits.window_bytes - self._granted - self._unsettled
        if self._open and 2 * owed >= self._limits.window_bytes:
            self._granted += owed
            return Credit(owed)
        return None

    def on_blocks(self, blocks: Blocks) -> list[Event]:
        """Take a batch of records.

        Raises:
            SyncError: ``unexpected``, ``credit`` or ``exhausted``.
        """
        awaiting = self._current("records").awaiting
        arrived = [Arrived(sha256(block).digest(), block, body) for block, body in blocks.items]
        self._pay(sum(each.size for each in arrived))
        awaiting.difference_update(each.digest for each in arrived)
        self._counters.records_in += len(arrived)
        self._counters.bodies_in += sum(each.body is not None for each in arrived)
        return list(arrived)

    def on_bodies(self, bodies: Bodies) -> list[Event]:
        """Take bodies that were asked for alone.

        Raises:
            SyncError: ``unexpected``, ``credit``, ``exhausted``, or ``garbage`` for a body that
                nobody asked for.
        """
        awaiting = self._current("bodies").awaiting
        arrived = [BodyArrived(sha256(body).digest(), body) for body in bodies.items]
        self._pay(sum(each.size for each in arrived))
        for each in arrived:
            if each.digest not in awaiting:
                raise SyncError("garbage", "the body {digest} was not asked for", digest=each.digest.hex())
            awaiting.discard(each.digest)
        self._counters.bodies_in += len(arrived)
        return list(arrived)

    def on_served(self, served: Served) -> None:
        """The oldest want is answered.

        Raises:
            SyncError: ``unexpected``; ``withheld`` when heads that the other side named as its
                own did not come, or bodies neither came nor are lacking.
        """
        if not self._open:
            raise SyncError("unexpected", "a want is answered that was never sent")
        current = self._open.popleft()
        missing = current.awaiting
        if current.kind == "bodies":
            missing = missing.symmetric_difference(split_ids(served.lacking))
        if missing:
            raise SyncError(
                "withheld",
                "{count} of the {kind} asked for did not come, the first {digest}",
                count=len(missing),
                kind=current.kind,
                digest=min(missing).hex(),
            )

    def settle(self, event: Event, outcome: Outcome) -> None:
        """Hear what admission said of something that came: frees its credit, and judges the peer.

        Raises:
            SyncError: ``garbage`` for what no peer may accept; ``withheld`` for a record that came
                before its parents; ``fruitless`` when nothing new has come for long, which is no
                fault: others may have been quicker.
        """
        self._unsettled -= event.size
        if outcome == "rejected":
            raise SyncError("garbage", "{digest} was rejected", digest=event.digest.hex())
        if outcome == "parked" and not self._excused:
            raise SyncError("withheld", "{digest} came before its parents", digest=event.digest.hex())
        # What is of a later version can't be taken in, and what stands on it stays parked.
        self._excused = self._excused or outcome == "unsupported"
        self._counters.accepted += outcome == "accepted"
        self._fruitless = 0 if outcome == "accepted" else self._fruitless + 1
        if self._fruitless > self._limits.fruitless_records:
            raise SyncError("fruitless", "{count} records in a row were not new", count=self._fruitless)

    def _current(self, kind: WantKind) -> _Open:
        if not self._open or self._open[0].kind != kind:
            raise SyncError("unexpected", "{kind} came that were not asked for", kind=kind)
        return self._open[0]

    def _pay(self, size: int) -> None:
        if size > self._granted:
            raise SyncError(
                "credit", "{size} bytes came on a credit of {left}", size=size, left=self._granted
            )
        self._granted -= size
        self._unsettled += size
        self._taken += size
        if self._taken > self._limits.session_bytes:
            raise SyncError("exhausted", "{size} bytes came in one session", size=self._taken)
