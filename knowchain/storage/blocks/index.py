"""The index: where each block stands. Derived: replaying the packs in order gives it again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from knowchain.storage.blocks.database import Database
from knowchain.storage.blocks.framing import Kind, Pointer, Tombstone
from knowchain.storage.blocks.packfolder import Place

__all__ = ["QUARANTINED", "Change", "Gone", "Index", "Located", "Pointed", "Stored", "Totals", "Void"]

_PAGE: Final = 1024
_SUPERSEDED: Final = "superseded"
"""Why a copy is dead whose block lives on elsewhere."""
QUARANTINED: Final = "quarantined: "
"""How the reason begins why a copy is dead whose bytes are kept for inspection."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A block entry at ``place`` brought the block to life."""

    place: Place


@dataclass(frozen=True, slots=True)
class Pointed:
    """A pointer entry at ``place`` says where an original file holds the block."""

    place: Place
    pointer: Pointer


@dataclass(frozen=True, slots=True)
class Gone:
    """A tombstone ended the block."""

    tombstone: Tombstone


@dataclass(frozen=True, slots=True)
class Void:
    """Bytes of a pack that hold nothing: ``place.length`` bytes from ``place.offset`` on."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Blocks and their bytes: in packs, in original files, and let go of but not yet erased."""

    packed: int
    packed_bytes: int
    original: int
    original_bytes: int
    dead: int
    dead_bytes: int


Change = Stored | Pointed | Gone | Void
Located = Place | Pointer


