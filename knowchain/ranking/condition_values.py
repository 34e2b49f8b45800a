"""What the names in a profile's conditions stand for: of one work, and of all works at once.

Source: docs/spec/ranking.md, section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from knowchain.ranking.columns import Columns
from knowchain.ranking.conditions import Coded
from knowchain.ranking.conditions.masks import Column
from knowchain.ranking.conditions.names import signal_of
from knowchain.ranking.conditions.plain import Value
from knowchain.ranking.facts import Fact, Viewer
from knowchain.ranking.numbers import Ints
from knowchain.ranking.profile import Profile

__all__ = ["values_of_all", "values_of_one"]


def values_of_one(
    names: Iterable[str],
    fact: Fact,
    profile: Profile,
    viewer: Viewer,
    as_of: int,
    signal: Callable[[str], int],
) -> dict[str, Value]:
    """The values of one work that is not of the future."""
    values: dict[str, Callable[[], Value]] = {
        "age": lambda: (as_of - fact.time) // 1000,
        "author": lambda: str(fact.author),
        "collections": lambda: tuple(str(each) for each in fact.collections),
        "followed": lambda: (
            fact.author in viewer.people
            or not viewer.collections.isdisjoint(fact.collections)
            or not viewer.topics.isdisjoint(fact.topics)
        ),
        "lang": lambda: _first(fact.languages),
        "langs": lambda: fact.languages,
        "topics": lambda: fact.topics,
    }
    found: dict[str, Value] = {}
    for name in names:
        named = signal_of(name)
        if named is not None:
            found[name] = signal(named)
        else:
            found[name] = values[name]() if name in values else _of_reader(name, profile)
    return found


def values_of_all(
    names: Iterable[str],
    columns: Columns,
    profile: Profile,
    as_of: int,
    signal: Callable[[str], Ints],
    followed: Callable[[], Column],
) -> dict[str, Column]:
    """The columns of all works; texts and lists as the distinct ones that there are."""
    tags, interests = columns.language_sets.names, columns.interest_sets.names
    values: dict[str, Callable[[], Column]] = {
        "age": lambda: (as_of - columns.time) // 1000,
        "author": lambda: Coded(columns.author, [str(each) for each in columns.authors.names]),
        "collections": lambda: Coded(
            columns.interest_set,
            [tuple(str(each) for each in names if isinstance(each, bytes)) for names in interests],
        ),
        "followed": followed,
        "lang": lambda: Coded(columns.language_set, [_first(each) for each in tags]),
        "langs": lambda: Coded(columns.language_set, list(tags)),
        "topics": lambda: Coded(
            columns.interest_set,
            [tuple(each for each in names if isinstance(each, str)) for names in interests],
        ),
    }
    found: dict[str, Column] = {}
    for name in names:
        named = signal_of(name)
        if named is not None:
            found[name] = signal(named).astype(np.int64)
        else:
            found[name] = values[name]() if name in values else _of_reader(name, profile)
    return found


def _first(languages: tuple[str, ...]) -> str:
    return languages[0] if languages else ""


def _of_reader(name: str, profile: Profile) -> tuple[str, ...]:
    return profile.langs if name == "reader.langs" else profile.blocked_languages
