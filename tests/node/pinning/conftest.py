"""A home, a pinning service that can be made to misbehave, and what runs between them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from knowchain.home import Home, begin
from knowchain.storage.pin_states import RemotePin
from knowchain_node.api.listener import answering, bound_socket
from knowchain_node.network import PeerUnreachable
from knowchain_node.pinning.config import TargetConfig
from knowchain_node.pinning.keeping import Pace, keep_pinned
from knowchain_node.pinning.opening import opened_targets
from knowchain_node.pinning.pinning_service import Way
from knowchain_node.replication.news import News

TOKEN = "a-token-of-the-tests-0123456789abcdef"
ORIGIN = "/ip4/192.0.2.7/tcp/7485/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
DELEGATE = "/dns/pins.example/tcp/4001/p2p/QmServicePeerId"
QUICK = Pace(quiet=0.01, between=0.01, failing=0.02, longest=0.2, polling=0.01, longest_poll=0.05, again=0.05)
Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Service:
    """A pinning service as the specification has it: it passes the nine checks of pinning-service-compliance.
    ``faults`` are used up first, one for a request.

    Attributes:
        steps: how often a request is looked at before it is pinned; 0 for at once.
        failing: CIDs at which it fails, and how often.
        asked: (method, path) of every request.
    """

    token: str = TOKEN
    steps: int = 2
    pins: dict[str, dict[str, Any]] = field(default_factory=dict)
    failing: dict[str, int] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    always: Fault | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def app(self) -> web.Application:
        @web.middleware
        async def around(request: web.Request, handler: Any) -> web.StreamResponse:
            return await self._around(request, handler)

        app = web.Application(middlewares=[around])
        app.router.add_get("/psa/pins", self._list)
        app.router.add_post("/psa/pins", self._add)
        app.router.add_get("/psa/pins/{id}", self._get)
        app.router.add_post("/psa/pins/{id}", self._replace)
        app.router.add_delete("/psa/pins/{id}", self._remove)
        return app

    # --- for the tests -------------------------------------------------------------------------------

    def add(self, cid: str, *, name: str = "", state: str = "pinned") -> str:
        """A pin that is there already."""
        number = next(self.numbers)
        request = f"request/{number} ?%"
        created = (START + timedelta(milliseconds=number)).isoformat(timespec="milliseconds")
        pin = {"cid": cid} | ({"name": name} if name else {})
        self.pins[request] = {
            "requestid": request,
            "status": state,
            "created": created.replace("+00:00", "Z"),
            "pin": pin,
            "delegates": [DELEGATE, "/ip4/192.0.2.9/udp/4001/quic-v1/p2p/QmServicePeerId"],
            "looks": 0,
        }
        return request

    def states(self) -> dict[str, str]:
        """The state of each CID."""
        return {pin["pin"]["cid"]: pin["status"] for pin in self.pins.values()}

    def count(self, method: str) -> int:
        return sum(1 for each, _ in self.asked if each == method)

    # --- answers --------------------------------------------------------------------------------------

    async def _around(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append((request.method, request.path))
        fault = self.faults.popleft() if self.faults else self.always
        answer = await fault(request) if fault is not None else None
        if answer is not None:
            return answer
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return wrong(401, "UNAUTHORIZED", f"not {request.headers.get('Authorization')}")
        made: web.StreamResponse = await handler(request)
        return made

    async def _list(self, request: web.Request) -> web.Response:
        query = request.query
        wanted = query.get("status", "pinned").split(",")
        limit = int(query.get("limit", "10"))
        if not 1 <= limit <= 1000:
            return wrong(400, "BAD_REQUEST", "limit")
        cids = query["cid"].split(",") if "cid" in query else None
        found = [
            pin
            for pin in self.pins.values()
            if pin["status"] in wanted
            and (cids is None or pin["pin"]["cid"] in cids)
            and ("before" not in query or pin["created"] < query["before"])
            and ("name" not in query or is_named(pin, query["name"], query.get("match", "exact")))
        ]
        found.sort(key=lambda pin: str(pin["created"]), reverse=True)
        return web.json_response({"count": len(found), "results": [shown(pin) for pin in found[:limit]]})

    async def _add(self, request: web.Request) -> web.Response:
        return self._take(await request.json())

    def _take(self, pin: dict[str, Any]) -> web.Response:
        if pin.get("name") == "" or not pin.get("cid"):
            return wrong(400, "BAD_REQUEST", "name or cid is empty")
        request = self.add(pin["cid"], state="queued" if self.steps else "pinned")
        self.pins[request]["pin"] = pin
        return web.json_response(shown(self.pins[request]), status=202)

    async def _get(self, request: web.Request) -> web.Response:
        pin = self.pins.get(request.match_info["id"])
        if pin is None:
            return wrong(404, "NOT_FOUND", "no such request")
        if pin["status"] in ("queued", "pinning"):
            pin["looks"] += 1
            pin["status"] = "pinned" if pin["looks"] >= self.steps else "pinning"
            left = self.failing.get(pin["pin"]["cid"], 0)
            if pin["status"] == "pinned" and left:
                self.failing[pin["pin"]["cid"]] = left - 1
                pin |= {"status": "failed", "info": {"status_details": "nobody had it"}}
        return web.json_response(shown(pin))

    async def _replace(self, request: web.Request) -> web.Response:
        if self.pins.pop(request.match_info["id"], None) is None:
            return wrong(404, "NOT_FOUND", "no such request")
        return self._take(await request.json())

    async def _remove(self, request: web.Request) -> web.Response:
        if self.pins.pop(request.match_info["id"], None) is None:
            return wrong(404, "NOT_FOUND", "no such request")
        return web.Response(status=202)


def is_named(pin: Mapping[str, Any], wanted: str, match: str) -> bool:
    """As ``match`` has it: exact, iexact, partial or ipartial."""
    name = str(pin["pin"].get("name", ""))
    if match.startswith("i"):
        name, wanted = name.lower(), wanted.lower()
    return wanted in name if match.endswith("partial") else wanted == name


def shown(pin: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pin.items() if name != "looks"}


def wrong(status: int, reason: str, details: str, **headers: str) -> web.Response:
    body = {"error": {"reason": reason, "details": details}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response(body, status=status, headers=named)


@dataclass
class World:
    """A home with targets that are worked at."""

    home: Home
    targets: list[TargetConfig]
    task: asyncio.Task[None]
    met: list[str]
    """Whom the service named, to be connected with."""

    def pins(self, target: str = "service") -> dict[str, RemotePin]:
        return {str(pin.cid): pin for pin in self.home.remote_pins.pins(target)}

    def states(self, target: str = "service") -> dict[str, str]:
        return {cid: pin.state for cid, pin in self.pins(target).items()}

    async def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait for something that has no event of its own."""

        async def look() -> None:
            while not holds():
                assert not self.task.done(), self.task
                await asyncio.sleep(0.01)

        try:
            async with asyncio.timeout(seconds):
                await look()
        except TimeoutError:
            states = {one.name: self.states(one.name) for one in self.targets}
            raise AssertionError((states, self.home.remote_pins.targets())) from None

    async def settled(self, target: str = "service", count: int = 1) -> None:
        """Wait until all of at least ``count`` pins are pinned."""
        await self.until(
            lambda: len(self.states(target)) >= count and set(self.states(target).values()) == {"pinned"}
        )


