"""Bitswap messages as bytes: bounded reading, writing, and the cutting of a stream into messages. No I/O.

A message is a protobuf behind its length, a varint. What an honest peer may send and we can't use (a CID of
more than 64 bytes, a field that is new) is passed over; what breaks the form or a bound is an error.

Source: the bitswap specification, versions 1.0.0 to 1.2.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from knowchain.content.blocks import digest_of
from knowchain.content.cids import read_cid
from knowchain.content.protobuf import BYTES, field_of, fields, read_varint, varint
from knowchain.errors import ContentError, InvalidValue
from knowchain.identifiers import Cid

__all__ = [
    "MAX_BLOCK",
    "MAX_ENTRIES",
    "MAX_MESSAGE",
    "PROTOCOLS",
    "Block",
    "Entry",
    "Message",
    "Presence",
    "Unframing",
    "decode",
    "encode",
    "framed",
    "known",
]

PROTOCOLS: Final = ("/ipfs/bitswap/1.2.0", "/ipfs/bitswap/1.1.0", "/ipfs/bitswap/1.0.0")
"""The newest first. 1.1.0 has no presences, 1.0.0 no prefixes of blocks either."""
MAX_MESSAGE: Final = 4 * 2**20
"""Bytes of a message, without its length."""
MAX_BLOCK: Final = 2 * 2**20
"""Bytes of a block; larger ones are not exchanged, as in all of IPFS."""
MAX_ENTRIES: Final = 8192
"""Wants, blocks and presences of one message, each."""

_MAX_CID: Final = 128
"""Bytes of a CID in a message: more than ours have, so that it can be said that others are not here."""
_LENGTH: Final = 4
"""Bytes that the length of the longest message takes."""
_V0: Final = b"\x12\x20"
_V0_PREFIX: Final = b"\x00\x70\x12\x20"
_T = TypeVar("_T")


class Entry(NamedTuple):
    """One line of a wantlist. ``cid`` is the CID as it was written, of version 0 or 1."""

    cid: bytes
    have: bool = False
    """Whether only to know if the block is there; else the block is wanted."""
    cancel: bool = False
    dont_have: bool = False
    """Whether to be told that it is not there."""
    priority: int = 1


class Block(NamedTuple):
    """A block with the CID that its bytes and its prefix make: it can't be another's.

    ``cid`` is None where the hash function is not verified here, or gives no CID.
    """

    cid: Cid | None
    data: bytes


class Presence(NamedTuple):
    """Whether a block is there. ``cid`` as in :class:`Entry`."""

    cid: bytes
    have: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``full`` says that its wants are all that there are, and earlier ones are over."""

    entries: tuple[Entry, ...] = ()
    full: bool = False
    blocks: tuple[Block, ...] = ()
    presences: tuple[Presence, ...] = ()


def known(cid: bytes) -> Cid | None:
    """The CID of version 1 that a CID on the wire stands for; None if it is none that is kept here."""
    try:
        return read_cid(cid)
    except ContentError:
        return None


# --- writing -----------------------------------------------------------------------------------------------


def encode(
    entries: Sequence[Entry] = (),
    *,
    full: bool = False,
    blocks: Sequence[tuple[bytes, bytes]] = (),
    presences: Sequence[Presence] = (),
    protocol: str = PROTOCOLS[0],
) -> bytes:
    """A message of ``protocol``, its length in front.

    Args:
        entries: wants.
        full: see :class:`Message`.
        blocks: (CID as it was asked for, bytes).
        presences: left out where ``protocol`` has none.
        protocol: one of :data:`PROTOCOLS`.
    """
    parts: list[bytes] = []
    newest = protocol == PROTOCOLS[0]
    if entries or full:
        wants = [_entry(entry, newest=newest) for entry in entries]
        _put(parts, 1, [*wants, b"\x10\x01" if full else b""])
    for cid, data in blocks:
        if protocol == PROTOCOLS[2]:
            _put(parts, 2, [data])
        else:
            _put(parts, 3, [field_of(1, _prefix(cid)), b"\x12", varint(len(data)), data])
    for presence in presences if newest else ():
        _put(parts, 4, [field_of(1, presence.cid), b"" if presence.have else b"\x10\x01"])
    return framed(parts)


def framed(parts: Sequence[bytes]) -> bytes:
    """The bytes of a message, its length in front.

    Raises:
        InvalidValue: it would be too long; our own fault.
    """
    size = sum(map(len, parts))
    if size > MAX_MESSAGE:
        raise InvalidValue(
            "{field}: {value} bytes are too many for one message", field="message", value=size,
            remedy="send it in several",
        )  # fmt: skip
    return b"".join((varint(size), *parts))


def _put(parts: list[bytes], number: int, inner: list[bytes]) -> None:
    parts += (bytes([number << 3 | BYTES]), varint(sum(map(len, inner))), *inner)


def _entry(entry: Entry, *, newest: bool) -> bytes:
    inner = field_of(1, entry.cid) + b"\x10" + varint(entry.priority)
    if entry.cancel:
        inner += b"\x18\x01"
    if entry.have and newest:
        inner += b"\x20\x01"
    if entry.dont_have and newest:
        inner += b"\x28\x01"
    return field_of(1, inner)


def _prefix(cid: bytes) -> bytes:
    """All of a CID but its digest."""
    if cid[:2] == _V0:
        return _V0_PREFIX
    whole = Cid(cid)
    return bytes(cid[: len(cid) - len(whole.digest)])


