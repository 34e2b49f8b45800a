"""Bytes between HTTP and a thread, both ways, with backpressure and bounded patience."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from knowchain.errors import KnowchainError
from knowchain_node.api.failures import Refused

__all__ = ["Inflow", "outflow", "send_pieces"]

_log = logging.getLogger("knowchain.api")

PATIENCE: Final = 60.0
"""Seconds that the other side may take for the next piece."""
_PIECE: Final = 2**18


class Inflow:
    """The body of a request, for one thread to read while the event loop fetches it.

    A thread asks for every piece, so nothing is fetched ahead of it and a slow disk slows the sender down.

    Args:
        request: whose body.
        most: bytes at most.
        setting: which says so, for the message.
    """

    def __init__(self, request: web.Request, most: int, *, setting: str = "api.max_upload_bytes") -> None:
        self._request = request
        self._most = most
        self._setting = setting
        self._loop = asyncio.get_running_loop()
        self.taken = 0
        """Bytes so far."""
        length = request.content_length
        if length is not None and length > most:
            raise self._too_large(most)

    def read(self, size: int = _PIECE) -> bytes:
        """At most ``size`` next bytes, none only at the end. For a thread, never the event loop's.

        Raises:
            Refused: too many bytes, or the sender is too slow or gone.
        """
        return asyncio.run_coroutine_threadsafe(self.next(size), self._loop).result()

    async def next(self, size: int = _PIECE) -> bytes:
        """The same, for the event loop."""
        try:
            data = await asyncio.wait_for(self._request.content.read(size), PATIENCE)
        except TimeoutError:
            raise Refused(408, "too-slow", "nothing came for {seconds:.0f} s", seconds=PATIENCE) from None
        except (ConnectionError, web.RequestPayloadError) as exc:
            raise Refused(400, "cut-off", "the request broke off", remedy="send it again") from exc
        self.taken += len(data)
        if self.taken > self._most:
            raise self._too_large(self._most)
        return data

    async def line(self, most: int) -> bytes:
        """The bytes up to the first line feed, which goes too. For the event loop.

        Raises:
            Refused: it is longer than ``most``, or there is none.
        """
        try:
            line = await asyncio.wait_for(self._request.content.readline(max_line_length=most), PATIENCE)
        except TimeoutError:
            raise Refused(408, "too-slow", "nothing came for {seconds:.0f} s", seconds=PATIENCE) from None
        except LineTooLong as exc:
            raise self._too_large(most) from exc
        self.taken += len(line)
        if not line.endswith(b"\n"):
            raise Refused(400, "cut-off", "the first line of the request does not end", remedy="end it")
        return line[:-1]

    def pieces(self) -> Iterator[bytes]:
        """The bytes piece by piece, for a thread."""
        while piece := self.read():
            yield piece

    def _too_large(self, most: int) -> Refused:
        return Refused(
            413,
            "too-large",
            "the request has more than {most} bytes",
            most=most,
            setting=self._setting,
            remedy="send less at once, or raise {setting} in config.toml",
        )


async def outflow(make: Callable[[], Iterator[bytes]]) -> AsyncGenerator[bytes, None]:
    """The pieces of an iterator, which lives in a thread of its own and so sees one state of the store.

    Nothing is made ahead of whoever reads. An error of the iterator is raised here.
    """
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, "api-stream")
    try:
        pieces = await loop.run_in_executor(thread, make)
        try:
            while (piece := await loop.run_in_executor(thread, next, pieces, None)) is not None:
                yield piece
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                thread.submit(close)
    finally:
        thread.shutdown(wait=False)


async def send_pieces(
    request: web.Request, response: web.StreamResponse, pieces: AsyncGenerator[bytes, None]
) -> web.StreamResponse:
    """Send an answer piece by piece.

    The first piece is made before the status goes out, so that what fails at the start is an error. What
    fails later cuts the connection, so that nobody takes half a file for a whole one.
    """
    async with contextlib.aclosing(pieces):
        first = await anext(pieces, None)
        await response.prepare(request)
        try:
            if first is not None:
                await _write(response, first)
            async for piece in pieces:
                await _write(response, piece)
            await response.write_eof()
        except (KnowchainError, TimeoutError) as exc:
            _log.warning("%s was cut: %s", request.path[:200], str(exc) or "nobody reads it")
            if request.transport is not None:
                request.transport.abort()
    return response


async def _write(response: web.StreamResponse, piece: bytes) -> None:
    await asyncio.wait_for(response.write(piece), PATIENCE)
