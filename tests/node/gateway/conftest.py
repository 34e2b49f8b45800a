"""A home behind a gateway on a random port."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from knowchain.home import Home, begin
from knowchain_node.api.listener import answering, bound_socket
from knowchain_node.gateway.serving import Gateway
from knowchain_node.metrics import GatewayCounts

PEER = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
ADDRESS = f"/ip4/127.0.0.1/tcp/4001/p2p/{PEER}"


@dataclass(frozen=True)
class Reply:
    """An answer that was read."""

    status: int
    headers: Any
    body: bytes


class Caller:
    """A client of one gateway, which sends paths just as they are given."""

    def __init__(self, session: aiohttp.ClientSession, url: str, counts: GatewayCounts) -> None:
        self.session, self.url, self.counts = session, url, counts

    async def get(self, path: str, *, method: str = "GET", **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = self.session.request(method, URL(self.url + path, encoded=True), headers=named)
        async with request as response:
            return Reply(response.status, response.headers, await response.read())


@contextlib.asynccontextmanager
async def _gateway(
    home: Home, *, most_streams: int = 8, most_bytes: int = 2**30, url: str = ""
) -> AsyncIterator[Caller]:
    counts = GatewayCounts()
    gateway = Gateway(
        home,
        PEER,
        listening=lambda: (ADDRESS,),
        url=url,
        most_streams=most_streams,
        most_bytes=most_bytes,
        counts=counts,
    )
    sock = bound_socket("127.0.0.1", 0)
    async with answering(gateway.app(), sock, most=64) as at, aiohttp.ClientSession() as session:
        yield Caller(session, at, counts)


@pytest.fixture
def gateway_of() -> Any:
    """``gateway_of(home)`` runs a gateway."""
    return _gateway


@pytest.fixture
def home(tmp_path: Path) -> Any:
    """An empty home."""
    begin(tmp_path / "home", name="Ada", recovery_file=tmp_path / "recovery")
    with Home.open(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
async def gateway(home: Home) -> AsyncIterator[Caller]:
    """A gateway of ``home``."""
    async with _gateway(home) as caller:
        yield caller
