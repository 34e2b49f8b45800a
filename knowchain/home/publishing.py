"""Publishing: files and their description become a signed work; revising one.

Everything that can be wrong is found before anything is written: the description is composed with the
files' names and sizes first. Then come the files' blocks, on the medium, then the record that names them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from knowchain.content.profiles import UNIXFS_V1_2025, profile_named
from knowchain.errors import InvalidValue, NotFound
from knowchain.home.authoring import Signed, author, chain_end
from knowchain.home.files import FileSource, ListedFile, WorkFile, media_type
from knowchain.home.home import Home
from knowchain.home.names import resolve_record
from knowchain.home.rights import rights_fields, rights_record
from knowchain.home.viewing import human_form
from knowchain.identifiers import DAG_CBOR, RecordId, cid_of, parse_record_id
from knowchain.records.bodies import KINDS, compose
from knowchain.storage.reader import Reader

__all__ = ["Publication", "Published", "Revision", "publish", "revise", "sole_language"]

_SOME_ID: Final = str(cid_of(b"\xa0", DAG_CBOR))
"""Stands for the rights record while a description is tried out."""
_SOME_DIGEST: Final = "0" * 64
_KINDS: Final = {"image": "StillImage", "audio": "Sound", "video": "MovingImage", "text": "Text"}
_TEXTS: Final = frozenset({"application/pdf", "application/epub+zip", "application/msword"})
_RECORD_FIELDS: Final = frozenset(
    each.name for each in KINDS["work"].refs if each.otherwise is None and each.name != "rights"
)
Advance = Callable[[int], None]
"""Told how many bytes are done so far."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be published.

    Attributes:
        fields: of the work, in the human form (docs/spec/bodies.md), without ``files`` and ``rights``;
            ``kind`` and ``id`` may lack.
        rights: id of a rights record, or its beginning.
        rights_uri: a RightsStatements URI, in place of ``rights``.
        licence: an SPDX expression, in place of both. With none of the three: “not evaluated”.
        file_role: what the files are for.
        profile: how files become blocks.
    """

    fields: Mapping[str, object]
    rights: str | None = None
    rights_uri: str | None = None
    licence: str | None = None
    file_role: str = "access"
    profile: str = UNIXFS_V1_2025.name


@dataclass(frozen=True, slots=True)
class Revision:
    """What is to be changed in a work.

    Attributes:
        record: the id of the work, or its beginning.
        change: fields that take the place of earlier ones; see :class:`Publication`.
        remove: names of fields that go.
    """

    record: str
    change: Publication
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """A work that was signed."""

    id: RecordId
    kind: str
    seq: int
    title: Mapping[str, object]
    access: str
    work_id: str
    """The work's own lasting name."""
    rights: tuple[RecordId, ...]
    rights_new: bool
    """Whether the rights record was signed now, too."""
    files: tuple[WorkFile, ...] = ()
    revises: RecordId | None = None
    warnings: tuple[InvalidValue, ...] = ()


def publish(
    home: Home, request: Publication, files: FileSource | None = None, advance: Advance = lambda _done: None
) -> Published:
    """Sign a work, with its files.

    Args:
        home: the open home.
        request: the description.
        files: what belongs to it; None for a description alone.
        advance: told how many bytes of the files are done.

    Raises:
        InvalidBody: the description breaks rules; it holds every error. Nothing was written.
        InvalidValue, NotFound, NotAllowed: a file or a name that won't do. Nothing was written.
        StorageFault: the disk refused; nothing was signed.
    """
    listed = () if files is None else files.listed()
    fields = {"id": f"urn:uuid:{uuid.uuid4()}", "kind": _kind_of(listed), **request.fields}
    return _Plan(home, request, fields, listed).carry_out(files, advance)


def revise(
    home: Home, request: Revision, files: FileSource | None = None, advance: Advance = lambda _done: None
) -> Published:
    """Sign a new version of a work: what ``request`` does not name stays as it was.

    New files take the place of those of the same path, and join the others.

    Raises:
        NotFound: the work, or its body, is not held.
        InvalidValue: the record is no work. Further as :func:`publish`.
    """
    with home.store.snapshot() as reader:
        earlier, fields = _work(reader, request.record)
    for name in request.remove:
        fields.pop(name, None)
    change = request.change
    if change.rights is not None or change.rights_uri is not None or change.licence is not None:
        fields.pop("rights", None)
    fields = {**fields, **change.fields, "revises": [str(earlier)]}
    listed = () if files is None else files.listed()
    return _Plan(home, change, fields, listed).carry_out(files, advance)


def _work(reader: Reader, text: str) -> tuple[RecordId, dict[str, object]]:
    """A held work and its human form, as far as it can be written again."""
    rid = resolve_record(reader, text)
    stored = reader.record(rid)
    if stored is None:
        raise NotFound("the record {id} is not held", remedy="import it first", id=str(rid))
    if stored.block.header.kind != "work":
        raise InvalidValue(
            "{field}: {value} is a {kind}, not a work",
            field="id",
            value=str(rid),
            kind=stored.block.header.kind,
            remedy="works are revised; retract another record and sign a new one",
        )
    human = human_form(reader, stored)
    if human is None:
        raise NotFound(
            "the body of {id} is not held", remedy="fetch it, or publish the work anew", id=str(rid)
        )
    for name in ("revises", "extra"):
        human.pop(name, None)
    return rid, human


