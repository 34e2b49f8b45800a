"""The inbox: what others signed that concerns the owner's records, since the owner last looked.

Answers, corrections, disputes, labels, what became of the sources that the owner relied on, and signs
that a key of the owner is in other hands. How far it was read is kept in this home alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from knowchain.chains import Flag, author_of
from knowchain.errors import InvalidRecord, InvalidValue
from knowchain.home.gathering import fields_of, statement_of
from knowchain.home.home import Home
from knowchain.home.names import Names
from knowchain.home.viewing import human_form, title_of
from knowchain.identifiers import RecordId
from knowchain.ranking.vouching import latest_at
from knowchain.records import AnyHeader, Header, IdentityHeader, read_block
from knowchain.records.vocabulary.relations import RELATIONS
from knowchain.storage.reader import Reader

__all__ = ["Concern", "Inbox", "InboxRequest", "Notice", "inbox"]

_CURSOR: Final = "inbox-cursor"
_MOST: Final = 500
_PAGE: Final = 1_000
_AUTHORS_KEPT: Final = 65_536
_VOID: Final = frozenset({Flag.RETRACTED, Flag.ERASED, Flag.REVOKED, Flag.SUPERSEDED})
_WITHDRAWN: Final = frozenset({Flag.RETRACTED, Flag.ERASED})
_WITHDRAWING: Final = frozenset({"kc:retracts", "kc:erases"})
_REVISES: Final = "prov:wasRevisionOf"
_PROOF: Final = "fork-proof"
_NO_CITATION: Final = frozenset({*_WITHDRAWING, "kc:after", "kc:disputes"})


class Concern(StrEnum):
    """In what way a record concerns the owner."""

    QUOTES = "quotes"
    DERIVES = "derives"
    CITES = "cites"
    CORRECTS = "corrects"
    """Somebody else's version of a record of the owner."""
    DISPUTES = "disputes"
    NOTES = "notes"
    EVALUATES = "evaluates"
    LABELS = "labels"
    TELLS = "tells"
    """An event about a record of the owner."""
    TRUSTS = "trusts"
    ASKS = "asks"
    """To be part of a collection of the owner."""
    WITHDRAWS_SOURCE = "withdraws-source"
    """What the owner relied on was taken back."""
    RENEWS_SOURCE = "renews-source"
    """What the owner relied on has a newer version."""
    FORKS_KEY = "forks-key"
    """A key of the owner signed two things beside each other."""
    CHANGES_IDENTITY = "changes-identity"
    """The owner's identity was changed on another device, or by somebody else."""


_BY_RELATION: Final = {
    "prov:wasQuotedFrom": Concern.QUOTES,
    "prov:wasDerivedFrom": Concern.DERIVES,
    _REVISES: Concern.CORRECTS,
    "kc:disputes": Concern.DISPUTES,
    "dcterms:isPartOf": Concern.ASKS,
}
_BY_KIND: Final = {
    "note": Concern.NOTES,
    "evaluation": Concern.EVALUATES,
    "moderation-label": Concern.LABELS,
    "event": Concern.TELLS,
    "trust": Concern.TRUSTS,
}


