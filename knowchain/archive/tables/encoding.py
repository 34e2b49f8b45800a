"""Finding out how a table is encoded, from its first bytes, without reading it whole."""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO, Final

__all__ = ["HEAD", "Prepended", "detect"]

HEAD: Final = 65_536
"""Bytes looked at to find the encoding and the delimiter."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect(head: bytes) -> str:
    """The codec's name: by byte order mark, else UTF-16 by its zero bytes, else UTF-8."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    pairs = max(1, len(head) // 2)
    if head[1::2].count(0) > pairs * 0.4:
        return "utf-16-le"
    if head[0::2].count(0) > pairs * 0.4:
        return "utf-16-be"
    return "utf-8"


class Prepended(io.RawIOBase):
    """A stream whose first bytes were read already: gives them out again, then the rest."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._head:
            size = min(len(buffer), len(self._head))
            buffer[:size] = self._head[:size]
            self._head = self._head[size:]
            return size
        data = self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
