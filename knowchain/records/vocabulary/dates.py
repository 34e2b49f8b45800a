"""Dates: EDTF (ISO 8601-2:2019) as written; words are kept beside it, never turned into EDTF.

``text_to_edtf`` of the same library is not used: it is wrong on 1 to 4 % of museum dates
(``c.1830–41`` becomes 2041). A date in words belongs into ``date.display``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from knowchain.errors import InvalidValue

__all__ = ["edtf"]

_MAX_LENGTH: Final = 120
_FRACTION: Final = re.compile(r"(T\d\d:\d\d:\d\d)\.\d+")


def edtf(text: str, *, field: str = "edtf") -> str:
    """Check that ``text`` is EDTF of level 0, 1 or 2; a time may have a fraction of a second (RFC 3339).

    Raises:
        InvalidValue: otherwise.
    """
    if not _is_edtf(text):
        raise InvalidValue(
            "{field}: {value} is not EDTF",
            field=field,
            value=text,
            remedy="keep the words in `date.display`; EDTF looks like 1974, 1974~, 197X or 1970/1979",
        )
    return text


def _is_edtf(text: str) -> bool:
    if not 0 < len(text) <= _MAX_LENGTH or not text.isascii() or any(c.isspace() for c in text):
        return False
    return _parse(_FRACTION.sub(r"\1", text))


def _parse(text: str) -> bool:
    parse_edtf, refusals = _parser()
    try:
        parse_edtf(text)
    except refusals:
        return False
    return True


@cache
def _parser() -> tuple[Callable[[str], object], tuple[type[Exception], ...]]:
    """The parser, and what it raises: a TypeError or AttributeError for some (`../985`, `2001-X2`)."""
    from edtf import EDTFParseException, parse_edtf
    from edtf.parser import parser_classes

    # It also prints when that happens, which would spoil what a command writes for a machine to read.
    vars(parser_classes)["print"] = _print_nothing
    return parse_edtf, (EDTFParseException, ValueError, TypeError, AttributeError, KeyError, IndexError)


def _print_nothing(*_: object) -> None:
    return None
