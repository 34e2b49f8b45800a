"""Everything under a CID from other peers: whole, checked, or a clear error."""

from __future__ import annotations

import asyncio
import io
import random
from typing import Any

import pytest

from knowchain.content.blocks import MemoryBlocks
from knowchain.content.car import read_car
from knowchain.content.importing import import_file
from knowchain.content.profiles import PROFILES
from knowchain.errors import ContentError, NotFound, PeerError
from knowchain.identifiers import DAG_PB, Cid, cid_of
from knowchain_node.bitswap.fetching import fetch_dag
from knowchain_node.bitswap.wire import Entry, Message, Presence, encode
from knowchain_node.replication.conduct import GARBAGE, NUISANCE

FILE = random.Random(3).randbytes(3_000_000)


def dag() -> tuple[Cid, MemoryBlocks]:
    """A file of twelve blocks and their root."""
    blocks = MemoryBlocks()
    return import_file(io.BytesIO(FILE).read, blocks, PROFILES["classic"]).cid, blocks


def among(*peers: Any) -> Any:
    """A search that finds these peers."""

    async def search() -> list[str]:
        return [peer.network.peer_id for peer in peers]

    return search


async def fetched(world: Any, ours: Any, root: Cid, *searches: Any, **kwargs: Any) -> dict[Cid, bytes]:
    file = io.BytesIO()
    await world.within(fetch_dag(ours.exchange, root, file, searches, **kwargs))
    return dict(read_car([file.getvalue()]))


async def test_a_file_comes_whole_from_one_peer(world):
    root, blocks = dag()
    theirs, ours = await world.peer(blocks=blocks), await world.peer()
    await world.connect(ours.network, theirs.network)
    told: list[int] = []
    found = await fetched(world, ours, root, among(theirs), advance=told.append)
    assert found == {cid: blocks.get(cid) for cid in blocks.cids()}
    assert told[-1] == sum(map(len, found.values()))
    assert ours.exchange.counts.blocks_in == len(blocks)
    assert not ours.faults
    assert not theirs.faults


async def test_a_file_comes_from_two_peers_of_which_each_has_a_half(world):
    root, blocks = dag()
    leaves = [cid for cid in blocks.cids() if cid != root]
    ours, halves = await world.peer(), []
    for half in (leaves[::2], leaves[1::2]):
        part = MemoryBlocks()
        for cid in (root, *half):
            part.put(cid, blocks.get(cid))
        halves.append(await world.peer(blocks=part))
        await world.connect(ours.network, halves[-1].network)
    found = await fetched(world, ours, root, among(*halves))
    assert len(found) == len(blocks)
    assert all(peer.exchange.counts.blocks_out for peer in halves)


async def test_what_is_here_already_is_not_asked_for(world):
    root, blocks = dag()
    theirs, ours = await world.peer(blocks=blocks), await world.peer()
    await world.connect(ours.network, theirs.network)
    held = MemoryBlocks()
    for cid in list(blocks.cids())[:-2]:
        held.put(cid, blocks.get(cid))
    held.put(root, blocks.get(root))
    found = await fetched(world, ours, root, among(theirs), held=held)
    assert len(found) == len(blocks) - len(held)
    assert theirs.exchange.counts.blocks_out == len(found)


async def test_what_nobody_has_ends_at_once_and_names_the_block(world):
    root, blocks = dag()
    last = list(blocks.cids())[3]
    blocks.delete(last)
    theirs, ours = await world.peer(blocks=blocks), await world.peer()
    await world.connect(ours.network, theirs.network)
    with pytest.raises(NotFound, match=str(last)):
        await fetched(world, ours, root, among(theirs))
    with pytest.raises(NotFound):
        await fetched(world, ours, root, among())


async def test_the_next_search_is_made_when_the_first_was_of_no_use(world):
    root, blocks = dag()
    poor, rich, ours = await world.peer(), await world.peer(blocks=blocks), await world.peer()
    for peer in (poor, rich):
        await world.connect(ours.network, peer.network)
    assert len(await fetched(world, ours, root, among(), among(poor), among(rich))) == len(blocks)


async def test_a_peer_that_speaks_no_bitswap_is_passed_over_and_named(world):
    root, _ = dag()
    ours = await world.peer()
    stranger = await world.stranger(ours)
    stranger.network.on_stream("/something/else", stranger._hear)
    with pytest.raises(PeerError, match=stranger.network.peer_id):
        await fetched(world, ours, root, among(stranger), patience=1.0)


