"""``multipart/form-data`` read part by part, in bounded memory: from a thread, out of whatever gives bytes.

Source: RFC 2046, section 5.1; RFC 7578. Nested multiparts are no form of Kubo's and are read as content.
"""

from __future__ import annotations

from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Final

from knowchain.content.importing import Reader
from knowchain.errors import ContentError, shown

__all__ = ["Part", "Parts", "boundary_of"]

_PIECE: Final = 2**18
_MOST_HEAD: Final = 2**14
"""Bytes of the head of a part: a path of Kubo's takes up to three times its bytes."""
_MOST_LINES: Final = 32
_MOST_BOUNDARY: Final = 200
"""Bytes. RFC 2046 says 70; the longest seen has 50."""
_MOST_PREAMBLE: Final = 2**12
_END: Final = b"--"


def boundary_of(content_type: str) -> bytes | None:
    """The boundary that a ``Content-Type`` gives; None where it is no form, or gives none."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary() if header.get_content_type() == "multipart/form-data" else None
    if boundary is None or not boundary.isascii() or not 0 < len(boundary) <= _MOST_BOUNDARY:
        return None
    return boundary.encode()


class Part:
    """One part: what its head says, and its content to be read.

    Attributes:
        content_type: in lower case, without parameters; empty where none is given.
        filename: as it stands in the head; empty where none is given.
    """

    def __init__(self, parts: Parts, head: Message) -> None:
        self._parts = parts
        self.content_type: Final = head.get_content_type() if "Content-Type" in head else ""
        given = head.get_param("filename", "", "Content-Disposition")
        self.filename: Final = collapse_rfc2231_value(given) if given else ""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` next bytes of the content, none only at its end, or once the next part was taken.

        Raises:
            ContentError: the form breaks off. Whatever the source of the bytes raises passes through.
        """
        return self._parts.read(self, size)


class Parts:
    """The parts of one form, in order.

    Args:
        read: gives the next bytes of the form, none only at its end.
        boundary: see :func:`boundary_of`.
    """

    def __init__(self, read: Reader, boundary: bytes) -> None:
        self._read = read
        self._delimiter = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # the first delimiter may lack the line end before it
        self._open: Part | None = None
        self._ended = False
        self._preamble = True

    def next(self) -> Part | None:
        """The next part; None behind the last, when the form was read to its end.

        Raises:
            ContentError: it is no form, it breaks off, or the head of a part is beyond the bounds.
        """
        if self._ended:
            return None
        self._skip()
        mark = self._take(2)
        if mark == _END:
            self._ended = True
            while self._read(_PIECE):  # an epilogue means nothing
                pass
            return None
        head = self._head(mark)
        self._open = Part(self, head)
        return self._open

    def read(self, part: Part, size: int) -> bytes:
        """See :meth:`Part.read`."""
        if part is not self._open or size <= 0:
            return b""
        while True:
            end = self._buffer.find(self._delimiter)
            ready = end if end >= 0 else len(self._buffer) - len(self._delimiter) + 1
            if ready > 0:
                return self._cut(min(size, ready))
            if end == 0:
                self._open = None
                return b""
            self._fill()

    def _skip(self) -> None:
        """Go behind the next delimiter."""
        skipped = 0
        while (end := self._buffer.find(self._delimiter)) < 0 and not self._is_lost(skipped):
            kept = len(self._delimiter) - 1
            skipped += max(len(self._buffer) - kept, 0)
            del self._buffer[:-kept]
            self._fill()
        if self._is_lost(skipped + end):
            raise ContentError("the request does not begin with a part", remedy=_FORM)
        del self._buffer[: end + len(self._delimiter)]
        self._preamble, self._open = False, None

    def _is_lost(self, skipped: int) -> bool:
        return self._preamble and skipped > _MOST_PREAMBLE

    def _head(self, begun: bytes) -> Message:
        """The head behind a delimiter, of which two bytes were read: a line end, or blanks before it."""
        while begun != b"\r\n":
            if begun[:1] not in (b" ", b"\t"):
                raise ContentError("a boundary does not end its line", remedy=_FORM)
            begun = begun[1:] + self._take(1)
        head = Message()
        size, lines = 0, 0
        while line := self._line():
            size, lines = size + len(line), lines + 1
            if size > _MOST_HEAD or lines > _MOST_LINES:
                raise ContentError(
                    "the head of a part has more than {bytes} bytes, or {lines} lines",
                    remedy="send paths and headers that are shorter",
                    bytes=_MOST_HEAD,
                    lines=_MOST_LINES,
                )
            name, colon, value = line.partition(b":")
            try:
                text = value.strip().decode()
            except UnicodeDecodeError:
                text = "\0"
            if not colon or not name.strip() or not text.isprintable() or not name.isascii():
                raise ContentError(
                    "the head of a part has the line {line}", remedy=_FORM, line=shown(bytes(line[:40]))
                )
            head[name.decode().strip()] = text
        return head

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _MOST_HEAD:
                raise ContentError("a line in the head of a part does not end", remedy=_FORM)
            self._fill()
        line = self._cut(end)
        del self._buffer[:2]
        return line

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        return self._cut(size)

    def _cut(self, size: int) -> bytes:
        data = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return data

    def _fill(self) -> None:
        piece = self._read(_PIECE)
        if not piece:
            raise ContentError("the request ends within a part", remedy="send it again, whole")
        self._buffer += piece


_FORM: Final = "send multipart/form-data, as `ipfs` and its clients do"
