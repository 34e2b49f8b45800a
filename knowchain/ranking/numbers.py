"""The integers of ranking: one unit, one rounding rule, two functions that are usually left to floats.

Exponentials and logarithms of floats differ between processors; these don't. Each function is given
twice: for one plain integer, as the page says it, and for a column of them.

Source: docs/spec/ranking.md, section 2.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "EXACT",
    "FADING",
    "HALVINGS",
    "ONE",
    "TABLE",
    "Ints",
    "fading_steps",
    "fresh",
    "fresh_column",
    "ilog2q",
    "ilog2q_column",
    "table_bytes",
]

Ints: TypeAlias = npt.NDArray[np.int64]

ONE: Final = 65_536
"""Q: what a signal is when it is one."""
EXACT: Final = 2**53
"""Below this magnitude a 64-bit float holds every integer, so that sums are exact in any order."""
STEPS: Final = 64
"""Steps of the table in one half-life."""
HALVINGS: Final = 17
"""After so many half-lives nothing is left of Q."""
LOG_DOMAIN: Final = 2**62
"""``ilog2q`` takes integers from 1 to below this."""

_BITS: Final = 16
_MANTISSA: Final = 30


def _root_table() -> tuple[int, ...]:
    """For each i the greatest t with t^64 · 2^i ≤ Q^64: that is ⌊Q · 2^(−i/64)⌋."""
    table = []
    t = ONE
    for i in range(STEPS):
        while t**STEPS << i > ONE**STEPS:
            t -= 1
        table.append(t)
    return tuple(table)


TABLE: Final = _root_table()
"""TBL: ⌊Q · 2^(−i/64)⌋ for i from 0 to 63."""

FADING: Final = np.array(
    [TABLE[step % STEPS] >> step // STEPS for step in range(STEPS * HALVINGS)] + [0], np.int64
)
"""What is left of Q after each step of a 64th of a half-life; after the last of them nothing."""
FADING.flags.writeable = False


def table_bytes() -> bytes:
    """The table as it is hashed: each entry in 4 bytes, the most significant first."""
    return b"".join(entry.to_bytes(4, "big") for entry in TABLE)


def fresh(age: int, half_life: int) -> int:
    """What is left of Q after ``age``.

    Args:
        age: in the unit of the half-life; negative: it lies ahead, and 0 is the answer.
        half_life: at least 1.
    """
    if age < 0:
        return 0
    halvings, rest = divmod(age, half_life)
    return TABLE[rest * STEPS // half_life] >> halvings


def fading_steps(ages: Ints, half_life: int) -> Ints:
    """Where in FADING the freshness of each age stands; ages and half-life below 2^57.

    ⌊64·age / h⌋ is 64·n + ⌊64·r / h⌋ for age = n·h + r. Negative steps, as unsigned numbers, lie
    beyond the last one like very old ages.
    """
    steps = (ages * STEPS // half_life).view(np.uint64)
    return np.minimum(steps, np.uint64(STEPS * HALVINGS)).view(np.int64)


def fresh_column(ages: Ints, half_life: int) -> Ints:
    """:func:`fresh` for every entry."""
    return FADING.take(fading_steps(ages, half_life))


def ilog2q(x: int) -> int:
    """⌊Q · log2 x⌋, or a unit or two less: exactly what these steps give.

    Args:
        x: from 1 to below 2^62.
    """
    whole = x.bit_length() - 1
    m = x << (_MANTISSA - whole) if whole <= _MANTISSA else x >> (whole - _MANTISSA)
    digits = whole
    for _ in range(_BITS):
        m = m * m >> _MANTISSA
        bit = m >> (_MANTISSA + 1)
        digits = digits << 1 | bit
        m >>= bit
    return digits


def ilog2q_column(x: Ints) -> Ints:
    """:func:`ilog2q` for every entry. m < 2^31, so that m² < 2^62 and int64 is exact."""
    whole = _bit_lengths(x) - 1
    m = np.where(
        whole <= _MANTISSA,
        x << np.clip(_MANTISSA - whole, 0, _MANTISSA),
        x >> np.clip(whole - _MANTISSA, 0, 63),
    )
    digits = whole
    for _ in range(_BITS):
        m = m * m >> _MANTISSA
        bit = m >> (_MANTISSA + 1)
        digits = digits << 1 | bit
        m = m >> bit
    return digits


def _bit_lengths(x: Ints) -> Ints:
    """By halves, since a float's exponent would round 2^54 − 1 up."""
    length = np.zeros(len(x), np.int64)
    rest = x.copy()
    for step in (32, 16, 8, 4, 2, 1):
        above = rest >> step > 0
        length += above * step
        rest = np.where(above, rest >> step, rest)
    return length + (rest > 0)
