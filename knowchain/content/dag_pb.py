"""dag-pb: the block format of files and folders. Canonical when written, strict when read.

Source: the IPLD DAG-PB specification. Written blocks have their links, sorted by name, before the data. Read
blocks may have the data first and links in any order, as that specification asks; everything else that it
forbids is refused: fields out of order or twice, links around the data, unknown fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from knowchain.content.bounds import MAX_BLOCK, MAX_LINKS
from knowchain.content.cids import as_version_0, read_cid
from knowchain.content.protobuf import read_bounds, read_varint, varint
from knowchain.errors import ContentError
from knowchain.identifiers import Cid

__all__ = ["Link", "Node", "decode", "encode"]

_DATA: Final = 0x0A
_LINK: Final = 0x12
_HASH: Final = 0x0A
_NAME: Final = 0x12
_TSIZE: Final = 0x18


class Link(NamedTuple):
    """A link of a node. ``size`` is what the writer claims for all blocks beneath; nothing may rely on it."""

    cid: Cid
    name: str = ""
    size: int = 0


class Node(NamedTuple):
    """A dag-pb block: its links in the order of the block, and its data (None where there is none)."""

    links: tuple[Link, ...]
    data: bytes | None


def encode(links: Sequence[Link], data: bytes, *, version_0: bool = False) -> bytes:
    """The canonical block: links sorted by the bytes of their names (equal names as given), then data.

    Args:
        links: what it links to.
        data: what it says.
        version_0: name the blocks that have a CIDv0 by it, as tools did before there was another.
    """
    parts: list[bytes] = []
    for link, name, size in sorted(links, key=_name_bytes):
        raw, cid = name.encode(), as_version_0(link) if version_0 else link
        body = b"".join(
            (b"\x0a", varint(len(cid)), cid, b"\x12", varint(len(raw)), raw, b"\x18", varint(size))
        )
        parts += (b"\x12", varint(len(body)), body)
    parts += (b"\x0a", varint(len(data)), data)
    return b"".join(parts)


def _name_bytes(link: Link) -> bytes:
    return link.name.encode()


def decode(block: bytes) -> Node:
    """Read a dag-pb block. A CIDv0 link is given as the CIDv1 with the same multihash.

    Raises:
        ContentError: not dag-pb, or beyond the bounds of :mod:`~knowchain.content.bounds`.
    """
    end = len(block)
    if end > MAX_BLOCK:
        raise ContentError("a dag-pb block of {size} bytes; the limit is {limit}", size=end, limit=MAX_BLOCK)
    links: list[Link] = []
    data: bytes | None = None
    links_closed = False
    at = 0
    while at < end:
        field = block[at]
        if field not in (_DATA, _LINK):
            raise ContentError("byte {at} of a dag-pb block starts no field of its own", at=at)
        start, stop = read_bounds(block, at + 1, end)
        if field == _LINK:
            if links_closed or len(links) == MAX_LINKS:
                raise ContentError(
                    "a dag-pb block has links on both sides of its data, or more than {limit}",
                    limit=MAX_LINKS,
                )
            links.append(_decode_link(block, start, stop))
        else:
            if data is not None:
                raise ContentError("a dag-pb block has its data twice")
            data, links_closed = block[start:stop], bool(links)
        at = stop
    return Node(tuple(links), data)


def _decode_link(block: bytes, at: int, end: int) -> Link:
    """Hash, Name, Tsize, in that order and at most once each; the hash is required."""
    if at == end or block[at] != _HASH:
        raise ContentError("the dag-pb link at byte {at} does not start with its hash", at=at)
    start, at = read_bounds(block, at + 1, end)
    cid = read_cid(block[start:at])
    name, size = "", 0
    if at < end and block[at] == _NAME:
        start, at = read_bounds(block, at + 1, end)
        name = _decode_name(block[start:at], start)
    if at < end and block[at] == _TSIZE:
        size, at = read_varint(block, at + 1, end)
    if at != end:
        raise ContentError("a dag-pb link has a field out of order or unknown at byte {at}", at=at)
    return Link(cid, name, size)


def _decode_name(raw: bytes, at: int) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as exc:
        raise ContentError("the name of a dag-pb link at byte {at} is not UTF-8", at=at) from exc
