"""Searching a home: the index brought up to date, asked, and what it finds told as it stands today."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from knowchain.chains import Flag
from knowchain.errors import InvalidValue, NotFound
from knowchain.home.home import Home
from knowchain.home.membership import Membership
from knowchain.home.moments import parse_moment
from knowchain.home.names import resolve_identity, resolve_record
from knowchain.home.records_seen import RecordsSeen
from knowchain.identifiers import RecordId, parse_record_id
from knowchain.provenance.headlines import headline
from knowchain.provenance.versions import HIDING, Versions
from knowchain.records.header import Header, is_name
from knowchain.records.vocabulary.languages import canonical
from knowchain.search.documents import COLUMNS, Document, document_of
from knowchain.search.index import SearchIndex
from knowchain.search.querying import Filters, Match, Position, matching, parse_words, ranked
from knowchain.search.text import Query, find, snippet
from knowchain.storage.reader import Reader

__all__ = ["Found", "SearchQuestion", "SearchResult", "Snippet", "search"]

MOST_FOUND: Final = 200
"""Records of one page at most."""
_MOST_PASSED_OVER: Final = 5000
"""Matches that are looked at for one page; a page may end early, and its cursor goes on."""
_SNIPPET: Final = 160
_READ_FOR_A_SNIPPET: Final = 20_000
"""Characters of a text in which the words are looked for."""
_SHORTEST_ID: Final = 12


@dataclass(frozen=True, slots=True)
class SearchQuestion:
    """What to search, in plain values.

    Attributes:
        words: all of them must stand in a record, in any of its fields.
        kinds: kinds of records; empty: all.
        languages: BCP 47 tags, each with what is narrower; empty: all.
        author: a person's name or identity.
        collection: its members only.
        since: a date or time: claimed then or later.
        until: a date or time: claimed before.
        limit: records of one page.
        cursor: of the page before.
        everything: also what was signed without authority; what was taken back is never found.
        prefer: languages in which titles are preferred.
    """

    words: str
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    author: str | None = None
    collection: str | None = None
    since: str | None = None
    until: str | None = None
    limit: int = 20
    cursor: str | None = None
    everything: bool = False
    prefer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snippet:
    """Some of the text in which the words stand."""

    text: str
    marks: tuple[tuple[int, int], ...]
    """Where they stand in it: bounds in characters."""
    field: str
    """``title``, ``names``, ``subjects``, ``ids``, ``languages`` or ``text``."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record that was found."""

    id: RecordId
    kind: str
    title: str | None
    title_marks: tuple[tuple[int, int], ...]
    snippet: Snippet | None
    """None if the words stand in the title alone."""
    author: RecordId
    author_name: str
    claimed: int
    score: float
    """BM25, the greater the better; comparable within one search only."""
    flags: tuple[Flag, ...] = ()
    found_in: RecordId | None = None
    """The older version in which the words stand; this record has officially taken its place."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One page."""

    found: tuple[Found, ...]
    cursor: str | None
    """For the next page; None: this was the last."""
    passed_over: int
    """Records in which the words stand and that are not shown: signed without authority, or an older
    version of something that is found itself."""


def search(
    home: Home, question: SearchQuestion, advance: Callable[[int], None] = lambda _done: None
) -> SearchResult:
    """Find records by the words in them, best first.

    Args:
        advance: told how many records were indexed, before the search begins.

    Raises:
        InvalidValue: nothing to search for, too many words, or a filter that can't be.
        NotFound: a person or collection that is not known here.
        StorageFault, Corruption: the index can't be read or written.
    """
    query = parse_words(question.words)
    if not 1 <= question.limit <= MOST_FOUND:
        raise InvalidValue(
            "{field}: {value} is not between 1 and {most}",
            field="limit",
            value=question.limit,
            most=MOST_FOUND,
            remedy="ask for fewer, and go on with the cursor",
        )
    after = None if question.cursor is None else _read_cursor(question.cursor)
    SearchIndex(home.store).catch_up(advance)
    with home.store.snapshot() as reader:
        return _Search(reader, query, _filters(reader, question), question).page(after)


def _filters(reader: Reader, question: SearchQuestion) -> Filters:
    for kind in question.kinds:
        if not is_name(kind):
            raise InvalidValue(
                "{field}: {value} can't be a kind of record",
                field="kind",
                value=kind,
                remedy="give a kind such as work, note or event; `knowchain stats` lists what is held",
            )
    author = None if question.author is None else resolve_identity(reader, question.author)
    collection = None if question.collection is None else resolve_record(reader, question.collection)
    if collection is not None and collection not in reader:
        raise NotFound(
            "the collection {id} is not held here", remedy="import it, or follow it", id=str(collection)
        )
    return Filters(
        kinds=question.kinds,
        languages=tuple(canonical(tag, field="lang").tag for tag in question.languages),
        authors=() if author is None else (author,),
        collections=() if collection is None else (collection,),
        since=None if question.since is None else parse_moment(question.since, field="since"),
        until=None if question.until is None else parse_moment(question.until, field="until"),
    )


