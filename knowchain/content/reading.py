"""A file by byte range: only the blocks that are needed, each checked before any of it is given."""

from __future__ import annotations

from collections.abc import Iterator

from knowchain.content.blocks import BlockSource, is_identity, verified
from knowchain.content.bounds import MAX_FILE_DEPTH
from knowchain.content.nodes import UnixFsNode, load, parse
from knowchain.content.remedies import MADE_WRONG
from knowchain.errors import ContentError, InvalidValue
from knowchain.identifiers import RAW, Cid

__all__ = ["file_blocks", "read_file"]


def read_file(source: BlockSource, cid: Cid, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes of the file ``cid`` from ``offset`` on, at most ``length`` of them (None: to the end).

    The root is read at once, so that what is no file fails here; the rest is fetched as the pieces are taken.
    Every block's hash is checked, and every part must have just the size that its parent gives it: so what
    comes before an error is right, and the bytes given never exceed the size that the root claims, however
    often a block repeats. A range behind the end gives nothing.

    Raises:
        InvalidValue: a negative offset or length.
        ContentError: not a file, a block that is not what its CID names, or a part that is not what its
            parent says; at once or while the pieces are taken.
        NotFound: a block is not in ``source``; likewise.
    """
    for name, value in (("offset", offset), ("length", length or 0)):
        if value < 0:
            raise InvalidValue("{field} is {value}", field=name, value=value, remedy="give 0 or more")
    source = verified(source)
    root = load(source, cid)
    _check_file(root)
    end = root.file_size if length is None else min(root.file_size, offset + length)
    return _pieces(source, root, offset, end)


def _check_file(node: UnixFsNode) -> None:
    if not node.is_file:
        raise ContentError(
            "{cid} is no file but a {kind}",
            cid=str(node.cid),
            kind=node.content.kind.name.lower().replace("_", " "),
            remedy="name a file, for instance by its path within the folder",
        )


def _pieces(source: BlockSource, root: UnixFsNode, begin: int, end: int) -> Iterator[bytes]:
    piece = _overlap(root.content.data, 0, begin, end)
    if piece:
        yield piece
    for _, _, data, start in _nodes_below(source, root, begin, end):
        piece = _overlap(data, start, begin, end)
        if piece:
            yield piece


def file_blocks(source: BlockSource, cid: Cid, first: int = 0, last: int = -1) -> Iterator[tuple[Cid, bytes]]:
    """The blocks, root first, that hold the bytes ``first`` to ``last`` of the file ``cid``, both included.

    Whoever has these blocks can check that they are those bytes of that file. A negative position counts
    from the end, where -1 is the last byte; one outside the file is its nearest end. A range without a byte
    gives the root alone. Blocks that are their own CID (identity) are not given.

    Raises:
        ContentError, NotFound: as :func:`read_file`.
    """
    source = verified(source)
    block = source.get(cid)
    root = parse(cid, block)
    _check_file(root)
    size = root.file_size
    begin, end = (max(0, at + size if at < 0 else at) for at in (first, last))
    if not is_identity(cid):
        yield cid, block
    for below, block, _, _ in _nodes_below(source, root, begin, min(end + 1, size)):
        if not is_identity(below):
            yield below, block


def _nodes_below(
    source: BlockSource, root: UnixFsNode, begin: int, end: int
) -> Iterator[tuple[Cid, bytes, bytes, int]]:
    """(CID, block, bytes of the file in it, where they begin) of each part that the range needs.

    Depth first. The stack holds one iterator a level and is bounded. So is the work: a part of no bytes is
    never fetched, every other one gives at least one byte, and its depth is bounded.
    """
    stack = [_parts(root, 0, begin, end)] if begin < end else []
    while stack:
        part = next(stack[-1], None)
        if part is None:
            stack.pop()
            continue
        cid, start, size = part
        block = source.get(cid)
        if cid[1] == RAW:  # a leaf: nothing to parse
            _check_size(cid, len(block), size)
            yield cid, block, block, start
            continue
        if len(stack) >= MAX_FILE_DEPTH:
            raise ContentError(
                "the tree of {cid} is deeper than {limit} levels",
                remedy=MADE_WRONG,
                cid=str(root.cid),
                limit=MAX_FILE_DEPTH,
            )
        node = parse(cid, block)
        _check_file(node)
        _check_size(cid, node.file_size, size)
        yield cid, block, node.content.data, start
        stack.append(_parts(node, start, begin, end))


def _parts(node: UnixFsNode, start: int, begin: int, end: int) -> Iterator[tuple[Cid, int, int]]:
    """The parts of ``node``, which begins at ``start``, that hold bytes between ``begin`` and ``end``."""
    at = start + len(node.content.data)
    for link, size in zip(node.links, node.content.block_sizes, strict=True):
        if at >= end:
            return
        if size and at + size > begin:
            yield link.cid, at, size
        at += size


def _overlap(data: bytes, start: int, begin: int, end: int) -> bytes:
    """What of ``data``, which begins at ``start``, lies between ``begin`` and ``end``."""
    if begin <= start and start + len(data) <= end:
        return data
    return data[max(begin - start, 0) : max(end - start, 0)]


def _check_size(cid: Cid, size: int, claimed: int) -> None:
    if size != claimed:
        raise ContentError(
            "part {cid} of a file has {size} bytes where its parent says {claimed}",
            remedy=MADE_WRONG,
            cid=str(cid),
            size=size,
            claimed=claimed,
        )