@dataclass(frozen=True, slots=True)
class InboxRequest:
    """How much of the inbox.

    Attributes:
        limit: how many notices.
        everything: from the beginning, whatever was read.
        keep: leave what is shown unread.
    """

    limit: int = 50
    everything: bool = False
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """One record that concerns the owner."""

    concern: Concern
    record: RecordId
    kind: str
    author: RecordId
    author_name: str
    time: int
    """As claimed, milliseconds since 1970."""
    received: int
    about: RecordId
    """The record of the owner that it concerns, or the owner's identity."""
    title: str | None = None
    """Of the record."""
    about_title: str | None = None
    source: RecordId | None = None
    """What the owner relied on, where that is what the notice is about."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """Notices in the order in which they came here."""

    notices: tuple[Notice, ...]
    more: bool
    """Whether there is more to read after these."""


def inbox(home: Home, request: InboxRequest) -> Inbox:
    """What concerns the owner's records and was not read yet; from then on it is read.

    Raises:
        InvalidValue: the limit is out of range.
        HomeError: this device belongs to no identity.
    """
    if not 1 <= request.limit <= _MOST:
        raise InvalidValue(
            "{field}: {value} is out of range",
            field="limit",
            value=request.limit,
            most=_MOST,
            remedy="give 1 to {most}",
        )
    found: list[Notice] = []
    more = False
    with home.store.snapshot() as reader:
        before = int(reader.setting(_CURSOR) or 0)
        cursor = 0 if request.everything else before
        looking = _Looking(reader, home.identity)
        for arrival, notices in looking.after(cursor):
            if len(found) + len(notices) > request.limit and found:
                more = True
                break
            found += notices
            cursor = arrival
    if not request.keep and cursor > before:
        home.store.set_setting(_CURSOR, str(cursor))
    return Inbox(tuple(found), more)


class _Looking:
    """Looks for what concerns one identity, over one state of the store."""

    def __init__(self, reader: Reader, me: RecordId) -> None:
        self._reader, self._me = reader, me
        self._standing, self._names = reader.standing(), Names(reader)
        self._authors: dict[RecordId, RecordId | None] = {}
        self._blocked = self._blocks()

    def after(self, cursor: int) -> Iterator[tuple[int, list[Notice]]]:
        """(arrival, what it brought) for every record after a cursor."""
        while page := self._reader.deliveries(after=cursor, limit=_PAGE):
            for arrival, rid, block, _, _ in page:
                cursor = arrival
                yield arrival, self._notices(rid, read_block(block).header)

    def _blocks(self) -> frozenset[RecordId]:
        """Whom the owner blocks: nothing of theirs is shown."""
        statements = []
        for stored in self._reader.records(kind="trust", author=self._me):
            body, header = self._reader.body(stored.id), stored.block.header
            fields = None if body is None else fields_of(body)
            if fields is None or not isinstance(header, Header) or self._standing.flags(stored.id) & _VOID:
                continue
            statement = statement_of(stored.id, header, fields)
            if statement is not None:
                statements.append(statement)
        newest = max((each.time for each in statements), default=0)
        return frozenset(each.subject for each in latest_at(statements, newest) if each.block)

    def _notices(self, rid: RecordId, header: AnyHeader) -> list[Notice]:
        author = author_of(rid, header)
        if author == self._me:
            return self._of_own_keys(rid, header)
        if isinstance(header, IdentityHeader) or author in self._blocked:
            return []
        concerns = dict(self._concerns(rid, header))
        if not concerns or self._standing.flags(rid) & _VOID:
            return []
        return [self._notice(rid, header, concern, *about) for about, concern in concerns.items()]

    def _concerns(
        self, rid: RecordId, header: Header
    ) -> Iterator[tuple[tuple[RecordId, RecordId | None], Concern]]:
        """((own record, source that it relied on), concern); the first concern of a pair is told."""
        if header.kind == _PROOF and self._proves_own_fork(rid):
            yield (self._me, None), Concern.FORKS_KEY
        for ref in header.refs:
            if self._is_mine(ref.target):
                if ref.relation in RELATIONS and ref.relation not in {"kc:after", *_WITHDRAWING}:
                    yield (ref.target, None), _concern(ref.relation, header.kind)
            elif ref.relation in _WITHDRAWING and self._standing.flags(ref.target) & _WITHDRAWN:
                yield from self._relying(ref.target, Concern.WITHDRAWS_SOURCE)
            elif ref.relation == _REVISES and self._acts(header.author, ref.target):
                yield from self._relying(ref.target, Concern.RENEWS_SOURCE)

    def _relying(
        self, source: RecordId, concern: Concern
    ) -> Iterator[tuple[tuple[RecordId, RecordId | None], Concern]]:
        for pointer in self._reader.pointers(source):
            if (
                pointer.relation not in _NO_CITATION
                and self._is_mine(pointer.source)
                and not self._standing.flags(pointer.source) & _VOID
            ):
                yield (pointer.source, source), concern

    def _of_own_keys(self, rid: RecordId, header: AnyHeader) -> list[Notice]:
        """What the owner's own keys signed elsewhere, where it means trouble."""
        stored = self._reader.record(rid)
        if stored is None or stored.source == "local" or header.seq == 0:
            return []
        if isinstance(header, IdentityHeader):
            return [self._notice(rid, header, Concern.CHANGES_IDENTITY, self._me)]
        if Flag.FORKED in self._standing.flags(rid):
            return [self._notice(rid, header, Concern.FORKS_KEY, self._me)]
        return []

    def _proves_own_fork(self, rid: RecordId) -> bool:
        body = self._reader.body(rid)
        blocks = (fields_of(body) or {}).get("blocks") if body is not None else None
        for each in blocks if isinstance(blocks, list) else ():
            try:
                header = read_block(each).header if isinstance(each, bytes) else None
            except InvalidRecord:
                continue
            if isinstance(header, Header) and header.author == self._me:
                return True
        return False

    def _is_mine(self, rid: RecordId) -> bool:
        return rid == self._me or self._author(rid) == self._me

    def _acts(self, author: RecordId, target: RecordId) -> bool:
        owner = self._author(target)
        return owner is not None and self._standing.acts_for(author, owner, firmly=False)

    def _author(self, rid: RecordId) -> RecordId | None:
        if rid not in self._authors:
            if len(self._authors) >= _AUTHORS_KEPT:
                self._authors.clear()
            block = self._reader.block(rid)
            self._authors[rid] = None if block is None else author_of(rid, read_block(block).header)
        return self._authors[rid]

    def _notice(
        self,
        rid: RecordId,
        header: AnyHeader,
        concern: Concern,
        about: RecordId,
        source: RecordId | None = None,
    ) -> Notice:
        stored = self._reader.record(rid)
        assert stored is not None, "what arrived is held"
        author = author_of(rid, header)
        return Notice(
            concern=concern,
            record=rid,
            kind=header.kind,
            author=author,
            author_name=self._names.shown(author),
            time=header.time,
            received=stored.received,
            about=about,
            title=self._title(rid),
            about_title=None if about == self._me else self._title(about),
            source=source,
        )

    def _title(self, rid: RecordId) -> str | None:
        stored = self._reader.record(rid)
        if stored is None or self._standing.flags(rid) & _WITHDRAWN:
            return None
        form: Mapping[str, object] | None = human_form(self._reader, stored)
        return title_of(form)


def _concern(relation: str, kind: str) -> Concern:
    if relation == "kc:about":
        return _BY_KIND.get(kind, Concern.CITES)
    return _BY_RELATION.get(relation, Concern.CITES)
