"""Membership: whether one record is in one collection, by the rule that the collection states."""

from __future__ import annotations

from typing import Final

from knowchain.chains import Flag
from knowchain.home.records_seen import RecordsSeen
from knowchain.identifiers import RecordId
from knowchain.records.bodies import acceptance_of
from knowchain.records.header import Header
from knowchain.storage.reader import Reader

__all__ = ["Membership"]

_VOID: Final = frozenset({Flag.RETRACTED, Flag.ERASED, Flag.REVOKED, Flag.SUPERSEDED})


class Membership:
    """The members of one collection, asked one by one.

    Args:
        reader: a snapshot.
        collection: its id; whatever is no collection has no members.
    """

    def __init__(self, reader: Reader, collection: RecordId) -> None:
        self._seen = RecordsSeen(reader)
        self._collection = collection
        header = self._seen.header(collection)
        fields = self._seen.fields(collection)
        known = isinstance(header, Header) and header.kind == "collection" and fields is not None
        self._rule = acceptance_of(fields or {}, self._seen.author(collection)) if known else None

    def has(self, rid: RecordId) -> bool:
        """Whether a record is a member."""
        header = self._seen.header(rid)
        if self._rule is None or not isinstance(header, Header):
            return False
        asks = any(
            ref.relation == "dcterms:isPartOf" and ref.target == self._collection for ref in header.refs
        )
        taken_by = self._taken_by(rid)
        if not asks and not taken_by:
            return False
        return self._rule.takes(
            author=header.author, kind=header.kind, languages=self._languages(rid), accessioned_by=taken_by
        )

    def _points_here(self, header: Header) -> bool:
        return any(
            ref.relation == "dcterms:isPartOf" and ref.target == self._collection for ref in header.refs
        )

    def _taken_by(self, rid: RecordId) -> set[RecordId]:
        """Curators whose latest accession or deaccession of the record took it in, by claimed time."""
        latest: dict[RecordId, tuple[int, RecordId, bool]] = {}
        for pointer in self._seen.pointers(rid, ["kc:about"]):
            header = self._seen.header(pointer.source)
            if not isinstance(header, Header) or header.kind != "event":
                continue
            event = (self._seen.fields(pointer.source) or {}).get("event")
            here = any(
                ref.target == self._collection for ref in header.refs if ref.relation == "dcterms:isPartOf"
            )
            if event not in ("accession", "deaccession") or not here:
                continue
            if self._seen.standing().flags(pointer.source) & _VOID:
                continue
            move = (header.time, pointer.source, event == "accession")
            latest[header.author] = max(latest.get(header.author, move), move)
        return {author for author, (_, _, taken) in latest.items() if taken}

    def _languages(self, rid: RecordId) -> list[str]:
        stated = (self._seen.fields(rid) or {}).get("languages")
        tags: list[str] = []
        for each in stated if isinstance(stated, list) else ():
            tag = each.get("tag") if isinstance(each, dict) else each
            if isinstance(tag, str):
                tags.append(tag)
        return tags
