"""Events for many listeners, none of which can hold up another or the sender."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final, Generic, TypeVar

__all__ = ["Broadcast"]

T = TypeVar("T")
_KEPT: Final = 1024


class Broadcast(Generic[T]):
    """Hands every event to every listener; a slow listener loses its oldest ones, which is counted."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[T]] = set()
        self.dropped = 0

    def tell(self, event: T) -> None:
        """Give ``event`` to all who listen now."""
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
                self.dropped += 1
            queue.put_nowait(event)

    def listen(self) -> AsyncIterator[T]:
        """Every event from now on (not only from the first ``async for``), until the iterator is closed."""
        queue: asyncio.Queue[T] = asyncio.Queue(_KEPT)
        self._queues.add(queue)
        return self._events(queue)

    async def _events(self, queue: asyncio.Queue[T]) -> AsyncIterator[T]:
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)
