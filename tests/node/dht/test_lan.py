"""Peers that do not know of each other's content find it over a third."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest

from knowchain.content.protobuf import varint
from knowchain.identifiers import Cid, cid_of, from_base58
from knowchain_node.bitswap.providers import Providers
from knowchain_node.dht.service import LanDht
from knowchain_node.dht.wire import ADD_PROVIDER, FIND_NODE, PROTOCOL, Message, Whereabouts, encode
from knowchain_node.network import (
    Limits,
    NetworkConfig,
    NetworkService,
    PeerUnreachable,
    StreamBroken,
    peer_id_of,
)
from knowchain_node.replication.conduct import GARBAGE

T = TypeVar("T")
WANTED = cid_of(b"a letter")


class Kept:
    """What a peer keeps."""

    def __init__(self, *cids: Cid) -> None:
        self.cids = list(cids)

    def keys(self) -> list[bytes]:
        return [cid.multihash for cid in self.cids]


class Node:
    """A peer with the DHT."""

    def __init__(self, network: NetworkService, dht: LanDht, kept: Kept, faults: list[float]) -> None:
        self.network = network
        self.dht = dht
        self.kept = kept
        self.faults = faults


class World:
    """Makes peers and ends them."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def node(self, *cids: Cid) -> Node:
        config = NetworkConfig(os.urandom(32), mode="thread", limits=Limits(connections_per_ip=100))
        network = await self._stack.enter_async_context(NetworkService(config))
        await asyncio.wait_for(network.ready(), 30)
        faults: list[float] = []
        kept: Any = Kept(*cids)
        dht = LanDht(network, kept, lambda _peer, fault: faults.append(fault), look_seconds=0.1)
        running = asyncio.create_task(dht.run())
        self._stack.callback(running.cancel)
        await asyncio.sleep(0)  # it serves from its first step on
        await network.peers()
        return Node(network, dht, kept, faults)

    async def until(self, holds: Callable[[], bool]) -> None:
        async def look() -> None:
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        await asyncio.wait_for(look(), 30)

    async def within(self, work: Awaitable[T]) -> T:
        return await asyncio.wait_for(work, 30)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        yield World(stack)


async def test_what_one_keeps_another_finds_over_a_third(world):
    keeper, middle, seeker = await world.node(WANTED), await world.node(), await world.node()
    await keeper.network.connect(middle.network.listening[0])
    await world.until(lambda: middle.dht.status()["records"] == 1)
    await seeker.network.connect(middle.network.listening[0])
    await world.until(lambda: seeker.dht.status()["servers"] >= 1)
    (found,) = await world.within(seeker.dht.find_providers(WANTED))
    assert found.id == keeper.network.peer_id
    assert f"{found.addresses[0]}/p2p/{found.id}" == keeper.network.listening[0]
    assert await world.within(seeker.dht.find_providers(cid_of(b"unknown"))) == []
    searches = Providers(seeker.network, dht=seeker.dht).of(WANTED)
    assert keeper.network.peer_id in list(await world.within(searches[-1]()))
    assert keeper.network.peer_id in seeker.network.connected


async def test_what_is_kept_later_is_told_later(world):
    keeper, middle = await world.node(), await world.node()
    await keeper.network.connect(middle.network.listening[0])
    await world.until(lambda: keeper.dht.status()["servers"] == 1)
    assert middle.dht.status()["records"] == 0
    keeper.kept.cids.append(WANTED)
    await world.until(lambda: middle.dht.status()["records"] == 1)
    assert keeper.dht.status()["told"] == 1


async def test_who_is_asked_answers_for_itself_first(world):
    keeper, seeker = await world.node(WANTED), await world.node()
    await seeker.network.connect(keeper.network.listening[0])
    await world.until(lambda: seeker.dht.status()["servers"] == 1 and keeper.dht.status()["keys"] == 1)
    assert [each.id for each in await seeker.dht.find_providers(WANTED)] == [keeper.network.peer_id]


async def stranger_to(world: World, node: Node) -> NetworkService:
    stranger = (await world.node()).network
    await stranger.connect(node.network.listening[0])
    return stranger


async def test_nobody_can_speak_for_another(world):
    ours = await world.node()
    stranger = await stranger_to(world, ours)
    other = peer_id_of(bytes(32))
    said = [
        Message(ADD_PROVIDER, b"k1", providers=(Whereabouts(other, ("/ip4/10.0.0.1/tcp/1",)),)),
        Message(ADD_PROVIDER, b"k2", providers=(Whereabouts(stranger.peer_id),)),
        Message(ADD_PROVIDER, b"k3", providers=(Whereabouts(stranger.peer_id, ("/ip4/10.0.0.1/tcp/1",)),)),
    ]
    async with await stranger.open_stream(ours.network.peer_id, PROTOCOL) as stream:
        for message in said:
            await stream.write(encode(message))
        await world.until(lambda: ours.dht.status()["records"] > 0)
    assert ours.dht.status()["records"] == 1


@pytest.mark.parametrize("data", [b"\x05\xff\xff\xff\xff\xff", varint(2**20)], ids=["junk", "too long"])
async def test_what_is_no_message_ends_the_stream_and_is_noted(world, data):
    ours = await world.node()
    stranger = await stranger_to(world, ours)
    async with await stranger.open_stream(ours.network.peer_id, PROTOCOL) as stream:
        await stream.write(data)
        with pytest.raises(StreamBroken):
            await world.within(stream.read())
    assert ours.faults == [GARBAGE]
    assert ours.network.counters.starts == 1


async def test_streams_of_one_peer_are_bounded(world):
    ours = await world.node()
    stranger = await stranger_to(world, ours)
    await world.until(lambda: ours.dht.status()["servers"] == 1)
    streams = []
    for _ in range(7):
        with contextlib.suppress(PeerUnreachable):  # it was reset before it was agreed on
            streams.append(await stranger.open_stream(ours.network.peer_id, PROTOCOL))
    await world.until(lambda: sum(stream._broken is None for stream in streams) <= 4)
    question = encode(Message(FIND_NODE, from_base58(ours.network.peer_id)))
    alive = next(stream for stream in streams if stream._broken is None)
    await alive.write(question)
    assert await world.within(alive.read())
