"""The SQLite file of the pins elsewhere: its schema, and transactions.

One process uses it, and its threads take turns. Its cache is small: a hundred thousand pins are reconciled
within it (docs/spec/ipfs.md, section on pinning).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from knowchain.errors import HomeError
from knowchain.storage.database import named_faults

__all__ = ["PinsDatabase"]

_VERSION: Final = 1
_CACHE_KIB: Final = 4096

_SCHEMA: Final = """
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE targets (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, url TEXT NOT NULL, rule TEXT NOT NULL,
    declared INTEGER NOT NULL,           -- whether the settings name it
    tries INTEGER NOT NULL DEFAULT 0,    -- attempts in a row to which it gave no answer
    due INTEGER NOT NULL DEFAULT 0,      -- nothing is asked of it before, ms
    reason TEXT NOT NULL DEFAULT '',
    round INTEGER NOT NULL DEFAULT 0,    -- the last reconciliation
    reconciled INTEGER NOT NULL DEFAULT 0  -- when that ended, ms, 0 where one is due
) WITHOUT ROWID;
CREATE TABLE chosen (
    cid BLOB NOT NULL, target TEXT NOT NULL, name TEXT NOT NULL,
    withheld INTEGER NOT NULL DEFAULT 0, -- the last pass that found it named by what is withdrawn
    named INTEGER NOT NULL DEFAULT 0,    -- the last pass that found it named by what stands
    PRIMARY KEY (cid, target)) WITHOUT ROWID;
CREATE TABLE pins (
    target TEXT NOT NULL, cid BLOB NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0,     -- whether the target was ever asked to pin it
    request TEXT NOT NULL DEFAULT '',    -- the target's own name for the pin
    tries INTEGER NOT NULL DEFAULT 0, due INTEGER, reason TEXT NOT NULL DEFAULT '',
    rule INTEGER NOT NULL DEFAULT 0,     -- the last pass that found it by the target's rule
    round INTEGER NOT NULL DEFAULT 0,    -- the last reconciliation that found it at the target
    PRIMARY KEY (target, cid)) WITHOUT ROWID;
CREATE INDEX pins_by_due ON pins (target, due) WHERE due IS NOT NULL;
CREATE INDEX pins_by_cid ON pins (cid);
"""


class PinsDatabase:
    """The file.

    Args:
        path: made if it does not exist.

    Raises:
        HomeError: a newer knowchain wrote it. StorageFault, Corruption: it can't be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.RLock()
        with named_faults(path):
            self._db: Final = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in (
                "journal_mode = WAL",
                "synchronous = FULL",
                f"cache_size = -{_CACHE_KIB}",
                "temp_store = FILE",
            ):
                self._db.execute(f"PRAGMA {pragma}")
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        with self.writing() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise HomeError(
                    "the pins in {path} are of version {version}, this program knows {known}",
                    path=self.path,
                    version=version,
                    known=_VERSION,
                    remedy="use the newer program that wrote them",
                )
            if version < _VERSION:
                for statement in _SCHEMA.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on the disk at the end of the block.

        Raises:
            StorageFault, Corruption: the file can't be used.
        """
        with self._turn, named_faults(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for questions within the block.

        Raises:
            StorageFault, Corruption: the file can't be used.
        """
        with self._turn, named_faults(self.path):
            yield self._db

    def backup(self, target: Path) -> None:
        """Copy it to a new file while it is in use; the copy is one consistent state."""
        with self._turn, named_faults(target):
            copy = sqlite3.connect(target)
            try:
                self._db.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._db.close()