class Index:
    """Where each block stands, by multihash. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- reading -----------------------------------------------------------------------------------

    def find(self, multihash: bytes) -> Located | None:
        """Where the block stands; a copy in a pack goes before one in an original file."""
        with self._database.reading() as db:
            return _find(db, multihash)

    def page(self, after: bytes) -> list[tuple[bytes, int]]:
        """(multihash, bytes) of the next blocks in order of multihash; an empty page is the end."""
        with self._database.reading() as db:
            return db.execute(
                "SELECT * FROM (SELECT multihash, length FROM blocks WHERE multihash > ?1"
                " ORDER BY multihash LIMIT ?2) UNION SELECT * FROM (SELECT multihash, length FROM pointers"
                " WHERE multihash > ?1 ORDER BY multihash LIMIT ?2) ORDER BY 1 LIMIT ?2",
                (after, _PAGE),
            ).fetchall()

    def each(self) -> Iterator[tuple[bytes, int]]:
        """(multihash, bytes) of every block, in order of multihash; blocks may come and go meanwhile."""
        after = b""
        while rows := self.page(after):
            yield from rows
            after = rows[-1][0]

    def durable(self) -> dict[int, tuple[bytes, int]]:
        """By pack: its marker, and how many of its bytes are acknowledged."""
        with self._database.reading() as db:
            rows = db.execute("SELECT number, marker, durable FROM packs").fetchall()
        return {number: (marker, durable) for number, marker, durable in rows}

    def pointer_stands_at(self, multihash: bytes, place: Place) -> bool:
        """Whether the pointer entry at ``place`` is the one that counts."""
        with self._database.reading() as db:
            row = db.execute("SELECT pack, offset FROM pointers WHERE multihash = ?", (multihash,)).fetchone()
        return bool(row == (place.pack, place.offset))

    def standing_in(self, pack: int, offset: int, length: int) -> Iterator[tuple[bytes, Place]]:
        """(multihash, place) of the blocks whose entries begin in a stretch of a pack. Slow."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT multihash, pack, offset, length FROM blocks"
                " WHERE pack = ?1 AND offset >= ?2 AND offset < ?2 + ?3",
                (pack, offset, length),
            ).fetchall()
        return ((multihash, Place(*place)) for multihash, *place in rows)

    def dead_outside(self, multihash: bytes, pack: int) -> bool:
        """Whether a dead copy of the block is left in a pack other than ``pack``."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT 1 FROM dead WHERE multihash = ? AND pack <> ? LIMIT 1", (multihash, pack)
            ).fetchone()
        return row is not None

    def erased_in(self, pack: int) -> list[tuple[bytes, int, str]]:
        """(multihash, bytes, reason) of the blocks that were let go of in a pack, and stand nowhere else."""
        with self._database.reading() as db:
            return db.execute(
                "SELECT multihash, payload, reason FROM dead"
                " WHERE pack = ? AND kind = ? AND reason <> ? AND reason NOT LIKE ? ORDER BY offset",
                (pack, Kind.BLOCK, _SUPERSEDED, f"{QUARANTINED}%"),
            ).fetchall()

    def totals(self) -> Totals:
        """How much there is. Reads the whole index."""
        with self._database.reading() as db:
            (row,) = db.execute(
                "SELECT * FROM (SELECT COUNT(*), TOTAL(length) FROM blocks),"
                " (SELECT COUNT(*), TOTAL(length) FROM pointers),"
                " (SELECT COUNT(*), TOTAL(payload) FROM dead)"
            ).fetchall()
        return Totals(*map(int, row))

    # --- writing -----------------------------------------------------------------------------------

    def apply(self, changes: Iterable[tuple[bytes, Change]], ends: dict[int, tuple[bytes, int]]) -> None:
        """Record ``changes``, in the order of the log, and how far each pack is durable.

        Raises:
            StorageFault: the disk refused; nothing was recorded.
        """
        with self._database.writing() as db:
            for multihash, change in changes:
                _apply(db, multihash, change)
            db.executemany(
                "INSERT INTO packs VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET marker = excluded.marker, durable = excluded.durable",
                [(number, marker, end) for number, (marker, end) in ends.items()],
            )

    def drop_pack(self, number: int) -> None:
        """The pack and everything dead in it are gone."""
        with self._database.writing() as db:
            db.execute("DELETE FROM dead WHERE pack = ?", (number,))
            db.execute("DELETE FROM packs WHERE number = ?", (number,))
            db.execute("DELETE FROM sources WHERE id NOT IN (SELECT source FROM pointers)")


def _find(db: sqlite3.Connection, multihash: bytes) -> Located | None:
    row = db.execute("SELECT pack, offset, length FROM blocks WHERE multihash = ?", (multihash,)).fetchone()
    if row is not None:
        return Place(*row)
    row = db.execute(
        "SELECT path, at, length, size, mtime_ns FROM pointers JOIN sources ON id = source"
        " WHERE multihash = ?",
        (multihash,),
    ).fetchone()
    return None if row is None else Pointer(*row)


def _apply(db: sqlite3.Connection, multihash: bytes, change: Change) -> None:
    match change:
        case Stored(place):
            _bury(db, multihash, Kind.BLOCK, Tombstone(0, _SUPERSEDED))
            _bury(db, multihash, Kind.POINTER, Tombstone(0, _SUPERSEDED))
            db.execute("INSERT INTO blocks VALUES (?, ?, ?, ?)", (multihash, *place))
        case Pointed(place, pointer):
            _bury(db, multihash, Kind.POINTER, Tombstone(0, _SUPERSEDED))
            source = _source(db, pointer)
            db.execute(
                "INSERT INTO pointers VALUES (?, ?, ?, ?, ?, ?, ?)",
                (multihash, *place, source, pointer.at, pointer.length),
            )
        case Gone(tombstone):
            _bury(db, multihash, Kind.BLOCK, tombstone)
            _bury(db, multihash, Kind.POINTER, tombstone)
        case Void(place, reason):
            db.execute("INSERT OR REPLACE INTO dead VALUES (?, ?, ?, NULL, 0, 0, ?)", (*place, reason))


def _bury(db: sqlite3.Connection, multihash: bytes, kind: Kind, tombstone: Tombstone) -> None:
    """What stands for ``multihash`` now is dead weight in its pack."""
    table, length = ("blocks", "length") if kind is Kind.BLOCK else ("pointers", "payload")
    db.execute(
        f"INSERT OR REPLACE INTO dead SELECT pack, offset, {length}, multihash, ?, ?, ?"
        f" FROM {table} WHERE multihash = ?",
        (kind, tombstone.time_ms, tombstone.reason, multihash),
    )
    db.execute(f"DELETE FROM {table} WHERE multihash = ?", (multihash,))


def _source(db: sqlite3.Connection, pointer: Pointer) -> int:
    key = (pointer.path, pointer.size, pointer.mtime_ns)
    db.execute("INSERT OR IGNORE INTO sources (path, size, mtime_ns) VALUES (?, ?, ?)", key)
    (source,) = db.execute(
        "SELECT id FROM sources WHERE path = ? AND size = ? AND mtime_ns = ?", key
    ).fetchone()
    return int(source)
