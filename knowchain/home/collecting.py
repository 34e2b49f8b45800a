"""Collections: made, listed, and their members by the rule that each states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from knowchain.chains import Flag, author_of
from knowchain.errors import InvalidRecord, InvalidValue, NotAllowed, NotFound
from knowchain.home.home import Home
from knowchain.home.membership import Membership
from knowchain.home.names import Names, resolve_identity, resolve_record
from knowchain.home.saying import Said, Saying, say
from knowchain.home.viewing import human_form, title_of
from knowchain.identifiers import RecordId, parse_record_id
from knowchain.records import Header, read_body
from knowchain.records.bodies import Acceptance, acceptance_of
from knowchain.storage.reader import Reader, StoredRecord

__all__ = [
    "Accession",
    "Collection",
    "CollectionRequest",
    "Member",
    "NewCollection",
    "accession",
    "create_collection",
    "list_collections",
    "members_of",
    "show_collection",
]

_PART_OF: Final = "dcterms:isPartOf"
_ABOUT: Final = "kc:about"
_MOVES: Final = ("accession", "deaccession")
_VOID: Final = frozenset({Flag.RETRACTED, Flag.ERASED, Flag.REVOKED, Flag.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class NewCollection:
    """A collection to be signed: fields in the human form, people by name or id."""

    fields: Mapping[str, object]
    curators: tuple[str, ...] = ()
    invited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CollectionRequest:
    """Which collection: its id or the beginning of it."""

    collection: str


@dataclass(frozen=True, slots=True)
class Accession:
    """A record that a curator takes into a collection, or out of it with ``remove``."""

    collection: str
    record: str
    remove: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A record that belongs to a collection, or asks to."""

    id: RecordId
    kind: str
    title: str | None
    author: str
    member: bool
    """False: it asks, and the rule does not take it."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection, with its rule."""

    id: RecordId
    title: str | None
    author: str
    rule: str
    curators: tuple[str, ...]
    flags: tuple[Flag, ...]
    members: tuple[Member, ...]


def create_collection(home: Home, request: NewCollection) -> Said:
    """Sign a collection.

    Raises:
        InvalidBody: the fields break rules.
        NotFound: a person who is named is not known here.
        NotAllowed: this device may not sign now.
    """
    with home.store.snapshot() as reader:
        curators = [str(resolve_identity(reader, name)) for name in request.curators]
        invited = [str(resolve_identity(reader, name)) for name in request.invited]
    fields = dict(request.fields)
    acceptance = fields.get("acceptance")
    if invited and isinstance(acceptance, Mapping):
        fields["acceptance"] = {**acceptance, "invited": invited}
    if curators:
        fields["curators"] = curators
    return say(home, Saying("collection", fields))


def accession(home: Home, request: Accession) -> Said:
    """Take a record into a collection as its curator, or out of it: a signed event.

    Raises:
        NotAllowed: the owner of this home is no curator.
        NotFound, InvalidValue: no such record, or no collection.
    """
    with home.store.snapshot() as reader:
        collection = _collection(reader, request.collection)
        record = resolve_record(reader, request.record)
        if record not in reader:
            raise NotFound("the record {id} is not held", remedy="import it first", id=str(record))
        if str(home.identity) not in _rule(reader, collection).curators:
            raise NotAllowed(
                "you are no curator of the collection {id}",
                remedy="ask a curator; your own works ask by --part-of when they are published",
                id=str(collection.id),
            )
        name = Names(reader).display_name(home.identity) or str(home.identity)
    fields = {
        "event": "deaccession" if request.remove else "accession",
        "subject": [str(record)],
        "part_of": [str(collection.id)],
        "when": datetime.fromtimestamp(home.clock() // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "agent": {"name": name, "role": "curator", "id": str(home.identity)},
        "outcome": "success",
    }
    return say(home, Saying("event", fields))


def show_collection(home: Home, request: CollectionRequest) -> Collection:
    """A collection and what is in it, as far as it is held here.

    Raises:
        NotFound, InvalidValue: it is not held, or no collection.
    """
    with home.store.snapshot() as reader:
        return _shown(reader, _collection(reader, request.collection), members=True)


def list_collections(home: Home, _request: None = None) -> tuple[Collection, ...]:
    """Every collection that is held and stands, without members; the newest first."""
    with home.store.snapshot() as reader:
        standing = reader.standing()
        return tuple(
            _shown(reader, stored, members=False)
            for stored in reader.records(kind="collection", newest_first=True)
            if not standing.flags(stored.id) & _VOID
        )


def members_of(reader: Reader, collection: StoredRecord) -> Iterator[tuple[RecordId, bool]]:
    """(record, whether it is a member) for every held record that asks, or that a curator took in."""
    membership, standing = Membership(reader, collection.id), reader.standing()
    asking, moved = _candidates(reader, collection.id)
    for rid in sorted(asking | moved):
        if rid in reader and not standing.flags(rid) & _VOID:
            member = membership.has(rid)
            if member or rid in asking:
                yield rid, member


def _candidates(reader: Reader, collection: RecordId) -> tuple[set[RecordId], set[RecordId]]:
    """Records that point at the collection, and records that an accession in it is about."""
    asking: set[RecordId] = set()
    moved: set[RecordId] = set()
    for pointer in reader.pointers(collection, [_PART_OF]):
        stored = reader.record(pointer.source)
        header = None if stored is None else stored.block.header
        if stored is None or not isinstance(header, Header):
            continue
        if header.kind == "event" and (human_form(reader, stored) or {}).get("event") in _MOVES:
            moved.update(ref.target for ref in header.refs if ref.relation == _ABOUT)
        else:
            asking.add(stored.id)
    return asking, moved


def _collection(reader: Reader, text: str) -> StoredRecord:
    rid = resolve_record(reader, text)
    stored = reader.record(rid)
    if stored is None:
        raise NotFound("the collection {id} is not held", remedy="import it first", id=str(rid))
    if stored.block.header.kind != "collection":
        raise InvalidValue(
            "{field}: {value} is a {kind}, not a collection",
            field="collection",
            value=str(rid),
            kind=stored.block.header.kind,
            remedy="`knowchain collection list` shows the collections",
        )
    return stored


def _rule(reader: Reader, collection: StoredRecord) -> Acceptance:
    owner = author_of(collection.id, collection.block.header)
    data = reader.body(collection.id)
    try:
        fields = {} if data is None else read_body(data, collection.block.header, owner).fields
    except InvalidRecord:
        fields = {}
    return acceptance_of(fields, owner)


def _shown(reader: Reader, stored: StoredRecord, *, members: bool) -> Collection:
    names, rule = Names(reader), _rule(reader, stored)
    owner = author_of(stored.id, stored.block.header)
    return Collection(
        stored.id,
        title_of(human_form(reader, stored)),
        names.shown(owner),
        rule.rule,
        tuple(names.shown(parse_record_id(who)) for who in sorted(rule.curators)),
        tuple(sorted(reader.standing().flags(stored.id))),
        tuple(_member(reader, names, *found) for found in members_of(reader, stored)) if members else (),
    )


def _member(reader: Reader, names: Names, rid: RecordId, member: bool) -> Member:
    stored = reader.record(rid)
    assert stored is not None
    author = names.shown(author_of(rid, stored.block.header))
    return Member(rid, stored.block.header.kind, title_of(human_form(reader, stored)), author, member)
