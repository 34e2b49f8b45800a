"""Text of strangers on a terminal: nothing in it can move the cursor, change colours, or reorder a line."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["safe", "safe_lines"]

_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP_ISOLATE: Final = "\u2069"
_BIDI_CONTROLS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_HIDDEN: Final = frozenset(("Cc", "Cs", "Zl", "Zp"))
_NOT_A_CHARACTER: Final = "Cn"


def safe(text: str, *, isolate: bool = False) -> str:
    """One line of text as it may be shown: what can't be seen is spelled out, such as ``\\u202e``.

    Args:
        text: data from anywhere.
        isolate: whether text with letters that run from right to left is put between isolates (UAX #9),
            so that it can't reorder what stands beside it.
    """
    if text.isascii() and text.isprintable():
        return text
    shown = "".join(_spelled(character) if _is_hidden(character) else character for character in text)
    if isolate and any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in shown):
        return f"{_FIRST_STRONG_ISOLATE}{shown}{_POP_ISOLATE}"
    return shown


def safe_lines(text: str, *, isolate: bool = False) -> list[str]:
    """Text of several lines, each as :func:`safe` gives it; tabs become spaces."""
    return [safe(line, isolate=isolate) for line in text.expandtabs(4).split("\n")]


def _is_hidden(character: str) -> bool:
    if character in _BIDI_CONTROLS:
        return True
    category = unicodedata.category(character)
    # Tags and variation beyond the plain ones are used to hide text; unassigned code points can't be shown.
    return category in _HIDDEN or category == _NOT_A_CHARACTER or "\U000e0000" <= character <= "\U000e007f"


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
