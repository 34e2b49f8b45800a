"""A writer of CBOR that can also write what DAG-CBOR forbids; it shares no line with knowchain's codec.

Values are Python's own, and four wrappers: :class:`Link`, :class:`Raw` for bytes that stand in the
encoding as they are, :class:`Pairs` for a map in the order given, and floats as such.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """A link: tag 42 over ``00`` and the binary CID."""

    cid: bytes


@dataclass(frozen=True)
class Raw:
    """Bytes that stand in the encoding as they are."""

    data: bytes


@dataclass(frozen=True)
class Pairs:
    """A map whose entries stay in the order given, double keys included."""

    items: tuple[tuple[object, object], ...]


def head(major: int, number: int, *, width: int | None = None) -> bytes:
    """The head of a data item: the shortest, or one of ``width`` bytes after the first."""
    if width is None:
        width = (
            0 if number < 24 else 1 if number < 2**8 else 2 if number < 2**16 else 4 if number < 2**32 else 8
        )
    if width == 0:
        return bytes([major << 5 | number])
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + number.to_bytes(width, "big")


def encode(value: object) -> bytes:
    """The encoding of ``value``."""
    match value:
        case Raw(data):
            return data
        case Link(cid):
            return b"\xd8\x2a" + encode(b"\x00" + cid)
        case Pairs(items):
            return head(5, len(items)) + b"".join(encode(k) + encode(v) for k, v in items)
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            text = value.encode()
            return head(3, len(text)) + text
        case list() | tuple():
            return head(4, len(value)) + b"".join(encode(item) for item in value)
        case dict():
            keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
            return encode(Pairs(tuple((key, value[key]) for key in keys)))
    raise TypeError(type(value))
