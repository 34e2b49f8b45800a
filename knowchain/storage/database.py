"""SQLite as the store uses it: pragmas, transactions, and every failure under its own name.

One writer connection, and one reading connection for each thread. WAL with full synchronisation: a
commit that returned is on disk (ADR 6).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from weakref import WeakSet

from knowchain.errors import Corruption, StorageFault

__all__ = ["Database", "named_faults"]

_CACHE_KIB: Final = 256 * 1024
_CHECKPOINT_PAGES: Final = 20_000
_BUSY_MS: Final = 10_000


@contextmanager
def named_faults(path: Path) -> Iterator[None]:
    """Turn SQLite's errors within the block into knowchain's.

    Raises:
        Corruption: the file is damaged or no database.
        StorageFault: the disk is full, read-only or failing, or the database is in use.
    """
    try:
        yield
    except sqlite3.OperationalError as exc:
        raise _operational(exc, path) from exc
    except sqlite3.DatabaseError as exc:
        raise Corruption(
            "the database {path} is damaged: {why}",
            remedy="run `knowchain fsck`; restore a backup, or run `knowchain rebuild`",
            path=path,
            why=str(exc),
        ) from exc


def _operational(exc: sqlite3.OperationalError, path: Path) -> StorageFault:
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    remedy = {
        sqlite3.SQLITE_FULL: "free some space on that disk and run the command again; nothing was lost",
        sqlite3.SQLITE_READONLY: "make the folder writable for this user",
        sqlite3.SQLITE_CANTOPEN: "check that the folder exists and may be written by this user",
        sqlite3.SQLITE_BUSY: "another process holds the database; end it, or wait",
        sqlite3.SQLITE_LOCKED: "another process holds the database; end it, or wait",
    }.get(code, "check the disk; then run `knowchain fsck`")
    return StorageFault("the database {path} can't be used: {why}", remedy=remedy, path=path, why=str(exc))


class _Lent:
    """The connection of one thread, which alone holds this: a connection holds itself, through its cache."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()


class Database:
    """Connections to one database file.

    Args:
        path: the file; made if it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._readers: WeakSet[_Lent] = WeakSet()
        self._guard = threading.Lock()
        self._writing = threading.RLock()
        with named_faults(path):
            self.writer = self._connect()

    def _connect(self, *, read_only: bool = False) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB if not read_only else _CACHE_KIB // 4}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA mmap_size = 268435456")
        connection.execute("PRAGMA foreign_keys = OFF")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        return connection

    def reader(self) -> sqlite3.Connection:
        """This thread's reading connection. It closes when the thread ends."""
        lent: _Lent | None = getattr(self._local, "lent", None)
        if lent is None:
            with named_faults(self.path):
                lent = self._local.lent = _Lent(self._connect(read_only=True))
            with self._guard:
                self._readers.add(lent)
        return lent.connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction; when the block ends without an error, it is on disk.

        Threads take turns: the connection is one, and knows one transaction at a time.
        """
        with self._writing, named_faults(self.path):
            self.writer.execute("BEGIN IMMEDIATE")
            try:
                yield self.writer
                self.writer.execute("COMMIT")
            except BaseException:
                if self.writer.in_transaction:
                    self.writer.execute("ROLLBACK")
                raise

    def checkpoint(self) -> bool:
        """Fold the write-ahead log into the file, and cut it to nothing.

        Returns:
            False if a read that went on all the while kept the log as it was.
        """
        with self._writing, named_faults(self.path):
            busy, _, _ = self.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Close every connection. The writer goes last, and folds the log into the file."""
        with self._guard:
            for lent in tuple(self._readers):
                lent.connection.close()
            self._readers.clear()
        self._local = threading.local()
        self.writer.close()
