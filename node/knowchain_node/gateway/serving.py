"""The gateway as an aiohttp application, for a listener of its own: it knows no token and changes nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeAlias, TypeVar

from aiohttp import hdrs, web

from knowchain.content.blocks import verified
from knowchain.content.car import write_car
from knowchain.content.selecting import select
from knowchain.content.trails import Trail, follow
from knowchain.errors import ContentError, KnowchainError, NotFound, PeerError, Withdrawn
from knowchain.home import Home
from knowchain.home.serving import ServedBlocks
from knowchain.identifiers import Cid
from knowchain_node.api.failures import Refused, failure, http_failure, last_resort
from knowchain_node.api.ranges import asked_range
from knowchain_node.api.service import Streams
from knowchain_node.api.streaming import outflow, send_pieces
from knowchain_node.gateway.answers import HEADERS, etag_of, headers_of, matches
from knowchain_node.gateway.question import Question, read_question
from knowchain_node.gateway.routing import Routing
from knowchain_node.metrics import GatewayCounts

__all__ = ["Gateway"]

_log = logging.getLogger("knowchain.gateway")
_THREADS: Final = 4
_P = ParamSpec("_P")
_T = TypeVar("_T")
_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gateway:
    """Answers for the blocks of one home.

    Args:
        home: the open home.
        peer: our libp2p peer id.
        listening: the addresses at which others reach our libp2p part; none while it is not up.
        url: where the gateway is reached from outside, if the operator said so.
        most_streams: CARs that are given at once.
        most_bytes: bytes of one CAR; it is cut there.
        counts: where it is counted what was given.
    """

    def __init__(
        self,
        home: Home,
        peer: str,
        *,
        listening: Callable[[], Sequence[str]],
        url: str,
        most_streams: int,
        most_bytes: int,
        counts: GatewayCounts,
    ) -> None:
        self._blocks = ServedBlocks(home)
        self._routing = Routing(peer, self._has, listening=listening, url=url)
        self._most_bytes = most_bytes
        self._streams = Streams(most_streams)
        self._threads = ThreadPoolExecutor(_THREADS, "gateway")
        self.counts = counts

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(middlewares=[_Around(self.counts)], client_max_size=1)
        app.on_response_prepare.append(_set_headers)
        app.on_cleanup.append(self._close)
        for method in ("GET", "HEAD"):
            app.router.add_route(method, "/ipfs/{path:.*}", self._content)
            for path, answer in self._routing.routes():
                app.router.add_route(method, path, answer)
        return app

    async def _has(self, cid: Cid) -> bool:
        return await self._run(self._blocks.has, cid)

    async def _close(self, _app: web.Application) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))

    async def _content(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Service-Worker") == "script":
            raise Refused(
                400, "no-script", "nothing here is a script", remedy="serve it from your own origin"
            )
        path = request.raw_path.partition("?")[0]
        question = read_question(path, request.query, request.headers.get(hdrs.ACCEPT, ""))
        try:
            return await (self._block if question.format == "raw" else self._car)(request, question)
        except NotFound as exc:
            if isinstance(exc, Withdrawn) or "only-if-cached" not in request.headers.get("Cache-Control", ""):
                raise
            raise Refused(
                412, "not-here", "{why}", why=str(exc), remedy="ask without only-if-cached"
            ) from exc

    # --- one block ---------------------------------------------------------------------------------

    async def _block(self, request: web.Request, question: Question) -> web.StreamResponse:
        trail, block = await self._run(self._read_block, question)
        etag = etag_of(question, trail.end)
        headers = headers_of(question, trail, etag)
        if matches(request.headers.get(hdrs.IF_NONE_MATCH), etag):
            return web.Response(status=304, headers=headers)
        part = _part(request, etag, len(block))
        if part is None:
            return self._whole(block, headers)
        first, last = part
        response = self._whole(block[first : last + 1], headers, status=206)
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {first}-{last}/{len(block)}"
        return response

    def _whole(self, data: bytes, headers: Mapping[str, str], *, status: int = 200) -> web.Response:
        self.counts.bytes_out += len(data)
        return web.Response(status=status, body=data, headers=headers)

    def _read_block(self, question: Question) -> tuple[Trail, bytes]:
        trail = self._follow(question)
        if trail.within:
            raise NotFound(
                "'{rest}' is a value within block {cid}, not a block",
                remedy="ask for the block, or for a CAR",
                rest="/".join(trail.within)[:80],
                cid=str(trail.end),
            )
        return trail, verified(self._blocks).get(trail.end)

    def _follow(self, question: Question) -> Trail:
        return follow(self._blocks, question.root, question.segments)

    # --- a CAR -------------------------------------------------------------------------------------

    async def _car(self, request: web.Request, question: Question) -> web.StreamResponse:
        trail = await self._run(self._read_end, question)
        etag = etag_of(question, trail.end)
        headers = headers_of(question, trail, etag)
        if matches(request.headers.get(hdrs.IF_NONE_MATCH), etag):
            return web.Response(status=304, headers=headers)
        response = web.StreamResponse(headers=headers)
        if request.method == "HEAD":
            await response.prepare(request)
            return response
        with self._streams.one():
            return await send_pieces(request, response, outflow(lambda: self._pieces(question, trail)))

    def _read_end(self, question: Question) -> Trail:
        """Where the path leads. That its end is here is seen before the answer begins."""
        trail = self._follow(question)
        verified(self._blocks).get(trail.end)
        return trail

    def _pieces(self, question: Question, trail: Trail) -> Iterator[bytes]:
        found = select(self._blocks, trail, question.selection)
        given = 0
        for piece in write_car([_root(question, trail)], found, version_0=question.version_0):
            given += len(piece)
            if given > self._most_bytes:
                raise ContentError(
                    "this CAR has more than {limit} bytes",
                    remedy="ask for a part of it, with a path, dag-scope or entity-bytes",
                    limit=self._most_bytes,
                )
            self.counts.bytes_out += len(piece)
            yield piece


def _root(question: Question, trail: Trail) -> Cid:
    return trail.end if not question.segments else question.root


def _part(request: web.Request, etag: str, size: int) -> tuple[int, int] | None:
    """First and last byte of the one range that is asked for; None: all of it.

    Several ranges at once, and what is no range, are answered with the whole block, as the RFC allows.

    Raises:
        Refused: the range is not in the block.
    """
    if request.headers.get(hdrs.IF_RANGE, etag) != etag:
        return None
    return asked_range(request.headers.get(hdrs.RANGE, ""), size)


async def _set_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers[hdrs.SERVER] = "knowchain"


def _as(status: int, name: str, error: KnowchainError) -> Refused:
    """An error under another status; what it says may hold anything, braces too."""
    return Refused(status, name, "{why}", why=str(error), remedy="{advice}", advice=error.remedy)


class _Around:
    """Around every request: one shape of errors, and the count."""

    __middleware_version__ = 1
    """How aiohttp knows a middleware."""

    def __init__(self, counts: GatewayCounts) -> None:
        self._counts = counts

    async def __call__(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        response = await last_resort(request, lambda asked: self._answer(asked, handler), _NOT_KEPT)
        self._counts.answers += 1
        if response.status >= 400:
            self._counts.failures += 1
        _log.debug("request", extra={"path": request.raw_path[:200], "status": response.status})
        return response

    async def _answer(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.method == "OPTIONS":  # any page may ask, for anything: the answer is the same
            return web.Response(status=204, headers={"Access-Control-Max-Age": "86400"})
        try:
            return await handler(request)
        except Withdrawn as exc:
            return failure(_as(410, "withdrawn", exc), _NOT_KEPT)
        except PeerError as exc:
            return failure(_as(422, exc.code, exc), _NOT_KEPT)
        except NotFound as exc:
            return failure(exc, _NOT_KEPT)
        except KnowchainError as exc:
            if isinstance(exc, Refused):
                return failure(exc, _NOT_KEPT)
            _log.error("%s: %s", exc.code, exc)
            return http_failure(500, _NOT_KEPT)


_NOT_KEPT: Final[Mapping[str, str]] = {hdrs.CACHE_CONTROL: "no-store"}
