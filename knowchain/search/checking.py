"""Checking the index: against one that was made anew from the same records.

Two indexes of the same words are laid out differently, by when what was merged. So they are compared by
what they say: the words of each record, where each word stands, and how long each text is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import zip_longest
from typing import Final, NamedTuple

from knowchain.search.documents import index_version
from knowchain.search.index import VERSION_SETTING
from knowchain.search.withdrawn import Withdrawn
from knowchain.storage.store import RecordStore

__all__ = ["Difference", "differences", "waiting"]

_SHOWN: Final = 20
_COMPARED: Final = (
    ("search_text_content", "id"),
    ("search_text_docsize", "id"),
    ("search_withdrawn", "record"),
)
"""Tables with the column that names the record."""


class Difference(NamedTuple):
    """Something that the index says otherwise than it should."""

    table: str
    what: str


def waiting(source: sqlite3.Connection, derived: RecordStore) -> frozenset[int]:
    """Records that the index of ``source`` may say something old of, since their tickets wait.

    Args:
        source: the store that is checked.
        derived: the same records in a store made anew.
    """
    queued = [record for (record,) in source.execute("SELECT DISTINCT record FROM search_queue")]
    known = derived.reader()
    numbers = {number for (number,) in known.connection.execute("SELECT id FROM cids")} if queued else set()
    return frozenset(Withdrawn(known).touched(record for record in queued if record in numbers))


def differences(source: sqlite3.Connection, excused: frozenset[int]) -> Iterator[Difference]:
    """How the index in ``main`` differs from the one in the attached ``derived``.

    Args:
        source: a connection to the checked store, with the derived one attached.
        excused: records that wait to be indexed.
    """
    yield from _tickets(source)
    version = source.execute("SELECT value FROM settings WHERE name = ?", (VERSION_SETTING,)).fetchone()
    if version is not None and version[0] != index_version():
        return  # it is made anew before anybody searches it
    if version is None and source.execute("SELECT 1 FROM search_queue").fetchone() is not None:
        return  # nobody has searched yet
    for table, column in _COMPARED:
        yield from _rows(source, table, column, excused)
    yield from _words(source, excused)


def _tickets(source: sqlite3.Connection) -> Iterator[Difference]:
    sql = f"""SELECT record FROM main.search_queue WHERE record NOT IN (SELECT id FROM derived.cids)
              LIMIT {_SHOWN}"""
    for (record,) in source.execute(sql):
        yield Difference("search_queue", f"the ticket for record {record} points nowhere")


def _rows(
    source: sqlite3.Connection, table: str, column: str, excused: frozenset[int]
) -> Iterator[Difference]:
    for here, there, word in (("main", "derived", "is wrong"), ("derived", "main", "is missing")):
        rows = source.execute(
            f"SELECT {column}, * FROM {here}.{table} EXCEPT SELECT {column}, * FROM {there}.{table}"
        )
        wrong = (row[0] for row in rows if row[0] not in excused)
        for _, record in zip(range(_SHOWN), wrong, strict=False):
            yield Difference(table, f"what it says of record {record} {word}")


def _words(source: sqlite3.Connection, excused: frozenset[int]) -> Iterator[Difference]:
    """The first word that stands elsewhere than it should."""
    try:
        for schema in ("main", "derived"):
            source.execute(
                f"CREATE VIRTUAL TABLE temp.words_{schema} USING fts5vocab ({schema}, search_text, instance)"
            )
        both = (_instances(source, schema, excused) for schema in ("main", "derived"))
        for here, there in zip_longest(*both):
            if here != there:
                yield Difference("search_text", f"the word {(here or there)[0]!r} stands in the wrong place")
                return
    except sqlite3.DatabaseError as exc:
        yield Difference("search_text", f"it can't be read: {exc}")


def _instances(
    source: sqlite3.Connection, schema: str, excused: frozenset[int]
) -> Iterator[tuple[str, int, str, int]]:
    """Every place of every word, by word and record: as the index is laid out, so nothing is sorted."""
    rows = source.execute(f"SELECT term, doc, col, offset FROM temp.words_{schema}")
    return (row for row in rows if row[1] not in excused)
