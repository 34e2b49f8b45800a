"""The stream over which messages go to one peer: one of our own, since answers never go on the asker's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from knowchain_node.network import PeerUnreachable, Stream, StreamBroken

__all__ = ["Outlet", "Streams"]

_PATIENCE: Final = 60.0
"""Seconds in which a message must be taken."""


class Streams(Protocol):
    """Opens streams: the network part, as far as it is used here."""

    async def open_stream(self, peer: str, protocol: str) -> Stream:
        """Open a stream; raises PeerUnreachable or NetworkDown."""
        ...


class Outlet:
    """Messages to one peer, over a stream that is opened when there is something to say.

    Args:
        streams: the network part.
        peer: its id.
        protocols: those that may be spoken, the best first.
        patience: seconds in which a message must be taken.
    """

    def __init__(
        self, streams: Streams, peer: str, protocols: Sequence[str], patience: float = _PATIENCE
    ) -> None:
        self.peer = peer
        self._streams = streams
        self._protocols = protocols
        self._patience = patience
        self._stream: Stream | None = None

    async def send(self, data: bytes) -> None:
        """Send a message.

        Raises:
            PeerUnreachable, NetworkDown, StreamBroken: it can't be sent. TimeoutError: it was not taken.
        """
        if self._stream is not None:
            try:
                await self._write(self._stream, data)
            except StreamBroken:
                self._stream = None  # the other side ends streams that are idle: once more, on a new one
            else:
                return
        self._stream = await self._opened()
        await self._write(self._stream, data)

    async def _write(self, stream: Stream, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await stream.write(data)
        except BaseException:
            self._stream = None
            stream.reset()  # half a message is none
            raise

    async def _opened(self) -> Stream:
        last: PeerUnreachable | None = None
        for protocol in self._protocols:
            try:
                return await self._streams.open_stream(self.peer, protocol)
            except PeerUnreachable as exc:
                last = exc
        raise last or PeerUnreachable("{peer} speaks no bitswap", peer=self.peer)

    async def close(self) -> None:
        """End the stream, after what was sent."""
        stream, self._stream = self._stream, None
        if stream is not None:
            async with stream:
                pass
