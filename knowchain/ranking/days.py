"""Whole days: what fades over months changes at midnight (UTC) only, and stands still between.

Source: docs/spec/ranking.md, section 6.6.
"""

from __future__ import annotations

from typing import Final

from knowchain.ranking.numbers import ONE, Ints, fresh, fresh_column

__all__ = ["DAY", "day_of", "faded", "faded_column"]

DAY: Final = 86_400_000
"""Milliseconds."""
_SECONDS: Final = 86_400


def day_of(time: int) -> int:
    """The day, counted from 1970, that a moment lies in."""
    return time // DAY


def faded(amount: int, days: int, half_life_s: int) -> int:
    """What is left of an amount of trust after some days, rounded down."""
    return amount * fresh(days * _SECONDS, half_life_s) // ONE


def faded_column(amounts: Ints, days: Ints, half_life_s: int) -> Ints:
    """:func:`faded` for every entry; amounts below 2^46."""
    return amounts * fresh_column(days * _SECONDS, half_life_s) // ONE
