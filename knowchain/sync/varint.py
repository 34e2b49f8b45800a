"""Varints of negentropy v1: base-128 digits, most significant first, as few as possible.

Source: negentropy protocol v1, "Varint".
"""

from __future__ import annotations

from typing import Final

from knowchain.errors import SyncError

MAX_VARINT: Final = 2**64 - 1
"""The greatest number that the protocol writes: its infinite timestamp."""

_SHORT: Final = tuple(bytes([digit]) for digit in range(128))


def encode_varint(number: int) -> bytes:
    """Write a number from 0 to 2^64 − 1."""
    if number < 128:
        return _SHORT[number]
    digits = [number & 127]
    while number := number >> 7:
        digits.append(number & 127 | 128)
    return bytes(reversed(digits))


def decode_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read the number that starts at ``at``; answer it and the position behind it.

    Raises:
        SyncError: ``malformed``: cut off, written with more digits than needed, or above 2^64 − 1.
    """
    start, size, number = at, len(data), 0
    while at < size:
        digit = data[at]
        at += 1
        number = number << 7 | digit & 127
        if digit < 128:
            if number > MAX_VARINT:
                break
            return number, at
        if number == 0:
            raise SyncError("malformed", "the varint at byte {at} starts with a zero digit", at=start)
        if at - start > 9:
            break
    if at - start > 9 or number > MAX_VARINT:
        raise SyncError("malformed", "the varint at byte {at} is above 2^64 - 1", at=start)
    raise SyncError("malformed", "the message ends inside the varint at byte {at}", at=start)
