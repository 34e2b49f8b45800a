"""Opening after a cut, and building the index anew: one replay of the log serves both."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import islice

from knowchain.errors import Corruption
from knowchain.storage.blocks.durable import faults_at, sync_file, sync_folder, write_at
from knowchain.storage.blocks.framing import ENTRY_FIXED, HEADER_SIZE, pack_header, read_header
from knowchain.storage.blocks.index import Change, Index, Void
from knowchain.storage.blocks.packfolder import PackFolder, Place
from knowchain.storage.blocks.quarantine import Quarantine
from knowchain.storage.blocks.scanning import Damage, change_of, scan

__all__ = ["marker_of", "recover"]


def recover(
    packs: PackFolder, index: Index, quarantine: Quarantine, progress: Callable[[int], None] | None = None
) -> None:
    """Bring the index up to the packs: replay what stands behind what it knows, cut off a torn end.

    With an empty index this builds it anew. Every block replayed is hashed.

    Args:
        progress: called with the bytes replayed since its last call.

    Raises:
        StorageFault: the disk refused.
    """
    durable = index.durable()
    for number in packs.numbers():
        known = durable.get(number, (b"", 0))[1]
        if number not in durable or packs.size(number) > known:
            _replay(packs, index, quarantine, number, known)
            if progress is not None:
                progress(packs.size(number) - known)


def _replay(packs: PackFolder, index: Index, quarantine: Quarantine, number: int, known: int) -> None:
    path = packs.path(number)
    with faults_at(path, "read"):
        fd = os.open(path, os.O_RDWR)
    try:
        with faults_at(path, "read"):
            size = os.fstat(fd).st_size
            marker = marker_of(fd, number)
        if marker is None:
            if not known and size <= HEADER_SIZE:  # the cut came while the pack was being made
                with faults_at(path, "remove"):
                    path.unlink()
                    sync_folder(packs.folder)
            return  # fsck tells of it
        end = _last_entry_end(fd, number, marker, max(known, HEADER_SIZE), size)
        if end < size:
            with faults_at(path, "cut the torn end off"):
                os.ftruncate(fd, end)
        with faults_at(path, "write to"):
            if os.pread(fd, HEADER_SIZE, 0) != pack_header(number, marker):
                write_at(fd, [pack_header(number, marker)], 0)
            sync_file(fd)  # what is indexed below must not be lost by the next cut
        changes = _changes(
            fd, number, marker, max(known, HEADER_SIZE), end, quarantine if not known else None
        )
        index.apply(changes, {number: (marker, end)})  # one transaction: a pack is replayed whole or not
    finally:
        os.close(fd)


def _last_entry_end(fd: int, number: int, marker: bytes, start: int, size: int) -> int:
    """The end of the last whole entry: what stands behind it was never acknowledged."""
    end = start
    for found in scan(fd, number, marker, start, size, check=False):
        if not isinstance(found, Damage):
            end = found.place.offset + ENTRY_FIXED + len(found.multihash) + found.place.length
    return end


def _changes(
    fd: int, number: int, marker: bytes, start: int, end: int, quarantine: Quarantine | None
) -> Iterator[tuple[bytes, Change]]:
    for found in scan(fd, number, marker, start, end):
        if isinstance(found, Damage):
            if found.head is not None and quarantine is not None:
                quarantine.keep(found.head.multihash, found.payload)
            yield b"", Void(Place(number, found.offset, found.length), "damaged")
        elif (change := change_of(found)) is not None:
            yield found.multihash, change


def marker_of(fd: int, number: int) -> bytes | None:
    """The pack's marker; from its first entry where the header is damaged, None where that is gone too."""
    head = os.pread(fd, HEADER_SIZE + ENTRY_FIXED, 0)
    try:
        return read_header(head[:HEADER_SIZE], number)
    except Corruption:
        candidate = head[HEADER_SIZE : HEADER_SIZE + 8]
        size = os.fstat(fd).st_size
        entries = (
            scan(fd, number, candidate, HEADER_SIZE, size, check=False) if len(candidate) == 8 else iter(())
        )
        return candidate if any(not isinstance(each, Damage) for each in islice(entries, 1)) else None
