"""Events: what is accepted, as it is accepted, over server-sent events (HTML Standard, section 9.2).

The id of an event is its record's arrival number, so that whoever lost the connection goes on where it was:
``Last-Event-ID``, or ``?after=``. The stream is read from the store and only woken by the news, so nothing
is lost however slow a reader is, and a slow reader holds nothing but its own place.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from knowchain.chains import author_of
from knowchain.home import Home
from knowchain_node.api.endpoint import Call, Endpoint, Media, integer, text
from knowchain_node.api.streaming import PATIENCE

__all__ = ["ENDPOINTS"]

_HEARTBEAT: Final = 15.0
_PAGE: Final = 200
_MOST: Final = 64
"""Streams of events at once."""


async def _events(call: Call) -> web.StreamResponse:
    service = call.service
    after = call.given("after")
    named = call.request.headers.get("Last-Event-ID", "")
    if named.isascii() and named.isdigit() and len(named) <= 16:
        after = int(named)
    if after is None:
        after = await call.run(lambda: call.home.store.reader().last_arrival())
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    if call.request.method == "HEAD":
        await response.prepare(call.request)
        return response
    with service.streams.one():
        response.enable_chunked_encoding()
        await response.prepare(call.request)
        await _write(response, b": knowchain\nretry: 2000\n\n")
        await _follow(call, response, after)
    return response


async def _follow(call: Call, response: web.StreamResponse, after: int) -> None:
    ending = asyncio.ensure_future(call.service.ending.wait())
    news = call.service.news.listen()
    waiting = asyncio.ensure_future(anext(news))
    try:
        while not ending.done():
            async for lines, arrival in _pages(call, after):
                after = arrival
                await _write(response, lines)
            done, _ = await asyncio.wait(
                {waiting, ending}, timeout=_HEARTBEAT, return_when=asyncio.FIRST_COMPLETED
            )
            if waiting in done:
                waiting = asyncio.ensure_future(anext(news))
            elif not done:
                await _write(response, b": still here\n\n")
        await _write(response, b"event: end\ndata: {}\n\n")
    except (ConnectionError, TimeoutError):
        return  # the reader left, or reads too slowly: it comes back with its place
    finally:
        ending.cancel()
        waiting.cancel()
        await asyncio.gather(ending, waiting, return_exceptions=True)


async def _pages(call: Call, after: int) -> AsyncIterator[tuple[bytes, int]]:
    kind = call.given("kind")
    while True:
        lines, arrival, count = await call.run(_read_page, call.home, after, kind)
        if lines:
            yield lines, arrival
        after = arrival
        if count < _PAGE:
            return


def _read_page(home: Home, after: int, kind: str | None) -> tuple[bytes, int, int]:
    lines, count = bytearray(), 0
    with home.store.snapshot() as reader:
        for stored in reader.records(after=after, limit=_PAGE, kind=kind):
            header = stored.block.header
            data = {
                "type": "record",
                "id": str(stored.id),
                "kind": header.kind,
                "author": str(author_of(stored.id, header)),
                "arrival": stored.arrival,
            }
            lines += f"id: {stored.arrival}\nevent: record\ndata: {json.dumps(data)}\n\n".encode()
            after, count = stored.arrival, count + 1
    return bytes(lines), after, count


async def _write(response: web.StreamResponse, data: bytes) -> None:
    await asyncio.wait_for(response.write(data), PATIENCE)


ENDPOINTS: Final = (
    Endpoint(
        "GET", "/api/v1/events", _events, "What is accepted, as it is; an event's id is its arrival.",
        Media("text/event-stream", "server-sent events"),
        query=(
            integer("after", "begin after this arrival; by default with what comes next", low=0, high=2**53),
            text("kind", "only records of this kind"),
        ),
    ),
)  # fmt: skip