class _Search:
    """One search over one snapshot."""

    def __init__(self, reader: Reader, query: Query, filters: Filters, question: SearchQuestion) -> None:
        self._reader = reader
        self._query = query
        self._filters = filters
        self._question = question
        self._seen = RecordsSeen(reader)
        self._standing = self._seen.standing()
        self._versions = Versions(self._seen, self._standing)
        self._membership = Membership(reader, filters.collections[0]) if filters.collections else None

    def page(self, after: Position | None) -> SearchResult:
        """The page that begins after a place in the order."""
        limit = self._question.limit
        found: list[Found] = list(self._by_id()) if after is None else []
        named = {one.id for one in found}
        passed_over = 0
        last: Position | None = None
        stream = ranked(self._reader, self._query, self._filters, after)
        for match in islice(stream, _MOST_PASSED_OVER):
            if len(found) >= limit:
                return SearchResult(tuple(found), _write_cursor(last or after), passed_over)
            last = match.position
            if self._membership is not None and not self._membership.has(match.id):
                continue
            told = self._told(match)
            if told is None:
                passed_over += 1
            elif told.id not in named:
                found.append(told)
        more = next(stream, None) is not None
        return SearchResult(tuple(found), _write_cursor(last) if more else None, passed_over)

    def _by_id(self) -> Iterator[Found]:
        """Records named by the beginning of their id, when that is all that was typed."""
        words = self._question.words.split()
        plain = self._question == SearchQuestion(self._question.words, limit=self._question.limit)
        if plain and len(words) == 1 and words[0].startswith("bafyrei") and len(words[0]) >= _SHORTEST_ID:
            for rid in self._reader.records_with_prefix(words[0], limit=self._question.limit):
                flags = self._standing.flags(rid)
                if not flags & HIDING:
                    yield self._found(rid, 0.0, flags, None)

    def _told(self, match: Match) -> Found | None:
        """What is shown for a match; None if nothing is, here."""
        current = self._versions.current(match.id)
        flags = self._standing.flags(match.id)
        if current.id == match.id or (self._question.everything and not flags & _TAKEN_BACK):
            return self._found(match.id, match.score, flags, None)
        if current.id is None or not self._is_best_version(match, current.id):
            return None
        return self._found(current.id, match.score, self._standing.flags(current.id), match.id)

    def _is_best_version(self, match: Match, newest: RecordId) -> bool:
        """Whether a match speaks for its newest version, which is not found itself.

        Of several older versions the best one does, so that no page shows the newest twice.
        """
        versions = [newest, match.id, *self._versions.older(newest)]
        numbers = [number for rid in versions if (number := self._reader.row_id(rid)) is not None]
        scores = matching(self._reader, self._query, dict.fromkeys(numbers), self._filters)
        if self._reader.row_id(newest) in scores:
            return False
        rivals = ((score, self._reader.rid(number)) for number, score in scores.items())
        best = min(rivals, default=(match.score, match.id))
        return best == (match.score, match.id)

    def _found(self, rid: RecordId, score: float, flags: frozenset[Flag], found_in: RecordId | None) -> Found:
        header = self._seen.header(rid)
        assert header is not None, "the index names held records only"
        author = self._seen.author(rid)
        title = headline(header.kind, self._seen.fields(rid) or {}, self._question.prefer)
        marks = tuple(find(title, self._query)) if title else ()
        return Found(
            id=rid,
            kind=header.kind,
            title=title,
            title_marks=marks,
            snippet=self._snippet(found_in or rid, title),
            author=author,
            author_name=self._seen.name(author),
            claimed=header.time,
            score=-score,
            flags=tuple(sorted(flags)),
            found_in=found_in,
        )

    def _snippet(self, rid: RecordId, title: str | None) -> Snippet | None:
        """Where the words stand beside the title; the running text first."""
        header, data = self._seen.header(rid), self._reader.body(rid)
        if not isinstance(header, Header) or data is None:
            return None
        document = document_of(header, data)
        for column in _SNIPPET_ORDER:
            for text in _texts(document, column):
                if text != title and find(text, self._query):
                    shown, marks = snippet(text, self._query, _SNIPPET)
                    return Snippet(shown, tuple(marks), column)
        return None


_TAKEN_BACK: Final = frozenset({Flag.RETRACTED, Flag.ERASED})
_SNIPPET_ORDER: Final = ("text", *(column for column in COLUMNS if column != "text"))


def _texts(document: Document, column: str) -> Iterator[str]:
    for text in document.fields.get(column, ()):
        yield text[:_READ_FOR_A_SNIPPET]


def _write_cursor(position: Position | None) -> str | None:
    """A place in the order, for a command line or a link."""
    if position is None:
        return None
    packed = f"{position.score.hex()} {position.id}".encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _read_cursor(text: str) -> Position:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        score, _, rid = packed.decode("ascii").partition(" ")
        return Position(float.fromhex(score), parse_record_id(rid))
    except (binascii.Error, ValueError, OverflowError, InvalidValue) as exc:
        raise InvalidValue(
            "{field}: {value} is no cursor of a search",
            field="cursor",
            value=text,
            remedy="give the cursor of the page before, as it is; or leave it out to begin anew",
        ) from exc
