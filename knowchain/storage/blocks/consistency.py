"""fsck: everything that packs, index, originals and ledger say about one another, compared.

The packs are read once from end to end; what they hold goes into a temporary table on the disk, and the
comparison is done there, so memory does not grow with the store.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from knowchain.errors import Corruption
from knowchain.storage.blocks.audit import raw_cid
from knowchain.storage.blocks.durable import faults_at
from knowchain.storage.blocks.framing import HEADER_SIZE, Kind, Pointer, read_header
from knowchain.storage.blocks.originals import read_original
from knowchain.storage.blocks.scanning import Damage, scan

if TYPE_CHECKING:
    from knowchain.storage.blocks.packs import PackBlocks

__all__ = ["Finding", "FindingKind", "findings"]

FindingKind = Literal[
    "damaged header",
    "damaged entry",
    "damaged block",
    "missing pack",
    "short pack",
    "stray file",
    "row without block",
    "wrong offset",
    "block without row",
    "duplicate",
    "unlisted dead bytes",
    "lost original",
    "pin without block",
]

_REBUILD: Final = "close the store and rebuild its index from the packs"
_REFETCH: Final = "run a scrub, which quarantines the block; then fetch it again from a peer"
_RESTORE: Final = "put the pack back from a backup; otherwise rebuild the index and fetch its blocks again"
_REMEDIES: Final[dict[FindingKind, str]] = {
    "damaged header": _REBUILD,
    "damaged entry": _REFETCH,
    "damaged block": _REFETCH,
    "missing pack": _RESTORE,
    "short pack": _RESTORE,
    "stray file": "look at the file and move it elsewhere: the store did not make it",
    "row without block": "rebuild the index, then fetch the block again from a peer",
    "wrong offset": _REBUILD,
    "block without row": _REBUILD,
    "duplicate": "rebuild the index, then compact: the space of one copy comes back",
    "unlisted dead bytes": "rebuild the index, then compact: bytes that were let go of are still there",
    "lost original": "put the original file back, or add the content again from where it is now",
    "pin without block": "fetch the block from a peer, or remove the pin",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One inconsistency. ``pack`` is 0 and ``offset`` -1 where they don't apply; ``cid`` may be empty."""

    kind: FindingKind
    pack: int
    offset: int
    cid: str
    detail: str

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _REMEDIES[self.kind]


_TABLES: Final = """
DROP TABLE IF EXISTS temp.entries;
DROP TABLE IF EXISTS temp.damages;
CREATE TEMP TABLE entries (
    pack INTEGER, offset INTEGER, length INTEGER, multihash BLOB, kind INTEGER, PRIMARY KEY (pack, offset)
) WITHOUT ROWID;
CREATE TEMP TABLE damages (pack INTEGER, offset INTEGER, length INTEGER);
"""


def findings(store: PackBlocks, *, hashes: bool) -> Iterator[Finding]:
    """Every inconsistency of the store. The caller holds its maintenance lock; others may go on using it.

    Args:
        hashes: read and hash every block, in packs and originals; otherwise only heads are read.

    Raises:
        StorageFault: the disk refused.
    """
    store.log.commit()
    with store.database.reading() as db:
        db.executescript(_TABLES)
        db.execute("CREATE INDEX temp.by_multihash ON entries (multihash, pack, offset)")
        db.execute("BEGIN")  # one state of the index from here on, whatever is put meanwhile
        try:
            durable = dict(db.execute("SELECT number, durable FROM main.packs").fetchall())
            yield from _strays(store)
            for number in sorted(set(store.packs.numbers()) - set(durable)):
                detail = "neither its header nor its first entry can be read"
                yield Finding("damaged header", number, 0, "", detail)
            for number, end in sorted(durable.items()):
                yield from _read_pack(store, db, number, end, hashes)
            yield from _rows(db)
            yield from _entries(db)
            if hashes:
                yield from _originals(db)
            yield from _pins(store)
        finally:
            db.execute("ROLLBACK")
            db.executescript(_TABLES)


def _strays(store: PackBlocks) -> Iterator[Finding]:
    known = {store.packs.path(number).name for number in store.packs.numbers()}
    with faults_at(store.packs.folder, "list"):
        names = sorted(entry.name for entry in os.scandir(store.packs.folder))
    for name in names:
        if name not in known and not name.endswith(".erasing"):
            yield Finding("stray file", 0, -1, "", f"{name} in the folder of packs")


def _read_pack(
    store: PackBlocks, db: sqlite3.Connection, number: int, durable: int, hashes: bool
) -> Iterator[Finding]:
    """Read one pack into the temporary tables; what is wrong with it in itself is told at once."""
    path = store.packs.path(number)
    (marker,) = db.execute("SELECT marker FROM main.packs WHERE number = ?", (number,)).fetchone()
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield Finding("missing pack", number, -1, "", f"{path} is not there")
        return
    try:
        with faults_at(path, "read"):
            size = os.fstat(fd).st_size
            if size < durable:
                yield Finding("short pack", number, size, "", f"{size} of {durable} bytes are there")
            yield from _header(fd, number)
            for found in scan(fd, number, marker, HEADER_SIZE, min(size, durable), check=hashes):
                if isinstance(found, Damage):
                    yield from _damage(db, number, found)
                else:
                    row = (*found.place, found.multihash, found.kind)
                    db.execute("INSERT INTO temp.entries VALUES (?, ?, ?, ?, ?)", row)
    finally:
        os.close(fd)


