"""What a standing is computed from: the accepted records, as a few questions.

A store and the in-memory set both answer them; one conformance suite holds them to the same answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from knowchain.chains.identity import IdentityState
from knowchain.chains.runs import Place, Run
from knowchain.identifiers import KeyId, PublicKey, RecordId

__all__ = ["DISPUTES", "ERASES", "RETRACTS", "WITHDRAWING", "Entry", "Holdings", "LogEntry", "Pointer"]

RETRACTS: Final = "kc:retracts"
ERASES: Final = "kc:erases"
DISPUTES: Final = "kc:disputes"
WITHDRAWING: Final = frozenset({RETRACTS, ERASES})
"""The relations that withdraw their target."""


class Entry(NamedTuple):
    """An accepted ordinary record, as far as its standing needs it."""

    id: RecordId
    author: RecordId
    key: PublicKey
    key_id: KeyId
    place: Place
    withdraws: bool
    """Whether the record itself retracts or erases something."""


class LogEntry(NamedTuple):
    """An accepted record of an identity's log."""

    id: RecordId
    prev: RecordId | None
    seq: int
    rank: int


class Pointer(NamedTuple):
    """A reference as seen from its target."""

    relation: str
    source: RecordId


class Holdings(Protocol):
    """The set S of accepted records."""

    def entry(self, rid: RecordId) -> Entry | None:
        """The ordinary record of that id; None if it is not held, or is of an identity's log."""
        ...

    def log(self, author: RecordId) -> Sequence[LogEntry]:
        """Every held record of an identity's log, in any order; empty if the genesis is not held."""
        ...

    def log_author(self, rid: RecordId) -> RecordId | None:
        """The identity in whose log the record of that id stands; None if it is no such record."""
        ...

    def state(self, rid: RecordId) -> IdentityState:
        """The identity's state at a record of its log."""
        ...

    def runs(self, key: PublicKey) -> Iterable[Run]:
        """The runs of a key's chain."""
        ...

    def pointers(self, rid: RecordId, relations: Iterable[str]) -> Iterable[Pointer]:
        """The held records that refer to ``rid`` by one of ``relations``."""
        ...
