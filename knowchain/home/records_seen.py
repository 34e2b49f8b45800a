"""The records of a home as a trace asks for them: one snapshot of the store, with the owner's names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from knowchain.chains import Pointer, Standing, author_of
from knowchain.errors import InvalidRecord
from knowchain.home.names import Names
from knowchain.identifiers import RecordId
from knowchain.provenance.model import Proven
from knowchain.provenance.relations import ANCESTRY
from knowchain.provenance.source import Held
from knowchain.records import AnyHeader, read_body
from knowchain.records.bodies import read_body as read_fields
from knowchain.records.bodies.values import Stored
from knowchain.storage.graph import Graph
from knowchain.storage.reader import Reader, StoredRecord

__all__ = ["RecordsSeen"]

_KEPT: Final = 2048
"""Records that are kept at hand."""


class RecordsSeen:
    """A :class:`~knowchain.provenance.Source` over one reader.

    Args:
        reader: a snapshot, so that what a trace says is true of one moment.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._names = Names(reader)
        self._standing = reader.standing()
        self._records: OrderedDict[RecordId, StoredRecord | None] = OrderedDict()

    def standing(self) -> Standing:
        """Flags over the snapshot."""
        return self._standing

    def held(self, rid: RecordId) -> Held | None:
        """A record with how it came here."""
        stored = self._stored(rid)
        if stored is None:
            return None
        return Held(stored.block.header, stored.body_state, stored.received, stored.source)

    def header(self, rid: RecordId) -> AnyHeader | None:
        """The header of a held record."""
        stored = self._stored(rid)
        return None if stored is None else stored.block.header

    def fields(self, rid: RecordId) -> Mapping[str, Stored] | None:
        """The fields of a held record's body, held to their shapes."""
        stored = self._stored(rid)
        data = None if stored is None else self._reader.body(rid)
        if stored is None or data is None:
            return None
        header = stored.block.header
        try:
            body = read_body(data, header, author_of(rid, header))
        except InvalidRecord:
            return None
        return read_fields(header.kind, body.fields).fields

    def pointers(self, rid: RecordId, relations: Iterable[str] | None = None) -> Sequence[Pointer]:
        """The held records that refer to ``rid``."""
        return self._reader.pointers(rid, relations)

    def beside(self, rid: RecordId) -> tuple[RecordId, ...]:
        """Every held record with the key and sequence number of ``rid``."""
        return self._reader.fork_at(rid)

    def author(self, rid: RecordId) -> RecordId:
        """The identity that signed a held record."""
        return author_of(rid, self._known(rid).block.header)

    def claimed(self, rid: RecordId) -> int:
        """The claimed time of a held record."""
        return self._known(rid).block.header.time

    def name(self, identity: RecordId) -> str:
        """The owner's name for an identity, or its own."""
        return self._names.shown(identity)

    def reason(self, withdrawal: RecordId) -> str | None:
        """Why a retraction says it withdraws."""
        reason = (self.fields(withdrawal) or {}).get("reason")
        return reason if isinstance(reason, str) else None

    def proven(self, rid: RecordId) -> Proven | None:  # noqa: ARG002 - of the interface
        """None: this version checks no evidence of time. Tokens in ``timestamp`` events remain claims."""
        return None

    def count_sources(self, rid: RecordId) -> int:
        """How many records ``rid`` leads to, however far."""
        return Graph(self._reader).count_ancestors(rid, ANCESTRY)

    def _known(self, rid: RecordId) -> StoredRecord:
        stored = self._stored(rid)
        assert stored is not None, "asked of held records only"
        return stored

    def _stored(self, rid: RecordId) -> StoredRecord | None:
        if rid in self._records:
            self._records.move_to_end(rid)
            return self._records[rid]
        stored = self._records[rid] = self._reader.record(rid)
        if len(self._records) > _KEPT:
            self._records.popitem(last=False)
        return stored
