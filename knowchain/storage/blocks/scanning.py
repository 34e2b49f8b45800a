"""Reading a pack from one byte to another without believing anything in it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from knowchain.storage.blocks.audit import raw_cid
from knowchain.storage.blocks.framing import (
    ENTRY_FIXED,
    MAX_MULTIHASH,
    Head,
    Kind,
    Pointer,
    Tombstone,
    proves,
    stated_head,
)
from knowchain.storage.blocks.index import Change, Gone, Pointed, Stored
from knowchain.storage.blocks.packfolder import Place

__all__ = ["Damage", "Entry", "change_of", "hashes_to", "scan"]

_WINDOW: Final = 1 << 20
_SHA2_256: Final = b"\x12\x20"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that is whole. ``payload`` is empty for a block unless it was read to be checked."""

    place: Place
    kind: Kind
    multihash: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no entry. ``head`` and ``payload`` are there if only a block's payload is wrong."""

    offset: int
    length: int
    head: Head | None = None
    payload: bytes = b""


def hashes_to(multihash: bytes, block: bytes) -> bool:
    """Whether ``block`` is the one that ``multihash`` (sha2-256 or identity) names."""
    if multihash[:2] == _SHA2_256:
        return hashlib.sha256(block).digest() == multihash[2:]
    return raw_cid(multihash).matches(block)


def change_of(entry: Entry) -> Change | None:
    """What the entry does to the index; None where a pointer or tombstone says nothing sensible."""
    if entry.kind is Kind.BLOCK:
        return Stored(entry.place)
    if entry.kind is Kind.POINTER:
        pointer = Pointer.decode(entry.payload)
        return None if pointer is None else Pointed(entry.place, pointer)
    tombstone = Tombstone.decode(entry.payload)
    return None if tombstone is None else Gone(tombstone)


def scan(
    fd: int, number: int, marker: bytes, start: int, end: int, *, check: bool = True
) -> Iterator[Entry | Damage]:
    """The entries of pack ``number`` in ``[start, end)``, and the damage between them.

    Args:
        check: hash every block's payload; otherwise payloads of blocks are not read.
    """
    offset = start
    while offset < end:
        found = _entry(fd, number, marker, offset, end, check)
        if found is None:
            following = _next_head(fd, marker, offset + 1, end)
            found = Damage(offset, following - offset)
            offset = following
        elif isinstance(found, Entry):
            offset += ENTRY_FIXED + len(found.multihash) + found.place.length
        else:
            offset += found.length
        yield found


def _entry(fd: int, number: int, marker: bytes, at: int, end: int, check: bool) -> Entry | Damage | None:
    data = os.pread(fd, min(ENTRY_FIXED + MAX_MULTIHASH, end - at), at)
    head = stated_head(marker, data)
    if head is None or at + head.size > end:
        return None
    payload = b""
    if check or head.kind is not Kind.BLOCK:
        payload = os.pread(fd, head.length, at + head.payload_at)
    if not proves(head, data, payload):
        return None
    if check and head.kind is Kind.BLOCK and not hashes_to(head.multihash, payload):
        return Damage(at, head.size, head, payload)
    return Entry(Place(number, at, head.length), head.kind, head.multihash, payload)


def _next_head(fd: int, marker: bytes, start: int, end: int) -> int:
    """Where the next likely entry begins, or ``end``."""
    while start < end:
        window = os.pread(fd, min(_WINDOW, end - start), start)
        if not window:
            break
        at = window.find(marker)
        if at >= 0:
            return start + at
        start += max(1, len(window) - len(marker) + 1)
    return end
