"""What others are given, and what happens to those who ask for too much."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from typing import Any

import pytest

from knowchain.content.blocks import MemoryBlocks
from knowchain.content.protobuf import varint
from knowchain.errors import Withdrawn
from knowchain.identifiers import DAG_PB, Cid, cid_of
from knowchain_node.bitswap.ledgers import MOST_OF_ONE
from knowchain_node.bitswap.wire import MAX_MESSAGE, PROTOCOLS, Entry, encode, framed
from knowchain_node.network import PeerUnreachable
from knowchain_node.replication.conduct import GARBAGE, NUISANCE

HERE, ELSEWHERE = b"a block that is here", cid_of(b"a block that is not")


class Withdrawing(MemoryBlocks):
    """Blocks of which one was withdrawn."""

    def get(self, cid: Cid) -> bytes:
        if cid == cid_of(b"withdrawn"):
            raise Withdrawn("{cid} was withdrawn", remedy="ask why", cid=str(cid))
        return super().get(cid)

    def has(self, cid: Cid) -> bool:
        return cid != cid_of(b"withdrawn") and super().has(cid)


@pytest.fixture
async def ours(world: Any) -> Any:
    blocks = Withdrawing()
    for block in (HERE, b"withdrawn"):
        blocks.put(cid_of(block), block)
    blocks.put(cid_of(HERE, DAG_PB), HERE)
    return await world.peer(blocks=blocks, patience=1.0)


async def answered(world: Any, stranger: Any, blocks: int, presences: int) -> Any:
    """All that the stranger was told, when it is so much."""

    def counted() -> bool:
        told = stranger.told
        return (sum(len(m.blocks) for m in told), sum(len(m.presences) for m in told)) == (blocks, presences)

    await world.until(counted)
    found = [one for m in stranger.told for one in m.blocks], [p for m in stranger.told for p in m.presences]
    stranger.told.clear()
    return found


async def test_wants_are_answered_on_a_stream_of_our_own(world, ours):
    stranger = await world.stranger(ours)
    entries = [
        Entry(cid_of(HERE), have=True),
        Entry(ELSEWHERE, have=True, dont_have=True),
        Entry(cid_of(HERE)),
        Entry(cid_of(b"unknown too"), dont_have=True),
        Entry(cid_of(b"and nobody wants to know")),
    ]
    await stranger.send(ours.network.peer_id, encode(entries[:2]))
    _, presences = await answered(world, stranger, 0, 2)
    assert dict(presences) == {cid_of(HERE): True, ELSEWHERE: False}
    await stranger.send(ours.network.peer_id, encode(entries[2:]))
    blocks, presences = await answered(world, stranger, 1, 1)
    assert blocks == [(cid_of(HERE), HERE)]
    assert presences == [(cid_of(b"unknown too"), False)]
    assert ours.exchange.counts.blocks_out == 1
    assert ours.exchange.counts.bytes_out == len(HERE)


async def test_what_was_withdrawn_is_answered_as_what_is_not_here(world, ours):
    stranger = await world.stranger(ours)
    gone = cid_of(b"withdrawn")
    await stranger.send(
        ours.network.peer_id, encode([Entry(gone, dont_have=True), Entry(cid_of(HERE), have=True)])
    )
    blocks, presences = await answered(world, stranger, 0, 2)
    assert not blocks
    assert dict(presences) == {gone: False, cid_of(HERE): True}


async def test_a_block_comes_back_under_the_version_of_its_name_that_was_asked_for(world, ours):
    stranger = await world.stranger(ours)
    version_0 = b"\x12\x20" + hashlib.sha256(HERE).digest()
    for protocol in PROTOCOLS:
        await stranger.send(ours.network.peer_id, encode([Entry(version_0)], protocol=protocol), protocol)
        blocks, _ = await answered(world, stranger, 1, 0)
        assert blocks == [(cid_of(HERE, DAG_PB), HERE)]


async def test_who_gives_nothing_says_so(world):
    ours = await world.peer(serve=False)
    ours.blocks.put(cid_of(HERE), HERE)
    stranger = await world.stranger(ours)
    await stranger.send(ours.network.peer_id, encode([Entry(cid_of(HERE), dont_have=True)]))
    blocks, presences = await answered(world, stranger, 0, 1)
    assert presences == [(cid_of(HERE), False)]
    assert not blocks


async def test_large_blocks_go_in_messages_that_everybody_can_read(world):
    ours = await world.peer()
    blocks = [bytes([n]) * 2_000_000 for n in range(3)]
    for block in blocks:
        ours.blocks.put(cid_of(block), block)
    too_large = bytes(2**21 + 1)
    ours.blocks.put(cid_of(too_large), too_large)
    stranger = await world.stranger(ours)
    wanted = [Entry(cid_of(block), dont_have=True) for block in (too_large, *blocks)]
    await stranger.send(ours.network.peer_id, encode(wanted))
    found, presences = await answered(world, stranger, 3, 1)
    assert [data for _, data in found] == blocks
    assert presences == [(cid_of(too_large), False)]


# --- too much, too slow, and not bitswap at all -------------------------------------------------------


NO_MESSAGES = {
    "not a protobuf": framed([b"\xff" * 20]),
    "an announcement without end": varint(MAX_MESSAGE + 1),
    "a wantlist without end": framed([b"\x0a\x26\x0a\x24" + ELSEWHERE] * 9000),
}


@pytest.mark.parametrize("name", NO_MESSAGES)
async def test_what_is_no_message_is_cut_off_and_noted(world, ours, name):
    stranger = await world.stranger(ours)
    assert await world.within(stranger.is_cut_off(ours.network.peer_id, NO_MESSAGES[name]))
    assert ours.faults == [(stranger.network.peer_id, GARBAGE)]
    assert ours.exchange.counts.malformed == 1
    await is_well(world, ours)


async def test_a_message_that_begins_and_does_not_go_on_is_cut_off(world, ours):
    stranger = await world.stranger(ours)
    assert await world.within(stranger.is_cut_off(ours.network.peer_id, varint(MAX_MESSAGE) + b"\x0a"))
    assert ours.faults == [(stranger.network.peer_id, NUISANCE)]
    await is_well(world, ours)


async def test_more_wants_than_may_wait_are_dropped_and_noted(world):
    """Nothing is read from the stranger meanwhile, so that its wants pile up."""
    slow = Slow()
    slow.put(cid_of(HERE), HERE)
    ours = await world.peer(blocks=slow, patience=1.0)
    stranger = await world.stranger(ours)
    for part in range(3):
        cids = [cid_of(n.to_bytes(4, "big")) for n in range(part * 4000, part * 4000 + 4000)]
        await stranger.send(ours.network.peer_id, encode([Entry(cid) for cid in cids]))
    await world.until(lambda: ours.exchange.counts.refused > 0)
    assert (stranger.network.peer_id, NUISANCE) in ours.faults
    assert ours.exchange.status()["waiting"] <= MOST_OF_ONE
    slow.go_on.set()
    await is_well(world, ours)


class Slow(MemoryBlocks):
    """Blocks on a slow disk."""

    def __init__(self) -> None:
        super().__init__()
        import threading

        self.go_on = threading.Event()

    def get(self, cid: Cid) -> bytes:
        self.go_on.wait(30)
        return super().get(cid)


async def test_who_does_not_take_what_it_asked_for_is_forgotten(world, ours):
    """It holds a megabyte of ours for a moment, and the next peer is served meanwhile."""
    large = [bytes([n]) * 2_000_000 for n in range(8)]
    for block in large:
        ours.blocks.put(cid_of(block), block)
    stranger = await world.stranger(ours)
    stranger.reads = False
    await stranger.send(ours.network.peer_id, encode([Entry(cid_of(block)) for block in large]))
    await is_well(world, ours)
    await world.until(lambda: (stranger.network.peer_id, NUISANCE) in ours.faults)
    await world.until(lambda: ours.exchange.status()["waiting"] == 0)


async def test_streams_of_one_peer_are_bounded(world, ours):
    stranger = await world.stranger(ours)
    peer = ours.network.peer_id
    streams = []
    for _ in range(70):
        with contextlib.suppress(PeerUnreachable):  # it was reset before it was agreed on
            streams.append(await stranger.network.open_stream(peer, PROTOCOLS[0]))
    await world.until(lambda: sum(stream._broken is None for stream in streams) == 64)
    for stream in streams:
        stream.reset()
    await is_well(world, ours)


async def test_large_messages_of_one_peer_wait_for_each_other(world):
    """Of one peer, four messages of four megabytes are held; the next is not read before one is over."""
    ours = await world.peer()
    stranger = await world.stranger(ours)
    head = varint(MAX_MESSAGE - 16) + b"\x7a" + varint(MAX_MESSAGE - 22)  # a field that nobody knows
    begun: list[Any] = []

    async def begin() -> None:
        stream = await stranger.network.open_stream(ours.network.peer_id, PROTOCOLS[0])
        await stream.write(head + bytes(3_900_000))
        begun.append(stream)

    work = [asyncio.create_task(begin()) for _ in range(6)]
    await world.until(lambda: len(begun) == 4)
    await is_well(world, ours)
    assert len(begun) == 4
    for stream in begun[:2]:
        stream.reset()
    await world.within(asyncio.gather(*work))
    assert len(begun) == 6


async def is_well(world: Any, ours: Any) -> None:
    """The peer answers another peer, and its network part never ended."""
    friend = await world.stranger(ours)
    await friend.send(ours.network.peer_id, encode([Entry(ELSEWHERE, have=True, dont_have=True)]))
    await answered(world, friend, 0, 1)
    assert ours.network.counters.starts == 1
