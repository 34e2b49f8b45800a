"""Reconciliation messages: the negentropy v1 wire format, read strictly.

A message is the byte 0x61 and adjacent ranges that cover the whole space of ids from below; what
the last range leaves open is a skip. Every item has timestamp 0, so that ranges are keyed on ids
and never on what an author claims about time.

Source: negentropy protocol v1. Stricter here: numbers and bounds have one encoding, a timestamp is
0 or infinite, bounds do not descend, and the ids of a list ascend strictly within their range.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import pairwise
from typing import Final, NamedTuple

from knowchain.errors import SyncError
from knowchain.sync.limits import MAX_RECONCILE
from knowchain.sync.sorted_ids import FINGERPRINT_SIZE, ID_SIZE, INFINITY, split_ids
from knowchain.sync.varint import decode_varint, encode_varint

VERSION: Final = 0x61
"""Protocol version 1."""
MAX_RANGES: Final = 2**16
"""Ranges in one message: bounds the work that many empty ranges in few bytes can cause."""

_INFINITE: Final = b"\x00\x00"


class Mode(IntEnum):
    """What a range carries."""

    SKIP = 0
    """Nothing: the sender is done with this range."""
    FINGERPRINT = 1
    """The fingerprint of the sender's ids in this range."""
    ID_LIST = 2
    """All of the sender's ids in this range."""


class Range(NamedTuple):
    """One range of a message; it starts where the range before it ends."""

    upper: bytes
    """Exclusive upper bound: 32 bytes, or ``INFINITY``."""
    mode: Mode
    payload: bytes = b""
    """Nothing, a fingerprint, or joined ids."""


def encode_bound(bound: bytes) -> bytes:
    """A bound in its shortest form: trailing zero bytes are implied."""
    if len(bound) > ID_SIZE:
        return _INFINITE
    prefix = bound.rstrip(b"\0")
    return b"\x01" + encode_varint(len(prefix)) + prefix


def encode_range(each: Range) -> bytes:
    """The bytes of one range."""
    head = encode_bound(each.upper) + encode_varint(each.mode)
    if each.mode is Mode.ID_LIST:
        head += encode_varint(len(each.payload) // ID_SIZE)
    return head + each.payload


def decode_message(message: bytes, max_size: int = MAX_RECONCILE) -> list[Range]:
    """Read a message into its ranges; the open end, if any, is left out.

    Args:
        message: version byte and ranges.
        max_size: bytes that are read at most; ranges and ids are bounded by it.

    Raises:
        SyncError: ``oversized``, ``version`` or ``malformed``.
    """
    size = len(message)
    if size > max_size:
        raise SyncError(
            "oversized", "a message of {size} bytes is more than {max_size}", size=size, max_size=max_size
        )
    if not size or message[0] != VERSION:
        raise SyncError(
            "version", "the message is of version {found}, not 0x61", found=message[:1].hex() or "none"
        )
    ranges: list[Range] = []
    at, lower = 1, b""
    while at < size:
        if len(ranges) == MAX_RANGES:
            raise SyncError("oversized", "a message of more than {most} ranges", most=MAX_RANGES)
        upper, at = _decode_bound(message, at)
        if upper < lower:
            raise SyncError("malformed", "the bound before byte {at} is below the one before it", at=at)
        mode, at = _decode_mode(message, at)
        payload, at = _decode_payload(message, at, mode)
        if mode is Mode.ID_LIST:
            _check_list(payload, lower, upper)
        ranges.append(Range(upper, mode, payload))
        lower = upper
    return ranges


def _decode_bound(data: bytes, at: int) -> tuple[bytes, int]:
    timestamp, at = decode_varint(data, at)
    size, at = decode_varint(data, at)
    if timestamp == 0 and size == 0:
        return INFINITY, at
    if timestamp != 1 or size > ID_SIZE:
        raise SyncError("malformed", "the bound before byte {at} is none of ids at timestamp 0", at=at)
    prefix, at = _take(data, at, size)
    return prefix.ljust(ID_SIZE, b"\0"), at


def _decode_mode(data: bytes, at: int) -> tuple[Mode, int]:
    number, at = decode_varint(data, at)
    if number > Mode.ID_LIST:
        raise SyncError("malformed", "the mode {mode} before byte {at} is unknown", mode=number, at=at)
    return _MODES[number], at


_MODES: Final = tuple(Mode)


def _decode_payload(data: bytes, at: int, mode: Mode) -> tuple[bytes, int]:
    if mode is Mode.FINGERPRINT:
        return _take(data, at, FINGERPRINT_SIZE)
    if mode is Mode.SKIP:
        return b"", at
    count, at = decode_varint(data, at)
    return _take(data, at, count * ID_SIZE)


def _take(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    if size > len(data) - at:
        raise SyncError("malformed", "the message ends within the {size} bytes at {at}", size=size, at=at)
    return data[at : at + size], at + size


def _check_list(joined: bytes, lower: bytes, upper: bytes) -> None:
    """Stops ids that are repeated, or counted in a range where they are not."""
    ids = split_ids(joined)
    if ids and not (lower <= ids[0] and ids[-1] < upper):
        raise SyncError("malformed", "a list has ids outside its range")
    if any(a >= b for a, b in pairwise(ids)):
        raise SyncError("malformed", "the ids of a list do not ascend")
