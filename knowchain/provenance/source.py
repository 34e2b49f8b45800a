"""What a trace asks of whoever keeps records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from knowchain.chains.holdings import Pointer
from knowchain.chains.standing import Standing
from knowchain.identifiers import RecordId
from knowchain.provenance.model import Proven
from knowchain.records.bodies.values import Stored
from knowchain.records.header import AnyHeader

__all__ = ["Held", "Source"]


class Held(NamedTuple):
    """A record that is held."""

    header: AnyHeader
    body_state: str
    """``none``, ``held``, ``missing`` or ``erased``."""
    received: int
    source: str
    """``local``, ``import:…``, ``peer:…``."""


class Source(Protocol):
    """One unchanging set of records, with the reader's names for people."""

    def standing(self) -> Standing:
        """Flags over the set; the same one each time."""
        ...

    def held(self, rid: RecordId) -> Held | None:
        """A record with how it came here; None if it is not held."""
        ...

    def header(self, rid: RecordId) -> AnyHeader | None:
        """The header of a held record."""
        ...

    def fields(self, rid: RecordId) -> Mapping[str, Stored] | None:
        """The fields of a held record's body, held to their shapes; None if it has none that can be read."""
        ...

    def pointers(self, rid: RecordId, relations: Iterable[str] | None = None) -> Sequence[Pointer]:
        """The held records that refer to ``rid``, by any relation or one of ``relations``, in order."""
        ...

    def beside(self, rid: RecordId) -> tuple[RecordId, ...]:
        """Every held record with the key and sequence number of ``rid``."""
        ...

    def author(self, rid: RecordId) -> RecordId:
        """The identity that signed a held record."""
        ...

    def claimed(self, rid: RecordId) -> int:
        """The claimed time of a held record."""
        ...

    def name(self, identity: RecordId) -> str:
        """The reader's name for an identity, or its own."""
        ...

    def reason(self, withdrawal: RecordId) -> str | None:
        """Why a retraction says it withdraws."""
        ...

    def proven(self, rid: RecordId) -> Proven | None:
        """What evidence that was checked says of when a record was made."""
        ...

    def count_sources(self, rid: RecordId) -> int:
        """How many records ``rid`` leads to by what makes ancestry, however far."""
        ...
