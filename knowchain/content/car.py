"""CAR version 1: blocks in a row, for carrying by hand, for uploads and downloads. Streaming and verified.

:class:`CarParser` takes bytes as they arrive and gives events, so that every reader, of a file or of a
connection, is the same code; :func:`read_car` is the reader of an iterable. Every block is checked against
its CID before it is given. What a CAR of others may look like is in docs/spec/content.md.

Source: the CARv1 specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from knowchain.content.blocks import check_block, is_identity
from knowchain.content.bounds import MAX_BLOCK
from knowchain.content.cids import as_version_0, cid_size, read_cid
from knowchain.content.protobuf import varint
from knowchain.content.remedies import DAMAGED, MADE_WRONG
from knowchain.errors import ContentError
from knowchain.identifiers import Cid
from knowchain.limits import MAX_LINK

__all__ = [
    "CarBlock",
    "CarEvent",
    "CarHeader",
    "CarLimits",
    "CarParser",
    "CarReader",
    "car_header",
    "car_section",
    "read_car",
    "write_car",
]


@dataclass(frozen=True, slots=True)
class CarLimits:
    """What a CAR may make its reader hold: bytes of the header (1 MiB: 24,000 roots), and of one block."""

    max_header: int = 2**20
    max_block: int = MAX_BLOCK


class CarHeader(NamedTuple):
    """The first event. A CAR that was written before its root was known has no roots."""

    roots: tuple[Cid, ...]


class CarBlock(NamedTuple):
    """A block, verified."""

    cid: Cid
    block: bytes


CarEvent: TypeAlias = CarHeader | CarBlock

_MAX_LENGTH_BYTES: Final = 5  # 2^35: far above every limit


class CarParser:
    """Bytes in, events out. After an error, or after :meth:`close`, it takes no more."""

    def __init__(self, limits: CarLimits = CarLimits()) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._offset = 0  # of the buffer's start within the CAR
        self._header_seen = False
        self._needed = 1  # bytes in the buffer that the next step waits for
        self._done = False

    def feed(self, data: bytes) -> list[CarEvent]:
        """The events that ``data``, the next bytes of the CAR, completes.

        An error takes the place of whatever ``data`` completed before it.

        Raises:
            ContentError: not a CAR, beyond the limits, or a block that is not what its CID names.
        """
        self._check_usable()
        self._buffer += data
        events: list[CarEvent] = []
        at = 0
        self._done = True  # stays so if a section is refused
        while len(self._buffer) - at >= self._needed:
            bounds = self._section(at)
            if bounds is None:
                break
            start, stop = bounds
            with memoryview(self._buffer) as view:
                events.append(self._event(view[start:stop], self._offset + start))
            self._header_seen, self._needed, at = True, 1, stop
        del self._buffer[:at]
        self._offset += at
        self._done = False
        return events

    def close(self) -> None:
        """Say that there are no more bytes.

        Raises:
            ContentError: the CAR is cut off, or empty.
        """
        self._check_usable()
        self._done = True
        if self._buffer or not self._header_seen:
            raise ContentError(
                "the CAR ends within a section, at byte {at}",
                remedy=DAMAGED,
                at=self._offset + len(self._buffer),
            )

    def _check_usable(self) -> None:
        if self._done:
            raise ContentError("the CAR was closed or refused already", remedy="begin with a new reader")

    def _section(self, at: int) -> tuple[int, int] | None:
        """Bounds of the section whose length stands at ``at``, or None while the buffer has not all of it."""
        length = self._length(at)
        if length is None:
            return None
        size, start = length
        limit = self._limits.max_block + MAX_LINK if self._header_seen else self._limits.max_header
        if not 0 < size <= limit:
            raise ContentError(
                "the section at byte {at} of the CAR claims {size} bytes, where 1 to {limit} are allowed",
                remedy=DAMAGED,
                at=self._offset + at,
                size=size,
                limit=limit,
            )
        self._needed = start - at + size
        return None if len(self._buffer) - at < self._needed else (start, start + size)

    def _length(self, at: int) -> tuple[int, int] | None:
        """The varint at ``at``, in its shortest form: (value, next position); None while it is cut off."""
        size = 0
        for i in range(_MAX_LENGTH_BYTES):
            if at + i == len(self._buffer):
                self._needed = i + 1
                return None
            byte = self._buffer[at + i]
            size |= (byte & 127) << 7 * i
            if byte < 128:
                if byte == 0 and i:
                    break
                return size, at + i + 1
        raise ContentError(
            "the section at byte {at} of the CAR has no proper length", remedy=DAMAGED, at=self._offset + at
        )

    def _event(self, section: memoryview, offset: int) -> CarEvent:
        if not self._header_seen:
            return CarHeader(_read_header(bytes(section)))
        try:
            start = bytes(section[:MAX_LINK])
            size = cid_size(start, len(start))
            cid, block = read_cid(start[:size]), bytes(section[size:])
        except ContentError as exc:
            raise ContentError(
                "the section at byte {at} of the CAR starts with no CID: {why}",
                remedy=DAMAGED,
                at=offset,
                why=str(exc),
            ) from exc
        if len(block) > self._limits.max_block:
            raise ContentError(
                "block {cid} at byte {at} of the CAR has {size} bytes; the limit is {limit}",
                remedy=MADE_WRONG,
                cid=str(cid),
                at=offset,
                size=len(block),
                limit=self._limits.max_block,
            )
        check_block(cid, block)
        return CarBlock(cid, block)


# A header is the canonical DAG-CBOR of {"roots": [CID, …], "version": 1}. It is read by hand because the
# codec has no CIDv0, and many CARs name one.
_HEADER_START: Final = b"\xa2\x65roots"
_HEADER_END: Final = b"\x67version\x01"
_VERSION_2: Final = b"\xa1\x67version\x02"
_LINK_TAG: Final = b"\xd8\x2a"


def _read_header(header: bytes) -> tuple[Cid, ...]:
    if header == _VERSION_2:
        raise ContentError(
            "this is a CAR of version 2", remedy="convert it: `car extract-v1`, or export it as version 1"
        )
    roots: list[Cid] = []
    try:
        if not header.startswith(_HEADER_START):
            raise ContentError("it is not the map of roots and version")
        count, at = _cbor_head(header, len(_HEADER_START), 4)
        while len(roots) < count:
            if header[at : at + 2] != _LINK_TAG:
                raise ContentError("root {n} is no link", n=len(roots) + 1)
            size, at = _cbor_head(header, at + 2, 2)
            link = header[at : at + size]
            if len(link) != size or link[:1] != b"\0":
                raise ContentError("root {n} is no link", n=len(roots) + 1)
            roots.append(read_cid(link[1:]))
            at += size
        if header[at:] != _HEADER_END:
            raise ContentError("its version is not 1, or something else stands in it")
    except ContentError as exc:
        raise ContentError(
            "not a CAR of version 1; its header: {why}",
            remedy="check that the file is a CAR, and fetch it again",
            why=str(exc),
        ) from exc
    return tuple(roots)


def _cbor_head(data: bytes, at: int, major: int) -> tuple[int, int]:
    """A CBOR head of that major type in its shortest form: (argument, next position); at most 16 bits."""
    for size in (0, 1, 2):
        width = 1 + size
        argument = data[at + 1 : at + width]
        value = int.from_bytes(argument, "big") if size else data[at] & 31 if at < len(data) else 0
        head = _cbor_head_bytes(value, major)
        if data[at : at + width] == head:
            return value, at + width
    raise ContentError("a number at byte {at} is not in its shortest form", at=at)


def _cbor_head_bytes(value: int, major: int) -> bytes:
    if value < 24:
        return bytes((major << 5 | value,))
    if value < 256:
        return bytes((major << 5 | 24, value))
    size = 2 if value < 2**16 else 4
    return bytes((major << 5 | (25 if size == 2 else 26),)) + value.to_bytes(size, "big")


class CarReader:
    """A CAR that is being read: its roots are known, its blocks come by iterating, once."""

    def __init__(self, roots: tuple[Cid, ...], blocks: Iterator[CarBlock]) -> None:
        self.roots: Final = roots
        self._blocks = blocks

    def __iter__(self) -> Iterator[CarBlock]:
        return self._blocks


def read_car(chunks: Iterable[bytes], limits: CarLimits = CarLimits()) -> CarReader:
    """Read a CAR from its bytes in pieces of any size. The header is read at once.

    Raises:
        ContentError: not a CAR, cut off, beyond the limits, or a block that is not what its CID names; at
            once or while the blocks are taken. Blocks given before an error are good.
    """
    events = _events(chunks, limits)
    header = next(events)
    assert isinstance(header, CarHeader)  # the parser gives it first, or raises
    return CarReader(header.roots, (event for event in events if isinstance(event, CarBlock)))


def _events(chunks: Iterable[bytes], limits: CarLimits) -> Iterator[CarEvent]:
    parser = CarParser(limits)
    for chunk in chunks:
        yield from parser.feed(chunk)
    parser.close()


def write_car(
    roots: Sequence[Cid],
    blocks: Iterable[tuple[Cid, bytes]],
    *,
    deduplicate: bool = False,
    version_0: bool = False,
) -> Iterator[bytes]:
    """The bytes of a CAR, one piece for the header and one for each block.

    Args:
        roots: what the CAR is about.
        blocks: written as given, in their order; those that are their own CID (identity) are left out.
        deduplicate: leave out a block that was written before, at the price of remembering every CID.
        version_0: write the CID of a dag-pb block as CIDv0, for who asked for it by one.
    """
    yield car_header([_written(cid, version_0) for cid in roots])
    seen: set[Cid] = set()
    for cid, block in blocks:
        if cid in seen or is_identity(cid):
            continue
        if deduplicate:
            seen.add(cid)
        yield car_section(_written(cid, version_0), block)


def car_section(cid: bytes, block: bytes) -> bytes:
    """The bytes of one block in a CAR."""
    return b"".join((varint(len(cid) + len(block)), cid, block))


def _written(cid: Cid, version_0: bool) -> bytes:
    return as_version_0(cid) if version_0 else cid


def car_header(roots: Sequence[bytes]) -> bytes:
    """The first bytes of a CAR."""
    links = (_LINK_TAG + _cbor_head_bytes(len(root) + 1, 2) + b"\0" + root for root in roots)
    header = b"".join((_HEADER_START, _cbor_head_bytes(len(roots), 4), *links, _HEADER_END))
    return varint(len(header)) + header
