"""The listening socket of the API: opened, announced in the home, closed in bounded time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address
from typing import Any, Final

from aiohttp import web

from knowchain.errors import InvalidValue
from knowchain.home import Layout
from knowchain.home.durable import write_whole
from knowchain_node.api.app import make_app
from knowchain_node.api.failures import http_failure
from knowchain_node.api.guard import HEADERS
from knowchain_node.api.service import Service

__all__ = ["ANNOUNCEMENT", "answering", "bound_socket", "listening", "url_of"]

ANNOUNCEMENT: Final = "api.json"
"""In the home while the API answers: where it is, for the command."""
_PATIENCE: Final = 15.0
"""Seconds that a connection has for the head of its next request."""
_GRACE: Final = 5.0
"""Seconds that running requests have when the service stops."""
_BACKLOG: Final = 128


def bound_socket(
    host: str, port: int, *, setting: str = "api.port", what: str = "API", any_port: str = "0"
) -> socket.socket:
    """A socket bound to that address, not yet listening.

    Args:
        host: an IP address of this machine.
        port: 0 for any.
        setting: where the port was given, for the message.
        what: who listens, for the message.
        any_port: a value of the setting that lets the system choose, for the remedy.

    Raises:
        InvalidValue: the address is taken, or is none of this machine's.
    """
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError as exc:
        sock.close()
        raise InvalidValue(
            "{field}: the {what} can't listen on {value}: {why}",
            field=setting,
            value=f"{host}:{port}",
            what=what,
            why=exc.strerror or str(exc),
            any_port=any_port,
            remedy="choose another port, or 0 for any: --set {field}={any_port}, or {field} in config.toml",
        ) from exc
    return sock


def url_of(sock: socket.socket) -> str:
    """Where a program on this machine finds the API."""
    host, port = sock.getsockname()[:2]
    address = ip_address(host)
    if address.is_unspecified:
        address = ip_address("::1" if address.version == 6 else "127.0.0.1")
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"


@contextlib.asynccontextmanager
async def listening(
    service: Service, sock: socket.socket, layout: Layout, *, most: int
) -> AsyncIterator[str]:
    """Answer on ``sock`` for the time of the block, and say so in the home.

    Args:
        service: what is answered for.
        sock: bound; closed at the end.
        layout: of the home, where :data:`ANNOUNCEMENT` is written once the API answers.
        most: connections at once; further ones wait in the system's queue, then are refused.

    Returns:
        The URL.
    """
    announcement = layout.root / ANNOUNCEMENT
    try:
        async with answering(make_app(service), sock, most=most) as url:
            try:
                await asyncio.to_thread(_announce, layout, url)
                yield url
            finally:
                service.ending.set()
                announcement.unlink(missing_ok=True)
    finally:
        service.threads.shutdown(wait=False, cancel_futures=True)


@contextlib.asynccontextmanager
async def answering(app: web.Application, sock: socket.socket, *, most: int) -> AsyncIterator[str]:
    """Answer with ``app`` on ``sock``, which is bound, for the time of the block; then end in bounded time.

    Args:
        app: the application.
        sock: closed at the end.
        most: connections at once; further ones wait in the system's queue, then are refused.

    Returns:
        The URL.
    """
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    manager = runner.server
    assert manager is not None
    loop = asyncio.get_running_loop()
    live: set[_Connection] = set()

    def connection() -> _Connection:
        return _Connection(manager, live, most, loop)

    server = await loop.create_server(connection, sock=sock, backlog=_BACKLOG)
    try:
        yield url_of(sock)
    finally:
        server.close()
        await _finish(runner, live)


def _announce(layout: Layout, url: str) -> None:
    document = json.dumps({"url": url, "pid": os.getpid()})
    write_whole(layout.root / ANNOUNCEMENT, document.encode() + b"\n")


async def _finish(runner: web.AppRunner, live: set[_Connection]) -> None:
    """Let running requests end, then close what is left."""
    deadline = asyncio.get_running_loop().time() + _GRACE
    for connection in tuple(live):
        connection.close()
    while live and asyncio.get_running_loop().time() < deadline:
        ended = [connection.ended for connection in live]
        await asyncio.wait(ended, timeout=deadline - asyncio.get_running_loop().time())
    for connection in tuple(live):
        connection.force_close()
    await runner.cleanup()


class _Connection(web.RequestHandler):
    """One connection: bounded in number, in patience and in the size of its heads."""

    def __init__(
        self,
        manager: web.Server,
        live: set[_Connection],
        most: int,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(
            manager,
            loop=loop,
            keepalive_timeout=_PATIENCE,
            access_log=None,  # type: ignore[arg-type] # None switches it off; the request log is the application's
            max_line_size=8190,
            max_headers=64,
            max_field_size=8190,
            lingering_time=1.0,
            auto_decompress=False,
        )
        self._live = live
        self._most = most
        self.ended: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._live.add(self)
        if len(self._live) > self._most:
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._live.discard(self)
        if not self.ended.done():
            self.ended.set_result(None)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,  # noqa: ARG002 - aiohttp's signature
        message: str | None = None,  # noqa: ARG002
    ) -> web.StreamResponse:
        """What is no HTTP is answered in the one shape, too; what went wrong inside is not told."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer had begun")
        response: Any = http_failure(status, HEADERS)
        response.force_close()
        return response  # type: ignore[no-any-return]
