"""Whatever happens to the child, the parent goes on, and soon there is a new child that knows everything."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from knowchain.errors import InvalidValue
from knowchain_node.network import (
    ChildRestarted,
    Listening,
    NetworkConfig,
    NetworkDown,
    NetworkService,
    PeerConnected,
    PeerUnreachable,
    StreamBroken,
    peer_id_of,
)

World = Any
TOPIC = "knowchain/test/1"
LAG = 0.5
"""Seconds that the loop may be held up: 5 to 7 ms when the machine is quiet, and less than any wait."""


@asynccontextmanager
async def measured_lag() -> AsyncIterator[list[float]]:
    """How long the loop was held up, at its worst."""
    worst = [0.0]

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            worst[0] = max(worst[0], time.perf_counter() - before - 0.005)

    ticking = asyncio.create_task(tick())
    try:
        yield worst
    finally:
        ticking.cancel()


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV], ids=lambda s: s.name)
async def test_gossip_flows_again_after_the_child_is(world: World, ending: signal.Signals) -> None:
    stable = await world.peer(TOPIC, mode="process")  # in a thread it would take turns with our loop
    config = {"mode": "process", "ping_seconds": 0.2, "silent_seconds": 1.0, "keep": stable.listening}
    net = await world.peer(TOPIC, **config)
    events, theirs = net.events(), stable.events()
    await world.grafted(events, stable.peer_id)
    await world.grafted(theirs, net.peer_id)
    first, address = net.child_pid, net.listening
    async with measured_lag() as lag:
        os.kill(first, ending)
        restarted = await world.happens(events, lambda event: isinstance(event, ChildRestarted))
        assert restarted.reason
        with pytest.raises(NetworkDown):
            await net.publish(TOPIC, b"meanwhile")
        await world.grafted(events, stable.peer_id)
        await world.grafted(theirs, net.peer_id)
        await net.publish(TOPIC, b"from the new life")
        await stable.publish(TOPIC, b"to the new life")
        [there] = await world.received(stable, 1)
        [here] = await world.received(net, 1)
    assert (there.data, here.data) == (b"from the new life", b"to the new life")
    assert net.child_pid != first
    assert net.listening == address, "the new life listens where the first one did"
    assert lag[0] < LAG
    assert net.counters.restarts == 1


async def test_a_new_life_knows_bans_protocols_and_topics(world: World) -> None:
    net = await world.peer(TOPIC, mode="process")
    banned, friend = await world.peer(TOPIC), await world.peer(TOPIC)
    await net.ban(banned.peer_id)

    async def greet(stream: Any) -> None:
        await stream.write(b"hello")

    net.on_stream("/knowchain/test/greet/1", greet)
    events, theirs = net.events(), friend.events()
    os.kill(net.child_pid, signal.SIGKILL)
    await world.happens(events, lambda event: isinstance(event, Listening))
    await world.within(friend.connect(net.listening[0]))
    await world.grafted(theirs, net.peer_id)
    async with await friend.open_stream(net.peer_id, "/knowchain/test/greet/1") as stream:
        assert await world.within(stream.read_exactly(5)) == b"hello"
    with pytest.raises(PeerUnreachable):
        await world.within(net.connect(banned.listening[0]))
    assert net.banned == {banned.peer_id}


async def test_streams_and_requests_end_with_the_childs_life(world: World) -> None:
    net, other = await world.peer(mode="process"), await world.peer()

    async def silent(stream: Any) -> None:
        await stream.read()

    other.on_stream("/knowchain/test/silent/1", silent)
    await world.connect(net, other)
    stream = await net.open_stream(other.peer_id, "/knowchain/test/silent/1")
    reading = asyncio.create_task(stream.read())
    os.kill(net.child_pid, signal.SIGSTOP)
    asking = asyncio.create_task(net._requests.ask(lambda number: _connect(number, other.listening[0])))
    await asyncio.sleep(0)
    os.kill(net.child_pid, signal.SIGKILL)
    with pytest.raises(StreamBroken):
        await world.within(reading)
    with pytest.raises(NetworkDown):
        await world.within(asking)
    assert await net.peers() == []
    assert net.connected == frozenset()


def _connect(number: int, address: str) -> Any:
    from knowchain_node.network.vocabulary import Connect

    return Connect(number, address)


async def test_a_child_that_does_not_start_in_time_is_killed_and_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The interpreter is replaced by a program that reads nothing and says nothing."""
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 600\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    net = await world.peer(wait=False, mode="process", start_seconds=0.3, first_restart_seconds=0.05)
    events = net.events()
    for _ in range(2):
        ended = await world.happens(events, lambda event: isinstance(event, ChildRestarted))
        assert "did not start in time" in ended.reason
    assert not net.is_up


async def test_what_the_child_writes_to_its_error_output_is_logged_and_bounded(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loud = tmp_path / "loud"
    loud.write_text("#!/bin/sh\nyes 'the same line again' | head -100000 >&2\nexit 3\n")
    loud.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(loud))
    with caplog.at_level(logging.WARNING, "knowchain.network"):
        net = await world.peer(wait=False, mode="process", first_restart_seconds=60)
        await world.happens(net.events(), lambda event: isinstance(event, ChildRestarted))
        await world.until(lambda: net.last_end)
    assert "exit code 3" in net.last_end
    lines = [record for record in caplog.records if "the same line" in record.getMessage()]
    assert 0 < len(lines) <= 120
    assert net.counters.stderr_dropped >= 99_000


