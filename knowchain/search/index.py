"""The search index: what it holds is a function of the records and bodies in the store, and of nothing else.

Whoever writes a record puts a ticket into ``search_queue``, in the same transaction; :class:`SearchIndex`
takes the tickets, in the background or before somebody asks. The words of a body are there while the body
is held and not retracted. What was erased goes from the file itself: a full-text index forgets lazily, so
that its pages are merged and the old ones overwritten before the ticket is done.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final, NamedTuple

from knowchain.records.block import read_block
from knowchain.records.header import Header
from knowchain.search.documents import COLUMNS, document_of, index_version
from knowchain.search.facets import facet_text
from knowchain.search.text import index_text
from knowchain.search.withdrawn import Withdrawn
from knowchain.storage.reader import Reader
from knowchain.storage.store import RecordStore

__all__ = ["SearchIndex"]

VERSION_SETTING: Final = "search-index"
PURGE_SETTING: Final = "search-purge"
_PAGE: Final = 400
"""Tickets that are taken at once: a write transaction is short, and memory bounded."""
_WIDTH: Final = 500


class _Row(NamedTuple):
    """A record on its way into the index, or out of it."""

    id: int
    words: tuple[str, ...] | None
    """The tokens of each column, facets last; None: it is not to be found."""


class SearchIndex:
    """Keeps the index of one store. Any number of threads may ask; they take turns.

    Args:
        store: the store; its index is part of it.
    """

    def __init__(self, store: RecordStore) -> None:
        self._store = store

    def pending(self) -> int:
        """How many tickets wait."""
        count: int = (
            self._store.reader().connection.execute("SELECT count(*) FROM search_queue").fetchone()[0]
        )
        return count

    def catch_up(
        self, progress: Callable[[int], None] = lambda _done: None, *, most: int | None = None
    ) -> int:
        """Index what is new, drop what is withdrawn, destroy the words of what was erased.

        Args:
            progress: told how many tickets are done.
            most: stop after about so many tickets, for whoever does this beside other work.

        Returns:
            How many tickets were done.

        Raises:
            StorageFault, Corruption: the store can't be read or written; what was done stays done.
        """
        done = 0
        with self._store.indexing:
            self._renew_if_of_another_version()
            while most is None or done < most:
                taken = self._take_page()
                if not taken:
                    break
                done += taken
                progress(done)
            if self._store.reader().setting(PURGE_SETTING) is not None:
                self._purge()
        return done

    def _renew_if_of_another_version(self) -> None:
        """Begin anew when another version of the rules, or of Unicode, cut the words."""
        version = index_version()
        if self._store.reader().setting(VERSION_SETTING) == version:
            return
        with self._store.derive() as connection:
            if connection.execute("SELECT 1 FROM search_text LIMIT 1").fetchone() is not None:
                connection.execute("DELETE FROM search_text")
                connection.execute("DELETE FROM search_withdrawn")
                connection.execute("DELETE FROM search_queue")
                connection.execute(
                    "INSERT INTO search_queue (record) SELECT id FROM records WHERE body IS NOT NULL"
                )
                connection.execute(
                    """INSERT INTO search_queue (record) SELECT DISTINCT target FROM refs
                       JOIN relations t ON t.id = relation WHERE t.name IN ('kc:retracts', 'kc:erases')"""
                )
            connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (VERSION_SETTING, version))

    def _take_page(self) -> int:
        """Do one page of tickets; how many that were."""
        with self._store.snapshot() as reader:
            tickets = reader.connection.execute(
                "SELECT ticket, record FROM search_queue ORDER BY ticket LIMIT ?", (_PAGE,)
            ).fetchall()
            if not tickets:
                return 0
            withdrawn = Withdrawn(reader)
            touched = withdrawn.touched(dict.fromkeys(record for _, record in tickets))
            rows = _rows(reader, touched)
        with self._store.derive() as connection, _overwriting(connection):
            self._write(connection, rows)
            withdrawn.write(connection)
            connection.execute("DELETE FROM search_queue WHERE ticket <= ?", (tickets[-1][0],))
        return len(tickets)

    def _write(self, connection: sqlite3.Connection, rows: Sequence[_Row]) -> None:
        old = _present(connection, (row.id for row in rows))
        # Words were cut outside the transaction: a body that went meanwhile must not come back.
        held = _with_body(connection, (row.id for row in rows))
        # One at a time, since a virtual table takes one row a statement; in the order of their numbers,
        # since the index does.
        for row in sorted(rows):
            if row.id in old:
                connection.execute("DELETE FROM search_text WHERE rowid = ?", (row.id,))
            if row.words is not None and row.id in held:
                connection.execute(_INSERT, (row.id, *row.words))
        # What was retracted and is erased later has left the index before; its words are still there.
        if _erased(connection, (row.id for row in rows)):
            connection.execute("INSERT OR REPLACE INTO settings VALUES (?, '1')", (PURGE_SETTING,))

    def _purge(self) -> None:
        """Merge the index into one piece, so that no page of it holds words that only erased bodies held."""
        with self._store.derive() as connection, _overwriting(connection):
            connection.execute("INSERT INTO search_text (search_text) VALUES ('optimize')")
            connection.execute("DELETE FROM settings WHERE name = ?", (PURGE_SETTING,))
        self._store.checkpoint()


_INSERT: Final = (
    f"INSERT INTO search_text (rowid, {', '.join(COLUMNS)}, facets) VALUES (?{', ?' * (len(COLUMNS) + 1)})"
)


@contextmanager
def _overwriting(connection: sqlite3.Connection) -> Iterator[None]:
    """Overwrite what is deleted: pages of the index that a merge frees hold words, too."""
    connection.execute("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.execute("PRAGMA secure_delete = OFF")


def _rows(reader: Reader, records: Iterable[int]) -> list[_Row]:
    """What the index should hold of each of ``records``."""
    standing = reader.standing()
    found: list[_Row] = []
    numbers = iter(records)
    while part := list(islice(numbers, _WIDTH)):
        sql = f"""SELECT r.id, r.author, r.block, b.data FROM records r LEFT JOIN bodies b ON b.id = r.body
                  WHERE r.id IN ({",".join("?" * len(part))})"""
        for number, author, block, body in reader.connection.execute(sql, part).fetchall():
            header = read_block(block).header
            if not isinstance(header, Header):
                continue
            hidden = body is None or standing.retracted(reader.rid(number))
            found.append(_Row(number, None if hidden else _words(author, header, body)))
    return found


def _words(author: int, header: Header, body: bytes) -> tuple[str, ...]:
    document = document_of(header, body)
    facets = facet_text(kind=header.kind, author=author, languages=document.languages)
    return (*(index_text(document.text(column)) for column in COLUMNS), facets)


def _present(connection: sqlite3.Connection, records: Iterable[int]) -> set[int]:
    return _those_in(connection, "SELECT rowid FROM search_text WHERE rowid IN ({})", records)


def _with_body(connection: sqlite3.Connection, records: Iterable[int]) -> set[int]:
    sql = "SELECT r.id FROM records r JOIN bodies b ON b.id = r.body WHERE r.id IN ({})"
    return _those_in(connection, sql, records)


def _erased(connection: sqlite3.Connection, records: Iterable[int]) -> set[int]:
    sql = """SELECT r.id FROM records r JOIN absent_bodies a ON a.id = r.body AND a.erased = 1
             WHERE r.id IN ({})"""
    return _those_in(connection, sql, records)


def _those_in(connection: sqlite3.Connection, sql: str, records: Iterable[int]) -> set[int]:
    found: set[int] = set()
    numbers = iter(records)
    while part := list(islice(numbers, _WIDTH)):
        rows = connection.execute(sql.format(",".join("?" * len(part))), part)
        found.update(number for (number,) in rows)
    return found
