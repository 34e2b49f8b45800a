"""Questions to the index: a ranked stream of records, in one total order, from any place in it.

The score is FTS5's BM25 with a weight for each field; records of equal score stand in the order of their
ids. Both depend on the set of records in the index only, so that the order doesn't depend on how they came.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from knowchain.errors import Corruption, InvalidValue
from knowchain.identifiers import RecordId
from knowchain.search import facets
from knowchain.search.documents import COLUMNS
from knowchain.search.text import Query, query_tokens
from knowchain.storage.reader import Reader, rid_from_digest

__all__ = ["MAX_WORDS", "Filters", "Match", "Position", "matching", "parse_words", "ranked"]

MAX_WORDS: Final = 32
"""Words of one search; the cost of a query grows with them."""
MAX_CHARACTERS: Final = 1000

WEIGHTS: Final = (10.0, 5.0, 4.0, 8.0, 2.0, 1.0, 0.0)
"""Of title, names, subjects, ids, languages, text; facets weigh nothing."""

_SCORE: Final = f"bm25(search_text, {', '.join(map(str, WEIGHTS))})"
_BATCH: Final = 256


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search; each is a further condition, and empty means none."""

    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    """BCP 47 tags; each takes what is narrower, as ``zh`` takes ``zh-Hant``."""
    authors: tuple[RecordId, ...] = ()
    collections: tuple[RecordId, ...] = ()
    """Records that ask to be in one of these, or that an event there is about; whether they are members is
    the collection's rule to say."""
    since: int | None = None
    """Claimed time, milliseconds since 1970; inclusive."""
    until: int | None = None
    """Claimed time, milliseconds since 1970; exclusive."""


class Position(NamedTuple):
    """A place in the order: after the record of that score and id."""

    score: float
    id: RecordId


class Match(NamedTuple):
    """A record in which the words stand."""

    score: float
    """BM25; the lower, the better."""
    id: RecordId
    number: int
    """What stands for the id in the store."""

    @property
    def position(self) -> Position:
        """Where the record stands in the order."""
        return Position(self.score, self.id)


def parse_words(words: str) -> Query:
    """Read what somebody typed.

    Raises:
        InvalidValue: too much, or nothing that can be searched.
    """
    if len(words) > MAX_CHARACTERS:
        raise InvalidValue(
            "{field}: {value} has {count} characters; {most} can be searched at once",
            field="words",
            value=words,
            count=len(words),
            most=MAX_CHARACTERS,
            remedy="give the few words that matter",
        )
    query = query_tokens(words)
    if not query.phrases:
        raise InvalidValue(
            "{field}: nothing in {value} can be searched",
            field="words",
            value=words,
            remedy="give at least one word, in any script; signs alone are not indexed",
        )
    if len(query.phrases) > MAX_WORDS:
        raise InvalidValue(
            "{field}: {count} words; {most} can be searched at once",
            field="words",
            value=words,
            count=len(query.phrases),
            most=MAX_WORDS,
            remedy="give the few words that matter",
        )
    return query


def ranked(
    reader: Reader, query: Query, filters: Filters = Filters(), after: Position | None = None
) -> Iterator[Match]:
    """Every record in which the words stand, best first.

    Args:
        reader: a snapshot of the store, so that scores don't change between the steps.
        query: from :func:`parse_words`.
        filters: what narrows it.
        after: begin after this place.
    """
    expression = _expression(reader, query, filters)
    if expression is None:
        return
    asked = _Asked(reader.connection, expression, *_conditions(reader, filters))
    last = after
    if last is not None:
        yield from asked.equals(last)
    while True:
        rows = asked.better_first(None if last is None else last.score, _BATCH)
        if not rows:
            return
        groups = [(score, [number for _, number in group]) for score, group in groupby(rows, itemgetter(0))]
        whole = groups if len(rows) < _BATCH else groups[:-1]
        for score, numbers in whole:
            yield from sorted(Match(score, reader.rid(number), number) for number in numbers)
        if whole is groups:
            return
        # The last group may go on beyond the batch: its order is that of the ids, so all of it counts.
        score = groups[-1][0]
        last = Position(score, _LEAST)
        yield from asked.equals(last)


def matching(
    reader: Reader, query: Query, records: Iterable[int], filters: Filters = Filters()
) -> dict[int, float]:
    """Which of a few records a search finds, with their scores."""
    expression = _expression(reader, query, filters)
    if expression is None:
        return {}
    return _Asked(reader.connection, expression, *_conditions(reader, filters)).of(list(records))


