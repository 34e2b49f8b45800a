"""Bundles over HTTP: records with their text and files as one CAR, out as a stream and in as an upload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aiohttp import web

from knowchain.home import Home
from knowchain.home.bundles import Export, Import, Imported, export_bundle, import_bundle
from knowchain_node.api.endpoint import CAR, Call, Endpoint, Media, Parameter, truth
from knowchain_node.api.passing import scratch
from knowchain_node.api.streaming import Inflow, outflow, send_pieces

__all__ = ["ENDPOINTS"]

_PIECE: Final = 2**18


async def _export(call: Call) -> web.StreamResponse:
    with call.service.streams.one(), scratch(call.home) as folder:
        target = folder / "knowchain.car"
        request = Export(
            str(target),
            records=tuple(call.given("id")),
            collections=tuple(call.given("collection")),
            everything=call.given("all"),
            content=call.given("content"),
        )
        # Written aside first: an answer that begins is one that will be whole.
        made = await call.run(export_bundle, call.home, request)
        headers = {"Content-Type": CAR, "Content-Disposition": 'attachment; filename="knowchain.car"'}
        response = web.StreamResponse(headers=headers)
        response.content_length = made.bytes
        if call.request.method == "HEAD":
            await response.prepare(call.request)
            return response
        return await send_pieces(call.request, response, outflow(lambda: _read(target)))


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


async def _import(call: Call) -> Imported:
    return await call.run(_take, call.home, call.inflow())


def _take(home: Home, inflow: Inflow) -> Imported:
    with scratch(home) as folder:
        path = folder / "api.car"
        with path.open("xb") as file:
            for piece in inflow.pieces():
                file.write(piece)
        return import_bundle(home, Import(str(path)))


def _many(name: str, what: str) -> Parameter:
    return Parameter(name, what, {"type": "string", "maxLength": 1024}, many=True)


_CAR: Final = Media(CAR, "a CAR of version 1")

ENDPOINTS: Final = (
    Endpoint(
        "GET", "/api/v1/export", _export,
        "Records with all that they stand on, as a CAR; what the owner signed, if nothing is named.", _CAR,
        query=(
            _many("id", "a record; may stand several times"),
            _many("collection", "a collection with its members; may stand several times"),
            truth("all", "whether everything goes along that is held"),
            truth("content", "whether files go along"),
        ),
    ),
    Endpoint(
        "POST", "/api/v1/import", _import, "Take in what a CAR holds.", Imported, takes=_CAR, changes=True
    ),
)  # fmt: skip
