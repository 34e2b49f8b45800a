"""One block read as a part of a file, a folder or a symlink."""

from __future__ import annotations

from typing import NamedTuple

from knowchain.content import dag_pb, unixfs
from knowchain.content.blocks import BlockSource
from knowchain.content.dag_pb import Link
from knowchain.content.remedies import MADE_WRONG
from knowchain.content.unixfs import Kind, UnixFs
from knowchain.errors import ContentError
from knowchain.identifiers import DAG_PB, RAW, Cid

__all__ = ["UnixFsNode", "load", "parse"]


class UnixFsNode(NamedTuple):
    """A block, understood. ``block_size`` is its own size in bytes; the rest is what it says."""

    cid: Cid
    links: tuple[Link, ...]
    content: UnixFs
    block_size: int

    @property
    def is_file(self) -> bool:
        """A file or a part of one."""
        return self.content.kind in (Kind.FILE, Kind.RAW)

    @property
    def is_folder(self) -> bool:
        """A folder in one block, or the root of a sharded one."""
        return self.content.kind in (Kind.DIRECTORY, Kind.HAMT_SHARD)

    @property
    def file_size(self) -> int:
        """Bytes of the file from here down, as the block says."""
        return len(self.content.data) + sum(self.content.block_sizes)


def load(source: BlockSource, cid: Cid) -> UnixFsNode:
    """Fetch and read one block.

    Raises:
        ContentError: it is not UnixFS, or contradicts itself.
        NotFound: it is not in ``source``.
    """
    return parse(cid, source.get(cid))


def parse(cid: Cid, block: bytes) -> UnixFsNode:
    """Read one block; ``block`` must be what ``cid`` names.

    Raises:
        ContentError: it is not UnixFS, or contradicts itself.
    """
    if cid.codec == RAW:
        return UnixFsNode(cid, (), UnixFs(Kind.RAW, block), len(block))
    if cid.codec != DAG_PB:
        raise ContentError(
            "{cid} has the codec 0x{codec:x} and is neither file nor folder",
            remedy="give the CID of a file or folder: its codec is dag-pb or raw",
            cid=str(cid),
            codec=cid.codec,
        )
    try:
        return _parse_dag_pb(cid, block)
    except ContentError as exc:
        raise ContentError(
            "{cid} is neither file nor folder: {why}", remedy=MADE_WRONG, cid=str(cid), why=str(exc)
        ) from exc


def _parse_dag_pb(cid: Cid, block: bytes) -> UnixFsNode:
    node = dag_pb.decode(block)
    if node.data is None:
        raise ContentError("it is dag-pb without UnixFS data")
    parsed = UnixFsNode(cid, node.links, unixfs.decode(node.data), len(block))
    _check_consistent(parsed)
    return parsed


def _check_consistent(node: UnixFsNode) -> None:
    """A file gives one size a link, and their sum; nothing else gives sizes; a symlink links nowhere."""
    content = node.content
    if content.kind is Kind.METADATA:
        raise ContentError("it is a UnixFS metadata block, which no tool writes any more")
    sizes = len(content.block_sizes)
    if sizes != (len(node.links) if node.is_file else 0):
        raise ContentError("it gives {sizes} sizes for {links} links", sizes=sizes, links=len(node.links))
    if node.is_file and content.file_size not in (None, node.file_size):
        raise ContentError(
            "it claims a file of {claimed} bytes whose parts have {sum}",
            claimed=content.file_size,
            sum=node.file_size,
        )
    if content.kind is Kind.SYMLINK and node.links:
        raise ContentError("it is a symlink with links")
