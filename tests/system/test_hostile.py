"""One hostile peer in three: whatever it does, the honest two converge, stay small, and go on answering."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from system_worlds import LIMITS, say

from knowchain import codec
from knowchain.admission import Incoming
from knowchain.home import Home, author
from knowchain.records.bodies import KINDS
from knowchain.storage.blocks.importing import import_path
from knowchain.sync import FrameReader, framed
from knowchain_node.network import NetworkConfig, NetworkService, Stream
from knowchain_node.replication import blocks, introducing, replicator
from knowchain_node.replication.conversing import Pace
from knowchain_node.replication.envelope import pack, topic_of

World = Any
TOPIC = topic_of("main")
GROWTH = 200 * 2**20
"""Bytes that the honest process may grow by under attack."""
LAG = 3.0
"""Seconds that the event loop may stand still; the machine of the tests may be slow."""


class Hostile:
    """A peer that speaks the protocols as it likes."""

    def __init__(self, net: NetworkService, home: Home) -> None:
        self.net = net
        self.home = home
        self.chance = random.Random(1)

    def records(self, count: int) -> list[Incoming]:
        """Records as an honest peer would gossip them."""
        made = [author(self.home, "note", KINDS["note"].example).id for _ in range(count)]
        reader = self.home.store.reader()
        return [Incoming(reader.block(rid) or b"", reader.body(rid)) for rid in made]

    async def gossip(self, messages: list[bytes]) -> None:
        for message in messages:
            with contextlib.suppress(Exception):  # banned, or not in the mesh
                await self.net.publish(TOPIC, message)

    async def with_stream(
        self, victim: str, protocol: str, talk: Callable[[Stream], Awaitable[None]], times: int
    ) -> None:
        for _ in range(times):
            with contextlib.suppress(Exception):
                async with asyncio.timeout(10), await self.net.open_stream(victim, protocol) as stream:
                    await talk(stream)


@pytest.fixture
async def hostile(tmp_path: Path, world: World) -> AsyncIterator[Hostile]:
    with world.home("hostile") as home:
        async with NetworkService(NetworkConfig(os.urandom(32), limits=LIMITS)) as net:
            await net.ready()
            await net.subscribe(TOPIC)
            yield Hostile(net, home)


class Vitals:
    """The process's memory and the loop's longest silence."""

    def __init__(self) -> None:
        self._before = self.memory()
        self.lag = 0.0

    @staticmethod
    def memory() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    @property
    def growth(self) -> int:
        return self.memory() - self._before

    async def watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.05)
            self.lag = max(self.lag, loop.time() - before - 0.05)


# --- what it does ---------------------------------------------------------------------------------------


async def floods_garbage(hostile: Hostile, victim: str) -> None:
    """Garbage on the topic, in every size."""
    await hostile.gossip([os.urandom(hostile.chance.randrange(1, 65_536)) for _ in range(300)])


async def forges(hostile: Hostile, victim: str) -> None:
    """Envelopes of records whose signatures, or bodies, were changed."""
    forged = []
    for record in hostile.records(100):
        block = bytearray(record.block)
        block[-1] ^= 1
        forged.append(Incoming(bytes(block), record.body))
        forged.append(Incoming(record.block, (record.body or b"") + b"\0"))
    await hostile.gossip([m for record in forged for m in pack([record])])


async def repeats(hostile: Hostile, victim: str) -> None:
    """The same records again and again, in ever other envelopes."""
    records = hostile.records(60)
    for _ in range(200):
        hostile.chance.shuffle(records)
        await hostile.gossip(list(pack(records[:30])))


async def shows_gaps(hostile: Hostile, victim: str) -> None:
    """Children whose parents nobody will ever get."""
    records = hostile.records(300)
    await hostile.gossip([m for record in records[1:] for m in pack([record])])


async def floods_records(hostile: Hostile, victim: str) -> None:
    """Thousands of valid records."""
    records = await asyncio.to_thread(hostile.records, 2000)
    await hostile.gossip(list(pack(records)))


def hello(heads: int) -> bytes:
    return framed(codec.encode(["hello", 1, "main", heads]))


async def talks_garbage_in_sync(hostile: Hostile, victim: str) -> None:
    """Random bytes, random values, and lengths of four gigabytes."""

    async def talk(stream: Stream) -> None:
        choice = hostile.chance.randrange(4)
        if choice == 0:
            await stream.write(os.urandom(5000))
        elif choice == 1:
            await stream.write(b"\xff\xff\xff\xff" + os.urandom(1000))
        elif choice == 2:
            await stream.write(framed(codec.encode(["hello", 1, "main", 2**52])))
            await stream.write(framed(codec.encode(["reconcile", os.urandom(3000)])))
        else:
            await stream.write(framed(codec.encode(["done"])))
        while await stream.read():
            pass

    await hostile.with_stream(victim, replicator.PROTOCOL, talk, 20)


async def lies_about_heads(hostile: Hostile, victim: str) -> None:
    """Serves sync, names heads that nobody has, and never gives them."""

    async def serve(stream: Stream) -> None:
        await stream.write(hello(50))
        frames = FrameReader()
        while data := await stream.read():
            for payload in frames.feed(data):
                name, *rest = codec.decode(payload)
                if name == "reconcile":
                    ids = sorted(hostile.chance.randbytes(32) for _ in range(50))
                    listed = b"\x61\x00\x00\x02" + bytes([len(ids)]) + b"".join(ids)
                    await stream.write(framed(codec.encode(["reconcile", listed])))
                elif name == "want":
                    await stream.write(framed(codec.encode(["served", rest[1]])))

    hostile.net.on_stream(replicator.PROTOCOL, serve)
    await asyncio.sleep(4)  # the attack's duration: victims sync every two seconds


async def stalls(hostile: Hostile, victim: str) -> None:
    """Takes every stream, says hello, and nothing more; opens as many itself."""

    async def serve(stream: Stream) -> None:
        await stream.write(hello(1))
        await asyncio.sleep(30)

    for protocol in (replicator.PROTOCOL, blocks.PROTOCOL, introducing.PROTOCOL):
        hostile.net.on_stream(protocol, serve)

    async def talk(stream: Stream) -> None:
        await stream.write(hello(1))
        await asyncio.sleep(5)

    protocols = [replicator.PROTOCOL, blocks.PROTOCOL, introducing.PROTOCOL] * 10
    await asyncio.gather(*(hostile.with_stream(victim, protocol, talk, 1) for protocol in protocols))


async def asks_for_blocks_without_reading(hostile: Hostile, victim: str) -> None:
    """Wants the same large block without end, and reads none; and wants that are none."""
    [root] = list(hostile.home.content.cids())[:1]

    async def greedy(stream: Stream) -> None:
        for _ in range(500):
            await stream.write(framed(codec.encode([root] * 16)))
        await asyncio.sleep(2)

    async def garbage(stream: Stream) -> None:
        await stream.write(framed(os.urandom(100)))
        while await stream.read():
            pass

    await asyncio.gather(*(hostile.with_stream(victim, blocks.PROTOCOL, greedy, 1) for _ in range(12)))
    await hostile.with_stream(victim, blocks.PROTOCOL, garbage, 5)


async def gives_wrong_blocks(hostile: Hostile, victim: str) -> None:
    """Answers wants with other bytes, other CIDs, too many bytes, or nothing at all."""

    async def serve(stream: Stream) -> None:
        frames = FrameReader()
        while data := await stream.read():
            for payload in frames.feed(data):
                for cid in codec.decode(payload):
                    choice = hostile.chance.randrange(4)
                    if choice == 0:
                        await stream.write(framed(codec.encode([cid, os.urandom(1000)])))
                    elif choice == 1:
                        await stream.write(framed(os.urandom(100)))
                    elif choice == 2:
                        await stream.write(b"\x7f\xff\xff\xff" + os.urandom(10_000))
                    else:
                        stream.reset()
                        return

    hostile.net.on_stream(blocks.PROTOCOL, serve)
    await asyncio.sleep(2)  # the attack's duration


async def introduces_strangers(hostile: Hostile, victim: str) -> None:
    """Sends the victim to machines that have nothing to do with it."""
    peer = "12D3KooW" + "A" * 44
    strangers = [f"/ip4/127.0.0.1/tcp/{port}/p2p/{peer[:-2]}{port:02d}" for port in range(10, 42)]

    async def talk(stream: Stream) -> None:
        await stream.write(framed(codec.encode([[], strangers])))
        await stream.read()

    await hostile.with_stream(victim, introducing.PROTOCOL, talk, 5)

    async def garbage(stream: Stream) -> None:
        await stream.write(framed(codec.encode([["no address"], [7]])))
        await stream.read()

    await hostile.with_stream(victim, introducing.PROTOCOL, garbage, 3)


ATTACKS = [
    floods_garbage,
    forges,
    repeats,
    shows_gaps,
    floods_records,
    talks_garbage_in_sync,
    lies_about_heads,
    stalls,
    asks_for_blocks_without_reading,
    gives_wrong_blocks,
    introduces_strangers,
]
SHUT_OUT = {floods_garbage, forges, talks_garbage_in_sync, lies_about_heads, introduces_strangers}
"""What no honest peer does, and what is answered with a ban."""


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_one_hostile_peer_in_three(
    world: World, hostile: Hostile, tmp_path: Path, attack: Callable[[Hostile, str], Awaitable[None]]
) -> None:
    pace = Pace(progress=3.0, turn=3.0)
    one = await world.peer("one", pace=pace, introductions=True)
    two = await world.peer("two", one, pace=pace, introductions=True)
    await world.connected(two, one)
    await say_a_file(two.home, tmp_path)
    await say_a_file(hostile.home, tmp_path)
    for victim in (one, two):
        await hostile.net.connect(victim.network.listening[0])
    await world.until(lambda: len(one.network.connected) == len(two.network.connected) == 2)
    vitals = Vitals()
    watching = asyncio.create_task(vitals.watch())
    attacking = asyncio.gather(*(attack(hostile, v.network.peer_id) for v in (one, two)))
    for _ in range(10):
        for peer in (one, two):
            await asyncio.to_thread(say, peer, 2)
    await world.within(attacking)
    await asyncio.to_thread(say, one)
    await world.converged([one, two])
    await world.until(lambda: one.content.files >= 1)
    if attack in SHUT_OUT:
        await world.until(lambda: hostile.net.peer_id in one.network.banned | two.network.banned)
    watching.cancel()
    assert not {one.network.peer_id, two.network.peer_id} & {*one.book.banned(), *two.book.banned()}
    assert one.network.peer_id in two.network.connected
    assert vitals.growth < GROWTH
    assert vitals.lag < LAG
    assert len(one.home.admission.parking) <= 1024


async def say_a_file(home: Home, folder: Path) -> None:
    path = folder / f"{home.layout.root.name}.bin"
    path.write_bytes(os.urandom(1_500_000))
    with home.content.begin_upload("test") as upload:
        made = await asyncio.to_thread(import_path, home.content, upload, path)
        rights = author(home, "rights", KINDS["rights"].example)
        file = {
            "path": "a.bin",
            "role": "master",
            "bytes": made.size,
            "sha256": made.sha256,
            "cid": str(made.cid),
        }
        author(home, "work", {**KINDS["work"].example, "files": [file], "rights": [str(rights.id)]})
