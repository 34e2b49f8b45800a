"""Messages that wait for the parent's verdict, and those whose verdict is known."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import trio
from libp2p.peer.id import ID
from libp2p.pubsub.pb.rpc_pb2 import Message

from knowchain_node.network.child.seam import Seam
from knowchain_node.network.counters import ChildCounters
from knowchain_node.network.credits import GOSSIP_WINDOW, Allowance, cost_of
from knowchain_node.network.vocabulary import GossipUp

__all__ = ["Judging", "Waiting"]

_SEEN_SECONDS: Final = 120.0
_SEEN: Final = 200_000
_PATIENCE: Final = 2.0
"""Seconds that a peer is not read for want of credit."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for its verdict."""

    message: Message
    forwarder: ID
    cost: int
    since: float


class Judging:
    """Sends messages up, at most so many bytes at once, and remembers ids for two minutes."""

    def __init__(self, seam: Seam, counters: ChildCounters, seconds: float) -> None:
        self._seam = seam
        self._counters = counters
        self._seconds = seconds
        self._credit = Allowance(GOSSIP_WINDOW)
        self._credit_came = trio.Condition()
        self._is_dry = False
        self._waiting: OrderedDict[bytes, Waiting] = OrderedDict()
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def knows(self, name: bytes) -> bool:
        """Whether the message called ``name`` was judged lately, or is waiting."""
        return name in self._waiting or name in self._seen

    def remember(self, name: bytes) -> None:
        """Its verdict is known, or it is ours: another copy is not looked at."""
        self._seen[name] = trio.current_time()
        if len(self._seen) > _SEEN:
            self._seen.popitem(last=False)

    async def submit(self, name: bytes, message: Message, forwarder: ID) -> None:
        """Send a message up to be judged; if no credit comes in two seconds, drop it and count it."""
        cost = cost_of(message.data)
        if not await self._comes_credit(cost):
            self._counters.gossip_without_credit += 1
            return
        if self.knows(name):  # another peer's copy came while this one waited
            self._counters.gossip_duplicates += 1
            return
        self._credit.take(cost)
        self._waiting[name] = Waiting(message, forwarder, cost, trio.current_time())
        origin = ID(message.from_id)
        self._seam.say(GossipUp(name, message.topicIDs[0], message.data, str(origin), str(forwarder)))

    async def _comes_credit(self, cost: int) -> bool:
        """Whether there is credit for ``cost``, waiting for it a little.

        After one message that waited in vain none waits until credit comes: peers are read on, since a
        py-libp2p peer whose window stays shut for five seconds takes the stream for dead.
        """
        if not self._credit.fits(cost) and not self._is_dry:
            with trio.move_on_after(_PATIENCE):
                async with self._credit_came:
                    while not self._credit.fits(cost):
                        await self._credit_came.wait()
            self._is_dry = not self._credit.fits(cost)
        return self._credit.fits(cost)

    async def judged(self, name: bytes) -> Waiting | None:
        """A verdict came: the message it is about, or None if it is not waited for any more."""
        waiting = self._waiting.pop(name, None)
        if waiting is None:
            return None
        self.remember(name)
        await self._give_back(waiting.cost)
        return waiting

    async def forget_old(self) -> None:
        """Forget ids after two minutes, and messages that got no verdict in time."""
        now = trio.current_time()
        while self._seen and next(iter(self._seen.values())) < now - _SEEN_SECONDS:
            self._seen.popitem(last=False)
        while self._waiting and next(iter(self._waiting.values())).since < now - self._seconds:
            _, waiting = self._waiting.popitem(last=False)
            self._counters.gossip_unjudged += 1
            await self._give_back(waiting.cost)

    async def _give_back(self, cost: int) -> None:
        self._credit.give(cost)
        self._is_dry = False
        async with self._credit_came:
            self._credit_came.notify_all()
