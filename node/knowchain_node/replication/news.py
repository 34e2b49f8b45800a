"""News: what admission accepted, brought from its writer's thread to whoever follows along in asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

from knowchain.admission import Accepted, Admission

__all__ = ["News"]

_WAITING: Final = 1024
"""Commits that one listener may be behind; a slower one is told that it missed some."""


class News:
    """A broadcast of commits. Every listener has a bounded queue of its own.

    A listener that falls behind gets an empty batch in place of what it missed: it reads the store,
    by arrival, to catch up.
    """

    def __init__(self, admission: Admission, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._listeners: set[asyncio.Queue[Sequence[Accepted]]] = set()
        admission.listen(self._from_writer)

    def _from_writer(self, batch: Sequence[Accepted]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, batch)

    def _tell(self, batch: Sequence[Accepted]) -> None:
        for queue in self._listeners:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                batch = ()
            queue.put_nowait(batch)

    async def listen(self) -> AsyncIterator[Sequence[Accepted]]:
        """Every commit from now on; an empty batch says that some were missed."""
        queue: asyncio.Queue[Sequence[Accepted]] = asyncio.Queue(_WAITING)
        self._listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)
