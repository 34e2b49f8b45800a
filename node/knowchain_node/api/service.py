"""What all endpoints share: the home, the peer while it runs, threads, and the bounds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from knowchain.home import Home
from knowchain_node.api.failures import Refused
from knowchain_node.api.guard import Guard
from knowchain_node.api.ports import NewsPort, PeerPort
from knowchain_node.metrics import Metrics

__all__ = ["Service", "Streams"]

_THREADS: Final = 8
_STREAMS: Final = 64


class Streams:
    """Long answers, of which there are only so many at once: each may hold a thread."""

    def __init__(self, most: int = _STREAMS) -> None:
        self._most = most
        self.open = 0

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Count one for the time of the block.

        Raises:
            Refused: there are too many.
        """
        if self.open >= self._most:
            raise Refused(
                503, "too-busy", "{most} long answers are being given already", most=self._most, remedy="wait"
            )
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1


class Service:
    """The API's view of the peer.

    Args:
        home: the open home.
        guard: who may call.
        news: tells what was accepted.
        max_upload: bytes of one upload.
        networked: whether there will be a peer that meets others.

    Attributes:
        peer: what meets others, while it runs.
        state: in words, why there is no peer, while there is none.
        ending: set when the service stops: long answers end.
    """

    def __init__(
        self, home: Home, guard: Guard, news: NewsPort, *, max_upload: int, networked: bool = True
    ) -> None:
        self.home = home
        self.guard = guard
        self.news = news
        self.max_upload = max_upload
        self.networked = networked
        self.peer: PeerPort | None = None
        self.state = "it is starting" if networked else "network.enabled is false"
        self.ending = asyncio.Event()
        self.metrics = Metrics()
        self.streams = Streams()
        self.threads = ThreadPoolExecutor(_THREADS, "api")
