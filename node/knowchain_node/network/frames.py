"""The frames of the seam, sans-I/O: bytes in, frames out.

A frame is four bytes of length, big-endian, and one CBOR array ``[kind, field, …]``. The subset of CBOR is
the smallest that does the work, so that nothing surprising can be decoded: whole numbers from 0 to 2⁶³-1,
byte strings, text, arrays, true and false, all with definite and shortest lengths. Source: RFC 8949,
sections 3 and 4.2.1.

Both sides read under the same rules, because each treats the other as the one that may have been taken over.
"""

from __future__ import annotations

from typing import Final

import cbor2

from knowchain_node.network.errors import SeamBroken

__all__ = ["MAX_DEPTH", "MAX_FRAME", "MAX_ITEMS", "FrameReader", "Item", "pack", "unpack"]

Item = int | bool | bytes | str | tuple["Item", ...]
"""What a frame is made of. Arrays are read as tuples."""

MAX_FRAME: Final = 2**20
"""Bytes of one frame, without its length."""
MAX_DEPTH: Final = 4
"""Nesting of arrays, the frame's own counted."""
MAX_ITEMS: Final = 16_384
"""Items in one frame, arrays counted."""

_LENGTH: Final = 4
_SHORTEST: Final = {1: 24, 2: 2**8, 4: 2**16, 8: 2**32}
"""The least number that may be written in so many bytes."""
_UNSIGNED, _BYTES, _TEXT, _ARRAY, _SIMPLE = 0, 2, 3, 4, 7
_FALSE, _TRUE = 20, 21


def pack(items: tuple[Item, ...]) -> bytes:
    """``items`` as one frame, its length in front.

    Raises:
        SeamBroken: the frame would be larger than :data:`MAX_FRAME`; our own fault.
    """
    body: bytes = cbor2.dumps(items)
    if len(body) > MAX_FRAME:
        raise SeamBroken("a frame of {size} bytes was to be sent over the seam", size=len(body))
    return len(body).to_bytes(_LENGTH, "big") + body


def unpack(body: bytes) -> tuple[Item, ...]:
    """The items of one frame, its length taken off.

    Raises:
        SeamBroken: ``body`` is not one array in the subset of CBOR that the seam speaks.
    """
    reader = _Reader(body)
    try:
        item = reader.item(1)
    except (IndexError, UnicodeDecodeError) as error:
        raise SeamBroken("a frame of the seam is cut short or holds bad text") from error
    if reader.at != len(body):
        raise SeamBroken("a frame of the seam has {extra} bytes too many", extra=len(body) - reader.at)
    if type(item) is not tuple or not item:
        raise SeamBroken("a frame of the seam is not an array with a kind")
    return item


class _Reader:
    """Reads one item; an IndexError means that the bytes ended too early."""

    __slots__ = ("at", "body", "items")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0
        self.items = 0

    def item(self, depth: int) -> Item:
        self.items += 1
        if self.items > MAX_ITEMS:
            raise SeamBroken("a frame of the seam has more than {most} items", most=MAX_ITEMS)
        head = self.body[self.at]
        self.at += 1
        major, info = head >> 5, head & 31
        if major == _SIMPLE and info in (_FALSE, _TRUE):
            return info == _TRUE
        if major == _UNSIGNED:
            return self.argument(info)
        if major == _BYTES:
            return self.take(self.argument(info))
        if major == _TEXT:
            return self.take(self.argument(info)).decode()
        if major == _ARRAY and depth <= MAX_DEPTH:
            return self.array(self.argument(info), depth)
        raise SeamBroken("a frame of the seam has an item that starts with byte {head}", head=head)

    def array(self, length: int, depth: int) -> tuple[Item, ...]:
        if length > len(self.body) - self.at:  # every item has a byte at least: never build a longer list
            raise IndexError
        return tuple([self.item(depth + 1) for _ in range(length)])

    def argument(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise SeamBroken("a frame of the seam has an indefinite or reserved length")
        size = 1 << (info - 24)
        value = int.from_bytes(self.take(size), "big")
        if value < _SHORTEST[size] or value >= 2**63:
            raise SeamBroken("a frame of the seam has a number in a form that it may not have")
        return value

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.body):
            raise IndexError
        data = self.body[self.at : end]
        self.at = end
        return data


class FrameReader:
    """Cuts a stream of bytes into frames. Holds at most one frame and what came with its end."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[tuple[Item, ...]]:
        """The frames that ``data`` completes.

        Raises:
            SeamBroken: a frame is larger than :data:`MAX_FRAME`, or breaks a rule of :func:`unpack`. The
                reader can't be used any more.
        """
        self._held += data
        frames = []
        while (end := self._end()) and len(self._held) >= end:
            frames.append(unpack(bytes(self._held[_LENGTH:end])))
            del self._held[:end]
        return frames

    def _end(self) -> int:
        """Where the first frame ends; 0 while its length is not there yet."""
        if len(self._held) < _LENGTH:
            return 0
        size = int.from_bytes(self._held[:_LENGTH], "big")
        if size > MAX_FRAME:
            raise SeamBroken("a frame of {size} bytes was announced on the seam", size=size)
        return _LENGTH + size

    @property
    def held(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._held)