# --- reading -----------------------------------------------------------------------------------------------


def decode(data: bytes) -> Message:
    """Read one message, its length taken off, and hash its blocks.

    Raises:
        ContentError: it is malformed, or has more in it than the bounds allow.
    """
    entries: list[Entry] = []
    blocks: list[Block] = []
    presences: list[Presence] = []
    full = False
    for number, start, stop in fields(data, 0, len(data)):
        if number == 1:
            full |= _read_wants(data, start, stop, entries)
        elif number == 2:
            _add(blocks, _hashed(_V0_PREFIX, data[start:stop]))
        elif number == 3:
            _add(blocks, _read_block(data, start, stop))
        elif number == 4:
            _add(presences, _read_presence(data, start, stop))
    return Message(tuple(entries), full, tuple(blocks), tuple(presences))


def _add(found: list[_T], one: _T) -> None:
    if len(found) == MAX_ENTRIES:
        raise ContentError("a bitswap message has more than {most} entries of one kind", most=MAX_ENTRIES)
    found.append(one)


def _read_wants(data: bytes, start: int, stop: int, entries: list[Entry]) -> bool:
    """Add the wants of a wantlist to ``entries``; whether it is a full one."""
    full = False
    for number, first, last in fields(data, _inner(start, stop), stop):
        if number == 1:
            _add(entries, _read_entry(data, _inner(first, last), last))
        elif number == 2:
            full = _flag(first, last)
    return full


def _read_entry(data: bytes, start: int, stop: int) -> Entry:
    cid, flags, priority = b"", [False] * 3, 0
    for number, first, last in fields(data, start, stop):
        if number == 1:
            cid = _read_cid(data, first, last)
        elif number == 2 and last < 0:
            priority = first
        elif number in (3, 4, 5):
            flags[number - 3] = _flag(first, last)
    if not cid:
        raise ContentError("an entry of a wantlist names no CID")
    cancel, have, dont_have = flags
    return Entry(cid, have, cancel, dont_have, priority)


def _read_block(data: bytes, start: int, stop: int) -> Block:
    prefix, block = b"", b""
    for number, first, last in fields(data, _inner(start, stop), stop):
        if number == 1:
            prefix = data[first : _inner(last, last)]
        elif number == 2:
            block = data[first : _inner(last, last)]
    return _hashed(prefix, block)


def _read_presence(data: bytes, start: int, stop: int) -> Presence:
    cid, have = b"", True
    for number, first, last in fields(data, _inner(start, stop), stop):
        if number == 1:
            cid = _read_cid(data, first, last)
        elif number == 2:
            have = not _flag(first, last)
    if not cid:
        raise ContentError("a presence names no CID")
    return Presence(cid, have)


def _read_cid(data: bytes, first: int, last: int) -> bytes:
    if not 4 <= _inner(last, last) - first <= _MAX_CID:
        raise ContentError("a CID in a bitswap message has {size} bytes", size=last - first)
    return data[first:last]


def _inner(value: int, stop: int) -> int:
    """``value``, which is a position, if the field holds bytes.

    Raises:
        ContentError: the field holds a number, where bytes belong.
    """
    if stop < 0:
        raise ContentError("a bitswap message holds a number where bytes belong")
    return value


def _flag(value: int, stop: int) -> bool:
    if stop >= 0:
        raise ContentError("a bitswap message holds bytes where a number belongs")
    return value != 0


def _hashed(prefix: bytes, data: bytes) -> Block:
    """The block with the CID that it has under ``prefix``."""
    if len(data) > MAX_BLOCK:
        raise ContentError("a block of {size} bytes came; {most} is the most", size=len(data), most=MAX_BLOCK)
    if prefix == _V0_PREFIX:
        prefix = b"\x01\x70\x12\x20"
    at = code = size = 0
    for _ in range(4):  # version, codec, hash function, size of the digest
        code, (size, at) = size, read_varint(prefix, at, len(prefix))
    digest = digest_of(code, data)
    if digest is None or len(digest) != size:
        return Block(None, data)
    return Block(known(prefix[:at] + digest), data)


class Unframing:
    """Cuts a stream of bytes into messages. Holds one message at most, and what came with its end."""

    __slots__ = ("_held", "_most")

    def __init__(self, most: int = MAX_MESSAGE) -> None:
        self._held = bytearray()
        self._most = most

    @property
    def size(self) -> int:
        """Bytes of the message under way, as it announces them; 0 if none is."""
        head = self._head()
        return 0 if head is None else head[1]

    @property
    def under_way(self) -> bool:
        """Whether a part of a message came."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that ``data`` completes.

        Raises:
            ContentError: a message is announced that is too long.
        """
        self._held += data
        found = []
        while (head := self._head()) is not None:
            at, size = head
            if len(self._held) < at + size:
                break
            found.append(bytes(memoryview(self._held)[at : at + size]))
            del self._held[: at + size]
        return found

    def _head(self) -> tuple[int, int] | None:
        """Where the first message begins, and its size; None while its length is not there."""
        start = bytes(self._held[:_LENGTH])
        if len(start) < _LENGTH and all(byte > 127 for byte in start):
            return None
        size, at = read_varint(start, 0, len(start))
        if size > self._most:
            raise ContentError(
                "a message of {size} bytes is announced; {most} is the most", size=size, most=self._most
            )
        return at, size
