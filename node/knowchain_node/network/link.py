"""The parent's end of the seam: frames over one socketpair, for one life of the child."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from knowchain_node.network.counters import Counters
from knowchain_node.network.errors import SeamBroken
from knowchain_node.network.frames import FrameReader
from knowchain_node.network.vocabulary import UP, Frame, decode, encode

__all__ = ["Link"]

_BACKLOG: Final = 32 * 2**20
"""Bytes that may wait to be read by the child; credit keeps an honest child far below."""


class Link(asyncio.Protocol):
    """Sends frames at once, gives each frame that comes to ``take``, and remembers why it ended.

    A frame that breaks a rule, or a ``take`` that raises SeamBroken, ends the link: the child has then
    failed or been taken over, and its life is over.
    """

    def __init__(self, take: Callable[[Frame], None], counters: Counters) -> None:
        self._take = take
        self._counters = counters
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Set to the reason when the link is over."""
        self.last_heard = asyncio.get_running_loop().time()
        """When the child last said anything, by the loop's clock."""

    @classmethod
    async def over(cls, end: socket.socket, take: Callable[[Frame], None], counters: Counters) -> Link:
        """A link over our ``end`` of a socketpair, which it closes when it ends."""
        _, link = await asyncio.get_running_loop().create_unix_connection(
            lambda: cls(take, counters), sock=end
        )
        return link

    def send(self, frame: Frame) -> None:
        """Send a frame; after the end of the link, nothing happens."""
        if self._transport is None or self.ended.done():
            return
        data = encode(frame)
        self._counters.frames_out += 1
        self._counters.bytes_out += len(data)
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > _BACKLOG:
            self.end("the child does not read what it is sent")

    async def drain(self) -> None:
        """Wait while the socket is full."""
        await self._writable.wait()

    def end(self, reason: str) -> None:
        """End the link: the child sees the end of its input and leaves."""
        if not self.ended.done():
            self.ended.set_result(reason)
        self._writable.set()
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio.Protocol ---
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.last_heard = asyncio.get_running_loop().time()
        self._counters.bytes_in += len(data)
        try:
            for items in self._reader.feed(data):
                self._counters.frames_in += 1
                if not self.ended.done():
                    self._take(decode(items, UP))
        except SeamBroken as error:
            self.end(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        self.end("the child closed the seam" if exc is None else f"the seam broke: {exc}")

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()
