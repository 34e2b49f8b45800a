"""Viewing: everything that a home can say of one record, for people to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from knowchain.chains import Flag, author_of
from knowchain.errors import InvalidRecord, NotFound
from knowchain.home.content import holds_block
from knowchain.home.home import Home
from knowchain.home.names import Names, resolve_identity, resolve_record
from knowchain.identifiers import Cid, PublicKey, RecordId
from knowchain.records import Header, IdentityHeader, Operation, read_body
from knowchain.records.bodies import present
from knowchain.records.bodies import read_body as read_fields
from knowchain.storage.lineage import WITHHELD
from knowchain.storage.reader import BodyState, Reader, StoredRecord

__all__ = ["HeldFile", "Link", "View", "ViewRequest", "human_form", "operation_in_words", "title_of", "view"]


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """Which record: its id, the beginning of it, or a person's name for that identity's first record.

    Attributes:
        withheld: show the body even if it was retracted.
    """

    record: str
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A reference between two records, as people read it."""

    relation: str
    record: RecordId
    kind: str | None
    """None: the other record is not held."""
    author: str | None
    title: str | None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file of a work, and whether its root block is here."""

    path: str
    bytes: int | None
    sha256: str | None
    mime: str | None
    cid: Cid | None
    here: bool


@dataclass(frozen=True, slots=True)
class View:
    """One record, as people read it."""

    id: RecordId
    kind: str
    author: RecordId
    author_name: str
    key: PublicKey
    seq: int
    time: int
    """Claimed, milliseconds since 1970."""
    received: int
    """When it was accepted here."""
    source: str
    """``local``, ``import:…`` or ``peer:…``."""
    flags: tuple[Flag, ...]
    body_state: BodyState | Literal["withheld"]
    body: Mapping[str, object] | None
    """The human form; None where there is none to show."""
    issues: tuple[str, ...]
    """What in the body is not as this version would write it."""
    prev: tuple[RecordId, ...]
    refs: tuple[Link, ...]
    pointers: tuple[Link, ...]
    """What points at it, as far as it is held here."""
    files: tuple[HeldFile, ...]
    operations: tuple[str, ...] = ()
    """Of an identity's record: what it changes."""


def view(home: Home, request: ViewRequest) -> View:
    """Everything that is known here of one record.

    Raises:
        NotFound: it is not held.
        InvalidValue: the text is no id.
    """
    with home.store.snapshot() as reader:
        rid = _named(reader, request.record)
        stored = reader.record(rid)
        if stored is None:
            raise NotFound(
                "the record {id} is not held here",
                remedy="import it, or let a peer fetch it; `knowchain stats` says what is held",
                id=str(rid),
            )
        return _Viewer(home, reader).view(stored, withheld=request.withheld)


def human_form(reader: Reader, stored: StoredRecord) -> dict[str, object] | None:
    """A held body in the human form, with the references that have a name there; None if it is not held."""
    data = reader.body(stored.id)
    if data is None:
        return None
    header = stored.block.header
    try:
        body = read_body(data, header, author_of(stored.id, header))
    except InvalidRecord:
        return None
    return present(header.kind, body.fields, header.refs if isinstance(header, Header) else ())


def title_of(human: Mapping[str, object] | None) -> str | None:
    """The words by which people know a record: its title, name or first words."""
    for name in ("title", "name", "text", "reason", "description"):
        found = None if human is None else _first_text(human.get(name))
        if found:
            return found
    return None


def _first_text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return next((text for each in value.values() if (text := _first_text(each))), None)
    if isinstance(value, list):
        return _first_text(value[0]) if value else None
    return None


def _named(reader: Reader, text: str) -> RecordId:
    return resolve_record(reader, text) if text.startswith("bafy") else resolve_identity(reader, text)


class _Viewer:
    def __init__(self, home: Home, reader: Reader) -> None:
        self._home = home
        self._reader = reader
        self._names = Names(reader)
        self._standing = reader.standing()

    def view(self, stored: StoredRecord, *, withheld: bool) -> View:
        header = stored.block.header
        author = author_of(stored.id, header)
        flags = self._standing.flags(stored.id)
        hidden = bool(flags & WITHHELD) and not withheld
        human = None if hidden else human_form(self._reader, stored)
        refs = header.refs if isinstance(header, Header) else ()
        return View(
            id=stored.id,
            kind=header.kind,
            author=author,
            author_name=self._names.shown(author),
            key=header.key,
            seq=header.seq,
            time=header.time,
            received=stored.received,
            source=stored.source,
            flags=tuple(sorted(flags)),
            body_state="withheld" if hidden and stored.body_state == "held" else stored.body_state,
            body=human,
            issues=() if human is None else _issues(self._reader, stored),
            prev=header.prev,
            refs=tuple(self._link(ref.relation, ref.target) for ref in refs),
            pointers=tuple(
                self._link(pointer.relation, pointer.source) for pointer in self._reader.pointers(stored.id)
            ),
            files=self._files(human),
            operations=tuple(map(operation_in_words, header.ops))
            if isinstance(header, IdentityHeader)
            else (),
        )

    def _link(self, relation: str, rid: RecordId) -> Link:
        stored = self._reader.record(rid)
        if stored is None:
            return Link(relation, rid, None, None, None)
        flags = self._standing.flags(rid)
        human = None if flags & WITHHELD else human_form(self._reader, stored)
        header = stored.block.header
        author = self._names.shown(author_of(rid, header))
        return Link(relation, rid, header.kind, author, title_of(human), tuple(sorted(flags)))

    def _files(self, human: Mapping[str, object] | None) -> tuple[HeldFile, ...]:
        files = None if human is None else human.get("files")
        if not isinstance(files, list):
            return ()
        return tuple(self._file(entry) for entry in files if isinstance(entry, Mapping))

    def _file(self, entry: Mapping[str, object]) -> HeldFile:
        size, cid = entry.get("bytes"), entry.get("cid")
        link = Cid.parse(cid) if isinstance(cid, str) else None
        return HeldFile(
            str(entry.get("path", "")),
            size if isinstance(size, int) else None,
            _text(entry.get("sha256")),
            _text(entry.get("mime")),
            link,
            link is not None and holds_block(self._home, link),
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _issues(reader: Reader, stored: StoredRecord) -> tuple[str, ...]:
    data = reader.body(stored.id)
    header = stored.block.header
    if data is None:
        return ()
    fields = read_body(data, header, author_of(stored.id, header)).fields
    return tuple(str(issue) for issue in read_fields(header.kind, fields).issues)


def operation_in_words(operation: Operation) -> str:
    """An operation in short words: its name, and the hash or id that it is about."""
    name = type(operation).__name__.lower()
    details: Sequence[object] = [part for part in operation if part is not None]
    return " ".join([name, *(_short(part) for part in details)])


def _short(part: object) -> str:
    if isinstance(part, Cid):
        return str(part)
    if isinstance(part, bytes):
        return part.hex()[:16]
    if isinstance(part, tuple):
        return "(" + " ".join(_short(each) for each in part) + ")"
    return str(part)
