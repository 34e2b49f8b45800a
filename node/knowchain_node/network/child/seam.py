"""The child's end of the seam."""

from __future__ import annotations

import socket
from collections import deque
from types import TracebackType
from typing import Final, Self

import trio

from knowchain_node.network.errors import SeamBroken
from knowchain_node.network.frames import FrameReader
from knowchain_node.network.vocabulary import DOWN, Frame, Start, decode, encode

__all__ = ["Seam"]

_CHUNK: Final = 256 * 1024
_BACKLOG: Final = 64 * 2**20
"""Bytes that may wait for the parent to read; credit keeps honest traffic far below."""


class Seam:
    """Frames from and to the parent. ``say`` never waits; what is said waits in order for the socket."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._stream = trio.SocketStream(trio.socket.from_stdlib_socket(end))
        self._reader = FrameReader()
        self._heard: deque[Frame] = deque()
        self._outgoing: list[bytes] = []
        self._waiting = 0
        self._said = trio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with trio.CancelScope(shield=True):
            await self._stream.aclose()

    def say(self, frame: Frame) -> None:
        """Send ``frame`` as soon as the socket takes it.

        Raises:
            SeamBroken: the parent does not read what it is told.
        """
        data = encode(frame)
        self._outgoing.append(data)
        self._waiting += len(data)
        if self._waiting > _BACKLOG:
            raise SeamBroken("the parent does not read what it is told")
        self._said.set()

    async def write(self) -> None:
        """Send what was said, for ever; ends when the parent is gone."""
        while True:
            if not self._outgoing:
                self._said = trio.Event()
                await self._said.wait()
            batch, self._outgoing, self._waiting = b"".join(self._outgoing), [], 0
            try:
                await self._stream.send_all(batch)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return

    async def say_last(self, frame: Frame) -> None:
        """Send ``frame`` and what was said before it, now."""
        self._outgoing.append(encode(frame))
        batch, self._outgoing = b"".join(self._outgoing), []
        try:
            await self._stream.send_all(batch)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return

    async def first(self) -> Start | None:
        """The first frame, or None if the parent left before it said anything.

        Raises:
            SeamBroken: it is not the start.
        """
        frame = await self.hear()
        if frame is not None and not isinstance(frame, Start):
            raise SeamBroken("the parent did not begin with the start")
        return frame

    async def hear(self) -> Frame | None:
        """The parent's next frame, or None when it is gone.

        Raises:
            SeamBroken: the parent sent what is no frame of its.
        """
        while not self._heard:
            try:
                data = await self._stream.receive_some(_CHUNK)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return None
            if not data:
                return None
            self._heard.extend(decode(items, DOWN) for items in self._reader.feed(data))
        return self._heard.popleft()
