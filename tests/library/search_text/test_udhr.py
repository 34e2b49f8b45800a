"""Acceptance on the Universal Declaration of Human Rights in 532 languages; needs KNOWCHAIN_DATA."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from knowchain.search.segments import runs

DATA = os.environ.get("KNOWCHAIN_DATA")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA, reason="KNOWCHAIN_DATA does not name the folder with udhr.jsonl.gz"),
]


def text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return " ".join(map(text_of, parts))


def declarations() -> list[str]:
    with gzip.open(Path(str(DATA)) / "udhr.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [f"{row['title']} {text_of(row['articles'])}" for row in map(json.loads, lines)]


def asked_of(text: str, chance: random.Random) -> set[str]:
    """Words and stretches of one, two and three characters that stand in a text, and some that may not."""
    words = text.split()
    asked = {chance.choice(words) for _ in range(3)}
    for size in (1, 2, 3):
        start = chance.randrange(max(1, len(text) - size))
        asked.add(text[start : start + size])
    units = [unit for run in runs(text) if run.unspaced for unit in run.units]
    if len(units) > 3:
        asked |= {chance.choice(units), chance.choice(units) + chance.choice(units)}
    return asked


def test_every_language_is_found_by_its_own_words_and_only_where_they_stand(index: Any, plain: Any) -> None:
    texts = declarations()
    assert len(texts) == 532
    index.add(*texts)
    naive = plain(texts)
    chance = random.Random(1948)
    for position, text in enumerate(texts):
        for words in asked_of(text, chance):
            assert index.search(words) == naive.search(words), words
        own = next(word for word in text.split() if list(runs(word)))
        assert position in index.search(own)
        assert position in index.search(own.upper())
