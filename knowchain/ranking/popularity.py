"""Popularity: how much of the reader's trust took a work up for others.

Source: docs/spec/ranking.md, section 6.8.
"""

from __future__ import annotations

from typing import Final

from knowchain.ranking.numbers import ONE, ilog2q

__all__ = ["CROWD", "popularity_of"]

CROWD: Final = 8
"""2^8 − 1 wholly trusted people make a work as popular as it can be."""


def popularity_of(mass: int) -> int:
    """The signal of the trust of all who took a work up."""
    return min(ONE, (ilog2q(ONE + mass) - 16 * ONE) // CROWD)
