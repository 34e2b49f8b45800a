"""Two small SQLite files beside the packs, opened as one.

``index.sqlite`` is derived from the packs and can be deleted at any time; ``ledger.sqlite`` holds what
nothing else knows: pins, uploads in flight, the history of checks, problems.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final

from knowchain.errors import Corruption, HomeError, KnowchainError, StorageFault

__all__ = ["Database"]

VERSION: Final = 1

_INDEX: Final = """
CREATE TABLE IF NOT EXISTS main.packs (
    number INTEGER PRIMARY KEY, marker BLOB NOT NULL, durable INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS main.blocks (
    multihash BLOB PRIMARY KEY, pack INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS main.sources (
    id INTEGER PRIMARY KEY, path BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    UNIQUE (path, size, mtime_ns));
CREATE TABLE IF NOT EXISTS main.pointers (
    multihash BLOB PRIMARY KEY, pack INTEGER NOT NULL, offset INTEGER NOT NULL, payload INTEGER NOT NULL,
    source INTEGER NOT NULL REFERENCES sources (id), at INTEGER NOT NULL, length INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS main.dead (
    pack INTEGER NOT NULL, offset INTEGER NOT NULL, payload INTEGER NOT NULL, multihash BLOB,
    kind INTEGER NOT NULL, time_ms INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (pack, offset)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS main.dead_by_multihash ON dead (multihash);
"""
_LEDGER: Final = """
CREATE TABLE IF NOT EXISTS ledger.pins (
    cid BLOB NOT NULL, name TEXT NOT NULL, since REAL NOT NULL, PRIMARY KEY (cid, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger.uploads (
    id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS ledger.leases (
    upload INTEGER NOT NULL REFERENCES uploads (id) ON DELETE CASCADE, multihash BLOB NOT NULL,
    PRIMARY KEY (upload, multihash)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ledger.leases_by_multihash ON leases (multihash);
CREATE TABLE IF NOT EXISTS ledger.checks (
    multihash BLOB PRIMARY KEY, checked REAL NOT NULL, outcome TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger.problems (
    multihash BLOB PRIMARY KEY, path TEXT NOT NULL, what TEXT NOT NULL, seen REAL NOT NULL) WITHOUT ROWID;
"""


class Database:
    """One writing connection, and reading ones that are lent to one thread at a time.

    Raises:
        StorageFault: the disk refused. Corruption: a file is damaged. HomeError: a newer version's.
    """

    def __init__(self, folder: Path) -> None:
        self._index = folder / "index.sqlite"
        self._ledger = folder / "ledger.sqlite"
        self._idle: list[sqlite3.Connection] = []
        self._lock = Lock()
        self._turn = Lock()
        with self._faults():
            self.writer: Final = self._connect()
            try:
                self._prepare()
            except BaseException:
                self.writer.close()
                raise

    @staticmethod
    def index_files(folder: Path) -> list[Path]:
        """The files of the derived index; they may be deleted while the store is closed."""
        return [folder / f"index.sqlite{suffix}" for suffix in ("", "-wal", "-shm")]

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._index, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        connection.execute("PRAGMA temp_store = FILE")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("ATTACH ? AS ledger", (str(self._ledger),))
        return connection

    def _prepare(self) -> None:
        # The packs are the truth: a commit of the index that a power cut takes away is scanned again.
        # The ledger has no second source, so its commits wait for the medium.
        for schema, synchronous in (("main", "NORMAL"), ("ledger", "FULL")):
            self.writer.execute(f"PRAGMA {schema}.journal_mode = WAL")
            self.writer.execute(f"PRAGMA {schema}.synchronous = {synchronous}")
            self.writer.execute(f"PRAGMA {schema}.secure_delete = ON")
            (version,) = self.writer.execute(f"PRAGMA {schema}.user_version").fetchone()
            if version > VERSION:
                raise HomeError(
                    "the {schema} database in {path} is of version {version}, this program knows {known}",
                    schema=schema,
                    path=str(self._index.parent),
                    version=version,
                    known=VERSION,
                    remedy="use the newer program that wrote it",
                )
        self.writer.executescript(_INDEX + _LEDGER)
        for schema in ("main", "ledger"):
            self.writer.execute(f"PRAGMA {schema}.user_version = {VERSION}")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as exc:
            raise StorageFault(
                "the block store's database in {path} refused: {why}",
                path=str(self._index.parent),
                why=str(exc),
                remedy="free space on that disk and do it again; what was acknowledged is safe",
            ) from exc
        except sqlite3.DatabaseError as exc:
            raise Corruption(
                "the block store's database in {path} is damaged: {why}",
                path=str(self._index.parent),
                why=str(exc),
                remedy="rebuild the index from the packs; if it is ledger.sqlite, restore it from a backup",
            ) from exc

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end of the block, rolled back by an exception.

        Threads take turns; it does not nest.
        """
        with self._faults(), self._turn:
            try:
                self.writer.execute("BEGIN IMMEDIATE")
                yield self.writer
                self.writer.execute("COMMIT")
            except BaseException:
                if self.writer.in_transaction:
                    self.writer.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading, for the length of the block."""
        with self._faults():
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                connection = self._connect()
            try:
                yield connection
            except (sqlite3.Error, KnowchainError):
                self._give_back(connection)
                raise
            except BaseException:  # a half-read cursor may be left behind: start afresh
                connection.close()
                raise
            self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._idle.append(connection)

    def close(self) -> None:
        """Close every connection. No reader may be at work."""
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()
        self.writer.close()
