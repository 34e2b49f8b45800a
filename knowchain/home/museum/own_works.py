"""What this identity published before, by the works' own lasting names.

It is read anew from the home's own records for every import, into a temporary table on the disk: nothing
that could be lost or be behind, and a collection of any size fits.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final, NamedTuple, Self

from knowchain.chains import Flag
from knowchain.errors import InvalidRecord, StorageFault
from knowchain.home.museum.plans import digest_of, unsalted
from knowchain.identifiers import Cid, RecordId
from knowchain.records import Body, Header, read_body
from knowchain.storage.reader import Reader, StoredRecord

__all__ = ["KnownWork", "OwnWorks"]

_REVISES: Final = "prov:wasRevisionOf"
_ABOUT: Final = "kc:about"
_WITHDRAWN: Final = frozenset({Flag.RETRACTED, Flag.ERASED})
_VOID: Final = _WITHDRAWN | {Flag.REVOKED, Flag.SUPERSEDED}
_TABLES: Final = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -16384;
    BEGIN;
    CREATE TABLE works (id TEXT NOT NULL, record BLOB NOT NULL, digest BLOB, state INTEGER NOT NULL);
    CREATE INDEX works_by_id ON works (id);
    CREATE INDEX works_by_record ON works (record);
    CREATE TABLE revised (record BLOB PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE events (id TEXT NOT NULL, digest BLOB NOT NULL, custody INTEGER NOT NULL);
    CREATE INDEX events_by_id ON events (id);
    CREATE TABLE rights (digest BLOB PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE collections (name TEXT NOT NULL, record BLOB NOT NULL);
    CREATE INDEX collections_by_name ON collections (name);
    CREATE TABLE seen (id TEXT PRIMARY KEY, row INTEGER NOT NULL, record BLOB) WITHOUT ROWID;
    CREATE TABLE files (path TEXT PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE waiting (row INTEGER PRIMARY KEY, plan BLOB NOT NULL);
"""


class KnownWork(NamedTuple):
    """The newest version of a work."""

    record: RecordId
    digest: bytes
    withdrawn: bool
    """Whether its owner retracted it."""


