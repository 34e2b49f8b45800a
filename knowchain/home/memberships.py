"""Which works are in which collections, kept up to date record by record, for feeds that follow them.

The rule of each collection decides (docs/spec/bodies.md, section 6). Of the accessions and deaccessions
of one work by one curator the latest counts, by claimed time and then by id, whatever came first here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from knowchain.identifiers import RecordId
from knowchain.records import Header
from knowchain.records.bodies import Acceptance, acceptance_of
from knowchain.records.bodies.values import Stored

__all__ = ["Memberships"]

_PART_OF: Final = "dcterms:isPartOf"
_ABOUT: Final = "kc:about"
_MOVES: Final = ("accession", "deaccession")


class _Move(NamedTuple):
    time: int
    event: RecordId
    by: RecordId
    taken: bool


class Memberships:
    """Collections, who asks to be in them, and what curators did."""

    def __init__(self) -> None:
        self._rules: dict[RecordId, Acceptance] = {}
        self._asking: dict[RecordId, set[RecordId]] = {}
        self._moves: dict[RecordId, dict[RecordId, dict[RecordId, _Move]]] = {}
        """By work, collection, and event."""

    def take(self, rid: RecordId, header: Header, fields: Mapping[str, Stored]) -> set[RecordId]:
        """Take in a record.

        Args:
            fields: of its body; empty if it doesn't stand or its body isn't here.

        Returns:
            The records whose memberships may have changed.
        """
        parts = [ref.target for ref in header.refs if ref.relation == _PART_OF]
        if header.kind == "collection":
            return self._take_collection(rid, header, fields)
        if header.kind == "event" and parts:
            return self._take_event(rid, header, fields, parts)
        for collection in parts:
            self._asking.setdefault(collection, set()).add(rid)
        return set()

    def of(self, rid: RecordId, header: Header, languages: Iterable[str]) -> tuple[RecordId, ...]:
        """The collections that a record is in; ascending."""
        moves = self._moves.get(rid, {})
        asked = {ref.target for ref in header.refs if ref.relation == _PART_OF}
        tags = tuple(languages)
        return tuple(
            sorted(
                collection
                for collection in asked | moves.keys()
                if (rule := self._rules.get(collection)) is not None
                and rule.takes(
                    author=header.author,
                    kind=header.kind,
                    languages=tags,
                    accessioned_by=_takers(moves.get(collection, {}).values()),
                )
            )
        )

    def _take_collection(self, rid: RecordId, header: Header, fields: Mapping[str, Stored]) -> set[RecordId]:
        before = self._rules.pop(rid, None)
        if fields:
            self._rules[rid] = acceptance_of(fields, header.author)
        if before == self._rules.get(rid):
            return set()
        moved = {work for work, collections in self._moves.items() if rid in collections}
        return moved | self._asking.get(rid, set())

    def _take_event(
        self, rid: RecordId, header: Header, fields: Mapping[str, Stored], collections: list[RecordId]
    ) -> set[RecordId]:
        named = fields.get("event")
        changed = set()
        for work in (ref.target for ref in header.refs if ref.relation == _ABOUT):
            for collection in collections:
                moves = self._moves.setdefault(work, {}).setdefault(collection, {})
                before = moves.pop(rid, None)
                if named in _MOVES:
                    moves[rid] = _Move(header.time, rid, header.author, named == "accession")
                if before != moves.get(rid):
                    changed.add(work)
        return changed


def _takers(moves: Iterable[_Move]) -> set[RecordId]:
    """Whose latest move took the work in."""
    latest = {move.by: move for move in sorted(moves)}
    return {by for by, move in latest.items() if move.taken}
