"""``block/get``, ``block/stat``, ``block/put`` and ``block/rm``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from knowchain.content.bounds import MAX_BLOCK
from knowchain.home.content import file_roots
from knowchain.identifiers import DAG_CBOR, DAG_PB, RAW, Cid, cid_of
from knowchain.storage.blocks.reaching import Discarded
from knowchain_node.kubo_rpc.adding import ROWS, form_of
from knowchain_node.kubo_rpc.failures import cannot, misused
from knowchain_node.kubo_rpc.multipart import Part, Parts
from knowchain_node.kubo_rpc.node import Found, RpcNode
from knowchain_node.kubo_rpc.options import Asked, Options, choice, flag, number, only

__all__ = ["GET", "PUT", "RM", "STAT", "get", "put", "rm", "stat"]

_CODECS: Final = {
    "raw": RAW,
    "dag-pb": DAG_PB,
    "dag-cbor": DAG_CBOR,
    "cbor": 0x51,
    "git-raw": 0x78,
    "dag-jose": 0x85,
    "dag-json": 0x0129,
    "json": 0x0200,
}
_OLD_NAMES: Final = {"v0": DAG_PB, "protobuf": DAG_PB, "cbor": DAG_CBOR}
_SHA2_256: Final = b"\x12\x20"

GET: Final[Options] = {}
STAT: Final[Options] = {}
PUT: Final[Options] = {
    "cid-codec": choice(*_CODECS),
    "format": choice("", *_OLD_NAMES, *_CODECS),
    "mhtype": only(str.lower, "", "sha2-256"),
    "mhlen": only(number, -1, 32),
    "pin": flag,
    "allow-big-block": only(flag, False),
}
RM: Final[Options] = {"force": flag, "quiet": flag}


async def get(node: RpcNode, _request: web.Request, asked: Asked) -> web.StreamResponse:
    """Answer ``block/get``: the bytes of one block."""

    def read() -> bytes:
        return node.blocks.get(node.find(asked.args[0]).cid)

    headers = {"Content-Type": "application/vnd.ipld.raw", "X-Stream-Output": "1"}
    return web.Response(body=await node.run(read), headers=headers)


async def stat(node: RpcNode, _request: web.Request, asked: Asked) -> web.StreamResponse:
    """Answer ``block/stat``: ``{"Key", "Size"}``."""

    def read() -> tuple[Found, int]:
        found = node.find(asked.args[0])
        return found, len(node.blocks.get(found.cid))

    found, size = await node.run(read)
    return web.json_response({"Key": node.shown(asked, found), "Size": size})


# --- put --------------------------------------------------------------------------------------------------


async def put(node: RpcNode, request: web.Request, asked: Asked) -> web.StreamResponse:
    """Answer ``block/put``: a row ``{"Key", "Size"}`` for each block, once all are on the medium."""
    codec, version_0 = _form(asked)
    async with node.upload(request) as read:
        kept = await node.run(_keep, node, form_of(request, read), codec, asked.given("pin", False))
    rows = [{"Key": asked.show(cid, version_0=version_0), "Size": size} for cid, size in kept]
    return web.Response(text="".join(json.dumps(row) + "\n" for row in rows), headers=ROWS)


def _form(asked: Asked) -> tuple[int, bool]:
    """The codec of the CID, and whether it is one of version 0."""
    old, name = asked.given("format", ""), asked.given("cid-codec", "raw")
    if old and name != "raw":
        raise misused("format and cid-codec are both given", remedy="leave out format, which is the old name")
    return (_OLD_NAMES.get(old) or _CODECS[old]) if old else _CODECS[name], old == "v0"


def _keep(node: RpcNode, parts: Parts, codec: int, pinned: bool) -> list[tuple[Cid, int]]:
    store = node.home.content
    kept: list[tuple[Cid, int]] = []
    with store.begin_upload("kubo rpc block put") as upload:
        with store.batch(upload) as batch:
            while (part := parts.next()) is not None:
                block = _whole(part)
                cid = _cid(block, codec)
                batch.put(cid, block)
                kept.append((cid, len(block)))
                if len(kept) > _MOST_BLOCKS:
                    raise misused(
                        "more than {most} blocks in one request", remedy="send fewer", most=_MOST_BLOCKS
                    )
        for cid, _ in kept if pinned else ():
            store.pin(cid, str(cid))
    if not kept:
        raise misused("the request holds no block", remedy="send at least one")
    return kept


_MOST_BLOCKS: Final = 2**16


def _whole(part: Part) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := part.read(MAX_BLOCK):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BLOCK:
            raise cannot(
                "a block of more than {most} bytes can't be exchanged with others",
                remedy="use add, which cuts files into blocks",
                most=MAX_BLOCK,
            )
    return b"".join(pieces)


def _cid(block: bytes, codec: int) -> Cid:
    if codec < 0x80:
        return cid_of(block, codec)
    return Cid(b"\x01" + bytes([codec & 0x7F | 0x80, codec >> 7]) + _SHA2_256 + cid_of(block).digest)


# --- rm ---------------------------------------------------------------------------------------------------


async def rm(node: RpcNode, _request: web.Request, asked: Asked) -> web.StreamResponse:
    """Answer ``block/rm``: a row ``{"Hash", "Error"}`` for each block, without the error where it went."""
    found = await node.run(lambda: [node.find(argument) for argument in asked.args])
    done = await node.run(_discard, node, [one.cid for one in found])
    rows = []
    for one, outcome in zip(found, done, strict=True):
        error = _why_not(outcome)
        if outcome.outcome == "missing" and asked.given("force", False):
            error = ""
        if error:
            rows.append({"Hash": node.shown(asked, one), "Error": error})
        elif not asked.given("quiet", False):
            rows.append({"Hash": node.shown(asked, one)})
    return web.Response(text="".join(json.dumps(row) + "\n" for row in rows), headers=ROWS)


def _discard(node: RpcNode, cids: Sequence[Cid]) -> list[Discarded]:
    return node.home.content.discard(cids, file_roots(node.home), "kubo rpc block rm")


def _why_not(outcome: Discarded) -> str:
    if outcome.outcome == "pinned":
        return "pinned: recursive" if outcome.through == outcome.cid else f"pinned via {outcome.through}"
    return {
        "removed": "",
        "missing": f"block {outcome.cid} is not here",
        "named": f"a record names the file {outcome.through}, which needs it",
        "in use": "an upload that is under way needs it",
    }[outcome.outcome]