async def test_the_child_dies_with_its_parent() -> None:
    """A parent that is killed leaves no child behind."""
    script = (
        "import asyncio, os\n"
        "from knowchain_node.network import *\n"
        "async def main():\n"
        "    async with NetworkService(NetworkConfig(os.urandom(32))) as net:\n"
        "        await net.ready()\n"
        "        print(net.child_pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    command = (sys.executable, "-c", script)
    parent = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    died = os.pidfd_open(int(await parent.stdout.readline()))
    parent.kill()
    await parent.wait()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(died, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), 10)
    finally:
        asyncio.get_running_loop().remove_reader(died)
        os.close(died)


async def test_the_transport_key_is_in_no_command_line_and_no_environment(
    world: World, monkeypatch: Any
) -> None:
    seed = b"\x21secret-seed-of-the-transport-k!"
    monkeypatch.setenv("KNOWCHAIN_TOKEN", "a token that is not the child's business")
    net = await world.peer(mode="process", seed=seed)
    for name in ("cmdline", "environ"):
        shown = await asyncio.to_thread(Path(f"/proc/{net.child_pid}/{name}").read_bytes)
        assert b"secret-seed" not in shown
        assert seed.hex().encode() not in shown
        assert b"KNOWCHAIN_TOKEN" not in shown


async def test_a_port_that_is_taken_is_said_and_tried_again_until_it_is_free(world: World) -> None:
    """Rows 9 and 10: libp2p would listen on it all the same, or say nothing."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"/ip4/127.0.0.1/tcp/{taken.getsockname()[1]}"
        net = await world.peer(
            wait=False, listen=(address,), first_restart_seconds=0.1, last_restart_seconds=0.2
        )
        said = await world.happens(net.events(), lambda event: isinstance(event, ChildRestarted))
        assert "can't be listened on" in said.reason
        assert not net.is_up
    await world.within(net.ready())
    assert net.listening == (f"{address}/p2p/{net.peer_id}",)


async def test_two_peers_do_not_share_a_port(world: World) -> None:
    """Row 9, with a libp2p host as the one that has it: it sets SO_REUSEPORT."""
    first = await world.peer()
    address = first.listening[0].partition("/p2p/")[0]
    second = await world.peer(wait=False, listen=(address,), first_restart_seconds=60)
    said = await world.happens(second.events(), lambda event: isinstance(event, ChildRestarted))
    assert "can't be listened on" in said.reason


async def test_the_port_is_free_when_the_service_has_ended(world: World) -> None:
    """Row 8: a host that is only cancelled goes on listening."""
    for mode in ("thread", "process"):
        config = NetworkConfig(os.urandom(32), mode=mode)  # type: ignore[arg-type]
        async with NetworkService(config) as net:
            await world.within(net.ready())
            port = int(net.listening[0].split("/")[4])
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_nothing_waits_for_the_network_when_the_peer_starts(world: World) -> None:
    started = time.perf_counter()
    net = await world.peer(wait=False, mode="process")
    assert time.perf_counter() - started < 0.5
    assert not net.is_up
    assert net.peer_id.startswith("12D3KooW")


async def test_a_kept_peer_is_redialled_when_it_comes_back(world: World) -> None:
    """libp2p does that after 66 s."""
    config = NetworkConfig(os.urandom(32), mode="process")
    async with NetworkService(config) as first:
        await world.within(first.ready())
        listening = first.listening
        net = await world.peer()
        events = net.events()
        await net.keep(listening)
        await world.happens(events, lambda event: isinstance(event, PeerConnected))
    same = await world.peer(seed=config.seed, listen=(listening[0].partition("/p2p/")[0],))
    again = await world.happens(events, lambda event: isinstance(event, PeerConnected))
    assert again.peer == same.peer_id


async def test_a_banned_peer_is_disconnected_and_let_in_again_when_unbanned(world: World) -> None:
    net, other = await world.peer(), await world.peer()
    await world.connect(other, net)
    events = other.events()
    await net.ban(other.peer_id)
    await world.happens(events, lambda event: not isinstance(event, PeerConnected))
    with pytest.raises(PeerUnreachable):
        await world.within(net.connect(other.listening[0]))
    await net.unban(other.peer_id)
    assert await world.within(net.connect(other.listening[0])) == other.peer_id


async def test_only_the_child_imports_trio_and_libp2p() -> None:
    script = (
        "import sys, knowchain_node.network as n\n"
        "sys.exit(any(name in sys.modules for name in ('trio', 'libp2p', 'multiaddr')))"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == 0


def test_the_peer_id_is_libp2ps() -> None:
    from libp2p.crypto.ed25519 import create_new_key_pair
    from libp2p.peer.id import ID

    for seed in (bytes(32), b"\xff" * 32, bytes(range(32))):
        assert peer_id_of(seed) == str(ID.from_pubkey(create_new_key_pair(seed).public_key))
    with pytest.raises(InvalidValue):
        peer_id_of(b"short")
