"""Cutting a custody history into clauses, separators and notes, without losing a character.

Writers follow the guide of the American Alliance of Museums: a semicolon joins two steps that followed
directly, a full stop says that something may lie between them; notes stand below, numbered ``[1]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from knowchain.archive.custody.history import Footnote
from knowchain.archive.custody.vocabulary import HEDGED, OPENERS, REGIONS, SUFFIXES, TITLES

__all__ = ["Piece", "cut", "cut_notes"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the body: a clause, or what parts two clauses.

    ``semicolon`` is True for a clause that a semicolon joins to the one before.
    """

    kind: Literal["clause", "separator"]
    start: int
    end: int
    semicolon: bool = False


_HEADING: Final = re.compile(r"(?<![^\s.;\])])notes?\s*:|^[ \t]*\[1\]", re.IGNORECASE | re.MULTILINE)
_MARK: Final = re.compile(r"\[(\d{1,3})\]\.?|(?:(?<=[:\n])|^)[ \t]*(\d{1,2})[.)](?=\s)", re.MULTILINE)


def notes_start(text: str) -> int:
    """Where the notes begin; the length of the text when there are none."""
    found = _HEADING.search(text)
    # "[1]" at the very start is a mark without a body: nothing stands above the notes
    return found.start() if found and found.start() > 0 else len(text)


def cut_notes(text: str, start: int) -> tuple[tuple[Footnote, ...], int]:
    """The notes from ``start`` on, and where they end: at the first empty line after the last mark."""
    if start == len(text):
        return (), start
    marks = [m for m in _MARK.finditer(text, start) if _is_next(m, text, start)]
    last = marks[-1].end() if marks else start
    blank = re.compile(r"\n[ \t]*\n").search(text, last)
    end = blank.start() if blank and text[blank.end() :].strip() else len(text)
    bounds = [start, *(m.start() for m in marks), end]
    numbers = [None, *(int(m[1] or m[2]) for m in marks)]
    notes = (
        Footnote(n, a, b, text[a:b]) for n, a, b in zip(numbers, bounds, bounds[1:], strict=False) if a < b
    )
    return tuple(notes), end


def _is_next(mark: re.Match[str], text: str, start: int) -> bool:
    """A mark opens a note unless it stands inside a sentence ("as noted in [7] above")."""
    before = text[start : mark.start()].rstrip(" \t")
    return not before or before[-1] in "\n.:;\"”')]?" or mark[0].endswith(".")


_BREAK: Final = re.compile(r";|\n|\.+(?=\s|$)")
_WORD_BEFORE: Final = re.compile(r"(\S+)$")
_AFTER: Final = re.compile(r"\s*(?:\[\d{1,3}\]\s*)?(\S+)")


def cut(text: str, end: int) -> Iterator[Piece]:
    """Cut ``text[:end]`` into clauses and separators that tile it."""
    start, semicolon = 0, False
    for a, b in _separators(text, end):
        if a > start:
            yield Piece("clause", start, a, semicolon)
            semicolon = False
        yield Piece("separator", a, b)
        mark = text[a:b]
        semicolon = ";" in mark and "." not in mark if a > 0 else False
        start = b
    if start < end:
        yield Piece("clause", start, end, semicolon)


def _separators(text: str, end: int) -> Iterator[tuple[int, int]]:
    """Maximal runs of separating characters and blanks, as (start, end)."""
    runs: list[tuple[int, int]] = []
    lead = len(text[:end]) - len(text[:end].lstrip())
    if lead:
        runs.append((0, lead))
    nested = _nested(text, end)
    clause_start = lead
    for found in _BREAK.finditer(text, 0, end):
        a = found.start()
        if (
            nested[a]
            or a < clause_start
            or (found[0] == "." and not _ends_sentence(text, clause_start, a, end))
        ):
            continue
        while a > clause_start and text[a - 1].isspace():
            a -= 1
        b = found.end()
        while b < end and (text[b].isspace() or text[b] == ";"):
            b += 1
        runs.append((a, b))
        clause_start = b
    tail = len(text[:end].rstrip())
    if tail < end and clause_start < tail:
        runs.append((tail, end))
    return _merged(runs)


def _merged(runs: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join the runs that touch (". ;" is one separator)."""
    while runs:
        a, b = runs.pop(0)
        while runs and runs[0][0] <= b:
            b = max(b, runs.pop(0)[1])
        yield a, b


def _nested(text: str, end: int) -> list[bool]:
    """For each character, whether it stands inside brackets that close on the same line."""
    inside = [False] * end
    opened: list[int] = []
    for i in range(end):
        char = text[i]
        if char == "\n":
            opened.clear()
        elif char in "([":
            opened.append(i)
        elif char in ")]" and opened:
            first = opened.pop()
            if not opened:
                inside[first : i + 1] = [True] * (i + 1 - first)
    return inside


def _ends_sentence(text: str, clause_start: int, dot: int, end: int) -> bool:
    """Whether the full stop at ``dot`` ends a clause, and not an abbreviation."""
    line = text[dot + 1 : end].split("\n", 1)[0]
    following = _AFTER.match(line)
    if following is None:
        return True
    after = following[1]
    if not (after[0].isupper() or after[0] in '(["“'):
        return False
    clause = text[clause_start:dot]
    before = _WORD_BEFORE.search(clause)
    if before is None or " " not in HEDGED.sub("", clause.strip()):
        return False  # "Possibly Frank. K. M. Rehn": a slip of the pen, not a holder called Frank
    word = before[1].lstrip("([\"“'").lower()
    keyword = after.strip('(["“,.:').lower() in OPENERS
    if len(word) == 1 and word.isalpha():
        return keyword  # "Mrs. Howard A. (Katherine) Noble"
    if word.endswith((")", "]")):
        return True
    if word in TITLES and not before[1].isupper():  # "Felix Landau Gallery, CA." is no circa
        return False
    if word in SUFFIXES:
        return keyword  # "Keppel & Co. Charles Smith" may be one name or two: left to be refused
    if "." in word:
        return keyword or (word in REGIONS and clause[: before.start()].rstrip().endswith(","))
    return True