@contextlib.asynccontextmanager
async def _working(
    home: Home,
    *targets: TargetConfig,
    token: str | None = TOKEN,
    patience: float = 5.0,
    pace: Pace = QUICK,
    origins: Callable[[], Sequence[str] | None] = lambda: [ORIGIN],
) -> AsyncIterator[World]:
    tokens = {one.name: token for one in targets}
    met: list[str] = []

    async def meet(address: str) -> None:
        met.append(address)
        raise PeerUnreachable("{address} can't be reached", address=address)

    opened = opened_targets(targets, tokens, Way(origins, meet), patience=patience)
    news = News(home.admission, asyncio.get_running_loop())
    task = asyncio.create_task(keep_pinned(home, targets, opened, news, pace=pace, jitter=lambda: 0.5))
    try:
        yield World(home, list(targets), task, met)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def working() -> Any:
    """``async with working(home, *targets)`` pins what is to be pinned."""
    return _working


@pytest.fixture
def home(tmp_path: Path) -> Any:
    """A home whose identity has said nothing yet."""
    begin(tmp_path / "home", name="Ada", recovery_file=tmp_path / "recovery")
    with Home.open(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """A pinning service on a random port."""
    made = Service()
    async with answering(made.app(), bound_socket("127.0.0.1", 0), most=64) as at:
        made.url = f"{at}/psa"
        yield made


@pytest.fixture
def at_service(service: Service) -> TargetConfig:
    """The service as a target."""
    return TargetConfig("service", "service", service.url)


@pytest.fixture
def faults() -> Any:
    """Ways in which a server goes wrong."""
    return Faults


class Faults:
    """Each makes a fault."""

    @staticmethod
    def status(status: int, **headers: str) -> Fault:
        async def fault(_request: web.Request) -> web.StreamResponse:
            return wrong(status, "FAULT", f"told with Bearer {TOKEN}", **headers)

        return fault

    @staticmethod
    def text(text: str) -> Fault:
        async def fault(_request: web.Request) -> web.StreamResponse:
            return web.Response(text=text, content_type="application/json")

        return fault

    @staticmethod
    def json(value: object) -> Fault:
        return Faults.text(json.dumps(value))

    @staticmethod
    async def hang(_request: web.Request) -> web.StreamResponse | None:
        """Silent for longer than the patience of these tests."""
        await asyncio.sleep(2)
        return web.Response()

    @staticmethod
    async def cut(request: web.Request) -> web.StreamResponse | None:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()
