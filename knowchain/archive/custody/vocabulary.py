"""The closed lists of words by which clauses, names and places are told apart.

They stand in two text files of this package: ``words.txt`` (blank-separated under ``#name``) and
``gazetteer.txt`` (places, parted by ``|``, under ``#regions`` and ``#towns``). A word is there because
misreading without it was seen in a real history.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

__all__ = [
    "GIVEN_NAMES",
    "HEDGED",
    "HIERARCHY",
    "NOBLE",
    "NOT_IN_NAMES",
    "OPENERS",
    "ORGANISATION",
    "PARTICLES",
    "PREMISES",
    "REGIONS",
    "RELATIVES",
    "SUFFIXES",
    "TITLES",
    "TOWNS",
    "folded",
]


def folded(place: str) -> str:
    """A place as the gazetteer holds it: lower case, single blanks, no full stops."""
    return " ".join(place.lower().replace(".", "").split())


def _sections(name: str) -> dict[str, str]:
    text = files(__package__).joinpath(name).read_text("utf-8")
    parts = (section.partition("\n") for section in text.split("#")[1:])
    return {title.strip(): body for title, _, body in parts}


def _places(body: str) -> frozenset[str]:
    return frozenset(folded(place) for place in body.replace("\n", "|").split("|") if place.strip())


_PLACES: Final = _sections("gazetteer.txt")
REGIONS: Final = _places(_PLACES["regions"])
"""Countries, states and regions: a place by themselves, and what makes a town before them credible."""
TOWNS: Final = _places(_PLACES["towns"])
"""Towns that are known without their region."""

_WORDS: Final = {name: frozenset(body.split()) for name, body in _sections("words.txt").items()}
TITLES: Final = _WORDS["titles"]
"""Words before a full stop that never end a clause."""
SUFFIXES: Final = _WORDS["suffixes"]
"""Words before a full stop that may or may not end a clause."""
OPENERS: Final = _WORDS["openers"]
"""Words that begin a clause even after an abbreviation."""
PARTICLES: Final = _WORDS["particles"]
"""Words in small letters that names contain."""
NOT_IN_NAMES: Final = _WORDS["not-in-names"]
"""Words that tell that a stretch is no plain name."""
ORGANISATION: Final = _WORDS["organisation"]
"""Words that tell an institution from a town."""
PREMISES: Final = _WORDS["premises"]
"""Words that tell a building, as a place, from an institution."""
NOBLE: Final = _WORDS["noble"]
"""Titles that follow a name after a comma."""
GIVEN_NAMES: Final = _WORDS["given-names-of-places"]
"""Places that are given names too: "Adams, Virginia" may be a person."""

HEDGED: Final = re.compile(r"(?:possibly|probably|likely|perhaps|presumably|apparently),?\s+", re.IGNORECASE)
"""Words of doubt before a name."""

HIERARCHY: Final = (
    "department of", "museum of", "section of", "division of", "school of", "board of", "library of",
    "faculty of", "college of", "rare book room", "office of", "center for", "institute of",
)  # fmt: skip
"""How the name of a part of an institution begins: "Department of Fine Arts, Carnegie Institute"."""

RELATIVES: Final = (
    "wife|widow|husband|son|daughter|brother|sister|nephew|niece|father|mother|cousin|grandson|granddaughter|"
    "grandfather|grandmother|uncle|aunt|great-nephew|great-niece|great-grandson|great-granddaughter|"
    "son-in-law|daughter-in-law|brother-in-law|sister-in-law|stepson|stepdaughter|heir|partner|sons|daughters|"
    "children|heirs|nephews|nieces|grandchildren"
)
"""Alternatives of a regular expression: who inherits."""
