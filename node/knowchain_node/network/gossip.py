"""Gossip as the peer sees it: topics it joined, messages that wait for its verdict, credit for its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from knowchain_node.network.counters import Counters
from knowchain_node.network.credits import GOSSIP_WINDOW, Allowance, cost_of
from knowchain_node.network.link import Link
from knowchain_node.network.messages import Message, Verdict
from knowchain_node.network.purse import Purse
from knowchain_node.network.requests import down
from knowchain_node.network.vocabulary import GossipUp, VerdictDown

__all__ = ["Gossip"]

_UNREAD: Final = 8192
"""Messages of one topic that wait to be read; newer ones are ignored, as if they had been lost."""


class Gossip:
    """Queues of messages by topic, and the credit of both directions.

    A message holds its credit until its verdict is given, so a reader that is slow slows its forwarders and
    costs at most :data:`GOSSIP_WINDOW` bytes.
    """

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._link: Link | None = None
        self._queues: dict[str, asyncio.Queue[Message | None]] = {}
        self._incoming = Allowance(GOSSIP_WINDOW)
        self.outgoing = Purse(GOSSIP_WINDOW)
        """Credit for our own messages."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that were joined; a new life of the child joins them again."""
        return tuple(self._queues)

    def up(self, link: Link) -> None:
        """A new life of the child: all credit is there again."""
        self._link = link
        self._incoming = Allowance(GOSSIP_WINDOW)
        self.outgoing = Purse(GOSSIP_WINDOW)

    def down(self, reason: str) -> None:
        """The child's life ended: verdicts have nobody to go to."""
        self._link = None
        self.outgoing.close(down(reason))

    def join(self, topic: str) -> None:
        self._queues.setdefault(topic, asyncio.Queue(_UNREAD))

    def leave(self, topic: str) -> None:
        queue = self._queues.pop(topic, None)
        if queue is None:
            return
        while not queue.empty():
            if message := queue.get_nowait():
                message.ignore()
        queue.put_nowait(None)

    def messages(self, topic: str) -> AsyncIterator[Message]:
        """The messages of a joined topic, until it is left; several readers share them."""
        return _until_left(self._queues[topic])

    def take(self, frame: GossipUp) -> None:
        """A message came.

        Raises:
            SeamBroken: the child sent it without credit.
        """
        self._incoming.take(cost_of(frame.data))
        link = self._link

        def judge(message: Message, verdict: Verdict) -> None:
            self._judged(message, verdict, link)

        message = Message(frame.message, frame.topic, frame.data, frame.origin, frame.forwarder, judge)
        queue = self._queues.get(frame.topic)
        if queue is None or queue.full():
            self._counters.unread += 1
            message.ignore()
        else:
            queue.put_nowait(message)

    def _judged(self, message: Message, verdict: Verdict, link: Link | None) -> None:
        match verdict:
            case Verdict.ACCEPT:
                self._counters.accepted += 1
            case Verdict.IGNORE:
                self._counters.ignored += 1
            case Verdict.REJECT:
                self._counters.rejected += 1
        if link is not None and link is self._link:  # not to a later life, which knows nothing of it
            self._incoming.give(cost_of(message.data))
            link.send(VerdictDown(message.id, int(verdict)))


async def _until_left(queue: asyncio.Queue[Message | None]) -> AsyncIterator[Message]:
    while (message := await queue.get()) is not None:
        yield message
    queue.put_nowait(None)  # for the next reader
