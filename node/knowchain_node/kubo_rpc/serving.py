"""Kubo's RPC as an aiohttp application, for a listener of its own on loopback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, NoReturn, TypeAlias

from aiohttp import hdrs, web

from knowchain.errors import KnowchainError
from knowchain.home import Home
from knowchain_node.api.failures import Refused
from knowchain_node.api.guard import HEADERS
from knowchain_node.api.ports import NetworkPort
from knowchain_node.api.service import Service
from knowchain_node.api.tokens import Token
from knowchain_node.kubo_rpc import about, adding, blocks, pins, reading
from knowchain_node.kubo_rpc.access import check_access
from knowchain_node.kubo_rpc.failures import failure
from knowchain_node.kubo_rpc.node import RpcNode, Self
from knowchain_node.kubo_rpc.options import Asked, Options, read_query
from knowchain_node.metrics import KuboRpcCounts
from knowchain_node.network.identity import peer_id_of, public_key_of
from knowchain_node.settings import PeerConfig

__all__ = ["COMMANDS", "KuboRpc", "app_of"]

_log = logging.getLogger("knowchain.kubo_rpc")
_MANY: Final = 1000
"""Arguments of one command: more than a line of HTTP holds."""
_Run: TypeAlias = Callable[[RpcNode, web.Request, Asked], Awaitable[web.StreamResponse]]
_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Command(NamedTuple):
    """One command: what answers it, its options beside those of all, and how many arguments it takes."""

    run: _Run
    options: Options
    args: tuple[int, int] = (0, 0)


COMMANDS: Final[dict[str, Command]] = {
    "add": Command(adding.add, adding.OPTIONS),
    "block/get": Command(blocks.get, blocks.GET, (1, 1)),
    "block/put": Command(blocks.put, blocks.PUT),
    "block/rm": Command(blocks.rm, blocks.RM, (1, _MANY)),
    "block/stat": Command(blocks.stat, blocks.STAT, (1, 1)),
    "cat": Command(reading.cat, reading.OPTIONS, (1, _MANY)),
    "id": Command(about.identify, about.ID),
    "pin/add": Command(pins.add, pins.ADD, (1, _MANY)),
    "pin/ls": Command(pins.ls, pins.LS, (0, _MANY)),
    "pin/rm": Command(pins.rm, pins.RM, (1, _MANY)),
    "version": Command(about.version, about.VERSION),
}


def app_of(home: Home, service: Service, config: PeerConfig, seed: bytes, token: Token) -> web.Application:
    """The application for a running peer.

    Args:
        home: the open home.
        service: which knows what meets others, while it runs.
        config: the settings.
        seed: of the transport key.
        token: asked of everybody.
    """

    def network() -> NetworkPort | None:
        return None if service.peer is None else service.peer.network

    me = Self(
        peer_id_of(seed),
        public_key_of(seed),
        listening=lambda: () if (found := network()) is None else found.listening,
        protocols=lambda: () if (found := network()) is None else sorted(found.served),
    )
    node = RpcNode(
        home,
        me,
        routers=config.routing.delegated,
        peer=lambda: service.peer,
        most_requests=config.kubo_rpc.requests,
        max_upload=config.kubo_rpc.max_upload_bytes,
    )
    return KuboRpc(node, token, service.metrics.kubo_rpc).app()


class KuboRpc:
    """Answers the commands in :data:`COMMANDS` for one home.

    Args:
        node: what the commands work on; closed with the application.
        token: asked of everybody.
        counts: what is counted along the way.
    """

    def __init__(self, node: RpcNode, token: Token, counts: KuboRpcCounts) -> None:
        self._node = node
        self._token = token
        self._counts = counts

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(middlewares=[_Around(self._token, self._counts)], client_max_size=1)
        app.on_response_prepare.append(_set_headers)
        app.on_cleanup.append(self._close)
        for name, command in COMMANDS.items():
            app.router.add_post(f"/api/v0/{name}", self._handler(command))
        return app

    async def _close(self, _app: web.Application) -> None:
        self._node.close()

    def _handler(self, command: Command) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            asked = read_query(request.query, command.options, command.args)
            with self._node.requests.one():
                try:
                    async with asyncio.timeout(asked.given("timeout")):
                        return await command.run(self._node, request, asked)
                except TimeoutError as exc:
                    raise Refused(500, "timeout", "context deadline exceeded") from exc

        return handle


async def _set_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers[hdrs.SERVER] = "knowchain"


class _Around:
    """Around every request: who may call before, one shape of errors after."""

    __middleware_version__ = 1
    """How aiohttp knows a middleware."""

    def __init__(self, token: Token, counts: KuboRpcCounts) -> None:
        self._token = token
        self._counts = counts

    async def __call__(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        self._counts.commands += 1
        try:
            response = await self._answer(request, handler)
        except ConnectionError:
            self._counts.failures += 1
            raise
        except Exception:  # noqa: BLE001 - whatever fails here must answer in the one shape, and say nothing more
            _log.exception("%s failed", request.path[:200])
            response = failure(Refused(500, "internal", "the peer failed at this; its log says more"))
        if response.status >= 400:
            self._counts.failures += 1
            # What is left of an upload is not waited for.
            response.force_close()
        _log.debug("request", extra={"path": request.path[:200], "status": response.status})
        return response

    async def _answer(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            if request.method != "POST":
                return _only_post(request)
            check_access(request, self._token)
            return await handler(request)
        except web.HTTPException:
            return failure(Refused(404, "not-found", "there is no such command here", remedy=_SUBSET))
        except KnowchainError as exc:
            if request.writer.output_size > 0:
                _cut(request, exc)
            return failure(exc)


def _cut(request: web.Request, exc: KnowchainError) -> NoReturn:
    """End an answer that has begun, so that nobody takes a part for the whole. Raises ConnectionError."""
    _log.warning("%s was cut: %s", request.path[:200], exc)
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionError("an answer had begun") from exc


_SUBSET: Final = f"there are {', '.join(COMMANDS)}"


def _only_post(request: web.Request) -> web.Response:
    response = failure(Refused(405, "method-not-allowed", "the commands are called with POST"))
    if request.method == "OPTIONS":
        response = web.Response(status=204)
    response.headers[hdrs.ALLOW] = "OPTIONS, POST"
    return response
