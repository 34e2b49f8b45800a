"""Whole peers with homes and network processes of their own, on loopback, and what befalls them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from knowchain.home import Home, author, begin
from knowchain.home.home import clock_ms
from knowchain.records.bodies import KINDS
from knowchain_node.network import Limits, NetworkConfig, NetworkService
from knowchain_node.network.messages import Verdict
from knowchain_node.network.vocabulary import Frame, GossipUp, VerdictDown
from knowchain_node.peer import Peer, transport_seed

sys.path.append(str(Path(__file__).parent))

T = TypeVar("T")
PATIENCE = 60.0
LIMITS = Limits(connections_per_ip=100)
"""On loopback every peer has the same IP address."""


class LossyNetwork(NetworkService):
    """Loses three in ten gossip messages at the seam, of those that come and of those that go."""

    lost = 0
    chance = random.Random(7)

    def take(self, frame: Frame) -> None:
        if isinstance(frame, GossipUp) and self.chance.random() < 0.3 and self._link is not None:
            LossyNetwork.lost += 1
            self._link.send(VerdictDown(frame.message, int(Verdict.IGNORE)))
            return
        super().take(frame)

    async def publish(self, topic: str, data: bytes) -> int:
        if self.chance.random() < 0.3:
            LossyNetwork.lost += 1
            return 1
        return await super().publish(topic, data)


class Proxy:
    """A TCP proxy that can cut its connections, refuse new ones, or stop passing bytes on."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._flows: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._refusing = False
        self.port = 0

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """End every connection, and refuse new ones."""
        self._refusing = True
        for flow in self._flows:
            flow.cancel()

    def stall(self) -> None:
        """Keep connections open, and pass nothing on."""
        self._open.clear()

    def heal(self) -> None:
        """Pass everything on again."""
        self._refusing = False
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._flows.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError), contextlib.closing(writer):
            if self._refusing:
                return
            there, here = await asyncio.open_connection("127.0.0.1", self._port)
            with contextlib.closing(here):
                await asyncio.gather(self._pass_on(reader, here), self._pass_on(there, writer))
        self._flows.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self._open.wait()
            writer.write(data)
            await writer.drain()
        writer.close()


class World:
    """Makes peers and ends them all."""

    def __init__(self, folder: Path, stack: contextlib.AsyncExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self.peers: list[Peer] = []

    def home(self, name: str, *, clock: Callable[[], int] = clock_ms) -> Home:
        """A home, made when it is first asked for."""
        root = self._folder / name
        if not root.exists():
            begin(root, name=name, recovery_file=self._folder / f"{name}.txt", clock=clock)
        return Home.open(root, clock=clock)

    def root(self, name: str) -> Path:
        """A home that another process is to open."""
        self.home(name).close()
        return self._folder / name

    async def peer(
        self,
        name: str,
        *known: Peer | str,
        clock: Callable[[], int] = clock_ms,
        network: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Peer:
        """A peer that is up and stays connected with those that it knows."""
        home = self._stack.enter_context(self.home(name, clock=clock))
        keep = tuple(one if isinstance(one, str) else one.network.listening[0] for one in known)
        config = NetworkConfig(transport_seed(home), keep=keep, limits=LIMITS, **(network or {}))
        peer = Peer(home, config, **{"keep": "all", "sync_seconds": 2.0, "introductions": False, **settings})
        await self._stack.enter_async_context(peer)
        await asyncio.wait_for(peer.network.ready(), PATIENCE)
        self.peers.append(peer)
        return peer

    async def until(self, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Wait for something that has no event of its own; fails with what every peer says."""

        async def look() -> None:
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

        try:
            await asyncio.wait_for(look(), seconds)
        except TimeoutError:
            raise AssertionError([peer.status() for peer in self.peers]) from None

    async def connected(self, *peers: Peer) -> None:
        """Wait until the first is connected with all others."""
        first, *others = peers
        await self.until(lambda: {o.network.peer_id for o in others} <= first.network.connected)

    async def converged(self, peers: Iterable[Peer] | None = None, seconds: float = PATIENCE) -> None:
        """Wait until all have the same heads, and every body."""
        chosen = list(self.peers if peers is None else peers)
        await self.until(lambda: same_heads(p.home for p in chosen), seconds)
        await self.until(lambda: not any(lacks_bodies(p.home) for p in chosen), seconds)

    async def within(self, work: Awaitable[T], seconds: float = PATIENCE) -> T:
        """Its result, which must come in time."""
        return await asyncio.wait_for(work, seconds)


def same_heads(homes: Iterable[Home]) -> bool:
    return len({tuple(home.store.reader().heads()) for home in homes}) == 1


def lacks_bodies(home: Home) -> bool:
    return next(home.store.reader().missing_bodies(), None) is not None


def say(peer: Peer | Home, count: int = 1) -> None:
    """Sign some notes."""
    home = peer if isinstance(peer, Home) else peer.home
    for _ in range(count):
        author(home, "note", KINDS["note"].example)
