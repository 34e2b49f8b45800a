"""Dates: EDTF (ISO 8601-2:2019) as written; words are kept beside it, never turned into EDTF.

``text_to_edtf`` of the same library is not used: it is wrong on 1 to 4 % of museum dates
(``c.1830–41`` becomes 2041). A date in words belongs into ``date.display``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache
from typing import Final

from knowchain.errors import InvalidValue

__all__ = ["edtf"]

_MAX_LENGTH: Final = 120
_KEPT: Final = 16_384
"""Answers that are remembered: a collection's dates repeat, and the grammar takes milliseconds for one."""
_YEAR: Final = re.compile(r"[0-9]{4}[?~%]?")
_UNTIL: Final = re.compile(r"/(.+)|\[\.\.([0-9-]+)\]")
"""An interval of unknown start, and “then or earlier”."""
_DAY: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])(?:-([0-9]{2}))?")
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
    return _is_plain(text) or _parse(_FRACTION.sub(r"\1", text))


def _is_plain(text: str) -> bool:
    """Whether it is a year, a month, a day of the calendar, or two of them in their order, as most dates
    are: no grammar is needed."""
    if bound := _UNTIL.fullmatch(text):
        return _is_day(bound[1] or bound[2])
    start, parted, end = text.partition("/")
    return _is_day(start) and (not parted or (_is_day(end) and start[:4] < end[:4]))


def _is_day(text: str) -> bool:
    if _YEAR.fullmatch(text):
        return True
    day = _DAY.fullmatch(text)
    if day is None:
        return False
    try:
        date(int(day[1]), int(day[2]), int(day[3] or 1))
    except ValueError:
        return False
    return True


@lru_cache(_KEPT)
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
