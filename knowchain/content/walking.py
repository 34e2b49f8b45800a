"""Every block under a root, once, depth first: what a bundle, a pin or a copy of it consists of."""

from __future__ import annotations

from collections.abc import Iterator

from knowchain import codec
from knowchain.content import dag_pb
from knowchain.content.blocks import BlockSource, is_identity, verified
from knowchain.content.bounds import MAX_WALK
from knowchain.content.remedies import MADE_WRONG
from knowchain.errors import CodecError, ContentError
from knowchain.identifiers import DAG_CBOR, DAG_PB, Cid

__all__ = ["links_of", "walk"]


def links_of(cid: Cid, block: bytes) -> list[Cid]:
    """The links in a block, in its order: of dag-pb and dag-cbor; a block of any other codec has none.

    Raises:
        ContentError: the block is not of its codec.
    """
    if cid.codec not in (DAG_PB, DAG_CBOR):
        return []
    try:
        return _dag_pb_links(block) if cid.codec == DAG_PB else _dag_cbor_links(block)
    except (CodecError, ContentError) as exc:
        raise ContentError(
            "block {cid} is not of its codec: {why}", remedy=MADE_WRONG, cid=str(cid), why=str(exc)
        ) from exc


def _dag_pb_links(block: bytes) -> list[Cid]:
    return [link.cid for link in dag_pb.decode(block).links]


def _dag_cbor_links(block: bytes) -> list[Cid]:
    found: list[Cid] = []
    rest = [codec.decode(block)]
    while rest:
        item = rest.pop()
        if isinstance(item, Cid):
            found.append(item)
        elif isinstance(item, list):
            rest.extend(reversed(item))
        elif isinstance(item, dict):
            rest.extend(reversed(item.values()))
    return found


def walk(
    source: BlockSource, root: Cid, *, max_blocks: int = MAX_WALK, duplicates: bool = False
) -> Iterator[tuple[Cid, bytes]]:
    """Every block under ``root``, verified, a parent before what it links to.

    The order is that of Kubo's ``dag export``. Blocks that are their own CID (identity) are followed but not
    given. Each block comes once, and memory grows with their number, about 150 bytes each, not with their
    size; with ``duplicates`` a block comes as often as it is linked, and memory grows with the depth alone.

    Raises:
        ContentError: a block is not what its CID or codec says, or there are more than ``max_blocks``.
        NotFound: a block is not in ``source``.
    """
    source = verified(source)
    seen: set[Cid] = set()
    visited = 0
    stack = [iter([root])]
    while stack:
        cid = next(stack[-1], None)
        if cid is None:
            stack.pop()
        elif cid not in seen:
            if visited == max_blocks:
                raise ContentError(
                    "more than {limit} blocks lie under {root}",
                    remedy="take a part of it, or raise the limit",
                    limit=max_blocks,
                    root=str(root),
                )
            visited += 1
            if not duplicates:
                seen.add(cid)
            block = source.get(cid)
            if not is_identity(cid):
                yield cid, block
            stack.append(iter(links_of(cid, block)))