async def test_a_dag_that_is_no_graph_is_told_as_such(world):
    theirs, ours = await world.peer(), await world.peer()
    await world.connect(ours.network, theirs.network)
    junk = b"this is no dag-pb"
    theirs.blocks.put(cid_of(junk, DAG_PB), junk)
    with pytest.raises(ContentError, match="not of its codec"):
        await fetched(world, ours, cid_of(junk, DAG_PB), among(theirs))


# --- providers that lie or stall ----------------------------------------------------------------------


async def provider(world: Any, ours: Any, answer: Any) -> Any:
    """A stranger that says to have everything, and answers wants of blocks with ``answer``."""
    stranger = await world.stranger(ours)

    async def hear(peer: str, message: Message) -> None:
        haves = [Presence(entry.cid, True) for entry in message.entries if entry.have]
        if haves:
            await stranger.send(peer, encode(presences=haves))
        for entry in message.entries:
            if not entry.have and not entry.cancel:
                await answer(stranger, peer, entry)

    stranger.answer = hear
    return stranger


async def lie(stranger: Any, peer: str, entry: Entry) -> None:
    await stranger.send(peer, encode(blocks=[(entry.cid, b"something else")]))


async def stall(_stranger: Any, _peer: str, _entry: Entry) -> None:
    pass


async def babble(stranger: Any, peer: str, _entry: Entry) -> None:
    await stranger.send(peer, b"\x05\xff\xff\xff\xff\xff")


@pytest.mark.parametrize(
    ("answer", "fault"),
    [(lie, NUISANCE), (stall, NUISANCE), (babble, GARBAGE)],
    ids=["lie", "stall", "babble"],
)
async def test_who_gives_something_else_or_nothing_is_left_and_another_is_asked(world, answer, fault):
    root, blocks = dag()
    theirs, ours = await world.peer(blocks=blocks), await world.peer()
    bad = await provider(world, ours, answer)
    await world.connect(ours.network, theirs.network)
    with pytest.raises(ContentError, match=bad.network.peer_id):
        await fetched(world, ours, root, among(bad), patience=1.0)
    found = await fetched(world, ours, root, among(bad), among(theirs), patience=1.0)
    assert found == {cid: blocks.get(cid) for cid in blocks.cids()}
    assert (bad.network.peer_id, fault) in ours.faults
    assert theirs.network.peer_id not in dict(ours.faults)


async def test_blocks_that_nobody_asked_for_go_nowhere(world):
    ours = await world.peer()
    stranger = await world.stranger(ours)
    for n in range(3):
        await stranger.send(ours.network.peer_id, encode(blocks=[(cid_of(b"%d" % n), b"%d" % n)]))
    await world.until(lambda: ours.exchange.counts.unasked == 3)
    assert ours.faults == [(stranger.network.peer_id, NUISANCE)] * 3
    assert not len(ours.blocks)
    assert ours.exchange.counts.bytes_in == 0


async def test_blocks_that_come_after_the_end_of_a_fetch_are_forgiven(world):
    root, blocks = dag()
    ours = await world.peer()

    async def give(stranger: Any, peer: str, entry: Entry) -> None:
        await stranger.send(peer, encode(blocks=[(entry.cid, blocks.get(Cid(entry.cid)))]))

    theirs = await provider(world, ours, give)
    leaf = next(cid for cid in blocks.cids() if cid != root)
    assert await fetched(world, ours, leaf, among(theirs))
    await give(theirs, ours.network.peer_id, Entry(leaf))
    await world.until(lambda: ours.exchange.counts.unasked == 1)
    assert not ours.faults


async def test_a_provider_that_goes_away_is_replaced(world):
    root, blocks = dag()
    theirs, ours = await world.peer(blocks=blocks), await world.peer()
    await world.connect(ours.network, theirs.network)

    async def leave(stranger: Any, peer: str, _entry: Entry) -> None:
        await stranger.network.disconnect(peer)

    fickle = await provider(world, ours, leave)
    found = await fetched(world, ours, root, among(fickle), among(theirs))
    assert len(found) == len(blocks)


async def test_a_fetch_that_is_given_up_leaves_nothing_running(world):
    root, _ = dag()
    ours = await world.peer()
    silent = await provider(world, ours, stall)
    work = asyncio.create_task(fetched(world, ours, root, among(silent)))
    await world.within(silent.news.wait())
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert ours.exchange.status()["fetching"] == 0
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "bitswap wants"]
