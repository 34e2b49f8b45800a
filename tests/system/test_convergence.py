"""Real peers come to identical heads, whatever befalls the network, their processes and their clocks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from system_worlds import LossyNetwork, Proxy, say

from knowchain.home.files import DiskFiles
from knowchain.home.home import clock_ms
from knowchain.home.publishing import Publication, publish
from knowchain.storage.blocks.importing import import_path

World = Any
YEAR_MS = 365 * 86_400_000
QUICK = {"silent_seconds": 2.0, "ping_seconds": 0.5}
"""A watchdog that does not let a test wait."""
SIZES = [3, 5, pytest.param(10, marks=pytest.mark.slow)]


async def a_line(world: World, count: int, **settings: Any) -> list[Any]:
    """So many peers, each connected with the one before and the first."""
    peers = [await world.peer("peer-0", **settings)]
    for number in range(1, count):
        known = dict.fromkeys([peers[0], peers[-1]])
        peers.append(await world.peer(f"peer-{number}", *known, **settings))
    for number, peer in enumerate(peers[1:], 1):
        await world.connected(peer, peers[0], peers[number - 1])
    return peers


@pytest.mark.parametrize("count", SIZES)
async def test_what_each_says_reaches_all(world: World, count: int) -> None:
    peers = await a_line(world, count)
    for peer in peers:
        await asyncio.to_thread(say, peer, 20)
    await world.converged()
    assert peers[0].home.store.reader().last_arrival() == count * (2 + 20)


@pytest.mark.parametrize("count", SIZES)
async def test_three_in_ten_gossip_messages_are_lost(
    world: World, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowchain_node.peer.NetworkService", LossyNetwork)
    before = LossyNetwork.lost
    peers = await a_line(world, count)
    for _ in range(30):
        for peer in peers:
            await asyncio.to_thread(say, peer)
    await world.converged()
    assert LossyNetwork.lost - before > 10


@pytest.mark.parametrize("how", ["cut", "stall"])
async def test_a_partition_heals(world: World, how: str) -> None:
    left, middle = await a_line(world, 2)
    port = int(middle.network.listening[0].split("/")[4])
    async with Proxy(port) as proxy:
        through = middle.network.listening[0].replace(f"/tcp/{port}/", f"/tcp/{proxy.port}/")
        right = await world.peer("right", through)
        await world.connected(right, middle)
        await asyncio.to_thread(say, right, 5)
        await world.converged()
        getattr(proxy, how)()
        if how == "cut":
            await world.until(lambda: not right.network.connected)
        for peer in (left, right):
            await asyncio.to_thread(say, peer, 30)
        await world.converged([left, middle])
        proxy.heal()
        await world.converged()
        assert left.home.store.reader().last_arrival() == 3 * 2 + 5 + 60


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
async def test_the_network_process_is_killed_or_stopped(world: World, sign: signal.Signals) -> None:
    peers = await a_line(world, 3, network=QUICK)
    for peer in peers:
        await asyncio.to_thread(say, peer, 5)
    await world.converged()
    victim = peers[0].network
    pid = victim.child_pid
    os.kill(pid, sign)
    for peer in peers:
        await asyncio.to_thread(say, peer, 20)
    await world.until(lambda: victim.is_up and victim.child_pid not in (None, pid))
    await world.converged()
    assert peers[0].home.store.reader().last_arrival() == 3 * (2 + 25)


class PeerProcess:
    """A whole peer in a process of its own."""

    def __init__(self, root: Path, *keep: str) -> None:
        self._line = [sys.executable, str(Path(__file__).with_name("peer_process.py")), str(root), *keep]

    async def start(self) -> str:
        """Its address, once it is up."""
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*self._line, stdin=pipe, stdout=pipe)
        return await self._answer()

    async def _answer(self) -> str:
        assert self._process.stdout is not None
        return (await asyncio.wait_for(self._process.stdout.readline(), 60)).decode().strip()

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    async def held(self) -> int:
        self.tell("count")
        return int(await self._answer())

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


@pytest.fixture
async def processes() -> AsyncIterator[list[PeerProcess]]:
    started: list[PeerProcess] = []
    yield started
    for process in started:
        await process.kill()


async def test_a_whole_peer_is_killed_while_it_writes_and_comes_back(
    world: World, processes: list[PeerProcess]
) -> None:
    one, two = await a_line(world, 2)
    victim = PeerProcess(world.root("victim"), one.network.listening[0], two.network.listening[0])
    processes.append(victim)
    await victim.start()
    await world.until(lambda: len(one.network.connected) == 2)
    victim.tell("say 2000")  # more than it will get to
    await world.until(lambda: one.home.store.reader().last_arrival() > 30)
    await victim.kill()
    await asyncio.to_thread(say, one, 20)
    await asyncio.to_thread(say, two, 20)
    await victim.start()
    await world.until(lambda: len(one.network.connected) == 2)

    alive = (one, two)

    async def same() -> None:
        while len({await victim.held(), *(each.home.store.reader().last_arrival() for each in alive)}) > 1:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    await world.within(same())
    await world.converged()
    await victim.kill()
    with world.home("victim") as home:
        assert set(home.store.reader().heads()) == set(one.home.store.reader().heads())


async def test_clocks_that_are_wrong_by_a_year(world: World) -> None:
    one = await world.peer("late", clock=lambda: clock_ms() - YEAR_MS)
    two = await world.peer("early", one, clock=lambda: clock_ms() + YEAR_MS)
    three = await world.peer("right", one, two)
    await world.connected(three, one, two)
    for peer in (one, two, three):
        await asyncio.to_thread(say, peer, 20)
    await world.converged()
    assert not any(peer.book.banned() for peer in (one, two, three))


async def test_peers_that_know_one_meet_all(world: World) -> None:
    first = await world.peer("first", introductions=True)
    others = [await world.peer(f"other-{n}", first, introductions=True) for n in range(3)]
    everyone = [first, *others]
    await world.until(lambda: all(len(peer.network.connected) == 3 for peer in everyone))


async def test_a_peer_comes_back_to_whom_it_reached_before(world: World, tmp_path: Path) -> None:
    first = await world.peer("first")
    async with contextlib.AsyncExitStack() as stack:
        inner = type(world)(tmp_path, stack)
        second = await inner.peer("second")
        await second.connect(first.network.listening[0])
    await world.until(lambda: not first.network.connected)
    again = await world.peer("second")  # told of nobody: the book in its home knows
    await world.connected(again, first)


async def test_files_spread_to_all(world: World, tmp_path: Path) -> None:
    from knowchain.home import author
    from knowchain.records.bodies import KINDS

    peers = await a_line(world, 3)
    (tmp_path / "tape.wav").write_bytes(os.urandom(2_500_000))
    home = peers[2].home
    with home.content.begin_upload("test") as upload:
        made = import_path(home.content, upload, tmp_path / "tape.wav")
        rights = author(home, "rights", KINDS["rights"].example)
        file = {"path": "tape.wav", "role": "master", "bytes": made.size, "sha256": made.sha256}
        work = {
            **KINDS["work"].example,
            "files": [{**file, "cid": str(made.cid)}],
            "rights": [str(rights.id)],
        }
        await asyncio.to_thread(author, home, "work", work)
    await world.until(lambda: all(peer.content.files == 1 for peer in peers[:2]))
    assert all(peer.home.content.has(made.cid) for peer in peers)


async def test_a_peer_without_any_network_serves(world: World) -> None:
    async with Proxy(1) as proxy:
        proxy.cut()
        gone = f"/ip4/127.0.0.1/tcp/{proxy.port}/p2p/12D3KooWQb7zeNdV5GaBUWRqVDibYoztUB9SBZqmPpHyZaRJQibb"
        peer = await world.peer("alone", gone)
        await asyncio.to_thread(say, peer, 3)
        assert peer.home.store.reader().last_arrival() == 5
        assert peer.status()["up"]


async def test_files_beyond_the_budget_are_not_fetched_and_the_figures_say_so(
    world: World, tmp_path: Path
) -> None:
    one = await world.peer("one")
    small, large = tmp_path / "small.bin", tmp_path / "large.bin"
    small.write_bytes(b"s" * 1000)
    large.write_bytes(random.Random(3).randbytes(200_000))
    for path in (small, large):
        fields = {"title": {"en": [path.name]}, "access": "public"}
        await asyncio.to_thread(publish, one.home, Publication(fields), DiskFiles([path]))
    two = await world.peer("two", one, most_bytes=100_000)
    await world.connected(two, one)

    def kept() -> bool:
        status = two.content.status()
        return status["files"] == 1 and status["full"] == 1

    await world.until(kept)
    assert two.home.content.totals().packed_bytes < 100_000