_LEAST: Final = rid_from_digest(b"")
"""Before every id."""


class _Asked:
    """One FTS5 expression, asked in several ways."""

    def __init__(
        self, connection: sqlite3.Connection, expression: str, condition: str, arguments: Sequence[int]
    ) -> None:
        self._connection = connection
        self._expression = expression
        self._condition = condition
        self._arguments = arguments

    def better_first(self, beyond: float | None, limit: int) -> list[tuple[float, int]]:
        """(score, number), by score; those of a score greater than ``beyond`` only."""
        sql = f"SELECT {_SCORE} AS score, search_text.rowid FROM {self._where()}"
        if beyond is None:
            return self._rows(f"{sql} ORDER BY score LIMIT ?", limit)
        return self._rows(f"SELECT * FROM ({sql}) WHERE score > ? ORDER BY score LIMIT ?", beyond, limit)

    def equals(self, after: Position) -> Iterator[Match]:
        """Those of exactly one score, in the order of their ids, after one id."""
        sql = f"""SELECT c.digest, m.number FROM (
                    SELECT {_SCORE} AS score, search_text.rowid AS number FROM {self._where()}) m
                  JOIN cids c ON c.id = m.number WHERE m.score = ? AND c.digest > ?
                  ORDER BY c.digest LIMIT ?"""
        at = bytes(after.id[4:])
        while rows := self._rows(sql, after.score, at, _BATCH):
            for digest, number in rows:
                yield Match(after.score, rid_from_digest(digest), number)
            at = rows[-1][0]
            if len(rows) < _BATCH:
                return

    def of(self, records: Sequence[int]) -> dict[int, float]:
        """The scores of some records, by number."""
        found: dict[int, float] = {}
        for start in range(0, len(records), _BATCH):
            part = records[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            sql = f"""SELECT search_text.rowid, {_SCORE} FROM {self._where()}
                      AND search_text.rowid IN ({marks})"""
            found.update(self._rows(sql, *part))
        return found

    def _where(self) -> str:
        return f"search_text{self._condition and ' JOIN records r ON r.id = search_text.rowid'} " + (
            f"WHERE search_text MATCH ?{self._condition}"
        )

    def _rows(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, (self._expression, *self._arguments, *arguments)).fetchall()
        except sqlite3.DatabaseError as exc:
            raise Corruption(
                "the search index can't be read: {why}",
                remedy="run `knowchain fsck`, then `knowchain rebuild`",
                why=str(exc),
            ) from exc


def _conditions(reader: Reader, filters: Filters) -> tuple[str, tuple[int, ...]]:
    """What of the filters stands beside the index, with its arguments."""
    conditions, arguments = "", list[int]()
    if filters.since is not None:
        conditions += " AND r.time >= ?"
        arguments.append(filters.since)
    if filters.until is not None:
        conditions += " AND r.time < ?"
        arguments.append(filters.until)
    collections = [number for rid in filters.collections if (number := reader.row_id(rid)) is not None]
    if filters.collections:
        conditions += f" AND r.id IN ({_ASKING.format(','.join('?' * len(collections)))})"
        arguments += collections * 2
    return conditions, tuple(arguments)


_ASKING: Final = """
    SELECT f.record FROM refs f JOIN relations t ON t.id = f.relation
    WHERE f.target IN ({0}) AND t.name = 'dcterms:isPartOf'
    UNION SELECT s.target FROM refs f JOIN relations t ON t.id = f.relation
    JOIN refs s ON s.record = f.record JOIN relations a ON a.id = s.relation
    WHERE f.target IN ({0}) AND t.name = 'dcterms:isPartOf' AND a.name = 'kc:about'"""


def _expression(reader: Reader, query: Query, filters: Filters) -> str | None:
    """The FTS5 expression; None if no record can fulfil it."""
    parts = [f"{{{' '.join(COLUMNS)}}} : ({query.expression()})"]
    if filters.kinds:
        parts.append(facets.of_kinds(filters.kinds))
    if filters.languages:
        parts.append(facets.in_languages(filters.languages))
    if filters.authors:
        authors = [number for rid in filters.authors if (number := reader.row_id(rid)) is not None]
        if not authors:
            return None
        parts.append(facets.by(authors))
    return " AND ".join(parts)
