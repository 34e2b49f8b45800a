"""The part of the protobuf wire format that dag-pb, UnixFS and peers use: bounded reading, canonical writing.

Source: the Protocol Buffers encoding guide (varints, wire types). A varint here is minimal and below 2^64;
no writer of these formats makes another, and two spellings of one number help only who wants to confuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from knowchain.errors import ContentError

__all__ = [
    "BYTES",
    "FIXED32",
    "FIXED64",
    "VARINT",
    "field_of",
    "fields",
    "read_bounds",
    "read_varint",
    "skip",
    "varint",
]

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5

_MAX_VARINT: Final = 10
_SMALL: Final = tuple(bytes((n,)) for n in range(128))


def varint(value: int) -> bytes:
    """``value``, at least 0 and below 2^64, as a varint."""
    if value < 128:
        return _SMALL[value]
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The varint that starts at ``at`` and lies before ``end``: (value, next position).

    Raises:
        ContentError: cut off, not minimal, or 2^64 and more.
    """
    value = shift = 0
    for i in range(at, min(end, at + _MAX_VARINT)):
        byte = data[i]
        value |= (byte & 127) << shift
        if byte < 128:
            if (byte == 0 and shift) or value >> 64:
                raise ContentError("a number at byte {at} is not a minimal varint of 64 bits", at=at)
            return value, i + 1
        shift += 7
    raise ContentError("a number at byte {at} does not end", at=at)


def read_bounds(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The bounds of a length-delimited value whose length stands at ``at``: (start, stop).

    Raises:
        ContentError: the declared length passes ``end``.
    """
    size, start = read_varint(data, at, end)
    if size > end - start:
        raise ContentError(
            "a field at byte {at} claims {size} bytes where {left} are left",
            at=at,
            size=size,
            left=end - start,
        )
    return start, start + size


def skip(data: bytes, at: int, end: int, wire: int) -> int:
    """The position behind a value of wire type ``wire`` that nobody here knows.

    Raises:
        ContentError: cut off, or a wire type that ended with proto1 (groups).
    """
    if wire == VARINT:
        return read_varint(data, at, end)[1]
    if wire == BYTES:
        return read_bounds(data, at, end)[1]
    size = {FIXED64: 8, FIXED32: 4}.get(wire)
    if size is None:
        raise ContentError("a field at byte {at} has the wire type {wire}", at=at, wire=wire)
    if size > end - at:
        raise ContentError("a field at byte {at} is cut off", at=at)
    return at + size


def fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The fields of a message, in their order: (number, start, stop) of one that holds bytes, and (number,
    value, −1) of one that holds a number. Those of other wire types are passed over.

    Raises:
        ContentError: it is malformed; what came before was good.
    """
    while at < end:
        key, at = read_varint(data, at, end)
        number, wire = key >> 3, key & 7
        if wire == BYTES:
            start, at = read_bounds(data, at, end)
            yield number, start, at
        elif wire == VARINT:
            value, at = read_varint(data, at, end)
            yield number, value, -1
        else:
            at = skip(data, at, end, wire)


def field_of(number: int, value: bytes) -> bytes:
    """A field that holds bytes, with a number below 16."""
    return bytes((number << 3 | BYTES,)) + varint(len(value)) + value
