"""Streams between real libp2p peers on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import os
from typing import Any

import pytest

from knowchain_node.network import Limits, NetworkService, PeerUnreachable, Stream, StreamBroken

World = Any
ECHO, SINK = "/knowchain/test/echo/1", "/knowchain/test/sink/1"
BULK = 20 * 2**20
HELD = 5 * 2**20
"""More than all windows on the way hold together: two of the seam's, one of yamux, and socket buffers."""


async def echo(stream: Stream) -> None:
    while data := await stream.read():
        await stream.write(data)


async def pair(world: World, **settings: Any) -> tuple[NetworkService, NetworkService]:
    one, two = await world.peer(**settings), await world.peer(**settings)
    await world.connect(one, two)
    return one, two


async def serve(world: World, net: NetworkService, protocol: str, handler: Any) -> None:
    """Serve, and wait until the child does."""
    net.on_stream(protocol, handler)
    await world.within(net._tell(lambda number: _serve(number, protocol)))


def _serve(number: int, protocol: str) -> Any:
    from knowchain_node.network.vocabulary import Serve

    return Serve(number, protocol)


async def test_what_is_sent_comes_back_on_many_streams_at_once(world: World) -> None:
    one, two = await pair(world)
    await serve(world, two, ECHO, echo)

    async def ask(number: int) -> None:
        data = os.urandom(1 + number * 9_973 % 200_000)
        async with await one.open_stream(two.peer_id, ECHO) as stream:
            assert (stream.peer, stream.protocol) == (two.peer_id, ECHO)
            sending = asyncio.create_task(stream.write(data))
            assert await stream.read_exactly(len(data)) == data
            await sending
            await stream.close()
            assert await stream.read() == b""

    await world.within(asyncio.gather(*map(ask, range(24))))
    assert len(one._streams) == 0


async def test_a_reader_that_stops_stops_the_writer_and_nothing_is_lost(world: World) -> None:
    await backpressure(world, 1.0)


@pytest.mark.slow
async def test_a_reader_that_stops_for_longer_than_libp2ps_five_seconds_loses_nothing(world: World) -> None:
    await backpressure(world, 7.0)


async def backpressure(world: World, pause: float) -> None:
    one, two = await pair(world)
    go, digest = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def slow(stream: Stream) -> None:
        await go.wait()
        total = hashlib.sha256()
        while data := await stream.read():
            total.update(data)
        digest.set_result(total.digest())

    await serve(world, two, SINK, slow)
    stream = await one.open_stream(two.peer_id, SINK)
    data, written = os.urandom(2**20), 0

    async def send() -> None:
        nonlocal written
        for _ in range(BULK // len(data)):
            await stream.write(data)
            written += len(data)
        await stream.close()

    sending = asyncio.create_task(send())
    done, _ = await asyncio.wait({sending}, timeout=pause)
    assert not done
    assert written < HELD
    go.set()
    await world.within(sending)
    assert await world.within(digest) == hashlib.sha256(data * (BULK // len(data))).digest()


async def test_a_reset_is_seen_by_the_other_side(world: World) -> None:
    one, two = await pair(world)
    seen = asyncio.get_running_loop().create_future()

    async def wait_for_reset(stream: Stream) -> None:
        try:
            while await stream.read():
                pass
        except StreamBroken as error:
            seen.set_result(error)
            raise

    await serve(world, two, SINK, wait_for_reset)
    stream = await one.open_stream(two.peer_id, SINK)
    await stream.write(b"begin")
    stream.reset()
    assert SINK in str(await world.within(seen))
    with pytest.raises(StreamBroken):
        await stream.write(b"more")


async def test_a_handler_that_fails_resets_its_stream_and_harms_nothing_else(world: World) -> None:
    one, two = await pair(world)

    async def fail(stream: Stream) -> None:
        await stream.read(1)
        raise RuntimeError("a bug in a handler")

    await serve(world, two, SINK, fail)
    await serve(world, two, ECHO, echo)
    stream = await one.open_stream(two.peer_id, SINK)
    await stream.write(b"go on")
    with pytest.raises(StreamBroken):
        while await world.within(stream.read()):
            pass
    async with await one.open_stream(two.peer_id, ECHO) as good:
        await good.write(b"still here")
        assert await world.within(good.read_exactly(10)) == b"still here"


async def test_opening_says_why_it_fails(world: World) -> None:
    one, two = await pair(world)
    with pytest.raises(PeerUnreachable, match="speaks none"):
        await world.within(one.open_stream(two.peer_id, "/knowchain/test/unknown/1"))
    stranger = await world.peer()
    with pytest.raises(PeerUnreachable, match="not connected"):
        await world.within(one.open_stream(stranger.peer_id, ECHO))
    with pytest.raises(PeerUnreachable, match="no peer id"):
        await world.within(one.open_stream("l0l", ECHO))


async def test_streams_end_with_their_connection(world: World) -> None:
    one, two = await pair(world)
    await serve(world, two, ECHO, echo)
    stream = await one.open_stream(two.peer_id, ECHO)
    await two.disconnect(one.peer_id)
    with pytest.raises(StreamBroken):
        while await world.within(stream.read()):
            pass


async def test_an_idle_stream_is_reset(world: World) -> None:
    one, two = await pair(world, limits=Limits(connections_per_ip=100, stream_idle_seconds=1))
    await serve(world, two, ECHO, echo)
    stream = await one.open_stream(two.peer_id, ECHO)
    with pytest.raises(StreamBroken):
        await world.within(stream.read())


async def test_a_peer_may_hold_only_so_many_streams(world: World) -> None:
    one, two = await pair(world, limits=Limits(connections_per_ip=100, streams_per_peer=4))
    await serve(world, two, ECHO, echo)
    streams = [await one.open_stream(two.peer_id, ECHO) for _ in range(4)]
    for stream in streams:
        await stream.write(b"x")
        await world.within(stream.read_exactly(1))
    with pytest.raises((PeerUnreachable, StreamBroken)):  # the reset comes while it is opened, or after
        fifth = await one.open_stream(two.peer_id, ECHO)
        await world.within(fifth.read())
    await streams[0].write(b"x")
    assert await world.within(streams[0].read_exactly(1)) == b"x"


async def test_leaving_a_stream_unread_throws_the_rest_away(world: World) -> None:
    one, two = await pair(world)
    done = asyncio.Event()

    async def flood(stream: Stream) -> None:
        for _ in range(40):
            await stream.write(bytes(65_536))
        done.set()

    await serve(world, two, SINK, flood)
    async with await one.open_stream(two.peer_id, SINK) as stream:
        await stream.read_exactly(10)
    await world.within(done.wait())