class _Plan:
    """A work that is about to be signed: all of it was tried out when this is made, and nothing written."""

    def __init__(
        self, home: Home, request: Publication, fields: dict[str, object], listed: Sequence[ListedFile]
    ) -> None:
        self._home = home
        self._request = request
        self._profile = profile_named(request.profile)
        self._has_files = bool(listed)
        _check_names_differ(listed)
        with home.store.snapshot() as reader:
            chain_end(home, reader, home.identity)
            self._fields = _resolved(reader, fields)
            if request.rights is not None:
                self._fields["rights"] = [str(resolve_record(reader, request.rights))]
        self._rights = rights_fields(home, uri=request.rights_uri, licence=request.licence)
        compose("rights", self._rights)
        trial = [WorkFile(file.path, file.bytes, _SOME_DIGEST, media_type(file.path)) for file in listed]
        compose("work", {"rights": [_SOME_ID], **self._human(trial)})
        _ = home.device  # asks for the passphrase now, not after an hour of hashing

    def carry_out(self, files: FileSource | None, advance: Advance) -> Published:
        """Bring the files in and sign."""
        if files is None or not self._has_files:
            return self._sign(())
        if self._fields.get("access") != "public":
            return self._sign(files.measured(advance))
        store = self._home.content
        with store.begin_upload("publish") as upload:
            return self._sign(files.brought(store, upload, self._profile, advance))

    def _human(self, files: Sequence[WorkFile]) -> dict[str, object]:
        """The work's fields with these files: earlier ones of other paths stay."""
        entries = {entry["path"]: entry for entry in _entries(self._fields)}
        if self._fields.get("access") == "metadata-only":
            entries = {
                path: {name: value for name, value in entry.items() if name != "cid"}
                for path, entry in entries.items()
            }
        for file in files:
            entries[file.path] = _entry(file, self._request.file_role)
        ordered = [entries[path] for path in sorted(entries, key=str)]
        rest = {name: value for name, value in self._fields.items() if name != "files"}
        return {**rest, "files": ordered} if ordered else rest

    def _sign(self, files: Sequence[WorkFile]) -> Published:
        human, new = self._human(files), False
        if "rights" not in human:
            found, new = rights_record(self._home, self._rights)
            human["rights"] = [str(found)]
        signed = author(self._home, "work", human)
        return _published(signed, human, files, new)


def _check_names_differ(files: Sequence[ListedFile]) -> None:
    seen: set[str] = set()
    for file in files:
        if file.path in seen:
            raise InvalidValue(
                "{field}: two files would stand in the record as {value}",
                field="files",
                value=file.path,
                remedy="put them into one folder, under different names, and publish that",
            )
        seen.add(file.path)


def _published(signed: Signed, human: Mapping[str, Any], files: Sequence[WorkFile], new: bool) -> Published:
    revises = human.get("revises")
    return Published(
        id=signed.id,
        kind=signed.kind,
        seq=signed.seq,
        title=human["title"],
        access=human["access"],
        work_id=human["id"],
        rights=tuple(parse_record_id(text) for text in human["rights"]),
        rights_new=new,
        files=tuple(files),
        revises=parse_record_id(revises[0]) if revises else None,
        warnings=signed.warnings,
    )


def _resolved(reader: Reader, fields: Mapping[str, object]) -> dict[str, object]:
    """The fields, with the beginnings of ids made whole where records are named."""
    result = dict(fields)
    for name in _RECORD_FIELDS & result.keys():
        value = result[name]
        if isinstance(value, list):
            result[name] = [
                str(resolve_record(reader, item)) if isinstance(item, str) else item for item in value
            ]
    return result


def _entries(fields: Mapping[str, object]) -> list[dict[str, object]]:
    files = fields.get("files")
    if not isinstance(files, list):
        return []
    return [dict(entry) for entry in files if isinstance(entry, Mapping) and "path" in entry]


def _entry(file: WorkFile, role: str) -> dict[str, object]:
    entry: dict[str, object] = {"path": file.path, "role": role, "bytes": file.bytes, "sha256": file.sha256}
    if file.cid is not None:
        entry["cid"] = str(file.cid)
    return {**entry, "mime": file.mime} if file.mime is not None else entry


def _kind_of(files: Sequence[ListedFile]) -> str:
    """The DCMI type that the names of the files tell: one kind of them, or a collection of several."""
    types = [media_type(file.path) or "" for file in files]
    kinds = {_KINDS.get(mime.partition("/")[0], "Text" if mime in _TEXTS else "Dataset") for mime in types}
    return "Text" if not kinds else kinds.pop() if len(kinds) == 1 else "Collection"


def sole_language(home: Home, record: str) -> str | None:
    """The language of a work's title, if that is in one language only; None otherwise.

    Raises:
        As :func:`revise`.
    """
    with home.store.snapshot() as reader:
        title = _work(reader, record)[1].get("title")
    return next(iter(title)) if isinstance(title, Mapping) and len(title) == 1 else None
