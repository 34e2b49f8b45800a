"""A home behind the RPC of Kubo on a random port, and a client that sends just what it is told."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from knowchain.home import Home, begin
from knowchain_node.api.listener import answering, bound_socket
from knowchain_node.api.tokens import token_in
from knowchain_node.kubo_rpc.node import RpcNode, Self
from knowchain_node.kubo_rpc.serving import KuboRpc
from knowchain_node.metrics import KuboRpcCounts
from knowchain_node.network.identity import peer_id_of, public_key_of

BOUNDARY = "the-boundary"
FOLDER = "application/x-directory"
SEED = bytes(31) + b"\x05"
ADDRESS = "/ip4/127.0.0.1/tcp/4001"


@dataclass(frozen=True)
class Reply:
    """An answer that was read."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def rows(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]

    @property
    def message(self) -> str:
        """Of an error, which must have Kubo's shape."""
        document = self.json
        assert set(document) == {"Message", "Code", "Type"}
        assert document["Type"] == "error"
        found: str = document["Message"]
        return found


def part(name: str, content: bytes = b"", kind: str = "application/octet-stream") -> bytes:
    """A part of a form, as the clients write it."""
    head = f'Content-Disposition: form-data; name="file"; filename="{quote(name, safe="")}"\r\n'
    return f"--{BOUNDARY}\r\n{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n"


def form(parts: Iterable[bytes]) -> bytes:
    """A whole form."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


class Caller:
    """A client of one listener."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self.session, self.url, self.token = session, url, token

    async def call(
        self, path: str, body: Any = None, *, method: str = "POST", token: bool = True, **headers: str
    ) -> Reply:
        """Call; the path begins behind ``/api/v0/``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            named.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None:
            named.setdefault("Content-Type", f'multipart/form-data; boundary="{BOUNDARY}"')
        url = URL(f"{self.url}/api/v0/{path}", encoded=True)
        async with self.session.request(method, url, data=body, headers=named) as response:
            return Reply(response.status, response.headers, await response.read())

    async def add(self, *parts: bytes, query: str = "") -> list[Any]:
        """Add, and the rows of the answer."""
        reply = await self.call(f"add?{query}", form(parts))
        assert reply.status == 200, reply.body
        return reply.rows


@contextlib.asynccontextmanager
async def _rpc(
    home: Home, *, most: int = 8, max_upload: int = 2**30, routers: Any = (), peer: Any = None
) -> AsyncIterator[Caller]:
    token = token_in(home.layout.kubo_rpc_token)
    me = Self(
        peer_id_of(SEED),
        public_key_of(SEED),
        listening=lambda: (f"{ADDRESS}/p2p/{peer_id_of(SEED)}",),
        protocols=lambda: ("/knowchain/sync/1",),
    )
    node = RpcNode(home, me, routers=routers, peer=lambda: peer, most_requests=most, max_upload=max_upload)
    sock = bound_socket("127.0.0.1", 0)
    app = KuboRpc(node, token, KuboRpcCounts()).app()
    async with answering(app, sock, most=64) as url, aiohttp.ClientSession() as session:
        yield Caller(session, url, home.layout.kubo_rpc_token.read_text().strip())


@pytest.fixture
def rpc_of() -> Any:
    """``rpc_of(home)`` runs a listener."""
    return _rpc


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was just begun, to be copied."""
    folder = tmp_path_factory.mktemp("begun")
    begin(folder / "home", name="Ada", recovery_file=folder / "recovery")
    return folder / "home"


@pytest.fixture
def home(tmp_path: Path, begun: Path) -> Any:
    """An empty home."""
    shutil.copytree(begun, tmp_path / "home")
    with Home.open(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
async def rpc(home: Home) -> AsyncIterator[Caller]:
    """The RPC of ``home``."""
    async with _rpc(home) as caller:
        yield caller


@pytest.fixture
def forms() -> Any:
    """``forms.part(name, content)`` and ``forms.form(parts)`` write what clients send."""

    class Forms:
        part = staticmethod(part)
        form = staticmethod(form)

        @staticmethod
        def folder(name: str) -> bytes:
            return part(name, b"", FOLDER)

    return Forms
