"""yamux lets a peer send past its receive window, and gives up on a full window after five seconds.

* libp2p only logs "peer exceeded receive window" and buffers on, without end. :class:`BoundedYamux` ends a
  connection that buffers more than any honest peer can.
* A window grows to 16 MiB as long as we read fast; when we then stop, that much is buffered for each stream.
  :class:`SteadyStream` stops growth at 1 MiB. libp2p gives some bytes more than the window that it aims at,
  and Helia fills a window with one frame, so frames may be somewhat larger than that.
* A write that finds the window empty raises after five seconds, which ends the stream of a slow but honest
  reader. :func:`write_when_open` waits for the window under a deadline of our own instead.
"""

from __future__ import annotations

import logging
from typing import Final

import libp2p.stream_muxer.yamux.yamux as yamux
import trio
from libp2p.abc import INetStream

from knowchain_node.network.child.guards.cleaning import cleaning
from knowchain_node.network.counters import ChildCounters

__all__ = ["BoundedYamux", "SteadyStream", "bounded_yamux", "write_when_open"]

log = logging.getLogger("knowchain.network")

_WINDOW: Final = 2**20
_BUFFERED: Final = 16 * 2**20
"""Bytes that one connection may hold unread. Streams of ours are read as long as the parent gives credit."""
_FRAME: Final = 2 * 2**20
"""Bytes of one data frame; go and py send 64 KiB at most, js as much as the window holds."""
_POLL: Final = (0.0, 0.0, 0.001, 0.002, 0.005, 0.01, 0.02)

yamux.MAX_WINDOW_SIZE = _FRAME  # which libp2p holds frames to, too


class SteadyStream(yamux.YamuxStream):
    """A stream whose window stops growing at 1 MiB."""

    def _apply_autotune_epoch(self, buffered: int) -> int:
        return 0 if self.target_recv_window >= _WINDOW else int(super()._apply_autotune_epoch(buffered))


yamux.YamuxStream = SteadyStream  # type: ignore[misc]


class BoundedYamux(yamux.Yamux):
    """A yamux connection whose peer is held to its windows."""

    counters: ChildCounters
    """Where connections that were ended are counted."""

    async def start(self) -> None:
        """Run the connection; whatever its frames make it raise ends it, and not the host."""
        try:
            await super().start()
        except* Exception as group:  # noqa: BLE001 - what a peer's frames make libp2p raise can't be known
            self.counters.contained += 1
            log.info("contained in yamux: %r", group.exceptions)
            with cleaning(2):
                await self._cleanup_on_error()

    async def _read_data_body(self, length: int) -> bytes:
        """Read a frame's data, unless the peer is past its windows.

        Raises:
            TooSlowError: that is what makes libp2p close the connection here.
        """
        if length > _FRAME or length + sum(map(len, self.stream_buffers.values())) > _BUFFERED:
            self.counters.windows_exceeded += 1
            raise trio.TooSlowError("the peer sent more than its windows hold")
        return bytes(await super()._read_data_body(length))


def bounded_yamux(counters: ChildCounters) -> type[BoundedYamux]:
    """A class, since libp2p makes the connections itself, that counts in ``counters``."""
    return type("BoundedYamux", (BoundedYamux,), {"counters": counters})


async def write_when_open(stream: INetStream, data: bytes, seconds: float) -> None:
    """Write ``data`` in pieces, each when the peer's window is open.

    Raises:
        TooSlowError: the window stayed shut for ``seconds``.
        StreamError: the stream ended.
    """
    muxed = stream.muxed_stream  # type: ignore[attr-defined]
    sent = 0
    while sent < len(data):
        with trio.fail_after(seconds):
            await _open_window(muxed)
        size = min(muxed.send_window, len(data) - sent) if not muxed.closed else len(data) - sent
        await stream.write(data[sent : sent + size])
        sent += size


async def _open_window(muxed: yamux.YamuxStream) -> None:
    """Wait until something may be written, or the stream ended. libp2p has no event for it."""
    waits = 0
    while muxed.send_window <= 0 and not (muxed.closed or muxed.send_closed):
        await trio.sleep(_POLL[min(waits, len(_POLL) - 1)])
        waits += 1
