"""Frames on a stream of bytes: a length of four bytes, most significant first, and a payload."""

from __future__ import annotations

from typing import Final

from knowchain.errors import SyncError
from knowchain.sync.limits import MAX_FRAME

LENGTH_SIZE: Final = 4
"""Bytes of a frame's length prefix."""


def framed(payload: bytes, most: int = MAX_FRAME) -> bytes:
    """The frame of a payload.

    Raises:
        SyncError: ``oversized``: the payload is longer than ``most``.
    """
    if len(payload) > most:
        raise _oversized(len(payload), most)
    return len(payload).to_bytes(LENGTH_SIZE, "big") + payload


class FrameReader:
    """Cuts a stream of bytes into payloads; never keeps more than one frame and what was fed.

    Args:
        most: bytes of one payload.
    """

    def __init__(self, most: int = MAX_FRAME) -> None:
        self._most = most
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes as they come; answer the payloads that are complete.

        Raises:
            SyncError: ``oversized``: a length above the bound, seen before its bytes are kept.
        """
        self._buffer += data
        payloads: list[bytes] = []
        at = 0
        while len(self._buffer) - at >= LENGTH_SIZE:
            size = int.from_bytes(self._buffer[at : at + LENGTH_SIZE], "big")
            if size > self._most:
                raise _oversized(size, self._most)
            if len(self._buffer) - at - LENGTH_SIZE < size:
                break
            payloads.append(bytes(self._buffer[at + LENGTH_SIZE : at + LENGTH_SIZE + size]))
            at += LENGTH_SIZE + size
        del self._buffer[:at]
        return payloads


def _oversized(size: int, most: int) -> SyncError:
    return SyncError("oversized", "a frame of {size} bytes is more than {most}", size=size, most=most)
