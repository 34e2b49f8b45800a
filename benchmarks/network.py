"""What the network part costs: gossip latency, gossip in bulk and a stream in bulk, beside plain TCP.

``python -m benchmarks.network`` prints the table. Each figure and its yardstick take turns in one run, with
two peers on loopback, each with its own child process, and both parents in this process.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from benchmarks.report import Row, print_table
from knowchain_node.network import NetworkConfig, NetworkService, PeerGrafted, Stream

TOPIC = "knowchain/benchmark/1"
SINK = "/knowchain/benchmark/sink/1"
BATCH = 60_000
ROUNDS = 5


@asynccontextmanager
async def two_peers() -> AsyncIterator[tuple[NetworkService, NetworkService]]:
    """Two peers, each in the other's mesh."""
    async with (
        NetworkService(NetworkConfig(os.urandom(32))) as one,
        NetworkService(NetworkConfig(os.urandom(32))) as two,
    ):
        for net in (one, two):
            await net.ready()
            await net.subscribe(TOPIC)
        meshed = [grafted(one, two.peer_id), grafted(two, one.peer_id)]
        await one.connect(two.listening[0])
        await asyncio.gather(*meshed)
        yield one, two


def grafted(net: NetworkService, peer: str) -> Awaitable[None]:
    events = net.events()

    async def wait() -> None:
        while await anext(events) != PeerGrafted(peer, TOPIC):
            pass

    return asyncio.ensure_future(wait())


@asynccontextmanager
async def plain_tcp(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """One TCP connection on loopback to a server in this process."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


async def gossip_latency(one: NetworkService, two: NetworkService, count: int) -> list[float]:
    """Seconds from ``publish`` at one to its message at the other, one after the other."""
    messages, took = two.messages(TOPIC), []
    for _ in range(count):
        data = os.urandom(400)
        started = time.perf_counter()
        sending = asyncio.ensure_future(one.publish(TOPIC, data))
        message = await anext(messages)
        took.append(time.perf_counter() - started)
        message.accept()
        await sending
    return took


async def tcp_latency(count: int) -> list[float]:
    """Seconds for 400 bytes to a plain TCP server and back."""
    took = []
    async with plain_tcp(echo) as (reader, writer):
        for _ in range(count):
            started = time.perf_counter()
            writer.write(bytes(400))
            await reader.readexactly(400)
            took.append(time.perf_counter() - started)
    return took


async def gossip_bulk(one: NetworkService, two: NetworkService, count: int) -> float:
    """Bytes a second in batches, published one after the other and taken at the other side."""
    messages = two.messages(TOPIC)

    async def take() -> None:
        for _ in range(count):
            (await anext(messages)).accept()

    batches = [os.urandom(BATCH) for _ in range(count)]
    started = time.perf_counter()
    taking = asyncio.ensure_future(take())
    for batch in batches:
        await one.publish(TOPIC, batch)
    await taking
    return count * BATCH / (time.perf_counter() - started)


async def stream_bulk(one: NetworkService, two: NetworkService, size: int) -> float:
    """Bytes a second over one stream, until the last is read."""
    done = asyncio.get_running_loop().create_future()

    async def sink(stream: Stream) -> None:
        while await stream.read():
            pass
        done.set_result(time.perf_counter())

    two.on_stream(SINK, sink)
    await two.peers()  # answered after the protocol is served
    data = bytes(2**20)
    async with await one.open_stream(two.peer_id, SINK) as stream:
        started = time.perf_counter()
        for _ in range(size // len(data)):
            await stream.write(data)
        await stream.close()
        return size / (await done - started)


async def tcp_bulk(size: int) -> float:
    """Bytes a second over a plain TCP connection, until the last is read."""
    done = asyncio.get_running_loop().create_future()

    async def sink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65_536):
            pass
        done.set_result(time.perf_counter())
        writer.close()

    data = bytes(2**20)
    async with plain_tcp(sink) as (_, writer):
        started = time.perf_counter()
        for _ in range(size // len(data)):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
        return size / (await done - started)


async def measured(scale: float) -> list[Row]:
    latencies: list[tuple[float, float]] = []
    bulks: list[tuple[float, float, float]] = []
    pings, batches, size = int(60 * scale) or 1, int(60 * scale) or 1, int(32 * scale + 1) * 2**20
    async with two_peers() as (one, two):
        for _ in range(ROUNDS):
            ours = statistics.median(await gossip_latency(one, two, pings))
            latencies.append((ours, statistics.median(await tcp_latency(pings))))
            tcp = await tcp_bulk(size)
            stream = await stream_bulk(one, two, size)
            bulks.append((await gossip_bulk(one, two, batches), stream, tcp))
    ours, ping = (statistics.median(column) for column in zip(*latencies, strict=True))
    gossip, stream, tcp = (statistics.median(column) for column in zip(*bulks, strict=True))
    times, soon = ours / ping, ours <= 0.05
    return [
        Row("gossip, publish to message", ours * 1e3, ping * 1e3, times, "p50 <= 50 ms", soon, "ms"),
        _bulk("gossip in batches", gossip, tcp, 2.5e6),
        _bulk("one stream in bulk", stream, tcp, 20e6),
    ]


def _bulk(name: str, value: float, tcp: float, least: float) -> Row:
    target = f">= {least / 1e6:g} MB/s"
    return Row(name, value / 1e6, tcp / 1e6, value / tcp, target, value >= least, "MB/s")


def rows(scale: float = 1.0) -> list[Row]:
    """The table's rows; ``scale`` makes the runs longer or shorter."""
    return asyncio.run(measured(scale))


if __name__ == "__main__":
    print_table(rows())
