"""Which scripts write words without spaces between them, and which of their characters belong together."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

__all__ = ["is_unspaced", "joins_next", "joins_previous"]

_UNSPACED: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul Jamo
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19FF),  # Tai Le, New Tai Lue, Khmer symbols
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x2E80, 0x2FDF),  # CJK and Kangxi radicals
    (0x3005, 0x3007),
    (0x3021, 0x303B),
    (0x3041, 0x31FF),  # kana, Bopomofo, Hangul compatibility jamo, strokes
    (0x3400, 0x4DBF),  # Han, extension A
    (0x4E00, 0x9FFF),  # Han
    (0xA000, 0xA48F),  # Yi
    (0xA960, 0xA97F),  # Hangul Jamo, extended A
    (0xA980, 0xA9FF),  # Javanese, Myanmar extended B
    (0xAA60, 0xAADF),  # Myanmar extended A, Tai Viet
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),  # Han, compatibility
    (0x16FE0, 0x18D8F),  # Tangut, Khitan
    (0x1AFF0, 0x1B2FF),  # kana, Nushu
    (0x20000, 0x3FFFD),  # Han, extensions B and later
)
"""Unicode blocks, first and last code point."""
_STARTS: Final = [first for first, _ in _UNSPACED]
_ENDS: Final = [last for _, last in _UNSPACED]

_STACKERS: Final = frozenset("\u1039\u17d2\u1a60\ua9c0\u1b44")
"""Signs that stack the next consonant below: of Myanmar, Khmer, Tai Tham, Javanese, Balinese."""


def is_unspaced(char: str) -> bool:
    """Whether the script of ``char`` sets no spaces between words (or, as Hangul, attaches particles)."""
    code = ord(char)
    position = bisect_right(_STARTS, code) - 1
    return position >= 0 and code <= _ENDS[position]


def joins_next(char: str) -> bool:
    """Whether the letter after ``char`` is stacked into the same written unit."""
    return char in _STACKERS


def joins_previous(char: str) -> bool:
    """Whether ``char``, though no combining mark, composes with what stands before it.

    Halfwidth voicing marks of kana, and the medial and final jamo of Hangul.
    """
    return char in "\uff9e\uff9f" or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb"
