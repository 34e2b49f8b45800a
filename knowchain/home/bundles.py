"""Bundles: records, their text and their files in one CAR, to be carried by hand and checked anywhere.

An export holds, for every record in it, all that its verdict depends on: the chain before it and the log of
its identity, each parent before its children. An import goes through the one door like everything else.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from knowchain.admission import Admission, Answer, BodyOutcome, Verdict
from knowchain.content.car import write_car
from knowchain.content.walking import links_of, walk
from knowchain.errors import Corruption, NotFound
from knowchain.home.car_index import CarIndex
from knowchain.home.collecting import members_of
from knowchain.home.content import file_links, holds_block
from knowchain.home.durable import refuse_taken, write_out
from knowchain.home.home import Home
from knowchain.home.names import resolve_record
from knowchain.identifiers import RAW, Cid, RecordId, key_id
from knowchain.records import Header
from knowchain.storage.blocks.fixity import GuardedBlocks
from knowchain.storage.lineage import WITHHELD, Delivery, everything, lineage
from knowchain.storage.reader import Reader

__all__ = [
    "Export",
    "Exported",
    "Import",
    "Imported",
    "Refusal",
    "Tally",
    "admit_all",
    "export_bundle",
    "import_bundle",
]

Advance: TypeAlias = Callable[[int], None]
_ROOTS: Final = 1_000
"""Ids that stand in a bundle's header at most; with more, none does."""
_LISTED: Final = 100
_GROUNDS: Final = frozenset({"profile", "rights"})
"""Kinds whose text goes along wherever the record does: who signed, and what may be done."""
_UNDER: Final = ("dcterms:rights", "dcterms:isPartOf")
"""Relations whose targets go along: a work is of little use without its rights."""


