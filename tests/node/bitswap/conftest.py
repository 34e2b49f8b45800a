"""Peers that speak bitswap on loopback, and strangers that send what they like."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest

from knowchain.content.blocks import MemoryBlocks
from knowchain_node.bitswap.exchange import Exchange
from knowchain_node.bitswap.wire import PROTOCOLS, Message, Unframing, decode
from knowchain_node.network import Limits, NetworkConfig, NetworkService, Stream, StreamBroken

T = TypeVar("T")
PATIENCE = 30.0
GENEROUS = Limits(connections_per_ip=100)
"""On loopback every peer has the same IP address."""


class OurPeer:
    """A peer with bitswap of ours."""

    def __init__(self, network: NetworkService, exchange: Exchange, blocks: MemoryBlocks) -> None:
        self.network = network
        self.exchange = exchange
        self.blocks = blocks
        self.faults: list[tuple[str, float]] = []


class Stranger:
    """A peer that sends bytes, and keeps what it is told."""

    def __init__(self, network: NetworkService) -> None:
        self.network = network
        self.told: list[Message] = []
        self.news = asyncio.Event()
        self.answer: Callable[[str, Message], Awaitable[None]] | None = None
        self.reads = True
        for protocol in PROTOCOLS:
            network.on_stream(protocol, self._hear)

    async def _hear(self, stream: Stream) -> None:
        if not self.reads:
            await asyncio.Event().wait()
        unframing = Unframing()
        while data := await stream.read():
            for payload in unframing.feed(data):
                message = decode(payload)
                self.told.append(message)
                self.news.set()
                if self.answer is not None:
                    await self.answer(stream.peer, message)

    async def send(self, peer: str, data: bytes, protocol: str = PROTOCOLS[0]) -> None:
        """Send bytes on a stream of their own, and end it."""
        async with await self.network.open_stream(peer, protocol) as stream:
            await stream.write(data)

    async def is_cut_off(self, peer: str, data: bytes) -> bool:
        """Whether the other side resets a stream on which ``data`` is sent."""
        async with await self.network.open_stream(peer, PROTOCOLS[0]) as stream:
            try:
                await stream.write(data)
                await stream.read()
            except StreamBroken:
                return True
        return False


class World:
    """Makes peers, connects them, and ends them all."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def _network(self) -> NetworkService:
        config = NetworkConfig(os.urandom(32), mode="thread", limits=GENEROUS)
        network = await self._stack.enter_async_context(NetworkService(config))
        await self.within(network.ready())
        return network

    async def peer(self, *, blocks: Any = None, serve: bool = True, patience: float = PATIENCE) -> OurPeer:
        """A peer of ours; ``blocks`` is what it has."""
        network, held = await self._network(), MemoryBlocks() if blocks is None else blocks

        def blame(peer: str, fault: float) -> None:
            made.faults.append((peer, fault))

        exchange = Exchange(network, _Has(held) if serve else None, blame, patience)
        made = OurPeer(network, exchange, held)
        running = asyncio.create_task(exchange.run())
        self._stack.callback(running.cancel)
        return made

    async def stranger(self, *known: OurPeer) -> Stranger:
        """A stranger that is connected with ``known``."""
        made = Stranger(await self._network())
        for one in known:
            await self.connect(one.network, made.network)
        return made

    async def connect(self, one: NetworkService, other: NetworkService) -> None:
        """Connect two peers, and wait until both know it, and serve their protocols."""
        await self.within(one.connect(other.listening[0]))
        await self.until(lambda: one.peer_id in other.connected)
        await asyncio.gather(one.peers(), other.peers())  # answered after the protocols are served

    async def within(self, work: Awaitable[T], seconds: float = PATIENCE) -> T:
        """Its result, which must come in time."""
        return await asyncio.wait_for(work, seconds)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that has no event of its own."""

        async def look() -> None:
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        await self.within(look())


class _Has:
    """What may be given, of blocks in memory."""

    def __init__(self, blocks: Any) -> None:
        self._blocks = blocks

    def has(self, cid: Any) -> bool:
        return bool(self._blocks.has(cid))

    def get(self, cid: Any) -> bytes:
        return bytes(self._blocks.get(cid))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        yield World(stack)
