"""The words of a condition, each with the column where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from knowchain.ranking.conditions.faults import Fault

__all__ = ["Token", "tokens"]

Kind: TypeAlias = Literal["int", "string", "name", "sign", "end"]

_WORD: Final = re.compile(
    r"""(?P<space>[ \t\r\n\f]+)
    |(?P<int>0x[0-9a-fA-F]+(?![0-9A-Za-z_.])|[0-9]+(?![0-9A-Za-z_.]))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    |(?P<string>"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')
    |(?P<sign>&&|\|\||==|!=|<=|>=|[!<>+\-*()\[\],])""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([abfnrtv\\?\"'`])|(.?))"
)
_PLAIN: Final = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))


class Token(NamedTuple):
    """A word; ``value`` is what a literal stands for."""

    kind: Kind
    text: str
    value: int | str
    column: int
    """Counted from 1, in characters."""


def tokens(text: str) -> Iterator[Token]:
    """The words in their order, and an ``end``.

    Raises:
        Fault: what is no word of the language.
    """
    at = 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            raise _unknown(text, at)
        kind, word, column = found.lastgroup, found.group(), at + 1
        at = found.end()
        if kind == "int":
            # Longer ones can't fit 64 bits; reading them would take time that grows with their square.
            value = int(word, 16 if word[:2] == "0x" else 10) if len(word) < 40 else 2**64
            yield Token("int", word, value, column)
        elif kind == "string":
            yield Token("string", word, _unescaped(word[1:-1], column + 1), column)
        elif kind == "name":
            yield Token("name", word, word, column)
        elif kind == "sign":
            yield Token("sign", word, word, column)
    yield Token("end", "the end", "", len(text) + 1)


def _unknown(text: str, at: int) -> Fault:
    if text[at] in "\"'":
        return Fault(at + 1, "a text begins here that does not end", "close it with the same quotation mark")
    if text[at].isdecimal():
        return Fault(at + 1, "this is no whole number", "give thousandths or Q: 32768 is one half")
    return Fault(at + 1, f"{text[at]!a} is no part of the language", "leave it out, or put it into quotes")


def _unescaped(inner: str, column: int) -> str:
    def character(found: re.Match[str]) -> str:
        two, four, eight, octal, plain, other = found.groups()
        if other is not None:
            raise Fault(column + found.start(), "this is no escape", "write a backslash as two")
        if plain is not None:
            return _PLAIN.get(plain, plain)
        number = int(octal, 8) if octal else int(two or four or eight, 16)
        if number > 0x10FFFF or 0xD800 <= number < 0xE000:
            raise Fault(column + found.start(), "this escape is no character", "give one up to \\U0010FFFF")
        return chr(number)

    return _ESCAPE.sub(character, inner)
