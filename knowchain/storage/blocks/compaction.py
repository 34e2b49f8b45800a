"""Compaction: what was let go of leaves the disk, and the audit log says so.

Of a pack with dead bytes the living entries are appended again at the end of the log. Once they are durable
the pack gets a name that no reader opens, the last reader's lease is waited for, its dead bytes are
overwritten with zeros, and it is unlinked. A cut at any point is finished by the next opening: until the
renaming the old pack is whole, after it nothing living is in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from knowchain.storage.blocks.audit import AuditLine, raw_cid
from knowchain.storage.blocks.durable import faults_at, overwrite, sync_file, sync_folder
from knowchain.storage.blocks.framing import ENTRY_FIXED, HEADER_SIZE, Kind, Pointer, Tombstone
from knowchain.storage.blocks.scanning import Damage, Entry, hashes_to, scan

if TYPE_CHECKING:
    from knowchain.storage.blocks.packs import PackBlocks

__all__ = ["CompactReport", "compact", "erase_quarantined", "finish_erasing"]

_GROUP_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class CompactReport:
    """What a compaction did: packs rewritten, blocks erased, and bytes by which the store shrank."""

    packs: int
    erased: int
    freed: int


def compact(store: PackBlocks, threshold: float) -> CompactReport:
    """Rewrite every pack with dead bytes. The caller holds the store's maintenance lock.

    Args:
        threshold: leave packs alone in which the dead share is smaller. With 0, the default, everything that
            was let go of before the call is gone from the disk at return.

    Raises:
        StorageFault: the disk refused; packs done until then are done, the others are whole.
        Corruption: the header of a pack to be rewritten is damaged: rebuild the index first.
    """
    store.log.commit()
    before = _bytes_on_disk(store)
    candidates = _candidates(store, threshold)
    if store.log.position[0] in candidates:
        store.log.seal()
        store.log.commit()
    erased = 0
    for number in candidates:
        erased += _rewrite(store, number)
    return CompactReport(len(candidates), erased, before - _bytes_on_disk(store))


def _bytes_on_disk(store: PackBlocks) -> int:
    return sum(store.packs.size(number) for number in store.packs.numbers())


def _candidates(store: PackBlocks, threshold: float) -> list[int]:
    """Packs with dead bytes, those with the largest dead share first: they free the most for the least."""
    with store.database.reading() as db:
        rows = db.execute("SELECT pack, SUM(payload) FROM dead GROUP BY pack").fetchall()
    shares = [(dead / max(1, store.packs.size(pack)), pack) for pack, dead in rows]
    return [pack for share, pack in sorted(shares, reverse=True) if share >= threshold]


def _rewrite(store: PackBlocks, number: int) -> int:
    if store.packs.path(number).exists():
        with store.packs.lease(number) as pack:
            _move_living(store, number, pack.fd, pack.marker)
        _rename(store, number)
    elif _has_living(store, number):
        return 0  # the pack was lost, not erased: fsck tells of it
    return _erase(store, number)


def _move_living(store: PackBlocks, number: int, fd: int, marker: bytes) -> None:
    """Append again what must outlive pack ``number``; durable at return."""
    moved = 0
    for found in scan(fd, number, marker, HEADER_SIZE, store.packs.size(number)):
        for entry in [found] if isinstance(found, Entry) else _salvage(store, fd, number, found):
            _move(store, entry)
            moved += entry.place.length
            if moved >= _GROUP_BYTES:
                store.log.commit()
                moved = 0
    store.log.commit()


def _move(store: PackBlocks, entry: Entry) -> None:
    """Append ``entry`` again, if it is still what stands for its block."""
    with store.log.appending():
        match entry.kind:
            case Kind.BLOCK:
                if store.log.standing(entry.multihash) == entry.place:
                    store.log.append_block(entry.multihash, entry.payload)
            case Kind.POINTER:
                pointer = Pointer.decode(entry.payload)
                if pointer is not None and store.index.pointer_stands_at(entry.multihash, entry.place):
                    store.log.append_pointer(entry.multihash, pointer)
            case Kind.TOMBSTONE:
                # While an older copy is left in another pack, a replay must still learn that it is dead.
                tombstone = Tombstone.decode(entry.payload)
                dead_elsewhere = store.index.dead_outside(entry.multihash, entry.place.pack)
                if tombstone is not None and dead_elsewhere and store.log.standing(entry.multihash) is None:
                    store.log.append_tombstone(entry.multihash, tombstone)


def _salvage(store: PackBlocks, fd: int, number: int, damage: Damage) -> Iterator[Entry]:
    """Living blocks in a damaged stretch: those that still hash go on, the others into quarantine."""
    for multihash, place in store.index.standing_in(number, damage.offset, damage.length):
        payload = os.pread(fd, place.length, place.offset + ENTRY_FIXED + len(multihash))
        if hashes_to(multihash, payload):
            yield Entry(place, Kind.BLOCK, multihash, payload)
        else:
            store.quarantine_block(multihash, place, payload, "damaged in its pack, found by compaction")


def _has_living(store: PackBlocks, number: int) -> bool:
    return next(store.index.standing_in(number, 0, 2**62), None) is not None


def _rename(store: PackBlocks, number: int) -> None:
    """From here on nobody opens the pack; those who read it are waited for."""
    path = store.packs.path(number)
    with faults_at(path, "rename"):
        path.rename(store.packs.erasing_path(number))
        sync_folder(store.packs.folder)
    store.packs.forget(number)


def _erase(store: PackBlocks, number: int) -> int:
    """Overwrite and unlink a pack that nothing living is in, and write the audit lines. Repeatable."""
    path = store.packs.erasing_path(number)
    size = 0
    if path.exists():
        with faults_at(path, "erase"):
            fd = os.open(path, os.O_RDWR)
            try:
                size = os.fstat(fd).st_size
                overwrite(fd, 0, size)
                sync_file(fd)
            finally:
                os.close(fd)
            path.unlink()
            sync_folder(path.parent)
    now = store.clock()
    erased = store.index.erased_in(number)
    lines = [AuditLine(now, "erased", str(raw_cid(mh)), reason, length) for mh, length, reason in erased]
    store.audit.append([*lines, AuditLine(now, "pack unlinked", "", path.stem, size)])
    store.index.drop_pack(number)
    return len(erased)


def finish_erasing(store: PackBlocks) -> None:
    """Finish the erasures that a cut interrupted; the index is up to the packs by then.

    Raises:
        StorageFault: the disk refused.
    """
    gone = set(store.index.durable()) - set(store.packs.numbers())
    for number in sorted(gone | set(store.packs.erasing())):
        if number in store.packs.erasing() or not _has_living(store, number):
            _erase(store, number)


def erase_quarantined(store: PackBlocks, multihash: bytes, reason: str) -> None:
    """Erase the copies of a block that are kept in quarantine, and say so in the audit log."""
    size = store.quarantine.erase(multihash)
    if size:
        line = AuditLine(
            store.clock(), "erased", str(raw_cid(multihash)), f"{reason} (quarantined copy)", size
        )
        store.audit.append([line])
