"""A gossip message as the peer gets it: raw, and waiting for a verdict."""

from __future__ import annotations

import enum
from collections.abc import Callable

__all__ = ["Message", "Verdict"]


class Verdict(enum.IntEnum):
    """What the peer found a message to be."""

    ACCEPT = 0
    """Good: forward it."""
    IGNORE = 1
    """Not to be forwarded, and nobody's fault."""
    REJECT = 2
    """Bad: not to be forwarded, and counted against the peer that sent it."""


class Message:
    """One gossip message. Nothing about it has been checked but its libp2p envelope.

    It is forwarded to other peers only after :meth:`accept`. A message that gets no verdict in
    :attr:`Limits.verdict_seconds` is forgotten; the first verdict counts.
    """

    __slots__ = ("_judge", "data", "forwarder", "id", "origin", "topic", "verdict")

    def __init__(
        self,
        message: bytes,
        topic: str,
        data: bytes,
        origin: str,
        forwarder: str,
        judge: Callable[[Message, Verdict], None],
    ) -> None:
        self.id = message
        """SHA-256 over topic and data (docs/spec/network.md)."""
        self.topic = topic
        self.data = data
        self.origin = origin
        """The peer id that signed the envelope: who first sent it, by that key's word."""
        self.forwarder = forwarder
        """The peer id that handed it to us."""
        self.verdict: Verdict | None = None
        self._judge = judge

    def accept(self) -> None:
        """Forward it to other peers."""
        self._give(Verdict.ACCEPT)

    def ignore(self) -> None:
        """Do not forward it; it is nobody's fault."""
        self._give(Verdict.IGNORE)

    def reject(self) -> None:
        """Do not forward it, and count it against its forwarder."""
        self._give(Verdict.REJECT)

    def _give(self, verdict: Verdict) -> None:
        if self.verdict is None:
            self.verdict = verdict
            self._judge(self, verdict)
