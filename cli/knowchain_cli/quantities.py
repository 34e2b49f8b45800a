"""Sizes and times as people read them; units are the international ones in every language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

__all__ = ["moment", "size"]

_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_LAST_YEAR_MS: Final = 253_402_300_799_999


def size(count: int) -> str:
    """Bytes, such as ``1.4 MB``, in powers of a thousand."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{count} B" if unit == 0 else f"{value:.3g} {_UNITS[unit]}"


def moment(milliseconds: int) -> str:
    """A moment in UTC, to the second; beyond the year 9999, the number itself."""
    if milliseconds > _LAST_YEAR_MS:
        return f"{milliseconds} ms"
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
