"""The bytes of a pack: its header, its entries, and a scan that believes nothing (docs/spec/packs.md).

A pack is a log. Replaying every pack in order of number gives the whole state of the store: a block
entry brings a block to life, a pointer entry says where an original file holds it, a tombstone ends it.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from knowchain.errors import Corruption

__all__ = [
    "ENTRY_FIXED",
    "HEADER_SIZE",
    "MAX_MULTIHASH",
    "MAX_PAYLOAD",
    "Head",
    "Kind",
    "Pointer",
    "Tombstone",
    "entry_head",
    "entry_size",
    "pack_header",
    "proves",
    "read_header",
    "stated_head",
]

MAGIC: Final = b"kcpack\x01\n"
MARKER_SIZE: Final = 8
_HEADER: Final = struct.Struct("<8s8sQ4xI")
HEADER_SIZE: Final = _HEADER.size
"""Bytes of a pack's header: magic, marker, number, zeros, CRC-32."""
_FIXED: Final = struct.Struct("<8sBBHII")
ENTRY_FIXED: Final = _FIXED.size
"""Bytes of an entry before its multihash: marker, kind, multihash size, zeros, payload size, CRC-32."""
MAX_MULTIHASH: Final = 62
"""Bytes of a multihash: a CID has at most 64, two of which are version and codec."""
MAX_PAYLOAD: Final = 8 * 2**20
"""Bytes of a payload; bitswap moves blocks of at most 2 MiB."""
_POINTER: Final = struct.Struct("<QIQq")
_TOMBSTONE: Final = struct.Struct("<q")


class Kind(IntEnum):
    """What an entry says."""

    BLOCK = 1
    POINTER = 2
    TOMBSTONE = 3


_KINDS: Final = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an entry: its kind, whose it is, the size of its payload in bytes."""

    kind: Kind
    multihash: bytes
    length: int

    @property
    def size(self) -> int:
        """Bytes of head and payload together."""
        return entry_size(len(self.multihash), self.length)

    @property
    def payload_at(self) -> int:
        """Where the payload begins, from the beginning of the entry."""
        return ENTRY_FIXED + len(self.multihash)


def entry_size(multihash: int, payload: int) -> int:
    """Bytes of an entry whose multihash and payload have these sizes."""
    return ENTRY_FIXED + multihash + payload


def pack_header(number: int, marker: bytes) -> bytes:
    """The header of pack ``number``; ``marker`` is 8 random bytes that begin each of its entries.

    Random, because a block from outside may hold the likeness of an entry: a scan that looks for
    the next entry after a damaged one must not be led to a tombstone that a stranger wrote.
    """
    head = _HEADER.pack(MAGIC, marker, number, 0)[:-4]
    return head + zlib.crc32(head).to_bytes(4, "little")


def read_header(data: bytes, number: int) -> bytes:
    """The marker in the header of pack ``number``.

    Raises:
        Corruption: not the header of that pack.
    """
    if len(data) == HEADER_SIZE:
        magic, marker, stated, crc = _HEADER.unpack(data)
        if magic == MAGIC and stated == number and crc == zlib.crc32(data[:-4]):
            return bytes(marker)
    raise Corruption(
        "pack {number} has a damaged header",
        number=number,
        remedy="run fsck, then rebuild the index",
    )


def entry_head(marker: bytes, kind: Kind, multihash: bytes, length: int, covered: bytes = b"") -> bytes:
    """The head of an entry with a payload of ``length`` bytes: everything before that payload.

    The CRC covers the head and, for all but blocks, the payload (``covered``); a block's payload has
    its multihash.
    """
    fixed = _FIXED.pack(marker, kind, len(multihash), 0, length, 0)[MARKER_SIZE:-4]
    return b"".join((marker, fixed, _crc(fixed, multihash, covered), multihash))


def _crc(fixed: bytes, multihash: bytes, covered: bytes) -> bytes:
    return zlib.crc32(covered, zlib.crc32(multihash, zlib.crc32(fixed))).to_bytes(4, "little")


def stated_head(marker: bytes, data: bytes) -> Head | None:
    """What ``data`` states at its beginning, within bounds but unproven; None where that is no head."""
    if len(data) < ENTRY_FIXED or data[:MARKER_SIZE] != marker:
        return None
    _, kind, multihash, zeros, length, _ = _FIXED.unpack_from(data)
    if zeros or kind not in _KINDS or not 2 <= multihash <= MAX_MULTIHASH or length > MAX_PAYLOAD:
        return None
    if len(data) < ENTRY_FIXED + multihash:
        return None
    return Head(Kind(kind), bytes(data[ENTRY_FIXED : ENTRY_FIXED + multihash]), length)


def proves(head: Head, data: bytes, payload: bytes) -> bool:
    """Whether the CRC in ``data`` is that of ``head``; ``payload`` counts for all but blocks."""
    covered = b"" if head.kind is Kind.BLOCK else payload
    crc = data[ENTRY_FIXED - 4 : ENTRY_FIXED]
    return _crc(data[MARKER_SIZE : ENTRY_FIXED - 4], head.multihash, covered) == crc


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where an original file holds a block: the payload of a pointer entry.

    ``path`` is absolute, in the bytes of the file system; ``at`` and ``length`` in bytes; ``size`` and
    ``mtime_ns`` are those the file had when it was read.
    """

    path: bytes
    at: int
    length: int
    size: int
    mtime_ns: int

    def encode(self) -> bytes:
        return _POINTER.pack(self.at, self.length, self.size, self.mtime_ns) + self.path

    @classmethod
    def decode(cls, payload: bytes) -> Pointer | None:
        """The pointer in ``payload``; None where it makes no sense."""
        if len(payload) <= _POINTER.size:
            return None
        at, length, size, mtime_ns = _POINTER.unpack_from(payload)
        if length > MAX_PAYLOAD or at + length > size or size >= 2**63:
            return None
        return cls(payload[_POINTER.size :], at, length, size, mtime_ns)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """When (milliseconds since 1970) and why a block was let go: the payload of a tombstone."""

    time_ms: int
    reason: str

    def encode(self) -> bytes:
        return _TOMBSTONE.pack(self.time_ms) + self.reason.encode("utf-8", "replace")[:1024]

    @classmethod
    def decode(cls, payload: bytes) -> Tombstone | None:
        if len(payload) < _TOMBSTONE.size:
            return None
        (time_ms,) = _TOMBSTONE.unpack_from(payload)
        return cls(time_ms, payload[_TOMBSTONE.size :].decode("utf-8", "replace"))
