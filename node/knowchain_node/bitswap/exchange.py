"""Bitswap at work: the streams of the network part, the wants of others, and the fetches of our own."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Final, Protocol

from knowchain.errors import ContentError
from knowchain_node.bitswap.giving import Counts, Giver, HeldBlocks
from knowchain_node.bitswap.wire import MAX_MESSAGE, PROTOCOLS, Message, Unframing, decode
from knowchain_node.network import NetworkService, PeerDisconnected, Stream
from knowchain_node.network.purse import Purse
from knowchain_node.replication.conduct import GARBAGE, NUISANCE, Fault

__all__ = ["Exchange", "Session"]

_STREAMS: Final = 64
"""Streams of one peer that are read at once."""
_LARGE: Final = 64 * 1024
"""Bytes of a message from which on it has to wait for room."""
_ROOM: Final = 96 * 2**20
"""Bytes of large messages that are in memory at once."""
_ROOM_OF_ONE: Final = 4 * MAX_MESSAGE
"""… of one peer."""
_PATIENCE: Final = 30.0
"""Seconds in which a message that began must go on, by default."""
_LATE: Final = 60.0
"""Seconds after a fetch for which blocks that come too late are forgiven."""
_MOST_LATE: Final = 256


class Session(Protocol):
    """A fetch that wants to hear what peers say."""

    def received(self, peer: str, message: Message) -> int:
        """Take what is meant for it; answers how many of the message's blocks it had asked that peer for."""
        ...

    def left(self, peer: str, why: str) -> None:
        """A peer went away, or can't be trusted."""
        ...


class Exchange:
    """Reads what peers send, gives what they want, and hands on what was asked for.

    Args:
        network: the network part.
        blocks: what may be given to others; None to give nothing.
        blame: called with a peer and what it did wrong.
        patience: seconds in which a message that began must go on; an answer has twice that to be taken.
    """

    def __init__(
        self,
        network: NetworkService,
        blocks: HeldBlocks | None,
        blame: Callable[[str, Fault], None],
        patience: float = _PATIENCE,
    ) -> None:
        self.network = network
        self.blame = blame
        self.counts = Counts()
        self._gives = blocks is not None
        self._patience = patience
        self._giver = Giver(network, blocks, blame, self.counts, 2 * patience)
        self._sessions: set[Session] = set()
        self._late: OrderedDict[str, float] = OrderedDict()
        self._reading: Counter[str] = Counter()
        self._room = Purse(_ROOM)
        self._rooms: dict[str, Purse] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Run until cancelled."""
        events = self.network.events()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                for protocol in PROTOCOLS:
                    self.network.on_stream(protocol, self._serve)
                async for event in events:
                    if isinstance(event, PeerDisconnected):
                        self._giver.forget(event.peer)
                        self._leave(event.peer, "it disconnected")
        finally:
            self._tasks = None

    def status(self) -> dict[str, object]:
        """What it does, as JSON holds it."""
        told = {
            "serving": int(self._gives),
            "peers": self._giver.peers,
            "waiting": self._giver.waiting,
            "fetching": len(self._sessions),
        }
        return {**told, **asdict(self.counts)}

    @contextlib.contextmanager
    def session(self, session: Session) -> Iterator[None]:
        """Hand what peers say to ``session`` for the time of the block."""
        self._sessions.add(session)
        try:
            yield
        finally:
            self._sessions.discard(session)

    def forgive(self, peers: tuple[str, ...]) -> None:
        """A fetch is over: blocks that were asked of these peers may still come."""
        until = asyncio.get_running_loop().time() + _LATE
        for peer in peers:
            self._late[peer] = until
            self._late.move_to_end(peer)
        while len(self._late) > _MOST_LATE:
            self._late.popitem(last=False)

    # --- what comes ---------------------------------------------------------------------------------------

    async def _serve(self, stream: Stream) -> None:
        """Read the messages of one stream until it ends."""
        peer = stream.peer
        if self._reading[peer] >= _STREAMS:
            stream.reset()
            return
        self._reading[peer] += 1
        room = self._rooms.setdefault(peer, Purse(_ROOM_OF_ONE))
        try:
            await self._read(stream, room)
        except ContentError:
            self.counts.malformed += 1
            stream.reset()
            self.blame(peer, GARBAGE)
            self._leave(peer, "it sent what is no message of bitswap")
        except TimeoutError:
            self.counts.malformed += 1
            stream.reset()
            self.blame(peer, NUISANCE)
        finally:
            self._reading[peer] -= 1
            if not self._reading[peer]:
                del self._reading[peer], self._rooms[peer]

    async def _read(self, stream: Stream, room: Purse) -> None:
        unframing, paid = Unframing(), 0
        try:
            while data := await self._more(stream, unframing):
                for payload in unframing.feed(data):
                    await self._take(stream, payload)
                size = unframing.size if unframing.size >= _LARGE else 0
                if size > paid:
                    await room.pay(size - paid)
                    try:
                        await self._room.pay(size - paid)
                    except BaseException:
                        room.refund(size - paid)
                        raise
                elif size < paid:
                    room.refund(paid - size)
                    self._room.refund(paid - size)
                paid = size
        finally:
            room.refund(paid)
            self._room.refund(paid)

    async def _more(self, stream: Stream, unframing: Unframing) -> bytes:
        async with asyncio.timeout(self._patience if unframing.under_way else None):
            return await stream.read()

    async def _take(self, stream: Stream, payload: bytes) -> None:
        """One message: what it brings, then what it wants."""
        peer = stream.peer
        message = await asyncio.to_thread(decode, payload) if len(payload) > 4096 else decode(payload)
        asked = sum(session.received(peer, message) for session in tuple(self._sessions))
        unasked = len(message.blocks) - min(asked, len(message.blocks))
        self.counts.blocks_in += len(message.blocks) - unasked
        if unasked:
            self._unasked(peer, unasked)
        if (message.entries or message.full) and self._tasks is not None:
            await self._giver.take(peer, stream.protocol, message, self._tasks)

    def _unasked(self, peer: str, count: int) -> None:
        """Blocks that nobody asked that peer for, or that are not what was asked for: they go nowhere."""
        self.counts.unasked += count
        if self._late.get(peer, 0.0) < asyncio.get_running_loop().time():
            self.blame(peer, NUISANCE)
            self._leave(peer, "it sent something else than it was asked for")

    def _leave(self, peer: str, why: str) -> None:
        for session in tuple(self._sessions):
            session.left(peer, why)
