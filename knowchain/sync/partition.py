"""Writing a reconciliation message: differing ranges are split or listed as far as there is room.

What finds no room is covered by one fingerprint up to infinity, so that a message of bounded size
loses nothing: the other side splits that range again in its answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from knowchain.sync.negentropy import MAX_RANGES, VERSION, Mode, Range, encode_range
from knowchain.sync.sorted_ids import FINGERPRINT_SIZE, ID_SIZE, INFINITY, SortedIds

_CLOSING: Final = 3 + FINGERPRINT_SIZE
"""Bytes of the fingerprint that closes a message which had no room for the rest."""
_LIST_HEAD: Final = 2 + ID_SIZE + 1 + 5
"""Bytes of a list at most, its ids aside: bound, mode, count."""
_LEAST_PART: Final = 3 + 1 + FINGERPRINT_SIZE
"""Bytes of a fingerprint range at least."""

_Indices: TypeAlias = npt.NDArray[np.intp]


class Differing(NamedTuple):
    """A range in which the sets differ, and how this side goes on with it."""

    lower: bytes
    upper: bytes
    lo: int
    hi: int
    parts: int
    """How many fingerprints to send; 0 to list the ids."""


class _Piece(NamedTuple):
    """One range to write, from the bound ``lower``, which is position ``lo``."""

    lower: bytes
    upper: bytes
    lo: int
    hi: int
    fingerprint: bytes | None
    """None for a list of the ids."""


def write_message(ids: SortedIds, differing: list[Differing], max_size: int) -> bytes:
    """The message that goes on with each of ``differing``, in ``max_size`` bytes.

    Args:
        ids: this side's ids.
        differing: ascending ranges that do not overlap, with their positions in ``ids``.
        max_size: bytes; at least ``MIN_RECONCILE``, so that every message makes progress.
    """
    room = max_size - _CLOSING
    out = bytearray([VERSION])
    reached, reached_at = b"", 0
    for count, piece in enumerate(_pieces(ids, _affordable(differing, room))):
        head = encode_range(Range(piece.lower, Mode.SKIP)) if piece.lower > reached else b""
        body, upper, end = _encoded(ids, piece, room - len(out) - len(head))
        if not body or 2 * count + 3 > MAX_RANGES:  # a skip, this range, and the closing one
            break
        out += head + body
        reached, reached_at = upper, end
        if upper != piece.upper:
            break
    if differing and reached != differing[-1].upper:
        rest = ids.fingerprints(np.array([reached_at]), np.array([len(ids)]))[0]
        out += encode_range(Range(INFINITY, Mode.FINGERPRINT, rest))
    return bytes(out)


def _encoded(ids: SortedIds, piece: _Piece, room: int) -> tuple[bytes, bytes, int]:
    """The range as bytes, the bound and the position that it reaches; no bytes without room."""
    if piece.fingerprint is not None:
        whole = encode_range(Range(piece.upper, Mode.FINGERPRINT, piece.fingerprint))
        return (whole if len(whole) <= room else b""), piece.upper, piece.hi
    fitting = (room - _LIST_HEAD) // ID_SIZE
    if piece.hi - piece.lo <= fitting:
        listed = ids.joined(piece.lo, piece.hi)
        return encode_range(Range(piece.upper, Mode.ID_LIST, listed)), piece.upper, piece.hi
    if fitting < 1:
        return b"", piece.lower, piece.lo
    end = piece.lo + fitting
    upper = ids.bounds_before(np.array([end]))[0]
    return encode_range(Range(upper, Mode.ID_LIST, ids.joined(piece.lo, end))), upper, end


def _affordable(differing: list[Differing], room: int) -> list[Differing]:
    """The first of ``differing`` that a message may hold: no work goes into what can't be sent."""
    for count, each in enumerate(differing):
        if room <= 0:
            return differing[:count]
        room -= max(each.parts * _LEAST_PART, (each.hi - each.lo) * ID_SIZE if not each.parts else 0, 4)
    return differing


def _pieces(ids: SortedIds, differing: list[Differing]) -> Iterator[_Piece]:
    """Split what is to be split, with all bounds and all fingerprints computed in one go."""
    cuts = [
        each.lo + np.arange(each.parts + 1) * (each.hi - each.lo) // each.parts
        for each in differing
        if each.parts
    ]
    inner = _joined(cut[1:-1] for cut in cuts)
    bounds = iter(ids.bounds_before(inner))
    prints = iter(ids.fingerprints(_joined(cut[:-1] for cut in cuts), _joined(cut[1:] for cut in cuts)))
    positions = iter(cut.tolist() for cut in cuts)
    for each in differing:
        if not each.parts:
            yield _Piece(each.lower, each.upper, each.lo, each.hi, None)
            continue
        lower = each.lower
        for lo, hi in pairwise(next(positions)):
            upper = each.upper if hi == each.hi else next(bounds)
            yield _Piece(lower, upper, lo, hi, next(prints))
            lower = upper


def _joined(arrays: Iterable[_Indices]) -> _Indices:
    listed = list(arrays)
    return np.concatenate(listed) if listed else np.zeros(0, np.intp)