@dataclass(frozen=True, slots=True)
class Export:
    """What goes into a bundle.

    Attributes:
        file: where it is written.
        records: ids, or the beginnings of them.
        collections: collections, with all their members.
        everything: all that is held here. With none of the three: all that the owner signed.
        content: whether the files go along.
        replace: whether an existing file may be replaced.
    """

    file: str
    records: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    everything: bool = False
    content: bool = False
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that was written."""

    file: Path
    bytes: int
    chosen: int
    """Records that were asked for."""
    records: int
    """Those and all that they stand on."""
    bodies: int
    files: int
    missing_files: tuple[Cid, ...] = ()
    """Files that are not whole here, and so not in it."""


@dataclass(frozen=True, slots=True)
class Import:
    """A bundle to be read: any CAR of version 1, or a single record block."""

    file: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that was not taken."""

    id: RecordId | None
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a bundle."""

    records: int
    """In the file."""
    accepted: int
    duplicates: int
    parked: int
    """Not taken: a parent is neither in the file nor here."""
    rejected: int
    bodies: int
    """Held now, of those records."""
    files: int
    """Whose blocks were in the file, and are here now."""
    refusals: tuple[Refusal, ...]
    """The first 100 of the rejected."""
    missing: tuple[RecordId, ...]
    """The first 100 of the parents that lack."""
    adopted: RecordId | None = None
    """The identity that this device signs for from now on."""

    @property
    def ok(self) -> bool:
        """Whether every record in the file is held now, and there was one."""
        return self.records > 0 and not (self.parked or self.rejected)


# --- export ----------------------------------------------------------------------------------------------


def export_bundle(home: Home, request: Export, advance: Advance = lambda _records: None) -> Exported:
    """Write a bundle. The file appears when it is whole and on the medium.

    Raises:
        NotFound: a record that is named is not held, or there is nothing to export.
        InvalidValue: the file exists, or its folder does not.
        StorageFault: the disk refused; nothing is left behind.
    """
    target = Path(request.file)
    refuse_taken(target, replace=request.replace)
    with home.store.snapshot() as reader:
        chosen = _chosen(home, reader, request)
        if chosen is not None and not chosen:
            raise NotFound("there is nothing to export", remedy="publish something, or import it first")
        writing = _Writing(home, reader, chosen, content=request.content, advance=advance)
        roots = sorted(chosen) if chosen is not None and len(chosen) <= _ROOTS else []
        size = write_out(target, write_car(roots, writing.blocks(), deduplicate=request.content))
        count = reader.last_arrival() if chosen is None else len(chosen)
    if not writing.records:
        raise NotFound("there is nothing to export", remedy="publish something, or import it first")
    return Exported(
        target, size, count, writing.records, writing.bodies, writing.files, tuple(writing.missing)
    )


def _chosen(home: Home, reader: Reader, request: Export) -> frozenset[RecordId] | None:
    """The records that are asked for; None: all."""
    if request.everything:
        return None
    if not request.records and not request.collections:
        own = {stored.id for stored in reader.records(author=home.identity)}
        return frozenset(own | {entry.id for entry in reader.log(home.identity)})
    found = {_held(reader, resolve_record(reader, text)) for text in request.records}
    for text in request.collections:
        collection = reader.record(_held(reader, resolve_record(reader, text)))
        assert collection is not None
        found.add(collection.id)
        found.update(rid for rid, _ in members_of(reader, collection))
        found.update(pointer.source for pointer in reader.pointers(collection.id, ["dcterms:isPartOf"]))
    return frozenset(found)


def _held(reader: Reader, rid: RecordId) -> RecordId:
    if rid not in reader:
        raise NotFound("the record {id} is not held", remedy="check the id; import it first", id=str(rid))
    return rid


class _Writing:
    """The blocks of one bundle, counted as they go out."""

    def __init__(
        self,
        home: Home,
        reader: Reader,
        chosen: frozenset[RecordId] | None,
        *,
        content: bool,
        advance: Advance,
    ) -> None:
        self._home = home
        self._reader = reader
        self._chosen = chosen
        self._content = content
        self._advance = advance
        self.records = self.bodies = self.files = 0
        self.missing: list[Cid] = []

    def blocks(self) -> Iterator[tuple[Cid, bytes]]:
        """Header and body of every record, parents first; behind a record the blocks of its files."""
        for delivery in self._deliveries():
            self.records += 1
            self._advance(self.records)
            yield delivery.id, delivery.block
            stored = self._reader.record(delivery.id)
            link = None if stored is None else stored.block.header.body
            if delivery.body is None or link is None or not self._wants_body(delivery.id):
                continue
            self.bodies += 1
            yield link.cid, delivery.body
            if self._content and self._is_chosen(delivery.id):
                yield from self._file_blocks(link.cid, delivery.body)

    def _deliveries(self) -> Iterator[Delivery]:
        if self._chosen is None:
            return everything(self._reader)
        return lineage(self._reader, sorted(self._chosen | self._grounds(self._chosen)), [])

    def _grounds(self, chosen: Iterable[RecordId]) -> set[RecordId]:
        """Held records that the chosen ones stand under: their rights, their collections."""
        found: set[RecordId] = set()
        for rid in chosen:
            stored = self._reader.record(rid)
            header = None if stored is None else stored.block.header
            refs = header.refs if isinstance(header, Header) else ()
            found.update(ref.target for ref in refs if ref.relation in _UNDER and ref.target in self._reader)
        return found

    def _is_chosen(self, rid: RecordId) -> bool:
        return self._chosen is None or rid in self._chosen

    def _wants_body(self, rid: RecordId) -> bool:
        if self._is_chosen(rid):
            return True
        stored = self._reader.record(rid)
        return stored is not None and stored.block.header.kind in _GROUNDS

    def _file_blocks(self, cid: RecordId, body: bytes) -> Iterator[tuple[Cid, bytes]]:
        source = GuardedBlocks(self._home.content) if self._home.layout.content.is_dir() else None
        for link in file_links(cid, body):
            if source is None or not holds_block(self._home, link):
                self.missing.append(link)
                continue
            try:
                yield from walk(source, link)
                self.files += 1
            except (
                NotFound,
                Corruption,
            ):  # what went out before it is good, and of use to whoever has the rest
                self.missing.append(link)


# --- import ----------------------------------------------------------------------------------------------


def import_bundle(home: Home, request: Import, advance: Advance = lambda _bytes: None) -> Imported:
    """Take in every record of a bundle that the door accepts, and the files that they name.

    If the home has no identity yet and a log in the bundle names this device, it signs for that identity
    from now on.

    Raises:
        InvalidValue: no CAR and no record.
        ContentError: the CAR is damaged; nothing was taken.
        NotFound: there is no record in it.
        StorageFault: the disk refused; what was answered before is kept.
    """
    path = Path(request.file)
    scratch = home.layout.root / f"import.{os.getpid()}.sqlite"
    with CarIndex.open(path, scratch, advance) as index:
        if not index.records:
            raise NotFound(
                "{path} holds no record: {count} blocks of something else",
                remedy="for files alone, use `knowchain content add`",
                path=path,
                count=index.blocks,
            )
        tally = Tally()
        for answer in admit_all(home.admission, index, source=f"import:{path.name}"):
            tally.add(answer)
        files = _take_files(home, index)
    return tally.result(files, _adopt(home))


def admit_all(door: Admission, index: CarIndex, *, source: str) -> Iterator[Answer]:
    """Hand every record of a bundle to a door, parents first, with its body."""
    return door.admit_many((record.incoming for record in index.admissible()), source=source)


class Tally:
    """Answers, counted."""

    def __init__(self) -> None:
        self._verdicts: Counter[Verdict] = Counter()
        self.bodies = 0
        self.refusals: list[Refusal] = []
        self.missing: dict[RecordId, None] = {}

    def add(self, answer: Answer) -> None:
        """Count one answer."""
        self._verdicts[answer.verdict] += 1
        if answer.ok:
            self.bodies += answer.body is BodyOutcome.HELD
        elif answer.verdict is Verdict.REJECTED and len(self.refusals) < _LISTED:
            self.refusals.append(Refusal(answer.id, answer.reason or "", answer.detail))
        for parent in answer.missing[: max(0, _LISTED - len(self.missing))]:
            self.missing[parent] = None

    def result(self, files: int, adopted: RecordId | None) -> Imported:
        """The sum."""
        counts = self._verdicts
        return Imported(
            records=counts.total(),
            accepted=counts[Verdict.ACCEPTED],
            duplicates=counts[Verdict.DUPLICATE],
            parked=counts[Verdict.PARKED],
            rejected=counts[Verdict.REJECTED],
            bodies=self.bodies,
            files=files,
            refusals=tuple(self.refusals),
            missing=tuple(self.missing),
            adopted=adopted,
        )


def _take_files(home: Home, index: CarIndex) -> int:
    """Keep the blocks of files that held records name; how many files are whole now."""
    taken = 0
    reader = home.store.reader()
    standing = reader.standing()
    for rid in index.record_ids():
        stored, body = reader.record(rid), reader.body(rid)
        link = None if stored is None else stored.block.header.body
        if body is None or link is None:
            continue
        roots = [root for root in file_links(link.cid, body) if index.has(root)]
        if roots and not standing.flags(rid) & WITHHELD:
            taken += sum(_take_file(home, index, root) for root in roots)
    return taken


def _take_file(home: Home, index: CarIndex, root: Cid) -> bool:
    """Keep what the bundle has of one file; whether all of it is here now."""
    whole = True
    with home.content.begin_upload(f"import {root}") as upload, home.content.batch(upload) as batch:
        todo, seen = [root], {root}
        while todo:
            cid = todo.pop()
            if index.has(cid):
                block = index.get(cid)
                batch.put(cid, block)
            elif home.content.has(cid):
                block = GuardedBlocks(home.content).get(cid) if cid.codec != RAW else b""
            else:
                whole = False
                continue
            for link in links_of(cid, block):
                if link not in seen:
                    seen.add(link)
                    todo.append(link)
    return whole


def _adopt(home: Home) -> RecordId | None:
    """Sign for the identity that names this device, if the home has none yet."""
    if home.has_identity:
        return None
    device = key_id(home.device_public_key)
    with home.store.snapshot() as reader:
        standing = reader.standing()
        found = [
            who
            for who in reader.identities()
            if any(device in state.devices and state.devices[device] is None for state in standing.state(who))
        ]
    if len(found) != 1:
        return None
    home.adopt_identity(found[0])
    return found[0]
