"""What one gossip message carries: a few records with their bodies, in strict DAG-CBOR.

``[[block], [block, body], …]``: at least one, at most 64 KiB in all. Gossip is a hint: what does not
fit is left to sync (docs/spec/network.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from knowchain import codec
from knowchain.admission import Incoming
from knowchain.codec import Value
from knowchain.errors import CodecError, SyncError

__all__ = ["MAX_ENVELOPE", "pack", "topic_of", "unpack"]

MAX_ENVELOPE: Final = 65_536
"""Bytes of one gossip message."""
_MOST: Final = 256
"""Records in one gossip message."""
_ROOM: Final = 16
"""Bytes that framing adds around a record, at most."""


def topic_of(network: str) -> str:
    """The gossip topic of a network."""
    return f"/knowchain/{network}/records/1"


def pack(records: Iterable[Incoming]) -> Iterator[bytes]:
    """Envelopes that carry ``records`` in their order; a body that is too large is left out."""
    entries: list[Value] = []
    size = _ROOM
    for record in records:
        entry = _entry(record)
        cost = sum(len(part) for part in entry) + _ROOM
        if entries and (size + cost > MAX_ENVELOPE or len(entries) == _MOST):
            yield codec.encode(entries)
            entries, size = [], _ROOM
        entries.append([*entry])
        size += cost
    if entries:
        yield codec.encode(entries)


def _entry(record: Incoming) -> list[bytes]:
    whole = record.body is not None and len(record.block) + len(record.body) + 3 * _ROOM <= MAX_ENVELOPE
    return [record.block, record.body] if whole and record.body is not None else [record.block]


def unpack(data: bytes) -> list[Incoming]:
    """The records of an envelope.

    Raises:
        SyncError: ``malformed``: not an envelope.
    """
    try:
        value = codec.decode(data, max_depth=2, max_size=MAX_ENVELOPE)
    except CodecError as exc:
        raise SyncError("malformed", "a gossip message is no envelope: {why}", why=str(exc)) from exc
    if type(value) is not list or not 1 <= len(value) <= _MOST:
        raise SyncError("malformed", "a gossip message holds 1 to 256 records")
    return [_incoming(entry) for entry in value]


def _incoming(entry: Value) -> Incoming:
    if type(entry) is list and len(entry) in (1, 2) and all(type(part) is bytes for part in entry):
        return Incoming(*entry)  # type: ignore[arg-type]
    raise SyncError("malformed", "a gossip message holds something that is no record")
