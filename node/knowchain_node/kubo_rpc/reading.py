"""``cat``: the bytes of files, one behind the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from aiohttp import web

from knowchain.content import nodes
from knowchain.content.blocks import verified
from knowchain.content.reading import read_file
from knowchain.identifiers import Cid
from knowchain_node.api.streaming import outflow, send_pieces
from knowchain_node.kubo_rpc.failures import cannot, misused
from knowchain_node.kubo_rpc.node import RpcNode
from knowchain_node.kubo_rpc.options import Asked, Options, flag, number

__all__ = ["OPTIONS", "cat"]

OPTIONS: Final[Options] = {"offset": number, "length": number, "progress": flag}


async def cat(node: RpcNode, request: web.Request, asked: Asked) -> web.StreamResponse:
    """Answer ``cat``. What fails once bytes were given cuts the connection."""
    offset, length = asked.given("offset", 0), asked.given("length")
    if offset < 0 or (length or 0) < 0:
        raise misused("the offset or the length is negative", remedy="give 0 or more")
    parts = await node.run(_parts, node, asked.args, offset, length)
    headers = {
        "Content-Type": "text/plain",
        "X-Stream-Output": "1",
        "X-Content-Length": str(sum(size for _, _, size in parts)),
    }

    def pieces() -> Iterator[bytes]:
        return chain.from_iterable(read_file(node.blocks, *part) for part in parts if part[2])

    return await send_pieces(request, web.StreamResponse(headers=headers), outflow(pieces))


def _parts(
    node: RpcNode, arguments: Sequence[str], offset: int, length: int | None
) -> list[tuple[Cid, int, int]]:
    """Of each file its CID, where to begin and how much to read, as if all were one."""
    parts: list[tuple[Cid, int, int]] = []
    left = length
    for argument in arguments:
        cid = node.find(argument).cid
        found = nodes.load(verified(node.blocks), cid)
        if found.is_folder:
            raise cannot("this dag node is a directory", remedy="name a file in it: CID/path")
        if not found.is_file:
            raise cannot("{path} is a symlink, which has no bytes", path=argument[:120])
        start = min(offset, found.file_size)
        size = found.file_size - start if left is None else min(found.file_size - start, left)
        parts.append((cid, start, size))
        offset -= start
        left = None if left is None else left - size
    return parts
