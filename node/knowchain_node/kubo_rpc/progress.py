"""Rows about what is under way. They are hints: whoever does not read them gets fewer, and waits for none."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TypeAlias

from aiohttp import web

from knowchain.content.folders import Readable

__all__ = ["Progress", "Tell", "Watched"]

_STEP: Final = 2**18
"""Bytes of a file between two rows about it."""
_WAITING: Final = 64
"""Rows that wait for a reader; further ones are left out."""

Tell: TypeAlias = Callable[[dict[str, object]], None]
"""Told a row; safe in any thread."""


class Progress:
    """The beginning of an answer whose end is still to be made.

    ``async with Progress(request, response) as progress``: :meth:`tell` may be called by any thread. The
    status goes out with the first row, so an error after it must cut the connection.
    """

    def __init__(self, request: web.Request, response: web.StreamResponse) -> None:
        self._request = request
        self._response = response
        self._loop = asyncio.get_running_loop()
        self._rows: asyncio.Queue[bytes] = asyncio.Queue(_WAITING)

    async def __aenter__(self) -> Self:
        self._sending = asyncio.create_task(self._send(), name="kubo-rpc-progress")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await self._sending

    def tell(self, row: dict[str, object]) -> None:
        """Send a row if somebody reads."""
        line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        self._loop.call_soon_threadsafe(self._note, line)

    def _note(self, line: bytes) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._rows.put_nowait(line)

    async def _send(self) -> None:
        while True:
            row = await self._rows.get()
            await self._response.prepare(self._request)
            await self._response.write(row)


class Watched:
    """A file that tells how many of its bytes were read, by its path.

    Args:
        file: to be read.
        path: of the upload.
        tell: told.
    """

    def __init__(self, file: Readable, path: str, tell: Tell) -> None:
        self._file, self._path, self._tell = file, path, tell
        self._bytes = self._told = 0

    def read(self, size: int, /) -> bytes:
        """The next bytes, as of the file."""
        piece = self._file.read(size)
        self._bytes += len(piece)
        if self._bytes - self._told >= _STEP or not piece:
            self._told = self._bytes
            self._tell({"Name": self._path, "Bytes": self._bytes})
        return piece
