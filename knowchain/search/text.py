"""Text for a full-text index, and queries on it, exact in every script.

A word of a script with spaces is one token. Where there are none, a run of units ``ABC`` becomes the tokens
``AB BC C``: each unit opens exactly one token, so a single unit is found by prefix, two by one token, more
by a phrase whose tokens overlap, and nothing is found that does not stand there side by side.

Tokens are folded here, and hold no ASCII but letters and digits: the index takes SQLite's ``ascii``
tokenizer (:data:`TOKENIZER`), which parts them at spaces and leaves all else alone. So what is found does not
depend on the Unicode that SQLite was built with (``unicode61`` would split Indic words at vowel signs).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from knowchain.search.segments import Run, clusters, fold, runs

__all__ = ["TOKENIZER", "Phrase", "Query", "find", "fold", "index_text", "query_tokens", "snippet"]

TOKENIZER: Final = "ascii"
"""What stands after ``tokenize =`` when the FTS5 table is made."""

_FENCE: Final = "\u00b7"
"""Stands around a unit of several characters, so that ``ก`` is no prefix of ``กิ``; never part of a unit."""


def index_text(text: str) -> str:
    """The tokens of a text, parted by spaces, for a column of the index."""
    return " ".join(token for run in runs(text) for token in _tokens(run))


def _tokens(run: Run) -> Iterator[str]:
    """The tokens of a whole run: the word, or overlapping pairs and the last unit alone."""
    if not run.unspaced:
        yield run.units[0]
        return
    fenced = [_fenced(unit) for unit in run.units]
    for first, second in pairwise(fenced):
        yield first + second
    yield fenced[-1]


def _fenced(unit: str) -> str:
    return unit if len(unit) == 1 else f"{_FENCE}{unit}{_FENCE}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that stand side by side; of the last, only the beginning if ``prefix``."""

    tokens: tuple[str, ...]
    prefix: bool = False

    def expression(self) -> str:
        """The phrase in FTS5's query language. Tokens hold no quotation mark and need no escape."""
        return f'"{" ".join(self.tokens)}"' + (" *" if self.prefix else "")


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched: every phrase must be found. Without phrases, nothing is."""

    phrases: tuple[Phrase, ...]
    words: tuple[str, ...]
    """The words as written, one for each phrase."""

    def expression(self) -> str:
        """The query in FTS5's language; empty if there is nothing to search for."""
        return " AND ".join(phrase.expression() for phrase in self.phrases)


def query_tokens(words: str) -> Query:
    """Read what somebody typed: words parted by spaces, all of which are to be found.

    What stands within one word without a space ("l'eau", "東京tower") must stand side by side, whatever
    punctuation or space lies between in the text.
    """
    phrases: dict[Phrase, str] = {}
    for word in words.split():
        phrase = _phrase(list(runs(word)))
        if phrase is not None:
            phrases.setdefault(phrase, word)
    return Query(tuple(phrases), tuple(phrases.values()))


def _phrase(parts: Sequence[Run]) -> Phrase | None:
    """Every run but the last is searched with its end; the last one may go on in the text."""
    if not parts:
        return None
    last = parts[-1]
    tokens = [token for run in parts[:-1] for token in _tokens(run)]
    ending = list(_tokens(last))
    single = last.unspaced and len(last.units) == 1
    if last.unspaced and not single:
        ending.pop()  # the last unit alone, which the pair before it holds already
    return Phrase((*tokens, *ending), prefix=single)


@dataclass(slots=True)
class _Tokens:
    """The tokens of a text, with the bounds that each stands for."""

    texts: list[str]
    starts: list[int]
    ends: list[int]
    """Where the last unit of a token ends: a pair reaches over the next one."""
    unit_ends: list[int]
    """Where its first unit ends."""


def _tokenised(text: str) -> _Tokens:
    found = _Tokens([], [], [], [])
    for run in runs(text):
        found.texts += _tokens(run)
        found.starts += [start for start, _ in run.spans]
        ends = [end for _, end in run.spans]
        found.unit_ends += ends
        found.ends += [*ends[1:], ends[-1]]
    return found


def find(text: str, query: Query) -> list[tuple[int, int]]:
    """Where the phrases of a query stand in the original text: bounds in characters, in order, disjoint."""
    tokens = _tokenised(text)
    positions: dict[str, list[int]] = {}
    for position, token in enumerate(tokens.texts):
        positions.setdefault(token, []).append(position)
    found = {hit for phrase in query.phrases for hit in _hits(phrase, tokens, positions)}
    return _disjoint(sorted(found))


def _hits(phrase: Phrase, tokens: _Tokens, positions: dict[str, list[int]]) -> Iterator[tuple[int, int]]:
    *before, ending = phrase.tokens
    if phrase.prefix:
        ends = [p for token, found in positions.items() if token.startswith(ending) for p in found]
    else:
        ends = positions.get(ending, [])
    for last in ends:
        start = last - len(before)
        if start >= 0 and tokens.texts[start:last] == before:
            yield tokens.starts[start], (tokens.unit_ends if phrase.prefix else tokens.ends)[last]


def _disjoint(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def snippet(text: str, query: Query, width: int = 160) -> tuple[str, list[tuple[int, int]]]:
    """A stretch of the text in which the query's words stand, and where they stand in it.

    Args:
        width: about how many characters; letters are never parted from their marks.

    Returns the stretch on one line, with "…" where it is cut, and bounds in it to highlight. A text in which
    nothing is found gives its beginning.
    """
    plain = "".join(" " if char.isspace() else char for char in text)
    hits = find(plain, query)
    start, end = _window(plain, hits, max(1, width))
    lead, tail = "…" if start > 0 else "", "…" if end < len(plain) else ""
    shift = len(lead) - start
    shown = [(a + shift, min(b, end) + shift) for a, b in hits if start <= a < end]
    return lead + plain[start:end] + tail, shown


def _window(text: str, hits: list[tuple[int, int]], width: int) -> tuple[int, int]:
    """The window of ``width`` that holds most hits, the first of equals, with a margin before it."""
    if len(text) <= width:
        return 0, len(text)

    def value(hit: tuple[int, int]) -> tuple[int, int]:
        return sum(hit[0] <= a and b <= hit[0] + width for a, b in hits), -hit[0]

    first = max(hits, key=value, default=(0, 0))
    room = max(0, width - (first[1] - first[0]))
    start = max(0, min(first[0] - room // 4, len(text) - width))
    return _at_letter(text, start, first[0]), _at_letter(text, min(len(text), start + width), len(text))


def _at_letter(text: str, position: int, limit: int) -> int:
    """The next bound of a word within a few characters, else of a letter, not after ``limit``."""
    space = text.find(" ", position, min(limit, position + 12))
    if 0 < position < len(text) and text[position - 1] != " " and space != -1:
        return space if text[position] == " " else space + 1 if space + 1 <= limit else position
    for start, end in clusters(text[position - 1 : position + 8] if position else ""):
        if position - 1 + start < position < position - 1 + end:
            return min(limit, position - 1 + end)
    return position
