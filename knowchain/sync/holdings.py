"""What a sync session needs of the store, and what it tells the caller."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from knowchain.sync.sorted_ids import SortedIds

Outcome: TypeAlias = Literal["accepted", "duplicate", "parked", "unsupported", "rejected"]
"""What admission said of a block or body that came: one of its verdicts."""


class Holdings(Protocol):
    """The store, as a session sees it. Ids are the SHA-256 digests in record ids and body CIDs."""

    def heads(self) -> SortedIds:
        """The ids of all accepted records that no accepted record names in ``prev``, as of now."""

    def unheld(self, ids: Sequence[bytes]) -> Sequence[bytes]:
        """Those of ``ids`` that are no accepted records here, in the order given."""

    def lineage(
        self, heads: Sequence[bytes], held: Collection[bytes], bodies: bool
    ) -> Iterator[tuple[bytes, bytes | None]]:
        """Blocks of ``heads`` and their ancestors through ``prev``, parents before children.

        Walks stop at the records ``held``, which the other side has with all their ancestors;
        records that it may have besides can be left out too. Each block comes once, with its body
        if ``bodies`` and the body may be given to this peer. All ``heads`` are accepted here.
        """

    def body(self, digest: bytes) -> bytes | None:
        """The body block of that digest, if it is here and may be given to this peer."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A record block came, and maybe its body: give them to admission, in this order."""

    digest: bytes
    block: bytes
    body: bytes | None

    @property
    def size(self) -> int:
        """Bytes that it cost."""
        return len(self.block) + len(self.body or b"")


@dataclass(frozen=True, slots=True)
class BodyArrived:
    """A body that was asked for came."""

    digest: bytes
    body: bytes

    @property
    def size(self) -> int:
        """Bytes that it cost."""
        return len(self.body)


Event: TypeAlias = Arrived | BodyArrived


@dataclass(slots=True)
class Counters:
    """What a session has cost and brought, for people to see."""

    rounds: int = 0
    """Round trips of the reconciliation."""
    only_here: int = 0
    """Heads that this side has and the other lacked; the responder counts what it was told."""
    only_there: int = 0
    """Heads that the other side has and this one lacked."""
    bytes_in: int = 0
    bytes_out: int = 0
    records_in: int = 0
    records_out: int = 0
    bodies_in: int = 0
    bodies_out: int = 0
    accepted: int = 0
