"""js-libp2p 3 under Node 22 gossips with ours both ways, and streams with it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from knowchain_node.network import NetworkService, Stream

World = Any
PEER = Path(__file__).parents[2] / "js" / "gossip" / "peer.mjs"
TOPIC = "knowchain/test/1"
ECHO = "/knowchain/test/echo/1"

pytestmark = pytest.mark.node22


class JsPeer:
    """A js-libp2p peer that takes commands and tells events, in lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def tell(self, command: str, **rest: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"command": command, **rest}).encode() + b"\n")
        await self._process.stdin.drain()

    async def says(self, name: str) -> Any:
        """What it says next under ``name``; other events are passed over."""
        assert self._process.stdout is not None
        while line := await asyncio.wait_for(self._process.stdout.readline(), 30):
            event = json.loads(line)
            if name in event:
                return event[name]
        raise AssertionError(f"js-libp2p ended before it said {name}")


@pytest.fixture
async def js(need_program: Any) -> AsyncIterator[JsPeer]:
    node = need_program("node22")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(node, PEER, stdin=pipe, stdout=pipe, limit=2**20)
    try:
        yield JsPeer(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


async def meshed(world: World, js: JsPeer, net: NetworkService, *, they_dial: bool) -> str:
    """Connect both, wait until each has the other in its mesh, and return the other's peer id."""
    address = await js.says("up")
    peer = str(address).rpartition("/")[2]
    events = net.events()
    await js.tell("subscribe", topic=TOPIC)
    if they_dial:
        await js.tell("dial", address=net.listening[0])
    else:
        await world.within(net.connect(address))
    await world.grafted(events, peer)
    await js.says("grafted")
    return peer


@pytest.mark.parametrize("they_dial", [True, False], ids=["they dial", "we dial"])
async def test_gossip_flows_both_ways(world: World, js: JsPeer, they_dial: bool) -> None:
    net = await world.peer(TOPIC, mode="process")
    peer = await meshed(world, js, net, they_dial=they_dial)
    ours = [os.urandom(1 + number * 1_300) for number in range(48)]
    theirs = [os.urandom(1 + number * 1_300) for number in range(48)]
    for data in ours:
        await net.publish(TOPIC, data)
    assert {await js.says("message") for _ in ours} == {data.hex() for data in ours}
    getting = asyncio.create_task(world.received(net, len(theirs)))
    for data in theirs:
        await js.tell("publish", topic=TOPIC, data=data.hex())
    messages = await world.within(getting)
    assert {message.data for message in messages} == set(theirs)
    assert {message.origin for message in messages} == {peer}
    [row] = await net.peers()
    assert row.agent.startswith("js-libp2p")


async def test_what_a_js_peer_sends_goes_on_through_ours_to_a_third(world: World, js: JsPeer) -> None:
    net, third = await world.peer(TOPIC), await world.peer(TOPIC)
    await world.mesh(net, third)
    await meshed(world, js, net, they_dial=True)
    await js.tell("publish", topic=TOPIC, data=b"far".hex())
    await world.received(net, 1)
    [message] = await world.received(third, 1)
    assert message.data == b"far"
    await third.publish(TOPIC, b"back")
    await world.received(net, 1)
    assert await js.says("message") == b"back".hex()


async def test_streams_echo_both_ways(world: World, js: JsPeer) -> None:
    net = await world.peer(TOPIC)

    async def echo(stream: Stream) -> None:
        while data := await stream.read():
            await stream.write(data)

    net.on_stream(ECHO, echo)
    peer = await meshed(world, js, net, they_dial=True)
    data = os.urandom(700_000)
    async with await world.within(net.open_stream(peer, ECHO)) as stream:
        sending = asyncio.create_task(stream.write(data))
        assert await world.within(stream.read_exactly(len(data))) == data
        await sending
    await js.tell("echo", peer=net.peer_id, data=data[:100_000].hex())
    assert await js.says("echoed") == data[:100_000].hex()
