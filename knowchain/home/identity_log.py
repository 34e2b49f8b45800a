"""The log of an identity, step by step: what each record changed, which rank signed it, whether it counts."""

from __future__ import annotations

from dataclasses import dataclass

from knowchain.chains import Flag
from knowchain.home.home import Home
from knowchain.home.names import resolve_identity
from knowchain.home.viewing import operation_in_words
from knowchain.identifiers import RecordId
from knowchain.records import IdentityHeader, read_block

__all__ = ["LogRequest", "Step", "identity_log"]


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Whose log: a name or id; None for the owner's."""

    who: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A record of an identity's log."""

    id: RecordId
    seq: int
    prev: RecordId | None
    rank: int
    """The highest rank that signed it; 0 is the highest of all."""
    time: int
    """Claimed, milliseconds since 1970."""
    operations: tuple[str, ...]
    flags: tuple[Flag, ...]


def identity_log(home: Home, request: LogRequest) -> tuple[Step, ...]:
    """Every held record of an identity's log, by number.

    Raises:
        NotFound: nobody here is called so.
        HomeError: nobody was named, and this home has no identity.
    """
    with home.store.snapshot() as reader:
        who = home.identity if request.who is None else resolve_identity(reader, request.who)
        standing = reader.standing()
        steps = []
        for entry in reader.log(who):
            header = read_block(reader.block(entry.id) or b"").header
            assert isinstance(header, IdentityHeader)
            operations = tuple(map(operation_in_words, header.ops))
            flags = tuple(sorted(standing.flags(entry.id)))
            steps.append(Step(entry.id, entry.seq, entry.prev, entry.rank, header.time, operations, flags))
        return tuple(steps)