class OwnWorks:
    """A question and answer book for one import. Close it to give its disk space back.

    Raises:
        StorageFault: there is no room for temporary files.
    """

    def __init__(self) -> None:
        try:
            self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._db.executescript(_TABLES)
        except sqlite3.Error as exc:
            raise StorageFault(
                "no temporary file can be made: {why}",
                remedy="make room in the folder for temporary files, or name another in TMPDIR",
                why=str(exc),
            ) from exc

    def close(self) -> None:
        """Give the disk space back."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- learning what is held -------------------------------------------------------------------------

    def learn(self, reader: Reader, author: RecordId) -> None:
        """Read the works, events, rights and collections that ``author`` signed."""
        standing = reader.standing()
        withdrawn = {rid for relation in ("kc:retracts", "kc:erases") for rid in reader.targets_of(relation)}
        for stored, body, refs in _own(reader, author, "work"):
            gone = stored.id in withdrawn and bool(standing.flags(stored.id) & _WITHDRAWN)
            self._learn_work(stored.id, body, refs, gone)
        for stored, body, refs in _own(reader, author, "event"):
            if stored.id not in withdrawn or not standing.flags(stored.id) & _WITHDRAWN:
                self._learn_event(body, refs)
        for stored, body, refs in _own(reader, author, "rights"):
            if not standing.flags(stored.id) & _VOID:
                self.add_rights(digest_of(unsalted(body.data, body.salt), refs), stored.id)
        for stored, body, _ in _own(reader, author, "collection"):
            if not standing.flags(stored.id) & _VOID:
                for name in _collection_names(body):
                    self.add_collection(name, stored.id)

    def _learn_work(
        self, rid: RecordId, body: Body, refs: Iterable[tuple[str, RecordId]], withdrawn: bool
    ) -> None:
        name = body.fields.get("id")
        if not isinstance(name, str):
            return
        digest = digest_of(unsalted(body.data, body.salt), refs, leave_out=_REVISES)
        self._db.execute("INSERT INTO works VALUES (?, ?, ?, ?)", (name, bytes(rid), digest, withdrawn))
        self._db.executemany(
            "INSERT OR IGNORE INTO revised VALUES (?)",
            [(bytes(target),) for relation, target in refs if relation == _REVISES],
        )

    def _learn_event(self, body: Body, refs: Iterable[tuple[str, RecordId]]) -> None:
        digest = digest_of(unsalted(body.data, body.salt), refs, leave_out=_ABOUT)
        custody = body.fields.get("event") == "custody-transfer"
        for relation, target in refs:
            if relation == _ABOUT:
                self._db.execute(
                    "INSERT INTO events SELECT id, ?, ? FROM works WHERE record = ? LIMIT 1",
                    (digest, custody, bytes(target)),
                )

    # --- works -----------------------------------------------------------------------------------------

    def work(self, name: str) -> KnownWork | None:
        """The newest version of the work called ``name``: the last to come of those that none revises."""
        row = self._db.execute(
            """SELECT record, digest, state FROM works WHERE id = ?
               ORDER BY record IN (SELECT record FROM revised), rowid DESC LIMIT 1""",
            (name,),
        ).fetchone()
        return None if row is None else KnownWork(RecordId(Cid(row[0])), row[1], bool(row[2]))

    def events(self, name: str) -> Counter[bytes]:
        """How often each event of that work was signed, by digest."""
        return Counter(row[0] for row in self._db.execute("SELECT digest FROM events WHERE id = ?", (name,)))

    def custody_events(self, name: str) -> Counter[bytes]:
        """The custody transfers among :meth:`events`."""
        sql = "SELECT digest FROM events WHERE id = ? AND custody"
        return Counter(row[0] for row in self._db.execute(sql, (name,)))

    # --- rights and collections ------------------------------------------------------------------------

    def rights(self, digest: bytes) -> RecordId | None:
        """The rights record that says this."""
        return _id(self._db.execute("SELECT record FROM rights WHERE digest = ?", (digest,)).fetchone())

    def add_rights(self, digest: bytes, record: RecordId) -> None:
        """Remember a rights record."""
        self._db.execute("INSERT OR REPLACE INTO rights VALUES (?, ?)", (digest, bytes(record)))

    def collection(self, name: str) -> RecordId | None:
        """The last collection of that id or title."""
        sql = "SELECT record FROM collections WHERE name = ? ORDER BY rowid DESC LIMIT 1"
        return _id(self._db.execute(sql, (name,)).fetchone())

    def add_collection(self, name: str, record: RecordId) -> None:
        """Remember a collection under one of its names."""
        self._db.execute("INSERT INTO collections VALUES (?, ?)", (name, bytes(record)))

    # --- the table that is being imported --------------------------------------------------------------

    def first_row(self, name: str, row: int) -> int:
        """The row that first had this id in the table; ``row`` itself if none had."""
        self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, NULL)", (name, row))
        found: int = self._db.execute("SELECT row FROM seen WHERE id = ?", (name,)).fetchone()[0]
        return found

    def settle(self, name: str, record: RecordId) -> None:
        """The row of that id is published as ``record``."""
        self._db.execute("UPDATE seen SET record = ? WHERE id = ?", (bytes(record), name))

    def row_of(self, name: str) -> tuple[int, RecordId | None] | None:
        """The row that has this id, and its record if it is published."""
        row = self._db.execute("SELECT row, record FROM seen WHERE id = ?", (name,)).fetchone()
        return None if row is None else (row[0], _id(row[1:]) if row[1] else None)

    def first_row_with_file(self, path: str, row: int) -> int:
        """The row that first named this file."""
        self._db.execute("INSERT OR IGNORE INTO files VALUES (?, ?)", (path, row))
        found: int = self._db.execute("SELECT row FROM files WHERE path = ?", (path,)).fetchone()[0]
        return found

    def named(self, path: str) -> bool:
        """Whether a row named this file."""
        return self._db.execute("SELECT 1 FROM files WHERE path = ?", (path,)).fetchone() is not None

    def put_off(self, row: int, plan: bytes) -> None:
        """Keep a row until what it is part of is known."""
        self._db.execute("INSERT INTO waiting VALUES (?, ?)", (row, plan))

    def put_off_rows(self) -> Iterator[tuple[int, bytes]]:
        """The rows that were put off, in order; :meth:`done` may be called meanwhile."""
        after = 0
        while row := self._db.execute(
            "SELECT row, plan FROM waiting WHERE row > ? ORDER BY row LIMIT 1", (after,)
        ).fetchone():
            after = row[0]
            yield row

    def done(self, row: int) -> None:
        """A row that was put off needs to wait no more."""
        self._db.execute("DELETE FROM waiting WHERE row = ?", (row,))


def _id(row: tuple[bytes, ...] | None) -> RecordId | None:
    return None if row is None else RecordId(Cid(row[0]))


def _own(
    reader: Reader, author: RecordId, kind: str
) -> Iterator[tuple[StoredRecord, Body, list[tuple[str, RecordId]]]]:
    """The own records of a kind whose bodies are held."""
    for stored in reader.records(kind=kind, author=author):
        header, data = stored.block.header, reader.body(stored.id)
        if data is None or not isinstance(header, Header):
            continue
        try:
            body = read_body(data, header, author)
        except InvalidRecord:
            continue
        yield stored, body, [(ref.relation, ref.target) for ref in header.refs]


def _collection_names(body: Body) -> Iterator[str]:
    name, title = body.fields.get("id"), body.fields.get("title")
    if isinstance(name, str):
        yield name
    for texts in title.values() if isinstance(title, dict) else ():
        yield from (text for text in texts if isinstance(text, str)) if isinstance(texts, list) else ()
