"""Peers with homes of their own, on loopback, for tests of what passes between them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from knowchain.home import Home, author, begin
from knowchain_node.network import NetworkConfig
from knowchain_node.peer import Peer, transport_seed

PATIENCE = 45.0


class World:
    """Some peers, and what tests do with them."""

    def __init__(self, folder: Path, stack: contextlib.AsyncExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._stirred = asyncio.Event()
        self.homes: list[Home] = []
        self.peers: list[Peer] = []

    def home(self, *, ahead_ms: int = 0) -> Home:
        """A home of its own; its clock may be wrong."""
        number = len(self.homes)
        root = self._folder / f"home{number}"
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000 + ahead_ms  # noqa: E731
        begin(root, name=f"Peer {number}", recovery_file=self._folder / f"recovery{number}", clock=clock)
        home = Home.open(root, clock=clock)
        self._stack.callback(home.close)
        self.homes.append(home)
        return home

    async def start(self, home: Home, *, bootstrap: tuple[str, ...] = (), **settings: Any) -> Peer:
        """A running peer on ``home``; it keeps to whom ``bootstrap`` names."""
        config = NetworkConfig(transport_seed(home), keep=bootstrap, ping_seconds=0.5, silent_seconds=4.0)
        peer = await self._stack.enter_async_context(Peer(home, config, keep="all", **settings))
        await asyncio.wait_for(peer.network.ready(), PATIENCE)
        self.peers.append(peer)
        for happening in (peer.news.listen(), peer.network.events()):
            task = asyncio.create_task(self._watch(happening))
            self._stack.callback(task.cancel)
        return peer

    async def _watch(self, happening: AsyncIterator[Any]) -> None:
        async for _ in happening:
            self._stirred.set()

    async def three(self, **settings: Any) -> list[Peer]:
        """Three peers, of which two keep to the first."""
        first = await self.start(self.home(), **settings)
        for _ in range(2):
            await self.start(self.home(), bootstrap=(first.network.listening[0],), **settings)
        await self.until(lambda: len(first.network.connected) == 2)
        return self.peers

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for a state: it is looked at after each event, and soon after what no event tells."""
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(true):
                self._stirred.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stirred.wait(), 0.1)

    async def until_equal(self, *homes: Home) -> None:
        """Wait until homes (all, by default) hold the same heads, and every body."""
        chosen = homes or tuple(self.homes)

        def equal() -> bool:
            readers = [home.store.reader() for home in chosen]
            heads = {tuple(reader.heads()) for reader in readers}
            return len(heads) == 1 and not any(list(reader.missing_bodies()) for reader in readers)

        await self.until(equal)


def write(home: Home, text: str = "said") -> Any:
    """Sign a note that concerns nothing."""
    return author(home, "profile", {"name": text})


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An empty world; whatever is started in it ends with the test."""
    async with contextlib.AsyncExitStack() as stack:
        yield World(tmp_path, stack)
