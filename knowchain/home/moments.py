"""Moments as people write them on a command line: a date, or a date and a time of day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from knowchain.errors import InvalidValue

__all__ = ["parse_moment"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_moment(text: str, *, field: str) -> int:
    """A date or time in ISO 8601, as milliseconds since 1970; without an offset it is UTC.

    A date alone is its first moment.

    Raises:
        InvalidValue: neither.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidValue(
            "{field}: {value} is no date",
            field=field,
            value=text,
            remedy="give a date such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z",
        ) from None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(milliseconds=1)
