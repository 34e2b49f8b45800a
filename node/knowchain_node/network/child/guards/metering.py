"""Bytes and signs of life of a connection, and a bound for what comes before its peer is proven."""

from __future__ import annotations

from typing import Final

import trio
from libp2p.abc import IRawConnection
from libp2p.io.abc import ReadWriteCloser
from libp2p.io.exceptions import IOException
from libp2p.io.trio import TrioTCPStream
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.transport.tcp.tcp import TCP
from multiaddr import Multiaddr

from knowchain_node.network.counters import ChildCounters

__all__ = ["MeteredTCP", "MeteredTCPStream"]

_UNPROVEN: Final = 256 * 1024
"""Bytes that may come before the handshakes are done; libp2p reads names of any length there."""


class MeteredTCPStream(ReadWriteCloser):
    """A TCP connection that counts, and knows when it last heard of the other end."""

    def __init__(self, inner: TrioTCPStream, counters: ChildCounters) -> None:
        self._inner = inner
        self._counters = counters
        self.bytes_in = 0
        self.bytes_out = 0
        self.last_heard = trio.current_time()
        self.proven = False
        """Whether the peer has proven its id."""
        self.ip = _remote_ip(inner)

    async def read(self, n: int | None = None) -> bytes:
        data = bytes(await self._inner.read(n))
        self.bytes_in += len(data)
        self._counters.bytes_in += len(data)
        self.last_heard = trio.current_time()
        if not self.proven and self.bytes_in > _UNPROVEN:
            raise IOException("too much was sent before the handshake was done")
        return data

    async def write(self, data: bytes) -> None:
        self.bytes_out += len(data)
        self._counters.bytes_out += len(data)
        await self._inner.write(data)

    async def close(self) -> None:
        await self._inner.close()

    async def drop(self) -> None:
        """Close at once, whatever is going on."""
        await trio.aclose_forcefully(self._inner.stream)

    def get_remote_address(self) -> tuple[str, int] | None:
        return self._inner.get_remote_address()


def _remote_ip(inner: TrioTCPStream) -> str:
    """The other end's IP address; libp2p's own look-up knows IPv4 only."""
    try:
        return str(inner.stream.socket.getpeername()[0]).removeprefix("::ffff:")
    except OSError:
        return ""


class MeteredTCP(TCP):
    """libp2p's TCP transport; its outbound connections are metered."""

    def __init__(self, counters: ChildCounters) -> None:
        super().__init__()
        self._counters = counters

    async def dial(self, maddr: Multiaddr) -> IRawConnection:
        raw = await super().dial(maddr)
        assert isinstance(raw, RawConnection)
        assert isinstance(raw.stream, TrioTCPStream)
        raw.stream = MeteredTCPStream(raw.stream, self._counters)
        return raw
