"""Dates: claimed and received times as people read them, and the order of what is said to have happened."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["day", "edtf_key", "minute", "moment", "rfc3339"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""
_EDTF: Final = re.compile(r"(-?)([0-9X]{4})(?:-([0-9X]{2}))?(?:-([0-9X]{2}))?")


def minute(ms: int) -> str:
    """``2026-01-31 12:00``, in UTC; a time beyond the year 9999 in figures."""
    return _moment(ms).strftime("%Y-%m-%d %H:%M") if ms <= _LAST else f"{ms} ms"


def day(ms: int) -> str:
    """``2026-01-31``, in UTC."""
    return _moment(ms).strftime("%Y-%m-%d") if ms <= _LAST else f"{ms} ms"


def rfc3339(ms: int) -> str | None:
    """The time in RFC 3339, in UTC; None beyond the year 9999."""
    return _moment(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z") if ms <= _LAST else None


def moment(ms: int) -> datetime | None:
    """The time as a value; None beyond the year 9999."""
    return _moment(ms) if ms <= _LAST else None


def _moment(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def edtf_key(text: str | None) -> tuple[int, int, int] | None:
    """Where an EDTF date stands in order: its first year, month and day that can be read; None if none can.

    Digits that are not known count as the least they can be, so that ``183X`` comes before ``1832``.
    """
    found = _EDTF.search(text or "")
    if found is None:
        return None
    sign, year, month, date = found.groups()
    number = int(year.replace("X", "0"))
    return (-number if sign else number, _number(month), _number(date))


def _number(digits: str | None) -> int:
    return int(digits.replace("X", "0")) if digits else 0
