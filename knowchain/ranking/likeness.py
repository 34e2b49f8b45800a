"""How like two works are: fingerprints of what their titles and descriptions say, in any script.

Source: docs/spec/ranking.md, section 4 (fingerprints) and section 7 (likeness).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np

from knowchain.ranking.numbers import ONE

__all__ = ["HALF", "fingerprint", "likeness"]

MOST: Final = 4_096
"""Code points of a text that are looked at."""
WIDTH: Final = 3
"""Code points of a piece: no word has to be found, so that every script is treated alike."""
HALF: Final = 32
"""Bits in which the fingerprints of two texts differ that have nothing in common."""
_SPACE: Final = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def fingerprint(texts: Iterable[str]) -> int | None:
    """A SimHash of 64 bits over all pieces of three characters.

    Args:
        texts: what is said of a work, in its order.

    Returns:
        None, if there are not three characters.
    """
    folded = unicodedata.normalize("NFC", "\n".join(texts)).casefold()[:MOST]
    text = _SPACE.sub(" ", folded)
    pieces = {text[start : start + WIDTH] for start in range(len(text) - WIDTH + 1)}
    if not pieces:
        return None
    hashes = np.frombuffer(b"".join(map(_hashed, pieces)), np.uint8).reshape(-1, 8)
    counts = np.unpackbits(hashes, axis=1).sum(axis=0, dtype=np.int64)
    return int.from_bytes(np.packbits(2 * counts > len(pieces)).tobytes(), "big")


@lru_cache(65_536)
def _hashed(piece: str) -> bytes:
    return hashlib.sha256(piece.encode()).digest()[:8]


def likeness(one: int | None, other: int | None) -> int:
    """From 0, nothing in common, to Q, the same; 0 where a work says nothing."""
    if one is None or other is None:
        return 0
    return ONE * max(0, HALF - (one ^ other).bit_count()) // HALF
