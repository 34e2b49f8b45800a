"""The signals of this version, their bounds, and what one says of an item in plain words.

Source: docs/spec/ranking.md, section 6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.ranking.numbers import ONE
from knowchain.records.vocabulary import moderation

__all__ = [
    "AXIS",
    "LABEL",
    "MAX_AGE",
    "MAX_DEPTH",
    "MAX_HOPS",
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
_AXIS_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")


def find_signal(name: str) -> Signal | None:
    """The signal of a name; None if there is none. Any name of an axis or a label makes one."""
    for prefix, is_name, least, meaning in (
        (AXIS, _is_axis, -ONE, "how people whom your trust reaches judge it on this axis"),
        (LABEL, _is_label, 0, "whether it or its author bears this label, by a labeler of the profile"),
    ):
        if name.startswith(prefix) and is_name(name.removeprefix(prefix)):
            return Signal(name, least, ONE, meaning)
    return SIGNALS.get(name)


def _is_axis(name: str) -> bool:
    return _AXIS_NAME.fullmatch(name) is not None


def _is_label(name: str) -> bool:
    try:
        return moderation.canonical(name) == name
    except InvalidValue:
        return False


def language_key(tag: str) -> str | None:
    """The language that a tag counts for: its primary subtag, or the whole Glottocode.

    None for tags that name no language.
    """
    key = tag.split("-", 1)[0].lower()
    if key == "i":
        key = tag.lower()
    return None if key in NO_LANGUAGE or not key else key
