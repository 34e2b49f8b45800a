"""Which blocks answer a question about a DAG: the path alone, one file or folder, bytes of a file, or all.

The order is depth first, from the root of the path on, so that a reader can check each block as it comes.

Source: the trustless gateway specification: ``dag-scope``, ``entity-bytes``, CAR order and duplicates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from knowchain.content import nodes, sharding
from knowchain.content.blocks import BlockSource, is_identity, verified
from knowchain.content.bounds import MAX_WALK
from knowchain.content.directories import read_shard
from knowchain.content.nodes import UnixFsNode
from knowchain.content.reading import file_blocks
from knowchain.content.sharding import Shard
from knowchain.content.trails import Trail
from knowchain.content.unixfs import Kind
from knowchain.content.walking import walk
from knowchain.identifiers import DAG_PB, RAW, Cid

__all__ = ["Scope", "Selection", "select"]

Scope: TypeAlias = Literal["block", "entity", "all"]
_Found: TypeAlias = tuple[Cid, bytes]


@dataclass(frozen=True, slots=True)
class Selection:
    """What of a DAG is wanted.

    Attributes:
        scope: of what stands at the end of the path: its first block; the file, or the folder with the names
            and CIDs of its entries; or everything that it links to.
        first: with ``entity``, the first byte of a file that is wanted; from its end if negative.
        last: the last one, likewise; -1 is the file's last byte.
        duplicates: whether a block comes as often as it is linked.
    """

    scope: Scope = "all"
    first: int = 0
    last: int = -1
    duplicates: bool = False


def select(
    source: BlockSource, trail: Trail, selection: Selection = Selection(), *, max_blocks: int = MAX_WALK
) -> Iterator[_Found]:
    """The blocks of a selection, verified, those of the path first. Identity CIDs are not among them.

    Memory grows with the number of blocks where duplicates are left out, by about 150 bytes each.

    Raises:
        ContentError: a block is not what it should be, or there are more than ``max_blocks``.
        NotFound: a block that is wanted is not in ``source``; what came before is right.
    """
    source = verified(source)
    for cid in trail.above:
        if not is_identity(cid):
            yield cid, source.get(cid)
    if selection.scope == "all":
        yield from walk(source, trail.end, max_blocks=max_blocks, duplicates=selection.duplicates)
        return
    found = _entity(source, trail.end, selection) if selection.scope == "entity" else _one(source, trail.end)
    yield from found if selection.duplicates else _once(found)


def _one(source: BlockSource, cid: Cid) -> Iterator[_Found]:
    if not is_identity(cid):
        yield cid, source.get(cid)


def _once(found: Iterator[_Found]) -> Iterator[_Found]:
    seen: set[Cid] = set()
    for cid, block in found:
        if cid not in seen:
            seen.add(cid)
            yield cid, block


def _entity(source: BlockSource, cid: Cid, selection: Selection) -> Iterator[_Found]:
    """A file's blocks, a sharded folder's shards; of anything else its one block."""
    if cid.codec not in (DAG_PB, RAW):
        return _one(source, cid)
    node = nodes.load(source, cid)
    if node.is_file:
        return file_blocks(source, cid, selection.first, selection.last)
    if node.content.kind is Kind.HAMT_SHARD:
        return _shards(source, node)
    return _one(source, cid)


def _shards(source: BlockSource, root: UnixFsNode) -> Iterator[_Found]:
    read: list[_Found] = [(root.cid, source.get(root.cid))]
    for _ in sharding.read_entries(source, read_shard(root), _noting(read)):
        yield from read
        read.clear()
    yield from read


def _noting(read: list[_Found]) -> Callable[[BlockSource, Cid], Shard]:
    def load(source: BlockSource, cid: Cid) -> Shard:
        block = source.get(cid)
        read.append((cid, block))
        return read_shard(nodes.parse(cid, block))

    return load
