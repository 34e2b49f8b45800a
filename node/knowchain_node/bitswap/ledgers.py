"""What other peers want of us and have not got yet: bounded, by peer, the oldest first. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from knowchain_node.bitswap.wire import Entry, Message

__all__ = ["MOST_IN_ALL", "MOST_OF_ONE", "Ledgers"]

MOST_OF_ONE: Final = 8192
"""Wants of one peer that may wait. An honest one asks for some hundreds at once."""
MOST_IN_ALL: Final = 65_536
"""Wants of all peers that may wait."""
_RATE: Final = 10_000.0
"""Wants a second that one peer is heard about; twice that at once, then it is not read for so long."""


@dataclass(slots=True)
class _Ledger:
    waiting: dict[bytes, Entry] = field(default_factory=dict)
    tokens: float = 2 * _RATE
    at: float = 0.0


class Ledgers:
    """The wants that wait for an answer.

    Args:
        most_of_one: of one peer.
        most_in_all: of all peers.
    """

    def __init__(self, most_of_one: int = MOST_OF_ONE, most_in_all: int = MOST_IN_ALL) -> None:
        self._ledgers: dict[str, _Ledger] = {}
        self._most_of_one = most_of_one
        self._most_in_all = most_in_all
        self._count = 0

    def __len__(self) -> int:
        """How many wants wait."""
        return self._count

    def take(self, peer: str, message: Message) -> int:
        """Note a peer's wants, and take back what it cancels; answers how many there was no place for."""
        ledger = self._ledgers.setdefault(peer, _Ledger())
        before, refused = len(ledger.waiting), 0
        if message.full:
            ledger.waiting.clear()
        for entry in message.entries:
            former = ledger.waiting.get(entry.cid)
            if entry.cancel:
                ledger.waiting.pop(entry.cid, None)
            elif former is not None:
                if former.have and not entry.have:  # it knows by now that it wants the block itself
                    ledger.waiting[entry.cid] = entry
            elif self._has_place(ledger, before):
                ledger.waiting[entry.cid] = entry
            else:
                refused += 1
        self._count += len(ledger.waiting) - before
        return refused

    def _has_place(self, ledger: _Ledger, before: int) -> bool:
        in_all = self._count + len(ledger.waiting) - before
        return len(ledger.waiting) < self._most_of_one and in_all < self._most_in_all

    def delay(self, peer: str, wants: int, now: float) -> float:
        """Count ``wants`` at time ``now``; the seconds for which the peer is not to be read after them."""
        ledger = self._ledgers.setdefault(peer, _Ledger(at=now))
        ledger.tokens = min(2 * _RATE, ledger.tokens + (now - ledger.at) * _RATE) - wants
        ledger.at = now
        return max(0.0, -ledger.tokens / _RATE)

    def next(self, peer: str, most: int) -> list[Entry]:
        """A peer's oldest wants, taken out of the ledger."""
        ledger = self._ledgers.get(peer)
        if ledger is None:
            return []
        taken = [entry for entry, _ in zip(ledger.waiting.values(), range(most), strict=False)]
        for entry in taken:
            del ledger.waiting[entry.cid]
        self._count -= len(taken)
        return taken

    def waits(self, peer: str) -> bool:
        """Whether a want of the peer waits."""
        ledger = self._ledgers.get(peer)
        return ledger is not None and bool(ledger.waiting)

    def put_back(self, peer: str, entries: list[Entry]) -> None:
        """Put wants that were taken out and not answered back to the front."""
        ledger = self._ledgers.get(peer)
        if ledger is None:
            return  # it left
        before = len(ledger.waiting)
        ledger.waiting = {**{entry.cid: entry for entry in entries}, **ledger.waiting}
        self._count += len(ledger.waiting) - before

    def forget(self, peer: str) -> None:
        """A peer left: its wants are over."""
        ledger = self._ledgers.pop(peer, None)
        self._count -= len(ledger.waiting) if ledger is not None else 0
