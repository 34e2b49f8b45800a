"""Folders, plain and sharded: what is at a path, what a folder holds, what a CID is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from knowchain.content import nodes, sharding
from knowchain.content.blocks import BlockSource, verified
from knowchain.content.dag_pb import Link
from knowchain.content.names import check_name_read, split_path
from knowchain.content.nodes import UnixFsNode
from knowchain.content.remedies import MADE_WRONG
from knowchain.content.sharding import Shard
from knowchain.content.unixfs import Kind, Mtime
from knowchain.errors import ContentError, NotFound, shown
from knowchain.identifiers import Cid

__all__ = ["Stat", "entry_of", "list_directory", "load_shard", "read_shard", "resolve", "stat"]


@dataclass(frozen=True, slots=True)
class Stat:
    """What a CID is, from its one block.

    Attributes:
        size: bytes of the file, as its root claims (reading it checks that); 0 for a folder or symlink.
        dag_size: bytes of all blocks, as the links claim; nothing may rely on it.
        sharded: whether the folder is spread over several blocks.
        target: where the symlink points; it is never followed.
        mode: POSIX mode bits, where the block has them.
        mtime: modification time, where the block has it.
    """

    cid: Cid
    kind: Literal["file", "directory", "symlink"]
    size: int
    dag_size: int
    sharded: bool
    target: str | None
    mode: int | None
    mtime: Mtime | None


def stat(source: BlockSource, cid: Cid) -> Stat:
    """What ``cid`` is.

    Raises:
        ContentError: neither file, folder nor symlink, or its block is not what the CID names.
        NotFound: the block is not in ``source``.
    """
    node = nodes.load(verified(source), cid)
    content = node.content
    return Stat(
        cid,
        "file" if node.is_file else "directory" if node.is_folder else "symlink",
        node.file_size if node.is_file else 0,
        node.block_size + sum(link.size for link in node.links),
        content.kind is Kind.HAMT_SHARD,
        _target(node) if content.kind is Kind.SYMLINK else None,
        content.mode,
        content.mtime,
    )


def _target(node: UnixFsNode) -> str:
    try:
        return node.content.data.decode()
    except UnicodeDecodeError as exc:
        raise ContentError(
            "the target of the symlink {cid} is not UTF-8", remedy=MADE_WRONG, cid=str(node.cid)
        ) from exc


def list_directory(source: BlockSource, cid: Cid) -> Iterator[Link]:
    """The entries of a folder: each its name, CID, and the size that is claimed for all its blocks.

    In the order of the folder; a sharded one is read as the entries are taken, in memory independent of its
    size. The root is read at once, so that what is no folder fails here.

    Raises:
        ContentError: not a folder, a name that no folder may hold, or one that comes twice; at once or while
            the entries are taken.
        NotFound: a block is not in ``source``; likewise.
    """
    source = verified(source)
    root = nodes.load(source, cid)
    _check_folder(root)
    if root.content.kind is Kind.HAMT_SHARD:
        return sharding.read_entries(source, read_shard(root), load_shard)
    return iter(_plain_entries(root))


def _plain_entries(folder: UnixFsNode) -> tuple[Link, ...]:
    names = set()
    for link in folder.links:
        check_name_read(link.name)
        if link.name in names:
            raise _twice(folder, link.name)
        names.add(link.name)
    return folder.links


def _twice(folder: UnixFsNode, name: str) -> ContentError:
    return ContentError(
        "the folder {cid} holds {name} twice", remedy=MADE_WRONG, cid=str(folder.cid), name=shown(name)
    )


def resolve(source: BlockSource, root: Cid, path: str) -> Cid:
    """The CID at ``path`` beneath the folder ``root``; "" is the root. Symlinks are not followed.

    A sharded folder costs one block a level, not all of it.

    Raises:
        InvalidValue: the path holds a name that no folder may hold, such as ``..``.
        ContentError: a block on the way is not what it should be.
        NotFound: nothing is at the path, or a block on the way is not in ``source``.
    """
    source = verified(source)
    cid, walked = root, ""
    for segment in split_path(path):
        folder = nodes.load(source, cid)
        if not folder.is_folder:
            raise NotFound(
                "'{where}' in {root} is no folder",
                remedy="end the path there, or list the folder above",
                where=shown(walked),
                root=str(root),
            )
        walked = f"{walked}/{segment}"
        link = entry_of(source, folder, segment)
        if link is None:
            raise NotFound(
                "nothing is at '{where}' in {root}",
                remedy="list the folder above to see what it holds",
                where=shown(walked),
                root=str(root),
            )
        cid = link.cid
    return cid


def entry_of(source: BlockSource, folder: UnixFsNode, name: str) -> Link | None:
    """The entry of that name in a folder that was read; None where there is none.

    Raises:
        ContentError, NotFound: a shard on the way is not what it should be, or not in ``source``; or the
            folder holds the name twice.
    """
    if folder.content.kind is Kind.HAMT_SHARD:
        return sharding.find(source, read_shard(folder), name, load_shard)
    found = [link for link in folder.links if link.name == name]
    if len(found) > 1:
        raise _twice(folder, name)
    return found[0] if found else None


def _check_folder(node: UnixFsNode) -> None:
    if not node.is_folder:
        raise ContentError("{cid} is no folder", cid=str(node.cid), remedy="read it as a file")


def load_shard(source: BlockSource, cid: Cid) -> Shard:
    """The shard that ``cid`` names. Raises ContentError, NotFound."""
    return read_shard(nodes.load(source, cid))


def read_shard(node: UnixFsNode) -> Shard:
    """A node as a shard of a folder. Raises ContentError: it is none, or contradicts itself."""
    if node.content.kind is not Kind.HAMT_SHARD:
        raise ContentError("{cid} stands for a shard and is none", remedy=MADE_WRONG, cid=str(node.cid))
    return sharding.read_shard(node.cid, node.links, node.content)
