"""A home behind a listening API on a random port, and a client that holds every answer to the document."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest

from knowchain.home import Home, begin
from knowchain_node.api.app import ENDPOINTS
from knowchain_node.api.fake import FakePeer
from knowchain_node.api.guard import Guard
from knowchain_node.api.listener import bound_socket, listening
from knowchain_node.api.openapi import document
from knowchain_node.api.service import Service
from knowchain_node.api.tokens import kept_token
from knowchain_node.replication.news import News

FRIEND = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
FRIEND_ADDRESS = f"/ip4/127.0.0.1/tcp/4001/p2p/{FRIEND}"
DOCUMENT = document(ENDPOINTS)
SEEN: set[tuple[str, str, int]] = set()
"""Every (method, path, status) that was answered in this run and held to the document."""


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
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["error"]
        return found


class Api:
    """A client of one API."""

    def __init__(self, session: aiohttp.ClientSession, url: str, service: Service, home: Home) -> None:
        self._session = session
        self.url = url
        self.service = service
        self.home = home
        self.token = home.layout.token.read_text().strip()

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: bool = True,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> Reply:
        """Call, read, and hold the answer to the document."""
        own = {"Authorization": f"Bearer {self.token}"} if token else {}
        async with self._session.request(
            method, self.url + path, headers={**own, **(headers or {})}, allow_redirects=False, **more
        ) as response:
            reply = Reply(response.status, response.headers, await response.read())
        check(method, path.partition("?")[0], reply)
        return reply

    async def get(self, path: str, **more: Any) -> Reply:
        return await self.call("GET", path, **more)

    async def post(self, path: str, document: object = None, **more: Any) -> Reply:
        body = {} if document is None else {"json": document}
        return await self.call("POST", path, **body, **more)

    async def put(self, path: str, document: object = None, **more: Any) -> Reply:
        body = {} if document is None else {"json": document}
        return await self.call("PUT", path, **body, **more)

    async def delete(self, path: str, **more: Any) -> Reply:
        return await self.call("DELETE", path, **more)

    async def write(self, **fields: Any) -> str:
        """Sign a note; its id."""
        reply = await self.post("/api/v1/author", {"kind": "profile", "fields": {"name": "Ada", **fields}})
        assert reply.status == 201, reply.body
        found: str = reply.json["id"]
        return found


def check(method: str, path: str, reply: Reply) -> None:
    """Hold an answer to the OpenAPI document."""
    operation = operation_of(method, path)
    if operation is None or (reply.status >= 400 and str(reply.status) not in operation[1]["responses"]):
        if method != "HEAD":
            validate(reply.json, {"$ref": "#/components/schemas/Error"})
        return
    template, described = operation
    answer = described["responses"].get(str(reply.status))
    assert answer is not None, f"{method} {template} does not say that it answers {reply.status}"
    SEEN.add((method, template, reply.status))
    if method == "HEAD" or reply.status == 304:
        return
    media = reply.headers["Content-Type"].partition(";")[0]
    assert media in answer["content"], f"{method} {template} answered {media}"
    if media == "application/json":
        validate(reply.json, answer["content"][media]["schema"])


def validate(value: object, schema: dict[str, Any]) -> None:
    whole = {**schema, "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)


def operation_of(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    """The path template and operation that the document has for a call."""
    word = "get" if method == "HEAD" else method.lower()
    parts = path.split("/")
    found = []
    for template, operations in DOCUMENT["paths"].items():
        wanted = template.split("/")
        fits = len(wanted) == len(parts) and all(
            a == b or a.startswith("{") for a, b in zip(wanted, parts, strict=True)
        )
        if fits and word in operations:
            found.append((template.count("{"), template, operations[word]))
    return min(found, key=lambda each: each[0])[1:] if found else None


@pytest.fixture(scope="session")
def seed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh home, to be copied."""
    root = tmp_path_factory.mktemp("seed")
    begin(root / "home", name="Ada", recovery_file=root / "recovery.txt")
    return root / "home"


@pytest.fixture
def home(tmp_path: Path, seed_home: Path) -> Iterator[Home]:
    shutil.copytree(seed_home, tmp_path / "home")
    with Home.open(tmp_path / "home") as opened:
        yield opened


@pytest.fixture(name="serving")
def _serving():
    """How to serve a home with settings of one's own."""
    return serving


@asynccontextmanager
async def serving(
    home: Home,
    *,
    host: str = "127.0.0.1",
    names: tuple[str, ...] = (),
    token_for_reads: bool = False,
    max_upload: int = 2**24,
    most: int = 64,
    peer: FakePeer | None = None,
    networked: bool = True,
) -> AsyncIterator[Api]:
    """An API for a home."""
    guard = Guard.of(kept_token(home.layout), host=host, names=names, token_for_reads=token_for_reads)
    news = News(home.admission, asyncio.get_running_loop())
    service = Service(home, guard, news, max_upload=max_upload, networked=networked)
    service.peer = peer
    async with (
        listening(service, bound_socket(host, 0), home.layout, most=most) as url,
        aiohttp.ClientSession() as session,
    ):
        yield Api(session, url, service, home)


@pytest.fixture
async def api(home: Home) -> AsyncIterator[Api]:
    """An API with a peer that can meet one other."""
    peer = FakePeer("12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp", (FRIEND_ADDRESS,))
    async with serving(home, peer=peer) as made:
        yield made
