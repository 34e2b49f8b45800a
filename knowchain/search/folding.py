"""Folding: what a reader takes for the same letter becomes the same letter.

NFKC (UAX 15), full case folding (Unicode section 3.13), then, script by script, the marks go that readers
leave out: accents of Latin, Greek and Cyrillic, points of Hebrew, vowel signs of Arabic. Marks of other
scripts are letters in their own right and stay, as does й, which is not и.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["fold_cluster"]

_LETTERS: Final = str.maketrans(
    dict(zip("ıøđðłħŧſȷ", "ioddlhtsj", strict=True))
    | {"æ": "ae", "œ": "oe", "þ": "th"}
    | {"ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ہ": "ه", "ـ": None}
)
"""Letters without a decomposition that readers type as others; tatweel is no letter at all."""

_KEPT: Final = {"й": "\ue001", "ў": "\ue002", "ї": "\ue003", "ѓ": "\ue004", "ќ": "\ue005"}
"""Cyrillic letters whose mark makes another letter; carried through the decomposition as private use."""
_PROTECT: Final = str.maketrans(_KEPT)
_RESTORE: Final = str.maketrans({private: letter for letter, private in _KEPT.items()})

_IGNORED: Final = frozenset(["Cf", "Cc", "Cs"])
_STRIPPED: Final = (
    (0x0041, 0x02AF),  # Latin
    (0x0370, 0x052F),  # Greek, Cyrillic
    (0x0590, 0x06FF),  # Hebrew, Arabic
    (0x0750, 0x077F),
    (0x0870, 0x08FF),
    (0x1C80, 0x1C8F),
    (0x1D00, 0x1DBF),
    (0x1E00, 0x1FFF),
    (0x2C60, 0x2C7F),
    (0x2DE0, 0x2DFF),
    (0xA640, 0xA69F),
    (0xA720, 0xA7FF),
    (0xAB30, 0xAB6F),
    (0xE001, 0xE005),
    (0xFB1D, 0xFB4F),
)
"""Blocks of the letters that lose their marks: Latin, Greek, Cyrillic, Hebrew, Arabic."""


@lru_cache(maxsize=65_536)
def fold_cluster(text: str) -> str:
    """Fold one letter with its marks; nothing composes or reorders beyond it."""
    whole = unicodedata.normalize("NFKC", text).casefold()
    whole = unicodedata.normalize("NFKC", whole).casefold().translate(_PROTECT)
    kept: list[str] = []
    base = ""
    for char in unicodedata.normalize("NFD", whole):
        category = unicodedata.category(char)
        if category in _IGNORED or "\ufe00" <= char <= "\ufe0f":
            continue
        if category[0] != "M":
            base = char
        elif not base or _loses_marks(base):
            # a mark without a letter is nothing that can be searched
            continue
        kept.append(_digit(char) if category == "Nd" else char)
    folded = "".join(kept).translate(_LETTERS).translate(_RESTORE)
    return unicodedata.normalize("NFC", folded)


def _loses_marks(base: str) -> bool:
    code = ord(base)
    return any(first <= code <= last for first, last in _STRIPPED)


def _digit(char: str) -> str:
    """A decimal digit of any script as 0 to 9."""
    return str(unicodedata.decimal(char))
