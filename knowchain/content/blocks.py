"""Keepers of content-addressed blocks, and the one place where a block's hash is checked.

A backend (memory, a folder, packs, a peer over the network) stores and fetches; it is never trusted to
verify. Whoever crosses a trust boundary reads through :func:`verified`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from knowchain.content.remedies import DAMAGED
from knowchain.errors import ContentError, NotFound
from knowchain.identifiers import Cid

__all__ = [
    "BlockSink",
    "BlockSource",
    "BlockStore",
    "MemoryBlocks",
    "NoBlocks",
    "check_block",
    "digest_of",
    "is_checkable",
    "is_identity",
    "verified",
]


class _Hash(Protocol):
    def digest(self) -> bytes: ...


_SHA2_256: Final = b"\x12\x20"
_IDENTITY: Final = 0
_DIGESTS: Final[Mapping[int, Callable[[bytes], _Hash]]] = {
    0x12: hashlib.sha256,
    0x16: hashlib.sha3_256,
    0x20: hashlib.sha384,
    0xB220: lambda block: hashlib.blake2b(block, digest_size=32),
    0xB260: hashlib.blake2s,
}
"""By multicodec code: what hashlib has, is not broken, and gives digests that fit into a CID of 64 bytes."""


class BlockSource(Protocol):
    """Where blocks come from. What it returns is unverified unless it says otherwise."""

    def get(self, cid: Cid) -> bytes:
        """The block that ``cid`` names.

        Raises:
            NotFound: no such block here.
        """
        ...


class BlockSink(Protocol):
    """Where blocks go."""

    def put(self, cid: Cid, block: bytes) -> None:
        """Keep ``block`` under ``cid``; a block that is held already changes nothing."""
        ...


class BlockStore(BlockSource, BlockSink, Protocol):
    """A keeper of blocks: source, sink, and an inventory."""

    def has(self, cid: Cid) -> bool:
        """Whether the block is held."""
        ...

    def size(self, cid: Cid) -> int:
        """Bytes of the block.

        Raises:
            NotFound: no such block here.
        """
        ...

    def delete(self, cid: Cid) -> None:
        """Let go of the block; one that is not held is no error."""
        ...

    def cids(self) -> Iterator[Cid]:
        """Every block held, in no particular order."""
        ...


def is_identity(cid: Cid) -> bool:
    """Whether ``cid`` holds its block in itself: such a block is never stored, sent or asked for."""
    return cid[2:4] != _SHA2_256 and cid.hash_code == _IDENTITY


def is_checkable(cid: Cid) -> bool:
    """Whether :func:`check_block` knows the hash function of ``cid``; what it doesn't is not fetched."""
    return cid.hash_code == _IDENTITY or cid.hash_code in _DIGESTS


def digest_of(hash_code: int, block: bytes) -> bytes | None:
    """The digest of ``block`` by the hash function with that code; None for one that is not verified here."""
    return _DIGESTS[hash_code](block).digest() if hash_code in _DIGESTS else None


def check_block(cid: Cid, block: bytes) -> None:
    """Check that ``block`` is what ``cid`` names.

    Raises:
        ContentError: other bytes, or a hash function that is not verified here: sha2-256, sha2-384,
            sha3-256, blake2b-256, blake2s-256 and identity are.
    """
    if len(cid) == 36 and cid[2:4] == _SHA2_256:  # nearly every block: no varint is parsed
        good = hashlib.sha256(block).digest() == cid[4:]
    elif cid.hash_code == _IDENTITY:
        good = cid.digest == block
    elif cid.hash_code in _DIGESTS:
        good = _DIGESTS[cid.hash_code](block).digest() == cid.digest
    else:
        raise ContentError(
            "block {cid} uses hash function 0x{code:x}, which is not verified here",
            remedy="import the content again with sha2-256",
            cid=str(cid),
            code=cid.hash_code,
        )
    if not good:
        raise ContentError(
            "the {size} bytes given for block {cid} hash to something else",
            remedy=DAMAGED,
            cid=str(cid),
            size=len(block),
        )


class _Verified:
    def __init__(self, source: BlockSource) -> None:
        self._source = source

    def get(self, cid: Cid) -> bytes:
        if is_identity(cid):
            return cid.digest  # the id is the block: no source is asked
        block = self._source.get(cid)
        check_block(cid, block)
        return block


def verified(source: BlockSource) -> BlockSource:
    """``source``, with every block checked against its CID before it is handed on.

    Its ``get`` raises ContentError where the source returned other bytes.
    """
    return source if isinstance(source, _Verified) else _Verified(source)


class MemoryBlocks:
    """A :class:`BlockStore` in a dict: for tests, for CID-only work, for what is small."""

    def __init__(self) -> None:
        self._blocks: dict[Cid, bytes] = {}

    def get(self, cid: Cid) -> bytes:
        try:
            return self._blocks[cid]
        except KeyError:
            raise NotFound(
                "block {cid} is not here", remedy="fetch it from a peer that has it", cid=str(cid)
            ) from None

    def put(self, cid: Cid, block: bytes) -> None:
        self._blocks.setdefault(cid, bytes(block))

    def has(self, cid: Cid) -> bool:
        return cid in self._blocks

    def size(self, cid: Cid) -> int:
        return len(self.get(cid))

    def delete(self, cid: Cid) -> None:
        self._blocks.pop(cid, None)

    def cids(self) -> Iterator[Cid]:
        return iter(tuple(self._blocks))

    def __len__(self) -> int:
        return len(self._blocks)


class NoBlocks:
    """A :class:`BlockSink` that keeps nothing: for the CIDs alone."""

    def put(self, cid: Cid, block: bytes) -> None:
        pass
