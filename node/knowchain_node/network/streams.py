"""One stream with another peer, as the peer sees it, and the table of all of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from knowchain_node.network.config import MAX_PIECE
from knowchain_node.network.credits import STREAM_WINDOW, Allowance
from knowchain_node.network.errors import StreamBroken
from knowchain_node.network.purse import Purse
from knowchain_node.network.vocabulary import (
    Frame,
    StreamCredit,
    StreamData,
    StreamEnd,
    StreamReset,
)

__all__ = ["Outlet", "Stream", "StreamTable"]


class Outlet(Protocol):
    """Where a stream's frames go."""

    def send(self, frame: Frame) -> None: ...

    async def drain(self) -> None: ...


class Stream:
    """Bytes to and from one other peer, with flow control from end to end.

    Use it as ``async with stream:``; leaving it closes our side and throws away what is not read, leaving
    it by an exception resets it. One task may read while another writes.
    """

    def __init__(self, number: int, peer: str, protocol: str, outlet: Outlet, table: StreamTable) -> None:
        self.peer = peer
        """The other peer's id."""
        self.protocol = protocol
        """The protocol id that was agreed on."""
        self._number = number
        self._outlet = outlet
        self._table = table
        self._chunks: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._incoming = Allowance(STREAM_WINDOW)
        self._owed = 0  # taken in, but the credit is not given back yet
        self._outgoing = Purse(STREAM_WINDOW)
        self._ended_here = False
        self._ended_there = False
        self._discarding = False
        self._broken: StreamBroken | None = None

    async def read(self, n: int = MAX_PIECE) -> bytes:
        """From 1 to ``n`` bytes, or none at the end of the stream.

        Raises:
            StreamBroken: the stream was reset.
        """
        while not self._chunks:
            if self._broken is not None:
                raise self._broken
            if self._ended_there:
                return b""
            self._arrived.clear()
            await self._arrived.wait()
        chunk = self._chunks.popleft()
        if len(chunk) > n:
            self._chunks.appendleft(chunk[n:])
            chunk = chunk[:n]
        self._took(len(chunk))
        return chunk

    async def read_exactly(self, n: int) -> bytes:
        """Exactly ``n`` bytes.

        Raises:
            StreamBroken: the stream ended or was reset before that.
        """
        parts, missing = [], n
        while missing:
            part = await self.read(missing)
            if not part:
                raise StreamBroken("a stream of {protocol} ended too early", protocol=self.protocol)
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    async def write(self, data: bytes) -> None:
        """Send ``data``, waiting while the other side does not keep up.

        Raises:
            StreamBroken: the stream was reset, or our side was closed before.
        """
        sent = 0
        while sent < len(data):
            if self._ended_here and self._broken is None:
                raise StreamBroken("a stream of {protocol} was written after its end", protocol=self.protocol)
            size = await self._outgoing.pay_some(min(MAX_PIECE, len(data) - sent))
            self._outlet.send(StreamData(self._number, data[sent : sent + size]))
            sent += size
            await self._outlet.drain()
        if self._broken is not None:
            raise self._broken

    async def close(self) -> None:
        """Send no more; reading goes on."""
        if not self._ended_here and self._broken is None:
            self._ended_here = True
            self._outlet.send(StreamEnd(self._number))
            self._forget_if_over()

    def reset(self) -> None:
        """End the stream at once in both directions; the other peer sees a reset."""
        if self._broken is None and not (self._ended_here and self._ended_there):
            self._outlet.send(StreamReset(self._number))
        self.broke("was reset here")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.reset()
            return
        await self.close()
        self._discarding = True
        self._discard()

    # --- what comes over the seam; called by the table ---
    def data(self, data: bytes) -> None:
        self._incoming.take(len(data))
        if self._broken is not None or not data:
            return
        self._chunks.append(data)
        self._arrived.set()
        if self._discarding:
            self._discard()

    def credit(self, amount: int) -> None:
        self._outgoing.refund(amount)

    def ended(self) -> None:
        self._ended_there = True
        self._arrived.set()
        self._forget_if_over()

    def broke(self, how: str) -> None:
        """The stream is over: nothing more is sent, and every waiting call raises."""
        if self._broken is None:
            self._broken = StreamBroken(
                "a stream of {protocol} with {peer} " + how,
                remedy="try again when the peer is connected",
                protocol=self.protocol,
                peer=self.peer,
            )
        self._chunks.clear()
        self._outgoing.close(self._broken)
        self._arrived.set()
        self._table.forget(self._number)

    def _took(self, size: int) -> None:
        """Give credit back in quarters of the window, not for every read."""
        self._owed += size
        if self._owed >= STREAM_WINDOW // 4 and not self._ended_there and self._broken is None:
            self._incoming.give(self._owed)
            self._outlet.send(StreamCredit(self._number, self._owed))
            self._owed = 0

    def _discard(self) -> None:
        while self._chunks:
            self._took(len(self._chunks.popleft()))

    def _forget_if_over(self) -> None:
        if self._ended_here and self._ended_there:
            self._table.forget(self._number)


class StreamTable:
    """The open streams of one life of the child, by number."""

    def __init__(self) -> None:
        self._streams: dict[int, Stream] = {}
        self._next = 1

    def __len__(self) -> int:
        return len(self._streams)

    def __iter__(self) -> Iterator[Stream]:
        return iter(tuple(self._streams.values()))

    def number(self) -> int:
        """The next number for a stream that we open: odd."""
        self._next += 2
        return self._next - 2

    def add(self, number: int, peer: str, protocol: str, outlet: Outlet) -> Stream:
        stream = self._streams[number] = Stream(number, peer, protocol, outlet, self)
        return stream

    def holds(self, number: int) -> bool:
        return number in self._streams

    def forget(self, number: int) -> None:
        self._streams.pop(number, None)

    def take(self, frame: StreamData | StreamCredit | StreamEnd | StreamReset) -> None:
        """Hand a frame to its stream. A stream that we know no more was ended here while it was under way."""
        stream = self._streams.get(frame.stream)
        if stream is None:
            return
        match frame:
            case StreamData():
                stream.data(frame.data)
            case StreamCredit():
                stream.credit(frame.amount)
            case StreamEnd():
                stream.ended()
            case StreamReset():
                stream.broke("was reset by the other side")

    def break_all(self, how: str) -> None:
        """The child's life is over, and with it every stream."""
        for stream in self:
            stream.broke(how)
