"""UnixFS: the data of a dag-pb block that is a part of a file, a folder or a symlink.

Source: the UnixFS specification, protobuf message ``Data``. Reading follows the rules of protobuf (fields in
any order, unknown ones skipped, numbers packed or not), except that a field given twice is refused: which
one counts depends on the reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from knowchain.content.bounds import MAX_FILE, MAX_LINKS
from knowchain.content.protobuf import BYTES, FIXED32, VARINT, read_bounds, read_varint, skip, varint
from knowchain.errors import ContentError

__all__ = ["Kind", "Mtime", "UnixFs", "decode", "encode"]


class Kind(IntEnum):
    """What a block is, by the numbers of the specification."""

    RAW = 0
    DIRECTORY = 1
    FILE = 2
    METADATA = 3
    SYMLINK = 4
    HAMT_SHARD = 5


class Mtime(NamedTuple):
    """Seconds since 1970, negative before it, and nanoseconds below 10^9."""

    seconds: int
    nanoseconds: int = 0


@dataclass(frozen=True, slots=True)
class UnixFs:
    """One ``Data`` message.

    Attributes:
        data: bytes of the file, target of the symlink, or bitfield of the shard.
        file_size: bytes of the file from here down, as claimed.
        block_sizes: bytes of the file beneath each link, as claimed.
        hash_type: multicodec code of the hash that places names in a shard.
        fanout: positions of a shard.
        mode: POSIX mode bits, kept as found.
    """

    kind: Kind
    data: bytes = b""
    file_size: int | None = None
    block_sizes: tuple[int, ...] = ()
    hash_type: int | None = None
    fanout: int | None = None
    mode: int | None = None
    mtime: Mtime | None = None


_TYPE, _BYTES, _FILE_SIZE, _BLOCK_SIZES, _HASH_TYPE, _FANOUT, _MODE, _MTIME = range(1, 9)
_NUMBERS: Final = frozenset({_TYPE, _FILE_SIZE, _HASH_TYPE, _FANOUT, _MODE})
_MASK32: Final = 2**32 - 1


def encode(node: UnixFs) -> bytes:
    """The message, fields in ascending order and sizes unpacked, as every IPFS tool writes it."""
    parts = [b"\x08", varint(node.kind)]
    if node.data:
        parts += (b"\x12", varint(len(node.data)), node.data)
    if node.file_size is not None:
        parts += (b"\x18", varint(node.file_size))
    for size in node.block_sizes:
        parts += (b"\x20", varint(size))
    for tag, value in ((b"\x28", node.hash_type), (b"\x30", node.fanout), (b"\x38", node.mode)):
        if value is not None:
            parts += (tag, varint(value))
    if node.mtime is not None:
        time = b"\x08" + varint(node.mtime.seconds & (2**64 - 1))
        if node.mtime.nanoseconds:
            time += b"\x15" + node.mtime.nanoseconds.to_bytes(4, "little")
        parts += (b"\x42", varint(len(time)), time)
    return b"".join(parts)


def decode(data: bytes) -> UnixFs:
    """Read one message.

    Raises:
        ContentError: not UnixFS, or beyond the bounds of :mod:`~knowchain.content.bounds`.
    """
    numbers: dict[int, int] = {}
    sizes: list[int] = []
    content: bytes | None = None
    mtime: Mtime | None = None
    at, end = 0, len(data)
    while at < end:
        key, at = read_varint(data, at, end)
        field, wire = key >> 3, key & 7
        if field in _NUMBERS and wire == VARINT and field not in numbers:
            numbers[field], at = read_varint(data, at, end)
        elif field == _BLOCK_SIZES and wire in (VARINT, BYTES):
            at = _read_sizes(data, at, end, wire, sizes)
        elif field == _BYTES and wire == BYTES and content is None:
            start, at = read_bounds(data, at, end)
            content = data[start:at]
        elif field == _MTIME and wire == BYTES and mtime is None:
            start, at = read_bounds(data, at, end)
            mtime = _read_mtime(data, start, at)
        elif field == 0 or field <= _MTIME:
            raise ContentError(
                "UnixFS field {field} stands twice or with wire type {wire}", field=field, wire=wire
            )
        else:
            at = skip(data, at, end, wire)
    return _assembled(numbers, tuple(sizes), content or b"", mtime)


def _assembled(numbers: dict[int, int], sizes: tuple[int, ...], data: bytes, mtime: Mtime | None) -> UnixFs:
    try:
        kind = Kind(numbers[_TYPE])
    except (KeyError, ValueError) as exc:
        raise ContentError("UnixFS data says no known type: {found}", found=numbers.get(_TYPE)) from exc
    file_size = numbers.get(_FILE_SIZE)
    if (file_size or 0) > MAX_FILE or sum(sizes) > MAX_FILE:
        raise ContentError("a file claims more than {limit} bytes", limit=MAX_FILE)
    mode = numbers.get(_MODE)
    return UnixFs(
        kind,
        data,
        file_size,
        sizes,
        numbers.get(_HASH_TYPE),
        numbers.get(_FANOUT),
        None if mode is None else mode & _MASK32,
        mtime,
    )


def _read_sizes(data: bytes, at: int, end: int, wire: int, sizes: list[int]) -> int:
    """Append one size, or a packed run of them; the position behind."""
    stop = end
    if wire == BYTES:
        at, stop = read_bounds(data, at, end)
    while at < stop:
        size, at = read_varint(data, at, stop)
        sizes.append(size)
        if len(sizes) > MAX_LINKS:
            raise ContentError("a file claims more than {limit} parts in one block", limit=MAX_LINKS)
        if wire == VARINT:
            break
    return at


def _read_mtime(data: bytes, at: int, end: int) -> Mtime:
    """``UnixTime``: seconds, an int64, required; nanoseconds, a fixed32 below 10^9."""
    seconds: int | None = None
    nanoseconds = 0
    while at < end:
        key, at = read_varint(data, at, end)
        if key == (1 << 3 | VARINT):
            seconds, at = read_varint(data, at, end)
        elif key == (2 << 3 | FIXED32):
            start, at = at, skip(data, at, end, FIXED32)
            nanoseconds = int.from_bytes(data[start:at], "little")
        else:
            at = skip(data, at, end, key & 7)
    if seconds is None or nanoseconds >= 10**9:
        raise ContentError("a UnixFS time has no seconds, or a second and more of nanoseconds")
    return Mtime(seconds - (1 << 64) if seconds >> 63 else seconds, nanoseconds)
