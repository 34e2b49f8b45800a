"""Peers on loopback, and ways to wait for what happens instead of sleeping."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import pytest

from knowchain_node.network import Limits, Message, NetworkConfig, NetworkService, PeerConnected, PeerGrafted

T = TypeVar("T")
PATIENCE = 30.0
TOPIC = "knowchain/test/1"

GENEROUS = Limits(connections_per_ip=100)
"""On loopback every peer has the same IP address."""


class World:
    """Makes peers, connects them, and ends them all."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def peer(self, *topics: str, wait: bool = True, **settings: Any) -> NetworkService:
        """A peer that is up and joined ``topics``."""
        config = NetworkConfig(**{"seed": os.urandom(32), "mode": "thread", "limits": GENEROUS, **settings})
        net = await self._stack.enter_async_context(NetworkService(config))
        if wait:
            await self.within(net.ready())
        for topic in topics:
            await net.subscribe(topic)
        return net

    async def within(self, work: Awaitable[T], seconds: float = PATIENCE) -> T:
        """Its result, which must come in time."""
        return await asyncio.wait_for(work, seconds)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that has no event, such as a counter that the child reports."""

        async def look() -> None:
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        await self.within(look())

    async def happens(self, events: AsyncIterator[Any], wanted: Callable[[Any], bool]) -> Any:
        """The next event that is wanted."""

        async def search() -> Any:
            async for event in events:
                if wanted(event):
                    return event
            return None

        return await self.within(search())

    async def grafted(self, events: AsyncIterator[Any], peer: str, topic: str = TOPIC) -> None:
        """Wait until ``peer`` is in the mesh."""
        await self.happens(events, lambda event: event == PeerGrafted(peer, topic))

    async def received(self, net: NetworkService, count: int, topic: str = TOPIC) -> list[Message]:
        """The next ``count`` messages, accepted."""
        messages = net.messages(topic)
        found = []
        for _ in range(count):
            message = await self.within(anext(messages))
            message.accept()
            found.append(message)
        return found

    async def connect(self, dialler: NetworkService, other: NetworkService) -> None:
        """Connect two peers, and wait until both know it."""
        events = other.events()
        await self.within(dialler.connect(other.listening[0]))
        if dialler.peer_id not in other.connected:
            await self.happens(events, lambda event: isinstance(event, PeerConnected))

    async def mesh(self, one: NetworkService, other: NetworkService, topic: str = TOPIC) -> None:
        """Connect two peers, and wait until each is in the other's mesh."""
        sides = [(one.events(), other.peer_id), (other.events(), one.peer_id)]
        await self.connect(one, other)
        for events, peer in sides:
            await self.grafted(events, peer, topic)


@asynccontextmanager
async def a_world() -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        yield World(stack)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        yield made
