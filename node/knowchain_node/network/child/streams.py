"""Streams of the application's protocols: between libp2p's streams and the seam, with flow control.

Each stream has two tasks. One reads from the other peer as long as the parent gives credit, so that a parent
that does not read stops the other peer through yamux's window. One writes what the parent sent, and gives
credit back for what went out. A stream that carries no byte for long, in either direction, is reset.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

import trio
from libp2p.abc import INetStream
from libp2p.custom_types import TProtocol
from libp2p.exceptions import BaseLibp2pError
from libp2p.network.stream.exceptions import StreamReset as PeerReset
from libp2p.peer.id import ID

from knowchain_node.network.child.guards.cleaning import cleaning
from knowchain_node.network.child.guards.containment import contain
from knowchain_node.network.child.guards.window import write_when_open
from knowchain_node.network.child.host import GuardedHost
from knowchain_node.network.child.seam import Seam
from knowchain_node.network.config import MAX_PIECE, Limits
from knowchain_node.network.counters import ChildCounters
from knowchain_node.network.credits import STREAM_WINDOW, Allowance
from knowchain_node.network.errors import PeerUnreachable
from knowchain_node.network.vocabulary import (
    StreamCredit,
    StreamData,
    StreamEnd,
    StreamOpened,
    StreamReset,
)

__all__ = ["ChildStreams"]


class _Piped:
    """One stream between another peer and the parent."""

    def __init__(self, number: int, stream: INetStream, seam: Seam) -> None:
        self.number: Final = number
        self.stream = stream
        self.scope = trio.CancelScope()
        self.upward = Allowance(STREAM_WINDOW)  # what the parent lets us send it
        self.downward = Allowance(STREAM_WINDOW)  # what we let the parent send us
        self.to_write: deque[bytes] = deque()
        self.ended = False  # the parent sends no more
        self.changed = trio.Event()
        self.last_byte = trio.current_time()
        self._seam = seam

    def poke(self) -> None:
        """Wake the tasks: credit, data or an end came from the parent."""
        self.changed.set()
        self.changed = trio.Event()

    async def read(self) -> None:
        """From the peer to the parent, until the peer ends."""
        while True:
            while not self.upward.available:
                await self.changed.wait()
            try:
                data = await self.stream.read(min(MAX_PIECE, self.upward.available))
            except EOFError:
                if _was_broken(self.stream):
                    raise PeerReset from None
                data = b""
            if not data:
                self._seam.say(StreamEnd(self.number))
                return
            self.last_byte = trio.current_time()
            self.upward.take(len(data))
            self._seam.say(StreamData(self.number, data))

    async def write(self, seconds: float) -> None:
        """From the parent to the peer, until the parent ends."""
        while True:
            while not self.to_write:
                if self.ended:
                    await self.stream.close_write()  # type: ignore[attr-defined]
                    return
                await self.changed.wait()
            data = self.to_write.popleft()
            await write_when_open(self.stream, data, seconds)
            self.last_byte = trio.current_time()
            self.downward.give(len(data))
            self._seam.say(StreamCredit(self.number, len(data)))


class ChildStreams:
    """All streams of the application's protocols."""

    def __init__(self, host: GuardedHost, seam: Seam, limits: Limits, counters: ChildCounters) -> None:
        self._host = host
        self._seam = seam
        self._limits = limits
        self._counters = counters
        self._piped: dict[int, _Piped] = {}
        self._inbound: Counter[ID] = Counter()
        self._next = 2
        self._opening: set[int] = set()
        self._cancelled: set[int] = set()  # given up by the parent while they were being opened

    def serve(self, protocol: str) -> None:
        """Accept streams of ``protocol`` from now on."""

        async def handler(stream: INetStream) -> None:
            await self._accept(stream, protocol)

        self._host.set_stream_handler(TProtocol(protocol), handler)

    async def open(self, number: int, peer: ID, protocol: str, nursery: trio.Nursery) -> None:
        """Open a stream that the parent asked for.

        Raises:
            PeerUnreachable: it can't be opened.
        """
        if len(self._piped) + len(self._opening) >= self._limits.streams:
            raise PeerUnreachable("{most} streams are open", most=self._limits.streams)
        self._opening.add(number)
        try:
            stream = await self._host.new_stream(peer, [TProtocol(protocol)])
        except BaseLibp2pError as error:
            raise PeerUnreachable("{why}", why=str(error)) from error
        finally:
            self._opening.discard(number)
            given_up = number in self._cancelled
            self._cancelled.discard(number)
        if given_up:
            await stream.reset()
            return
        piped = self._piped[number] = _Piped(number, stream, self._seam)
        nursery.start_soon(self._run, piped)

    async def _accept(self, stream: INetStream, protocol: str) -> None:
        """A peer opened a stream of a served protocol."""
        peer = stream.muxed_conn.peer_id
        if len(self._piped) >= self._limits.streams or self._inbound[peer] >= self._limits.streams_per_peer:
            self._counters.streams_refused += 1
            await stream.reset()
            return
        number, self._next = self._next, self._next + 2
        piped = self._piped[number] = _Piped(number, stream, self._seam)
        self._inbound[peer] += 1
        self._seam.say(StreamOpened(number, str(peer), protocol))
        try:
            await self._run(piped)
        finally:
            self._inbound[peer] -= 1
            if not self._inbound[peer]:
                del self._inbound[peer]

    async def _run(self, piped: _Piped) -> None:
        """Carry one stream to its end, or reset it for both sides."""
        whole = False
        try:
            async with contain(self._counters, "a stream"):
                with piped.scope:
                    await self._carry(piped)
                    whole = True
        finally:
            del self._piped[piped.number]
            if not whole:
                self._seam.say(StreamReset(piped.number))
            with cleaning(1):
                await (piped.stream.close() if whole else piped.stream.reset())

    async def _carry(self, piped: _Piped) -> None:
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._watch, piped)
                async with trio.open_nursery() as both:
                    both.start_soon(piped.read)
                    both.start_soon(piped.write, self._limits.stream_idle_seconds)
                nursery.cancel_scope.cancel()
        except* (BaseLibp2pError, trio.TooSlowError):
            piped.scope.cancel()  # it was reset by the peer, or its connection ended: no failure
            await trio.lowlevel.checkpoint()

    async def _watch(self, piped: _Piped) -> None:
        """End a stream that has been idle for too long."""
        left = float(self._limits.stream_idle_seconds)
        while left > 0:
            await trio.sleep(left)
            left = piped.last_byte + self._limits.stream_idle_seconds - trio.current_time()
        self._counters.streams_refused += 1
        piped.scope.cancel()

    def take(self, frame: StreamData | StreamCredit | StreamEnd | StreamReset) -> None:
        """What the parent says about a stream. One that we know no more ended while it was under way.

        Raises:
            SeamBroken: the parent sent more than it had credit for.
        """
        piped = self._piped.get(frame.stream)
        if piped is None:
            if isinstance(frame, StreamReset) and frame.stream in self._opening:
                self._cancelled.add(frame.stream)
            return
        match frame:
            case StreamData():
                piped.downward.take(len(frame.data))
                piped.to_write.append(frame.data)
            case StreamCredit():
                piped.upward.give(frame.amount)
            case StreamEnd():
                piped.ended = True
            case StreamReset():
                piped.scope.cancel()
        piped.poke()


def _was_broken(stream: INetStream) -> bool:
    """Whether a stream that libp2p calls ended was in truth reset, or lost with its connection."""
    muxed = stream.muxed_stream  # type: ignore[attr-defined]
    return bool(muxed.reset_received or muxed.conn.event_shutting_down.is_set())
