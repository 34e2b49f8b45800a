"""What a peer may send before a protocol is agreed on, and in identify: libp2p reads lengths of up to 2⁶⁴."""

from __future__ import annotations

from libp2p.abc import INetStream
from libp2p.io.abc import ReadWriteCloser
from libp2p.network.stream.exceptions import StreamError

__all__ = ["BoundedReads"]


class BoundedReads(ReadWriteCloser):
    """A stream from which only ``most`` bytes can be read."""

    def __init__(self, stream: INetStream, most: int) -> None:
        self._stream = stream
        self._left = most

    async def read(self, n: int | None = None) -> bytes:
        """Read as the stream does.

        Raises:
            StreamError: more than the bound was asked for or came.
        """
        if n is None or n < 0 or n > self._left:
            raise StreamError(f"{n} bytes are asked for where {self._left} may come")
        data = bytes(await self._stream.read(n))
        self._left -= len(data)
        return data

    async def write(self, data: bytes) -> None:
        await self._stream.write(data)

    async def close(self) -> None:
        await self._stream.close()

    def get_remote_address(self) -> tuple[str, int] | None:
        return self._stream.get_remote_address()
