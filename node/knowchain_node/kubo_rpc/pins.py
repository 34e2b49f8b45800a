"""``pin/add``, ``pin/rm`` and ``pin/ls``. Every pin here keeps all that its CID reaches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Final

from aiohttp import web

from knowchain.content.bounds import MAX_WALK
from knowchain.content.walking import links_of
from knowchain.errors import NotFound, PeerError, Withdrawn
from knowchain.home.keeping import DagFile, keep_dag
from knowchain.home.serving import ServedBlocks
from knowchain.identifiers import RAW, Cid
from knowchain.storage.blocks.reaching import below_pins, pins_above
from knowchain_node.api.passing import scratch
from knowchain_node.api.streaming import outflow, send_pieces
from knowchain_node.gateway.fetching import fetch_car, find_gateways
from knowchain_node.kubo_rpc.adding import ROWS, check_pin_name
from knowchain_node.kubo_rpc.failures import cannot
from knowchain_node.kubo_rpc.node import Found, RpcNode, is_written_in_version_0
from knowchain_node.kubo_rpc.options import Asked, Options, choice, flag, only, text
from knowchain_node.kubo_rpc.progress import Progress, Tell
from knowchain_node.network import NetworkDown

__all__ = ["ADD", "LS", "RM", "add", "ls", "rm"]

_EVERY: Final = 500
"""Blocks between two rows of progress."""

ADD: Final[Options] = {
    "recursive": only(flag, True),
    "name": text,
    "progress": flag,
    "stream": flag,  # sent by kubo-rpc-client; Kubo knows no such option of this command
}
RM: Final[Options] = {"recursive": only(flag, True)}
LS: Final[Options] = {
    "type": choice("all", "recursive", "direct", "indirect"),
    "quiet": flag,
    "name": text,
    "names": flag,
    "stream": flag,
    "paths": text,  # sent by kubo-rpc-client beside `arg`, which says the same
}


# --- add --------------------------------------------------------------------------------------------------


async def add(node: RpcNode, request: web.Request, asked: Asked) -> web.StreamResponse:
    """Answer ``pin/add``: ``{"Pins": […]}`` once everything is here and kept."""
    name = asked.given("name", "")
    check_pin_name(name)
    response = web.StreamResponse(headers=ROWS)
    if asked.given("progress", False):
        async with Progress(request, response) as progress:
            pinned = await _pin_all(node, asked, name, progress.tell)
    else:
        pinned = await _pin_all(node, asked, name, lambda _row: None)
    row = json.dumps({"Pins": pinned}).encode() + b"\n"
    return await send_pieces(request, response, outflow(lambda: iter([row])))


async def _pin_all(node: RpcNode, asked: Asked, name: str, tell: Tell) -> list[str]:
    pinned = []
    for argument in asked.args:
        found = await node.run(node.find, argument)
        try:
            await node.run(_pin, node, found, name, tell)
        except NotFound as exc:
            nobody = node.peer() is None and not node.routers
            if isinstance(exc, Withdrawn) or nobody or asked.given("offline", False):
                raise
            await _fetch(node, found.cid, name, tell)
        pinned.append(node.shown(asked, found))
    return pinned


def _pin(node: RpcNode, found: Found, name: str, tell: Tell) -> None:
    """See that all of it is here, and pin it. No collection runs between the two."""
    store = node.home.content
    with store.maintenance:
        _check_whole(node.blocks, found.cid, tell)
        store.pin(found.cid, name or str(found.cid))


def _check_whole(blocks: ServedBlocks, root: Cid, tell: Tell) -> None:
    """Raise NotFound unless everything that ``root`` reaches is here; what links to nothing is not read."""
    todo, seen = [root], {root}
    while todo:
        cid = todo.pop()
        if cid.codec != RAW or cid == root:
            links = links_of(cid, blocks.get(cid))
            fresh = [link for link in dict.fromkeys(links) if link not in seen]
            seen.update(fresh)
            todo += reversed(fresh)
        elif not blocks.has(cid):
            raise NotFound("block {cid} is not here", remedy="let it be fetched first", cid=str(cid))
        if len(seen) > MAX_WALK:
            raise cannot("more than {most} blocks lie under {root}", most=MAX_WALK, root=str(root))
        if (len(seen) - len(todo)) % _EVERY == 0:
            tell({"Progress": len(seen) - len(todo)})


async def _fetch(node: RpcNode, cid: Cid, name: str, tell: Tell) -> None:
    """Have it from peers, or else from gateways that a router knows; checked, as ``content fetch`` does."""
    peer = node.peer()
    if peer is not None:
        try:
            await peer.fetch(cid, name=name or str(cid))
        except (NotFound, PeerError, NetworkDown):
            if not node.routers:
                raise
        else:
            return
    gateways = await find_gateways(node.routers, cid)
    with scratch(node.home) as folder:
        path = folder / f"{cid}.car"
        with path.open("w+b") as file:
            await fetch_car(gateways, cid, file, lambda size: tell({"Bytes": size}))
        await node.run(keep_dag, node.home, DagFile(str(path), str(cid), name or str(cid)))


# --- rm ---------------------------------------------------------------------------------------------------


async def rm(node: RpcNode, _request: web.Request, asked: Asked) -> web.StreamResponse:
    """Answer ``pin/rm``: ``{"Pins": […]}``. All names under which a CID is kept go."""

    def unpin() -> list[str]:
        found = [(argument, node.find(argument)) for argument in asked.args]
        gone = []
        for argument, one in found:
            if not node.home.content.unpin(one.cid):
                raise cannot(
                    "{path} is not pinned or pinned indirectly",
                    remedy="pin/ls lists what is",
                    path=argument[:120],
                )
            gone.append(node.shown(asked, one))
        return gone

    return web.json_response({"Pins": await node.run(unpin)})


# --- ls ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    cid: str
    type: str
    name: str


async def ls(node: RpcNode, request: web.Request, asked: Asked) -> web.StreamResponse:
    """Answer ``pin/ls``: ``{"Keys": {CID: {"Type", "Name"}}}``, or with ``stream`` a row for each."""
    name = asked.given("name", "")
    check_pin_name(name)
    response = web.StreamResponse(headers=ROWS)
    rows = _of_arguments if asked.args else _of_all
    return await send_pieces(request, response, outflow(lambda: _written(asked, rows(node, asked))))


def _written(asked: Asked, rows: Iterator[_Row]) -> Iterator[bytes]:
    """Rows as Kubo writes them; names are left out unless they are asked for."""
    named = asked.given("names", False) or asked.given("name", "")
    if asked.given("stream", False):
        for row in rows:
            document = {
                "Cid": row.cid,
                **({"Name": row.name} if named and row.name else {}),
                "Type": row.type,
            }
            yield json.dumps(document, ensure_ascii=False).encode() + b"\n"
        return
    first = next(rows, None)  # before anything is given, so that what fails at once is an error
    yield b'{"Keys":{'
    for count, row in enumerate(chain(() if first is None else (first,), rows)):
        value = {"Type": row.type, "Name": row.name if named else ""}
        pair = f"{json.dumps(row.cid)}:{json.dumps(value, ensure_ascii=False)}"
        yield (("," if count else "") + pair).encode()
    yield b"}}\n"


def _of_all(node: RpcNode, asked: Asked) -> Iterator[_Row]:
    kind, wanted = asked.given("type", "all"), asked.given("name", "")
    store = node.home.content
    if kind in ("all", "recursive"):
        for cid, pins in groupby(store.pins(), lambda pin: pin.cid):
            names = [pin.name for pin in pins]
            if not wanted or any(wanted in name for name in names):
                yield _Row(_shown(node, asked, cid), "recursive", ", ".join(names))
    if kind in ("all", "indirect") and not wanted:
        for cid in below_pins(store):
            yield _Row(_shown(node, asked, cid), "indirect", "")


def _of_arguments(node: RpcNode, asked: Asked) -> Iterator[_Row]:
    kind, store = asked.given("type", "all"), node.home.content
    found = [(argument, node.find(argument)) for argument in asked.args]
    cids = {one.cid for _, one in found}
    names: dict[Cid, list[str]] = {}
    for pin in store.pins():
        if pin.cid in cids:
            names.setdefault(pin.cid, []).append(pin.name)
    above = pins_above(store, cids - names.keys()) if kind in ("all", "indirect") else {}
    for argument, one in found:
        shown = node.shown(asked, one)
        if one.cid in names and kind in ("all", "recursive"):
            yield _Row(shown, "recursive", ", ".join(names[one.cid]))
        elif one.cid in above:
            yield _Row(shown, f"indirect through {_shown(node, asked, above[one.cid])}", "")
        else:
            raise cannot("path '{path}' is not pinned", path=argument[:120])


def _shown(node: RpcNode, asked: Asked, cid: Cid) -> str:
    return asked.show(cid, version_0=is_written_in_version_0(node.blocks, cid))
