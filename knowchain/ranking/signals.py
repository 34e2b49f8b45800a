"""The signals of this version, their bounds, and what one says of an item in plain words.

Source: docs/spec/ranking.md, section 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from knowchain.ranking.numbers import ONE

__all__ = [
    "LATER_SIGNALS",
    "MAX_AGE",
    "MAX_DEPTH",
    "MAX_HOPS",
    "NO_LANGUAGE",
    "SIGNALS",
    "Signal",
    "language_key",
]

MAX_DEPTH: Final = 16
"""Steps from an item to the sources of its sources that are looked at."""
MAX_HOPS: Final = 1_024
"""Claimed hops of one item that are counted; no step is begun at or beyond it."""
MAX_AGE: Final = 2**41 - 1
"""Milliseconds, some 69 years; the signal ``age`` goes no further back."""
NO_LANGUAGE: Final = frozenset({"und", "mul", "zxx", "mis", "x"})
"""What names no language, and has no lift."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A property of an item, as an integer."""

    name: str
    least: int
    most: int
    meaning: str

    @property
    def bound(self) -> int:
        """Its greatest magnitude."""
        return max(-self.least, self.most)


SIGNALS: Final = {
    signal.name: signal
    for signal in (
        Signal("age", -MAX_AGE, 0, "minus its age in milliseconds; for a feed in the order of time"),
        Signal("fresh", 0, ONE, "how new it is; halves with every half-life"),
        Signal("lang_lift", 0, ONE, "how little else its language has lately, by trusted authors"),
        Signal("provenance", 0, ONE, "which part of its sources is here and stands"),
        Signal("trust", 0, ONE, "how far the reader's trust reaches its author"),
    )
}
"""By name, in the order in which contributions are listed."""

LATER_SIGNALS: Final = ("axis.", "bridge", "contribution", "label:", "novelty", "outward", "popularity")
"""Signals of other versions of the engine; with ``.`` or ``:``, the beginning of their names."""


def language_key(tag: str) -> str | None:
    """The language that a tag counts for: its primary subtag, or the whole Glottocode.

    None for tags that name no language.
    """
    key = tag.split("-", 1)[0].lower()
    if key == "i":
        key = tag.lower()
    return None if key in NO_LANGUAGE or not key else key
