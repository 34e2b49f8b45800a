"""Row 18: when one of two connections with a peer ends, gossip with it goes on over the other."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from libp2p.tools.anyio_service import background_trio_service

from knowchain_node.network.child.gossip import GuardedPubsub
from knowchain_node.network.child.guards.listening import listening
from knowchain_node.network.child.host import build_host
from knowchain_node.network.child.judging import Judging
from knowchain_node.network.child.node import Node
from knowchain_node.network.child.router import GuardedRouter
from knowchain_node.network.config import Limits
from knowchain_node.network.counters import ChildCounters
from knowchain_node.network.vocabulary import Frame, GossipUp, PeerGraftedUp

TOPIC = "knowchain/test/1"


class Recorder:
    """A seam whose parent only listens."""

    def __init__(self) -> None:
        self._send, self._receive = trio.open_memory_channel[Frame](1000)

    def say(self, frame: Frame) -> None:
        self._send.send_nowait(frame)

    async def heard(self, kind: type[Frame]) -> Any:
        with trio.fail_after(15):
            async for frame in self._receive:
                if isinstance(frame, kind):
                    return frame

    async def write(self) -> None:
        await trio.sleep_forever()

    async def hear(self) -> Frame | None:
        await trio.sleep_forever()
        return None


@asynccontextmanager
async def a_node() -> AsyncIterator[tuple[Any, GuardedPubsub, Recorder]]:
    limits, counters, seam = Limits(), ChildCounters(), Recorder()
    host = build_host(os.urandom(32), "test", limits, counters)
    router = GuardedRouter(counters, 1, lambda peer, topic: seam.say(PeerGraftedUp(str(peer), topic)))
    pubsub = GuardedPubsub(host, router, Judging(seam, counters, 60), limits, counters)  # type: ignore[arg-type]
    node = Node(seam, host, pubsub, limits, counters)  # type: ignore[arg-type]
    async with (
        listening(host, ["/ip4/127.0.0.1/tcp/0"]),
        background_trio_service(pubsub),
        background_trio_service(router),
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(node.run)
        await pubsub.subscribe(TOPIC)
        yield host, pubsub, seam
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("side", ["the dialler", "the dialled"])
def test_gossip_goes_on_over_the_other_connection(side: str) -> None:
    async def run() -> None:
        async with a_node() as (one, one_pubsub, one_hears), a_node() as (two, two_pubsub, two_hears):
            address = two.get_addrs()[0]
            for _ in range(2):
                await one.swarm.dial_once(address, two.get_id())
            for hears in (one_hears, two_hears):
                await hears.heard(PeerGraftedUp)
            ours, theirs = (one, two) if side == "the dialler" else (two, one)
            pubsub = one_pubsub if ours is one else two_pubsub
            carrying = pubsub.peers[theirs.get_id()].muxed_conn
            [conn] = [c for c in ours.swarm.connections[theirs.get_id()] if c.muxed_conn is carrying]
            await conn.close()
            await (one_hears if ours is one else two_hears).heard(
                PeerGraftedUp
            )  # again, and before any write
            with trio.fail_after(15):
                await sent_until_it_arrives(one_pubsub, two_hears, b"from one")
                await sent_until_it_arrives(two_pubsub, one_hears, b"from two")

    trio.run(run)


def test_gossip_goes_on_after_its_stream_was_reset() -> None:
    """The peer's own stream lives on, so that it will not say again what it joined."""

    async def run() -> None:
        async with a_node() as (one, one_pubsub, one_hears), a_node() as (two, two_pubsub, two_hears):
            await one.swarm.dial_once(two.get_addrs()[0], two.get_id())
            for hears in (one_hears, two_hears):
                await hears.heard(PeerGraftedUp)
            await one_pubsub.peers[two.get_id()].reset()
            with trio.fail_after(15):
                await sent_until_it_arrives(one_pubsub, two_hears, b"from one")
                await sent_until_it_arrives(two_pubsub, one_hears, b"from two")

    trio.run(run)


async def sent_until_it_arrives(pubsub: GuardedPubsub, other: Recorder, data: bytes) -> None:
    """Publish until a message is heard: what was under way when a stream died is lost."""
    arrived = trio.Event()

    async def listen() -> None:
        while not (await other.heard(GossipUp)).data.startswith(data):
            pass
        arrived.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        while not arrived.is_set():
            await pubsub.send(TOPIC, data + os.urandom(4))
            with trio.move_on_after(0.2):
                await arrived.wait()
