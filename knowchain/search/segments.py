"""Cutting text into runs: words where spaces part words, written units where they don't."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from knowchain.search.folding import fold_cluster
from knowchain.search.scripts import is_unspaced, joins_next, joins_previous

__all__ = ["Run", "clusters", "fold", "runs"]


@dataclass(slots=True)
class Run:
    """A stretch of text without a break: one word, or the units of a script that sets no spaces.

    Attributes:
        unspaced: whether ``units`` are written units (Han, kana, clusters of Thai); else the one word.
        units: as folded.
        spans: where each unit stands in the original text.
    """

    unspaced: bool
    units: list[str] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)


def clusters(text: str) -> Iterator[tuple[int, int]]:
    """The bounds of each letter with its marks; nothing ever composes across them (UAX 15)."""
    start = 0
    for position in range(1, len(text)):
        char = text[position]
        if char < "\u0300" or not (_is_mark(char) or joins_previous(char)):
            yield start, position
            start = position
    if text:
        yield start, len(text)


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" or char == "\u200d"


def fold(text: str) -> str:
    """Fold a whole text, as words are compared; spaces and punctuation stay."""
    return "".join(fold_cluster(text[start:end]) for start, end in clusters(text))


_BREAK: Final = 0
_WORD: Final = 1
_UNIT: Final = 2


@lru_cache(maxsize=65_536)
def _parts(cluster: str) -> tuple[tuple[int, str], ...]:
    """What a cluster folds to: letters of words, written units, and breaks. ``㍿`` folds to four units."""
    folded = fold_cluster(cluster)
    if not folded and unicodedata.category(cluster[0])[0] == "C" and not cluster[0].isspace():
        return ()  # soft hyphens, joiners and directions are no break
    if not folded:
        return () if cluster[0] == "\u0640" or _is_mark(cluster[0]) else ((_BREAK, ""),)
    parts: list[tuple[int, str]] = []
    for char in folded:
        kind = _kind(char)
        if parts and char != folded[0] and _is_mark(char) and parts[-1][0] != _BREAK:
            parts[-1] = (parts[-1][0], parts[-1][1] + char)
        else:
            parts.append((kind, char))
    return tuple(parts)


_APOSTROPHES: Final = frozenset("\u02bb\u02bc\u02bd\u02be\u02bf\u02ee\ua78b\ua78c")
"""Letters that readers type as an apostrophe; like it, they part words."""


def _kind(char: str) -> int:
    category = unicodedata.category(char)
    # What a newer Unicode assigns is taken for a letter, so that an older Python loses no text.
    if char in _APOSTROPHES or not (category[0] in "LNM" or category in ("Co", "Cn")):
        return _BREAK
    return _UNIT if is_unspaced(char) else _WORD


def runs(text: str) -> Iterator[Run]:
    """The runs of a text, in order."""
    run: Run | None = None
    stacked = False
    for start, end in clusters(text):
        for kind, folded in _parts(text[start:end]):
            if kind == _BREAK or (run is not None and run.unspaced != (kind == _UNIT)):
                if run is not None:
                    yield run
                run, stacked = None, False
            if kind == _BREAK:
                continue
            run = run or Run(kind == _UNIT)
            _extend(run, folded, (start, end), stacked)
            stacked = joins_next(folded[-1])
    if run is not None:
        yield run


def _extend(run: Run, folded: str, span: tuple[int, int], stacked: bool) -> None:
    """Add a unit, or lengthen the word, or stack a consonant onto the unit before."""
    if run.units and (stacked or not run.unspaced):
        run.units[-1] += folded
        run.spans[-1] = (run.spans[-1][0], span[1])
    else:
        run.units.append(folded)
        run.spans.append(span)
