"""Text in columns of a terminal: how wide it is, where it can be cut, and nothing that moves a cursor.

Source: UAX 11 (wide and fullwidth take two columns), UAX 44 (marks and format signs take none).
"""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["cut", "padded", "plain", "width"]

_HIDDEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp", "Cn"})
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZERO: Final = frozenset({"Mn", "Me", "Cf"})


def plain(text: str) -> str:
    """Text of strangers on one line: what can't be seen is spelled out; directions can't be overridden."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(char) if _is_hidden(char) else char for char in text)


def width(text: str) -> int:
    """How many columns a text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, columns: int) -> str:
    """The text, or its beginning with an ellipsis, in at most so many columns; no mark is parted."""
    if width(text) <= columns:
        return text
    room, end = max(0, columns - 1), 0
    for at, char in enumerate(text):
        room -= _columns(char)
        if room < 0:
            break
        end = at + 1
    return text[:end].rstrip() + "…" if columns > 0 else ""


def padded(text: str, columns: int) -> str:
    """The text with spaces up to a width."""
    return text + " " * max(0, columns - width(text))


def _is_hidden(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in _HIDDEN or "\U000e0000" <= char <= "\U000e007f"


def _spelled(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _columns(char: str) -> int:
    if char < "\u0300":
        return 0 if char == "\u00ad" else 1
    if unicodedata.category(char) in _ZERO or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
