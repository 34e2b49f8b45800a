"""The schema of the record store, as numbered migrations.

A migration is applied once, in a transaction of its own, and never edited afterwards. The number of
the last one is in ``PRAGMA user_version``; a store with a greater number was written by a newer
knowchain and is refused untouched.
"""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from knowchain.errors import HomeError
from knowchain.storage.database import Database

__all__ = ["MIGRATIONS", "Migration", "migrate"]


class Migration(NamedTuple):
    """One step of the schema."""

    number: int
    name: str
    statements: tuple[str, ...]


_RECORDS: Final = (
    # Every id of a record or body that is held or mentioned, by its SHA-256 digest: the one index
    # with random keys. All else refers to its row ids.
    # Eight bytes are indexed: with whole digests the index would be three times as large, and each
    # group of records would write as many more pages of it. That a digest stands here once is the
    # writer's care, and fsck's to check.
    "CREATE TABLE cids (id INTEGER PRIMARY KEY, digest BLOB NOT NULL)",
    "CREATE INDEX cids_by_digest ON cids (substr(digest, 1, 8))",
    "CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE relations (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE keys (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE)",
    """CREATE TABLE records (
        id INTEGER PRIMARY KEY,            -- in cids
        arrival INTEGER NOT NULL UNIQUE,   -- 1, 2, 3 … in the order of acceptance
        kind INTEGER NOT NULL,
        key INTEGER NOT NULL,
        author INTEGER NOT NULL,           -- the genesis, in cids
        seq INTEGER NOT NULL,
        run INTEGER,                       -- NULL: a record of an identity's log
        time INTEGER NOT NULL,             -- claimed, ms
        body INTEGER,                      -- in cids
        received INTEGER NOT NULL,         -- ms, by this machine's clock
        source INTEGER NOT NULL,
        block BLOB NOT NULL)""",
    "CREATE INDEX records_by_run ON records (run, seq) WHERE run IS NOT NULL",
    "CREATE INDEX records_by_kind ON records (kind, arrival)",
    "CREATE INDEX records_by_author ON records (author, kind, arrival)",
    """CREATE TABLE logs (
        id INTEGER PRIMARY KEY,            -- the identity record, in cids
        author INTEGER NOT NULL,
        prev INTEGER,
        seq INTEGER NOT NULL,
        rank INTEGER NOT NULL)""",
    "CREATE INDEX logs_by_author ON logs (author)",
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        key INTEGER NOT NULL,
        author INTEGER NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL)""",
    "CREATE INDEX runs_by_key ON runs (key)",
    "CREATE INDEX runs_by_author ON runs (author)",
    """CREATE TABLE run_parents (
        run INTEGER NOT NULL, parent INTEGER NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (run, parent, seq)) WITHOUT ROWID""",
    """CREATE TABLE refs (
        target INTEGER NOT NULL, relation INTEGER NOT NULL, record INTEGER NOT NULL,
        PRIMARY KEY (target, relation, record)) WITHOUT ROWID""",
    "CREATE TABLE heads (record INTEGER PRIMARY KEY)",
    # A body names its author and is salted, so one record links it; should another link it too, the
    # first is named here.
    "CREATE TABLE bodies (id INTEGER PRIMARY KEY, record INTEGER NOT NULL, data BLOB NOT NULL)",
    # Bodies that a header links and that are not held, with the reason: 0 not yet here, 1 erased.
    """CREATE TABLE absent_bodies (
        id INTEGER PRIMARY KEY, record INTEGER NOT NULL, erased INTEGER NOT NULL)""",
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, record INTEGER NOT NULL)",
    # When a firm erasure was first seen here: the body is destroyed after the operator's delay.
    "CREATE TABLE erasures (record INTEGER PRIMARY KEY, since INTEGER NOT NULL)",
    "CREATE TABLE petnames (name TEXT PRIMARY KEY, identity BLOB NOT NULL UNIQUE) WITHOUT ROWID",
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)

_SEARCH_AND_LINEAGE: Final = (
    # What a record refers to, as ``refs`` says what refers to a record. It grows at its end.
    "CREATE INDEX refs_by_record ON refs (record, relation, target)",
    # Records whose words may have to be indexed anew. Tickets are never used twice, so that whoever
    # takes the tickets of a page takes none that came meanwhile.
    "CREATE TABLE search_queue (ticket INTEGER PRIMARY KEY AUTOINCREMENT, record INTEGER NOT NULL)",
    # The words of bodies by field, cut by knowchain.search.text; ``rowid`` is the record's. The words
    # of ``facets`` are no one's: they narrow a search (knowchain.search.facets).
    """CREATE VIRTUAL TABLE search_text USING fts5 (
        title, names, subjects, ids, languages, text, facets, tokenize = 'ascii')""",
    # Targets of withdrawals, by each identity on which it depends whether the withdrawal stands.
    """CREATE TABLE search_withdrawn (
        identity INTEGER NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (identity, record)) WITHOUT ROWID""",
    "INSERT INTO search_queue (record) SELECT id FROM records WHERE body IS NOT NULL ORDER BY arrival",
    """INSERT INTO search_queue (record) SELECT DISTINCT target FROM refs JOIN relations t ON t.id = relation
       WHERE t.name IN ('kc:retracts', 'kc:erases')""",
)

MIGRATIONS: Final = (
    Migration(1, "records", _RECORDS),
    Migration(2, "search and lineage", _SEARCH_AND_LINEAGE),
)


def migrate(database: Database, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Bring a database to the newest schema.

    Raises:
        HomeError: the database was written by a newer knowchain.
        StorageFault: a step could not be written; the database is as it was before that step.
    """
    current: int = database.writer.execute("PRAGMA user_version").fetchone()[0]
    newest = migrations[-1].number
    if current > newest:
        raise HomeError(
            "the store {path} has schema {current}; this knowchain knows up to {newest}",
            remedy="install the knowchain that wrote it, or a later one",
            path=database.path,
            current=current,
            newest=newest,
        )
    for migration in migrations:
        if migration.number > current:
            with database.transaction() as connection:
                _apply(connection, migration)


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    for statement in migration.statements:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {migration.number}")
