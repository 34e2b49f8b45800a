"""A large download through the trustless gateway, beside a server that reads a file, hashes and sends it.

Each server is a process of its own; the client is the same, it reads and forgets.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web

from benchmarks.report import Row, print_table
from knowchain.home import Home, begin
from knowchain.home.content import NewContent, add_content
from knowchain_node.api.listener import answering, bound_socket
from knowchain_node.gateway.serving import Gateway
from knowchain_node.metrics import GatewayCounts

GIGABYTE: Final = 1_000_000_000
PIECE: Final = 2**20
ROUNDS: Final = 3


async def _send_hashed(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    digest = hashlib.sha256()
    with Path(request.app["path"]).open("rb") as file:  # noqa: ASYNC230 - that it blocks is part of the yardstick
        while piece := file.read(PIECE):
            digest.update(piece)
            await response.write(piece)
    await response.write_eof()
    return response


async def _serve(app: web.Application, told: Connection) -> None:
    async with answering(app, bound_socket("127.0.0.1", 0), most=8) as url:
        told.send(url)
        await asyncio.to_thread(told.recv)


def _serve_file(path: str, told: Connection) -> None:
    app = web.Application()
    app["path"] = path
    app.router.add_get("/", _send_hashed)
    asyncio.run(_serve(app, told))


def _serve_gateway(home_path: str, told: Connection) -> None:
    with Home.open(Path(home_path)) as home:
        gateway = Gateway(
            home,
            "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN",
            listening=tuple,
            url="",
            most_streams=8,
            most_bytes=2**40,
            counts=GatewayCounts(),
        )
        asyncio.run(_serve(gateway.app(), told))


async def _download(url: str) -> tuple[int, float]:
    """Bytes and seconds."""
    size, begun = 0, time.perf_counter()
    async with aiohttp.ClientSession() as session, session.get(url, read_bufsize=PIECE) as response:
        response.raise_for_status()
        async for piece in response.content.iter_any():
            size += len(piece)
    return size, time.perf_counter() - begun


def rows(scale: float = 1.0) -> list[Row]:
    """One gigabyte at scale 1."""
    size = max(PIECE, int(GIGABYTE * scale))
    with tempfile.TemporaryDirectory(prefix="knowchain-gateway-") as name:
        folder = Path(name)
        with (folder / "file").open("wb") as file, Path("/dev/urandom").open("rb") as noise:
            for at in range(0, size, PIECE):
                file.write(noise.read(min(PIECE, size - at)))
        begin(folder / "home", name="Ada", recovery_file=folder / "recovery")
        with Home.open(folder / "home") as home:
            cid = str(add_content(home, NewContent(str(folder / "file"))).cid)
        return [_compared(folder, cid, size)]


def _compared(folder: Path, cid: str, size: int) -> Row:
    context = multiprocessing.get_context("spawn")
    ends, servers = [], []
    for target, argument in ((_serve_gateway, folder / "home"), (_serve_file, folder / "file")):
        ours, theirs = context.Pipe()
        server = context.Process(target=target, args=(str(argument), theirs))
        server.start()
        ends.append(ours)
        servers.append(server)
    try:
        gateway, bare = (end.recv() for end in ends)
        times: dict[str, list[float]] = {"gateway": [], "bare": []}
        for _ in range(ROUNDS):
            for who, url in (("gateway", f"{gateway}/ipfs/{cid}?format=car"), ("bare", bare)):
                got, seconds = asyncio.run(_download(url))
                assert got >= size, f"{who} gave {got} bytes of {size}"
                times[who].append(seconds)
    finally:
        for end, server in zip(ends, servers, strict=True):
            end.send("end")
            server.join(20)
    rate, yardstick = (size / 1e6 / statistics.median(times[who]) for who in ("gateway", "bare"))
    name = f"download of {size / 1e6:.0f} MB through the gateway"
    return Row(name, rate, yardstick, rate / yardstick, "≥ 0.5", rate / yardstick >= 0.5, "MB/s")


if __name__ == "__main__":
    print_table(rows(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
