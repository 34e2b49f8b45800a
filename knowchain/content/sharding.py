"""Sharded folders: a hash array mapped trie over dag-pb, for folders too large for one block.

Each level takes log2(fanout) further bits, from the most significant down, of the first 64 bits of the name's
murmur3-x64-128. A link's name is the position in upper-case hexadecimal, padded to the width of the last
position; a link to an entry has the entry's name behind it, one to a further shard has nothing. The data is a
bitfield of the positions taken, most significant byte first, without leading zero bytes.

Source: the UnixFS specification, HAMT-sharded directories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import mmh3

from knowchain.content import dag_pb, unixfs
from knowchain.content.blocks import BlockSink, BlockSource
from knowchain.content.dag_pb import Link
from knowchain.content.names import check_name_read
from knowchain.content.remedies import MADE_WRONG
from knowchain.content.unixfs import Kind, UnixFs
from knowchain.errors import ContentError, InvalidValue, shown
from knowchain.identifiers import DAG_PB, Cid, cid_of

__all__ = ["MURMUR3_X64_64", "Shard", "find", "read_entries", "read_shard", "write_shards"]

MURMUR3_X64_64: Final = 0x22
_HASH_BITS: Final = 64
_FANOUTS: Final = frozenset(2**n for n in range(3, 11))


def _hash(name: str) -> int:
    """The first 64 bits of murmur3-x64-128, as a number."""
    return mmh3.mmh3_x64_128_utupledigest(name.encode())[0]


def _position(name_hash: int, level: int, fanout: int) -> int:
    bits = fanout.bit_length() - 1
    return (name_hash >> (_HASH_BITS - bits * (level + 1))) & (fanout - 1)


def _levels(fanout: int) -> int:
    """How many whole positions 64 bits give."""
    return _HASH_BITS // (fanout.bit_length() - 1)


def _prefix_size(fanout: int) -> int:
    return len(f"{fanout - 1:X}")


# --- writing --------------------------------------------------------------------------------------


class Written(NamedTuple):
    """The root shard, the bytes of all blocks beneath and including it, and the number of shards."""

    cid: Cid
    dag_size: int
    blocks: int


def write_shards(entries: list[Link], sink: BlockSink, fanout: int, *, version_0: bool = False) -> Written:
    """Write a sharded folder of ``entries``, whose names are unlike one another.

    ``version_0``: as :func:`dag_pb.encode`.

    Raises:
        InvalidValue: two names agree in every bit of their hash that places them.
    """
    return _write_shard([(_hash(entry.name), entry) for entry in entries], sink, fanout, 0, version_0)


def _write_shard(
    entries: list[tuple[int, Link]], sink: BlockSink, fanout: int, level: int, version_0: bool
) -> Written:
    if level == _levels(fanout):
        raise InvalidValue(
            "the names {value} and {other} have the same hash and can't stand in one sharded folder",
            field="name",
            value=entries[0][1].name,
            other=entries[1][1].name,
            remedy="rename one of them",
        )
    places: dict[int, list[tuple[int, Link]]] = {}
    for entry in entries:
        places.setdefault(_position(entry[0], level, fanout), []).append(entry)
    links: list[Link] = []
    bitfield, blocks = 0, 1
    for position, held in sorted(places.items()):
        prefix = f"{position:0{_prefix_size(fanout)}X}"
        bitfield |= 1 << position
        if len(held) == 1:
            entry_link = held[0][1]
            links.append(entry_link._replace(name=prefix + entry_link.name))
        else:
            below = _write_shard(held, sink, fanout, level + 1, version_0)
            links.append(Link(below.cid, prefix, below.dag_size))
            blocks += below.blocks
    data = UnixFs(Kind.HAMT_SHARD, _bitfield_bytes(bitfield), hash_type=MURMUR3_X64_64, fanout=fanout)
    block = dag_pb.encode(links, unixfs.encode(data), version_0=version_0)
    cid = cid_of(block, DAG_PB)
    sink.put(cid, block)
    return Written(cid, len(block) + sum(link.size for link in links), blocks)


def _bitfield_bytes(bitfield: int) -> bytes:
    return bitfield.to_bytes((bitfield.bit_length() + 7) // 8, "big")


# --- reading --------------------------------------------------------------------------------------


class Shard(NamedTuple):
    """A shard whose links were found to agree with its bitfield: one at each position taken, in order."""

    fanout: int
    links: dict[int, Link]

    def is_shard(self, link: Link) -> bool:
        """Whether ``link`` leads to a further shard, not to an entry."""
        return len(link.name) == _prefix_size(self.fanout)

    def entry(self, link: Link) -> Link:
        """``link`` under the name that the entry has in the folder."""
        return link._replace(name=link.name[_prefix_size(self.fanout) :])


def read_shard(cid: Cid, links: tuple[Link, ...], data: UnixFs) -> Shard:
    """Check one shard.

    Raises:
        ContentError: another hash, a fanout that is no power of two from 8 to 1024, or links that disagree
            with the bitfield.
    """
    fanout = data.fanout or 0
    if data.hash_type != MURMUR3_X64_64 or fanout not in _FANOUTS:
        raise ContentError(
            "shard {cid} has the hash {hash} and the fanout {fanout}; known are murmur3-x64-64 and a "
            "power of two from 8 to 1024",
            remedy=MADE_WRONG,
            cid=str(cid),
            hash=data.hash_type,
            fanout=data.fanout,
        )
    bitfield = int.from_bytes(data.data, "big")
    places = [position for position in range(fanout) if bitfield >> position & 1]
    width = _prefix_size(fanout)
    if (
        len(data.data) > fanout // 8
        or len(places) != len(links)
        or any(link.name[:width] != f"{place:0{width}X}" for place, link in zip(places, links, strict=True))
    ):
        raise ContentError(
            "shard {cid} has links that disagree with its bitfield", remedy=MADE_WRONG, cid=str(cid)
        )
    return Shard(fanout, dict(zip(places, links, strict=True)))


ReadShard = Callable[[BlockSource, Cid], Shard]


def find(source: BlockSource, root: Shard, name: str, load: ReadShard) -> Link | None:
    """The entry of that name, by one shard a level; None where there is none.

    Raises:
        ContentError: a shard on the way is not what it should be.
        NotFound: a shard on the way is not in ``source``.
    """
    name_hash, shard = _hash(name), root
    for level in range(_levels(root.fanout)):
        link = shard.links.get(_position(name_hash, level, root.fanout))
        if link is None:
            return None
        if not shard.is_shard(link):
            entry = shard.entry(link)
            return entry if entry.name == name else None
        shard = _load_below(source, link, root, load)
    return None


def read_entries(source: BlockSource, root: Shard, load: ReadShard) -> Iterator[Link]:
    """Every entry, in the order of the hash; one shard a level is held in memory.

    That each name stands where its hash puts it is checked: a folder that lists what it does not find is
    refused, and so is one that repeats a shard in many places, at the first entry that comes again.

    Raises:
        ContentError: a shard is not what it should be.
        NotFound: a shard is not in ``source``.
    """
    stack = [iter(root.links.items())]
    shards = [root]
    path: list[int] = []
    while stack:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
            shards.pop()
            if path:
                path.pop()
            continue
        position, link = step
        if not shards[-1].is_shard(link):
            entry = shards[-1].entry(link)
            check_name_read(entry.name)
            _check_place(entry.name, [*path, position], root.fanout)
            yield entry
            continue
        if len(stack) == _levels(root.fanout):
            raise ContentError(
                "a sharded folder is deeper than its hash is long, at {cid}",
                remedy=MADE_WRONG,
                cid=str(link.cid),
            )
        below = _load_below(source, link, root, load)
        path.append(position)
        shards.append(below)
        stack.append(iter(below.links.items()))


def _load_below(source: BlockSource, link: Link, root: Shard, load: ReadShard) -> Shard:
    shard = load(source, link.cid)
    if shard.fanout != root.fanout or not shard.links:
        raise ContentError(
            "shard {cid} is empty, or of another fanout than its root", remedy=MADE_WRONG, cid=str(link.cid)
        )
    return shard


def _check_place(name: str, path: list[int], fanout: int) -> None:
    name_hash = _hash(name)
    if any(_position(name_hash, level, fanout) != place for level, place in enumerate(path)):
        raise ContentError(
            "a sharded folder holds {name} at a place that is not that of its hash",
            remedy=MADE_WRONG,
            name=shown(name),
        )
