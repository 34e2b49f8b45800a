"""The record store: one SQLite file, one writer, any number of readers (ADR 6).

It holds what admission accepted and answers questions about it. It judges nothing: whoever calls
:meth:`RecordStore.write` has applied the rules.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from knowchain.errors import InvalidValue, StorageFault
from knowchain.identifiers import RecordId
from knowchain.storage.database import Database, named_faults
from knowchain.storage.reader import BY_DIGEST, Reader
from knowchain.storage.schema import migrate
from knowchain.storage.writer import StoreCaches, WriteTransaction

__all__ = ["RecordStore"]

_BACKUP_PAGES: Final = 4096


class RecordStore:
    """The accepted records of one home, on disk.

    Args:
        path: the database file; made, or brought to the newest schema, when it is opened.

    Raises:
        HomeError: written by a newer knowchain.
        StorageFault, Corruption: the file can't be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = Database(path)
        self._caches = StoreCaches()
        self.indexing = threading.Lock()
        """Held by whoever brings the search index up to date."""
        try:
            migrate(self._database)
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        """Close the file. Nothing acknowledged is pending."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- reading -----------------------------------------------------------------------------------

    def reader(self) -> Reader:
        """A reader of the latest state; each question may see a newer one. For this thread alone."""
        return Reader(self._database.reader())

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        """A reader of one state: nothing that is written meanwhile is seen. For this thread alone."""
        connection = self._database.reader()
        with named_faults(self.path):
            nested = connection.in_transaction
            if not nested:
                connection.execute("BEGIN")
            try:
                yield Reader(connection)
            finally:
                if not nested:
                    connection.execute("COMMIT")

    # --- writing -----------------------------------------------------------------------------------

    @contextmanager
    def write(self) -> Iterator[WriteTransaction]:
        """One transaction: when the block ends without an error, all of it is on disk.

        One thread at a time writes; admission's writer is that thread while it runs.
        """
        try:
            with self._database.transaction() as connection:
                transaction = WriteTransaction(connection, self._caches)
                yield transaction
                transaction.flush()
            self._caches.trim()
        except BaseException:
            self._caches.clear()
            raise

    @contextmanager
    def derive(self) -> Iterator[sqlite3.Connection]:
        """One transaction on what is derived from records and bodies, never on those themselves."""
        with self._database.transaction() as connection:
            yield connection

    def take_from_outbox(self, tickets: Iterable[int]) -> None:
        """Remove what was announced."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM outbox WHERE id = ?", [(ticket,) for ticket in tickets])

    def set_setting(self, name: str, value: str) -> None:
        """Keep a setting in the store."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def remove_setting(self, name: str) -> None:
        """Forget a setting."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM settings WHERE name = ?", (name,))

    def set_petname(self, name: str, identity: RecordId) -> None:
        """Give an identity a name of the reader's own; an earlier name of it is replaced.

        Raises:
            InvalidValue: another identity has that name here.
        """
        with self._database.transaction() as connection:
            row = connection.execute("SELECT identity FROM petnames WHERE name = ?", (name,)).fetchone()
            if row is not None and row[0] != identity[4:]:
                raise InvalidValue(
                    "the name {value} is taken by another identity",
                    field="petname",
                    value=name,
                    remedy="choose another name, or remove that one first",
                )
            connection.execute("DELETE FROM petnames WHERE identity = ?", (identity[4:],))
            connection.execute("INSERT INTO petnames VALUES (?, ?)", (name, identity[4:]))

    def remove_petname(self, name: str) -> bool:
        """Forget a petname; whether there was one."""
        with self._database.transaction() as connection:
            return connection.execute("DELETE FROM petnames WHERE name = ?", (name,)).rowcount > 0

    # --- erasure -----------------------------------------------------------------------------------

    def note_erasures(self, records: Iterable[RecordId], *, now: int) -> None:
        """Remember when the firm erasure of each record was first seen; earlier notes stand."""
        with self._database.transaction() as connection:
            connection.executemany(
                f"INSERT OR IGNORE INTO erasures SELECT id, ? FROM cids WHERE {BY_DIGEST}",
                [(now, rid[4:12], rid[4:]) for rid in records],
            )

    def forget_erasures(self, records: Iterable[RecordId]) -> None:
        """An erasure was taken back before its delay ended."""
        with self._database.transaction() as connection:
            connection.executemany(
                f"DELETE FROM erasures WHERE record = (SELECT id FROM cids WHERE {BY_DIGEST})",
                [(rid[4:12], rid[4:]) for rid in records],
            )

    def erase_body(self, record: RecordId) -> bool:
        """Destroy the body of a record: overwritten in the file, and never kept again.

        Returns:
            Whether there was a body here to destroy.
        """
        with self._database.transaction() as connection:
            row = connection.execute(
                f"SELECT r.body, r.id FROM records r JOIN cids c ON c.id = r.id WHERE {BY_DIGEST}",
                (record[4:12], record[4:]),
            ).fetchone()
            if row is None or row[0] is None:
                return False
            connection.execute("INSERT OR REPLACE INTO absent_bodies VALUES (?, ?, 1)", row)
            connection.execute("INSERT INTO search_queue (record) VALUES (?)", row[1:])
            connection.execute("PRAGMA secure_delete = ON")
            try:
                gone = connection.execute("DELETE FROM bodies WHERE id = ?", row[:1]).rowcount > 0
            finally:
                connection.execute("PRAGMA secure_delete = OFF")
        # The log still has the old page until it is folded into the file and cut to nothing.
        if not self._database.checkpoint():
            raise StorageFault(
                "a long read of {path} keeps an erased text in the log",
                remedy="the text goes when that read ends and the home is closed",
                path=self.path,
            )
        return gone

    # --- keeping -----------------------------------------------------------------------------------

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file."""
        self._database.checkpoint()

    def backup(self, target: Path) -> None:
        """Copy the store to a new file while it is in use; the copy is one consistent state.

        Raises:
            StorageFault: the target exists, or can't be written.
        """
        if target.exists():
            raise StorageFault(
                "{path} exists already", remedy="choose a file that does not exist yet", path=target
            )
        with named_faults(target):
            copy = sqlite3.connect(target)
            try:
                self._database.reader().backup(copy, pages=_BACKUP_PAGES)
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()

    @property
    def connection(self) -> sqlite3.Connection:
        """The writing connection, for :mod:`~knowchain.storage.fsck`, which must see it all."""
        return self._database.writer
