"""A file becomes blocks: leaves of fixed size under a balanced tree, in little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from knowchain.content import dag_pb, unixfs
from knowchain.content.blocks import BlockSink
from knowchain.content.dag_pb import Link
from knowchain.content.profiles import UNIXFS_V1_2025, Profile
from knowchain.content.unixfs import Kind, UnixFs
from knowchain.identifiers import DAG_PB, RAW, Cid, cid_of

__all__ = ["Imported", "Reader", "import_file", "reader_of"]

Reader: TypeAlias = Callable[[int], bytes]
"""Gives up to that many next bytes, fewer when it likes, none only at the end: ``file.read``."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made.

    Attributes:
        cid: the root.
        profile: how it was made; the same bytes under the same profile give the same root.
        size: bytes of the file, or of all files of the folder.
        dag_size: bytes of all blocks, one that occurs twice counted twice: a link's Tsize.
        blocks: how many blocks, counted likewise.
    """

    cid: Cid
    profile: Profile
    size: int
    dag_size: int
    blocks: int


def reader_of(chunks: Iterable[bytes]) -> Reader:
    """A reader of the bytes that ``chunks`` gives, piece by piece."""
    pieces = iter(chunks)
    rest = memoryview(b"")

    def read(size: int) -> bytes:
        nonlocal rest
        while not rest:
            piece = next(pieces, None)
            if piece is None:
                return b""
            rest = memoryview(piece)
        given, rest = rest[:size], rest[size:]
        return bytes(given)

    return read


def import_file(read: Reader, sink: BlockSink, profile: Profile = UNIXFS_V1_2025) -> Imported:
    """Import the bytes of ``read`` into ``sink``.

    The order of the blocks is part of the contract: leaves come in the order of the file and once for each
    occurrence, so that the sizes of raw ones add up to their offsets; a node comes after all that it links
    to. An empty file is one empty leaf. Whatever ``read`` and ``sink`` raise passes through.
    """
    tree = _Balanced(sink, profile)
    for chunk in _chunks(read, profile.chunk_size):
        tree.add_leaf(chunk)
    return tree.finish()


def _chunks(read: Reader, size: int) -> Iterator[bytes]:
    """Chunks of exactly ``size`` bytes, the last one shorter; one empty chunk for no bytes at all."""
    first = True
    while True:
        chunk = read(size)
        if 0 < len(chunk) < size:
            chunk = _filled(chunk, read, size)
        if chunk or first:
            yield chunk
        if len(chunk) < size:
            return
        first = False


def _filled(start: bytes, read: Reader, size: int) -> bytes:
    """``start`` and what follows it, up to ``size`` bytes: a short answer does not mean the end."""
    parts, have = [start], len(start)
    while have < size:
        piece = read(size - have)
        if not piece:
            break
        parts.append(piece)
        have += len(piece)
    return b"".join(parts)


class _Part(NamedTuple):
    """A finished subtree: what its parent needs to know."""

    cid: Cid
    size: int
    dag_size: int


class _Balanced:
    """The balanced layout: every leaf at the same depth, every node full except the last of each level.

    ``_levels[i]`` holds the finished subtrees of height i that wait for a parent: never more than
    ``max_links`` each, so memory grows with the logarithm of the file.
    """

    def __init__(self, sink: BlockSink, profile: Profile) -> None:
        self._sink = sink
        self._profile = profile
        self._levels: list[list[_Part]] = [[]]
        self._blocks = 0

    def add_leaf(self, chunk: bytes) -> None:
        block, codec = self._leaf(chunk)
        cid = cid_of(block, codec)
        self._put(cid, block)
        # A full level closes only when a further part comes: a root that is just full gets no parent.
        height = 0
        while height < len(self._levels) and len(self._levels[height]) == self._profile.max_links:
            self._close(height)
            height += 1
        self._levels[0].append(_Part(cid, len(chunk), len(block)))

    def _leaf(self, chunk: bytes) -> tuple[bytes, int]:
        if self._profile.raw_leaves:
            return chunk, RAW
        data = unixfs.encode(UnixFs(Kind.FILE, chunk, file_size=len(chunk)))
        return dag_pb.encode((), data), DAG_PB

    def finish(self) -> Imported:
        height = 0
        while not (height == len(self._levels) - 1 and len(self._levels[height]) == 1):
            if self._levels[height]:
                self._close(height)
            height += 1
        root = self._levels[height][0]
        return Imported(root.cid, self._profile, root.size, root.dag_size, self._blocks)

    def _close(self, height: int) -> None:
        """Make the parts of a level the children of one node on the level above."""
        parts, self._levels[height] = self._levels[height], []
        sizes = tuple(part.size for part in parts)
        data = unixfs.encode(UnixFs(Kind.FILE, file_size=sum(sizes), block_sizes=sizes))
        links = [Link(part.cid, "", part.dag_size) for part in parts]
        block = dag_pb.encode(links, data, version_0=self._profile.cid_version == 0)
        cid = cid_of(block, DAG_PB)
        self._put(cid, block)
        if height + 1 == len(self._levels):
            self._levels.append([])
        dag_size = len(block) + sum(part.dag_size for part in parts)
        self._levels[height + 1].append(_Part(cid, sum(sizes), dag_size))

    def _put(self, cid: Cid, block: bytes) -> None:
        self._blocks += 1
        self._sink.put(cid, block)
