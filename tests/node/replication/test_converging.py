"""Real peers, with real libp2p in child processes: they hold the same in the end, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from knowchain import codec
from knowchain.content.blocks import verified
from knowchain.content.reading import read_file
from knowchain.errors import KnowchainError
from knowchain.home import author
from knowchain.records.bodies import KINDS
from knowchain.storage.blocks.importing import import_path
from knowchain.sync import framed
from knowchain_node.network import NetworkConfig, NetworkService
from knowchain_node.peer import Peer
from knowchain_node.replication import content, replicator
from knowchain_node.replication.envelope import topic_of

YEAR_MS = 365 * 86_400_000


def write(home: Any, text: str = "said") -> Any:
    return author(home, "profile", {"name": text})


async def test_three_peers_get_what_was_signed_before_and_after_they_met(world: Any) -> None:
    early = world.home()
    for number in range(40):
        write(early, f"early {number}")
    first = await world.start(early)
    for _ in range(2):
        await world.start(world.home(), bootstrap=(first.network.listening[0],))
    await world.until_equal()
    for home in world.homes:
        await asyncio.to_thread(write, home, "late")
    await world.until_equal()
    assert {home.store.reader().last_arrival() for home in world.homes} == {49}


async def test_a_record_passes_on_through_a_peer_that_lies_between(world: Any) -> None:
    _, second, third = await world.three()
    signed = await asyncio.to_thread(write, second.home)
    await world.until(lambda: signed.id in third.home.store.reader())
    assert third.home.store.reader().body(signed.id) is not None


async def test_what_gossip_loses_sync_brings(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of ten messages are lost at the seam, in a fixed pattern; the timer brings the rest."""
    publish = NetworkService.publish
    count = 0

    async def lossy(self: NetworkService, topic: str, data: bytes) -> int:
        nonlocal count
        count += 1
        if count % 10 in (1, 4, 7):
            return 1  # said to be sent, and lost
        return await publish(self, topic, data)

    monkeypatch.setattr(NetworkService, "publish", lossy)
    peers = await world.three(sync_seconds=1.0)
    for number in range(30):
        for peer in peers:
            await asyncio.to_thread(write, peer.home, f"number {number}")
    await world.until_equal()
    assert count >= 10


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_child_that_is_killed_or_stopped_is_replaced(world: Any, blow: signal.Signals) -> None:
    first, second, _ = await world.three()
    await world.until_equal()
    child = second.network.child_pid
    assert child is not None
    os.kill(child, blow)
    await world.until(lambda: second.network.child_pid not in (None, child))
    await asyncio.to_thread(write, second.home, "after the blow")
    await asyncio.to_thread(write, first.home, "after the blow")
    await world.until_equal()


async def test_a_peer_that_was_away_catches_up(world: Any) -> None:
    first, second, third = await world.three()
    await third.network.disconnect(first.network.peer_id)
    await world.until(lambda: first.network.peer_id not in third.network.connected)
    for number in range(50):
        await asyncio.to_thread(write, second.home, f"meanwhile {number}")
        await asyncio.to_thread(write, third.home, f"apart {number}")
    assert first.home.store.reader().last_arrival() < third.home.store.reader().last_arrival() + 50
    await third.connect(first.network.listening[0])
    await world.until_equal()


async def test_a_clock_that_is_wrong_by_a_year_changes_nothing(world: Any) -> None:
    homes = [world.home(), world.home(ahead_ms=YEAR_MS), world.home(ahead_ms=-YEAR_MS)]
    first = await world.start(homes[0])
    for home in homes[1:]:
        await world.start(home, bootstrap=(first.network.listening[0],))
    for home in homes:
        await asyncio.to_thread(write, home)
    await world.until_equal()


