"""A full-text index of SQLite over folded tokens, and the plain search that it is held against."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from knowchain.search.segments import Run, runs
from knowchain.search.text import TOKENIZER, index_text, query_tokens

_UNIT, _RUN = "\x01", "\x02"


class Index:
    """Texts in an FTS5 table, found by the rowid of their position."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.execute(f"CREATE VIRTUAL TABLE texts USING fts5(tokens, tokenize = '{TOKENIZER}')")
        self.texts: list[str] = []

    def add(self, *texts: str) -> None:
        for text in texts:
            self.texts.append(text)
            self._db.execute(
                "INSERT INTO texts(rowid, tokens) VALUES (?, ?)", (len(self.texts), index_text(text))
            )

    def search(self, words: str) -> set[int]:
        """Positions, from 0, of the texts that hold all of ``words``."""
        expression = query_tokens(words).expression()
        if not expression:
            return set()
        found = self._db.execute("SELECT rowid FROM texts WHERE texts MATCH ?", (expression,))
        return {row - 1 for (row,) in found}

    def close(self) -> None:
        self._db.close()


class Plain:
    """Search without tokens: substrings of folded text that begin and end at bounds of words or units."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = [self._flat(list(runs(text))) for text in texts]

    @staticmethod
    def _flat(parts: list[Run]) -> str:
        return _RUN + _RUN.join(_UNIT.join(run.units) for run in parts) + _RUN

    def search(self, words: str) -> set[int]:
        needles = [self._needles(list(runs(word))) for word in words.split() if list(runs(word))]
        if not needles:
            return set()
        return {
            position
            for position, text in enumerate(self._texts)
            if all(any(form in text for form in forms) for forms in needles)
        }

    def _needles(self, parts: list[Run]) -> list[str]:
        middle = self._flat(parts)[1:-1]
        befores = (_UNIT, _RUN) if parts[0].unspaced else (_RUN,)
        afters = (_UNIT, _RUN) if parts[-1].unspaced else (_RUN,)
        return [before + middle + after for before in befores for after in afters]


@pytest.fixture
def index() -> Iterator[Index]:
    made = Index()
    yield made
    made.close()


@pytest.fixture(scope="session")
def plain() -> type[Plain]:
    return Plain


@pytest.fixture(scope="session")
def index_class() -> type[Index]:
    return Index