def _header(fd: int, number: int) -> Iterator[Finding]:
    try:
        read_header(os.pread(fd, HEADER_SIZE, 0), number)
    except Corruption:
        yield Finding("damaged header", number, 0, "", "its first 32 bytes are not what they should be")


def _damage(db: sqlite3.Connection, number: int, damage: Damage) -> Iterator[Finding]:
    db.execute("INSERT INTO temp.damages VALUES (?, ?, ?)", (number, damage.offset, damage.length))
    dead = db.execute(
        "SELECT 1 FROM main.dead WHERE pack = ? AND offset = ?", (number, damage.offset)
    ).fetchone()
    if dead is not None:
        return  # known, or let go of anyway: the next compaction clears it
    if damage.head is None:
        detail = f"{damage.length} bytes are no entry"
        yield Finding("damaged entry", number, damage.offset, "", detail)
    else:
        cid = str(raw_cid(damage.head.multihash))
        yield Finding("damaged block", number, damage.offset, cid, "its bytes hash to something else")


def _rows(db: sqlite3.Connection) -> Iterator[Finding]:
    """Rows of the index that no entry stands behind; what is told as damaged is not told twice."""
    for table, length, kind in (("blocks", "length", Kind.BLOCK), ("pointers", "payload", Kind.POINTER)):
        rows = db.execute(
            f"SELECT r.multihash, r.pack, r.offset, ("
            " SELECT e.pack || ' at byte ' || e.offset FROM temp.entries e"
            " WHERE e.multihash = r.multihash AND e.kind = ?1 ORDER BY e.pack DESC, e.offset DESC LIMIT 1)"
            f" FROM main.{table} r WHERE NOT EXISTS (SELECT 1 FROM temp.entries e WHERE e.pack = r.pack AND"
            f" e.offset = r.offset AND e.multihash = r.multihash AND e.kind = ?1 AND e.length = r.{length})"
            " AND NOT EXISTS (SELECT 1 FROM temp.damages d WHERE d.pack = r.pack AND r.offset >= d.offset"
            " AND r.offset < d.offset + d.length)",
            (kind,),
        )
        for multihash, pack, offset, elsewhere in rows:
            cid = str(raw_cid(multihash))
            if elsewhere:
                yield Finding("wrong offset", pack, offset, cid, f"it stands in pack {elsewhere}")
            else:
                yield Finding("row without block", pack, offset, cid, "no pack holds the block")


def _entries(db: sqlite3.Connection) -> Iterator[Finding]:
    """Entries that the index neither points to nor lists as dead."""
    rows = db.execute(
        "SELECT e.multihash, e.pack, e.offset,"
        " EXISTS (SELECT 1 FROM temp.entries t WHERE t.multihash = e.multihash AND t.kind = ?3"
        "  AND (t.pack, t.offset) > (e.pack, e.offset)),"
        " EXISTS (SELECT 1 FROM temp.entries o WHERE o.multihash = e.multihash AND o.kind = e.kind"
        "  AND (o.pack, o.offset) <> (e.pack, e.offset) AND (EXISTS (SELECT 1 FROM main.blocks b"
        "  WHERE b.multihash = o.multihash AND b.pack = o.pack AND b.offset = o.offset)"
        "  OR (o.pack, o.offset) > (e.pack, e.offset)))"
        " FROM temp.entries e WHERE e.kind IN (?1, ?2)"
        " AND NOT EXISTS (SELECT 1 FROM main.blocks b WHERE e.kind = ?1 AND b.multihash = e.multihash"
        "  AND b.pack = e.pack AND b.offset = e.offset)"
        " AND NOT EXISTS (SELECT 1 FROM main.pointers p WHERE e.kind = ?2 AND p.multihash = e.multihash"
        "  AND p.pack = e.pack AND p.offset = e.offset)"
        " AND NOT EXISTS (SELECT 1 FROM main.dead d WHERE d.pack = e.pack AND d.offset = e.offset)",
        (Kind.BLOCK, Kind.POINTER, Kind.TOMBSTONE),
    )
    for multihash, pack, offset, dead, twice in rows:
        cid = str(raw_cid(multihash))
        if dead:
            yield Finding("unlisted dead bytes", pack, offset, cid, "a later tombstone ended the block")
        elif twice:
            yield Finding("duplicate", pack, offset, cid, "another copy of the block stands elsewhere")
        else:
            yield Finding("block without row", pack, offset, cid, "the index does not know the block")


def _originals(db: sqlite3.Connection) -> Iterator[Finding]:
    rows = db.execute(
        "SELECT multihash, p.pack, p.offset, path, at, length, size, mtime_ns"
        " FROM main.pointers p JOIN main.sources ON id = source ORDER BY source, at"
    )
    for multihash, pack, offset, *pointer in rows:
        try:
            read_original(Pointer(*pointer), multihash)
        except Corruption as exc:
            yield Finding("lost original", pack, offset, str(raw_cid(multihash)), str(exc))


def _pins(store: PackBlocks) -> Iterator[Finding]:
    for pin in store.pins():
        if not store.has(pin.cid):
            yield Finding("pin without block", 0, -1, str(pin.cid), f"the pin is called {pin.name!r}")
