"""The signals of this version, their bounds, and what one says of an item in plain words.

Source: docs/spec/ranking.md, section 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from knowchain.ranking.numbers import ONE

__all__ = [
    "AXIS",
    "LABEL",
    "MAX_AGE",
    "MAX_DEPTH",
    "MAX_HOPS",
    "MAX_NAME",
    "NO_LANGUAGE",
    "SIGNALS",
    "Signal",
    "find_signal",
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
        Signal("bridge", 0, ONE, "how surely every group of viewpoints would approve of it"),
        Signal("contribution", 0, ONE, "what its author made that people you trust rely on, lately"),
        Signal("fresh", 0, ONE, "how new it is; halves with every half-life"),
        Signal("lang_lift", 0, ONE, "how little else its language has lately, by trusted authors"),
        Signal("novelty", 0, ONE, "whether you were not shown it yet; halves with every time"),
        Signal("outward", 0, ONE, "over how many languages those are spread who found something in it"),
        Signal("popularity", 0, ONE, "how many people you trust took it up for others"),
        Signal("provenance", 0, ONE, "which part of its sources is here and stands"),
        Signal("trust", 0, ONE, "how far the reader's trust reaches its author"),
    )
}
"""By name, in the order in which contributions are listed, but for those whose names have two parts."""

AXIS: Final = "axis."
LABEL: Final = "label:"
MAX_NAME: Final = 100
"""Characters of the name of an axis or a label."""


def find_signal(name: str) -> Signal | None:
    """The signal of a name; that of an axis or a label is made, whatever it is called."""
    for prefix, least, meaning in (
        (AXIS, -ONE, "how people whom your trust reaches judge it on this axis"),
        (LABEL, 0, "whether it or its author bears this label, by a labeler of the profile"),
    ):
        rest = name.removeprefix(prefix)
        if rest != name and rest.strip() == rest and 0 < len(rest) <= MAX_NAME and rest.isprintable():
            return Signal(name, least, ONE, meaning)
    return SIGNALS.get(name)


def language_key(tag: str) -> str | None:
    """The language that a tag counts for: its primary subtag, or the whole Glottocode.

    None for tags that name no language.
    """
    key = tag.split("-", 1)[0].lower()
    if key == "i":
        key = tag.lower()
    return None if key in NO_LANGUAGE or not key else key