async def test_files_are_fetched_and_are_what_they_were(world: Any, tmp_path: Path) -> None:
    peers = await world.three()
    path = tmp_path / "scan.tif"
    path.write_bytes(bytes(range(256)) * 12_000)
    owner = peers[2].home
    with owner.content.begin_upload("test") as upload:
        imported = await asyncio.to_thread(import_path, owner.content, upload, path)
        rights = await asyncio.to_thread(author, owner, "rights", KINDS["rights"].example)
        file = {"path": "scan.tif", "role": "preservation", "bytes": imported.size}
        file |= {"sha256": imported.sha256, "cid": str(imported.cid)}
        work = {**KINDS["work"].example, "files": [file], "rights": [str(rights.id)]}
        await asyncio.to_thread(author, owner, "work", work)
    await world.until(lambda: all(peer.content.files == 1 for peer in peers[:2]))
    for peer in peers[:2]:
        assert b"".join(read_file(verified(peer.home.content), imported.cid)) == path.read_bytes()


class Hostile:
    """A peer of the same network that keeps to no rule."""

    def __init__(self, network: NetworkService, victim: str) -> None:
        self._network = network
        self._victim = victim

    async def throw(self, protocol: str, *frames: bytes) -> None:
        """Open a stream, say ``frames``, and see the other side end it."""
        stream = await self._network.open_stream(self._victim, protocol)
        for frame in frames:
            await stream.write(frame)
        try:
            async with asyncio.timeout(20):
                while await stream.read():
                    pass
        finally:
            stream.reset()


async def _hostile(world: Any, stack: Any, victim: Peer, topic: str) -> tuple[NetworkService, Hostile]:
    network = await stack.enter_async_context(NetworkService(NetworkConfig(os.urandom(32))))
    await network.ready()
    await network.subscribe(topic)
    peer = await network.connect(victim.network.listening[0])
    return network, Hostile(network, peer)


ENDED = (KnowchainError, TimeoutError)
"""How a stream ends at which the other side takes offence."""
FORGED = codec.encode([[b"not a block"]])


async def test_a_peer_that_sends_garbage_is_shut_out_and_the_others_go_on(world: Any) -> None:
    peers = await world.three()
    topic = topic_of(peers[0].home.network)
    async with contextlib.AsyncExitStack() as stack:
        network, hostile = await _hostile(world, stack, peers[0], topic)
        for attack in (b"\xff" * 64, codec.encode([1, 2, 3])):
            with contextlib.suppress(*ENDED):
                await hostile.throw(replicator.PROTOCOL, framed(attack))
        await world.until(lambda: network.peer_id in peers[0].network.banned)
        with contextlib.suppress(*ENDED):
            await network.publish(topic, FORGED)
        for peer in peers:
            await asyncio.to_thread(write, peer.home, "none the worse")
        await world.until_equal()
    assert network.peer_id in peers[0].book.banned()


async def test_wants_without_sense_cost_a_peer_its_place(world: Any) -> None:
    first = await world.start(world.home())
    async with contextlib.AsyncExitStack() as stack:
        network, hostile = await _hostile(world, stack, first, topic_of(first.home.network))
        for _ in range(2):
            with contextlib.suppress(*ENDED):
                await hostile.throw(content.PROTOCOL, framed(codec.encode(["no CID"])))
        await world.until(lambda: network.peer_id in first.network.banned)


async def test_a_forged_record_in_gossip_is_not_passed_on(world: Any) -> None:
    first, second, third = await world.three()
    topic = topic_of(first.home.network)
    async with contextlib.AsyncExitStack() as stack:
        network, _ = await _hostile(world, stack, first, topic)
        await network.publish(topic, FORGED)
        for number in range(5):
            await network.publish(topic, codec.encode([[b"forged %d" % number]]))
        await world.until(lambda: network.peer_id in first.network.banned)
    assert first.network.counters.rejected > 0
    assert second.network.counters.rejected == third.network.counters.rejected == 0


async def test_a_peer_serves_with_nobody_there(world: Any) -> None:
    peer = await world.start(world.home(), bootstrap=("/ip4/127.0.0.1/tcp/9/p2p/" + "12D3KooW" + "A" * 44,))
    signed = await asyncio.to_thread(write, peer.home)
    assert signed.id in peer.home.store.reader()
    assert peer.status()["connected"] == []
