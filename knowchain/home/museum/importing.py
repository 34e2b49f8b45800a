"""Publishing a whole table: every row a work with its rights and its custody, in one go.

Rows are read as a stream, planned (perhaps in other processes), and signed one after the other. What is
published already is left alone, what changed is revised, so that the same table can be given again: after
Ctrl-C or a crash the next run goes on where this one ended.
"""

from __future__ import annotations

import contextlib
import pickle
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from knowchain.archive.tables import RowDraft, TableMap
from knowchain.content.profiles import UNIXFS_V1_2025, profile_named
from knowchain.errors import InvalidBody, InvalidValue
from knowchain.home.authoring import chain_end
from knowchain.home.files import WorkFile, media_type
from knowchain.home.home import Home
from knowchain.home.museum.chain_writer import ChainWriter, RecordWriter, Rehearsal
from knowchain.home.museum.folder import Folder, brought, check_digest, measured
from knowchain.home.museum.own_works import KnownWork, OwnWorks
from knowchain.home.museum.parts import Parts, new_collection
from knowchain.home.museum.planning import Planner
from knowchain.home.museum.plans import PlannedRecord, PlannedRow, Problem, digest_of
from knowchain.home.museum.pool import plan_rows, usual_processes
from knowchain.home.museum.reporting import Report, Tally
from knowchain.home.museum.table_file import TableFile, map_named, opened
from knowchain.home.names import Names
from knowchain.identifiers import RecordId
from knowchain.records import Ref
from knowchain.storage.blocks.uploads import Upload

__all__ = ["Counts", "Imported", "Progress", "TableImport", "import_table"]

_RIGHTS: Final = "dcterms:rights"
_PART_OF: Final = "dcterms:isPartOf"
_REVISES: Final = "prov:wasRevisionOf"
_ABOUT: Final = "kc:about"
_TOLD_EVERY: Final = 100
_SOME_DIGEST: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class TableImport:
    """What is to be published.

    Attributes:
        table: the file: CSV, TSV or JSON lines, perhaps in gzip.
        map: a map file, or the name of one that comes with the program; None for the usual headers.
        access: who may see works of which the table doesn't say it.
        files: the folder with the files that the rows name; None for descriptions alone.
        in_place: leave the files where they are, and refer to them.
        dry_run: check everything, sign nothing.
        strict: sign nothing if any row is bad.
        report: where each row's problems are written.
        publisher: who asserts the rights; the owner's display name if it is not given.
        file_role: what the files are for.
        profile: how files become blocks.
        processes: how many processes plan; None for as many as there are processors to spare.
    """

    table: str
    map: str | None = None
    access: str | None = None
    files: str | None = None
    in_place: bool = False
    dry_run: bool = False
    strict: bool = False
    report: str | None = None
    publisher: str | None = None
    file_role: str = "access"
    profile: str = UNIXFS_V1_2025.name
    processes: int | None = None


@dataclass
class Counts:
    """How many. ``works`` are new ones; ``revised`` took the place of an older version."""

    rows: int = 0
    works: int = 0
    revised: int = 0
    unchanged: int = 0
    refused: int = 0
    withdrawn: int = 0
    """Rows whose work was retracted: what its owner took back does not come back by itself."""
    events: int = 0
    rights: int = 0
    collections: int = 0
    files: int = 0
    file_bytes: int = 0
    unread: int = 0
    """Custody histories of which something was not read; the whole text is in the description."""

    @property
    def created(self) -> int:
        """Records that were signed."""
        return self.works + self.revised + self.events + self.rights + self.collections


@dataclass(frozen=True)
class Progress:
    """How far an import is."""

    rows: int
    bytes: int
    """Bytes of the table that are read."""
    total: int
    signed: int
    seconds: float

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0

    @property
    def remaining(self) -> float | None:
        """Seconds that the rest will take, if it goes on so; None at the beginning."""
        if not self.bytes or self.seconds < 1:
            return None
        return self.seconds * max(0, self.total - self.bytes) / self.bytes


@dataclass(frozen=True)
class Imported:
    """What an import did, or in a dry run would do."""

    table: str
    dry_run: bool
    counts: Counts
    seconds: float
    problems: tuple[Tally, ...]
    """Kinds of problems, errors first."""
    remarks: tuple[str, ...] = ()
    """What there is to say of the table as a whole."""
    extra_files: tuple[str, ...] = ()
    """The first files of the folder that no row names."""
    report: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every row was good."""
        return self.counts.refused == 0


Advance = Callable[[Progress], None]


def import_table(home: Home, request: TableImport, advance: Advance = lambda _progress: None) -> Imported:
    """Publish every row of a table.

    Good rows are published and bad ones are not, unless ``strict``. Rows that are published already are left
    alone; of those that changed a revision is signed.

    Args:
        home: the open home.
        request: which table, and how.
        advance: told how far it is, now and then; what it raises ends the import in good order.

    Raises:
        InvalidValue: the table, the map or the folder won't do; or, with ``strict``, a row. Nothing was
            signed. Also: no row was good, so that nothing is published.
        NotAllowed: this device may not sign now.
        StorageFault: the disk refused. What was signed before stays, and the next run goes on from there.
    """
    with home.store.snapshot() as reader:
        chain_end(home, reader, home.identity)
    if not request.dry_run:
        _ = home.device  # asks for the passphrase now, not in the midst of it
    if request.strict and not request.dry_run:
        tried = _run(home, request, advance, dry=True)
        if not tried.complete:
            raise _refused(request, tried, "{count} of {rows} rows are bad, and so nothing was published")
    done = _run(home, request, advance, dry=request.dry_run)
    counts = done.counts
    if counts.works + counts.revised + counts.unchanged == 0:
        raise _refused(request, done, "nothing to publish in {value}: {rows} rows, {count} of them bad")
    return done


def _refused(request: TableImport, done: Imported, template: str) -> InvalidValue:
    first = next(iter(done.problems), None)
    return InvalidValue(
        "{field}: " + template + ("; {first}" if first else ""),
        field="--metadata",
        value=request.table,
        rows=done.counts.rows,
        count=done.counts.refused,
        first=first.example if first else "",
        remedy="{advice}",
        advice=(first.remedy if first else "give a table with rows")
        + ("" if request.report else "; --report FILE lists every problem by row and column"),
    )


def _run(home: Home, request: TableImport, advance: Advance, *, dry: bool) -> Imported:
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        table = stack.enter_context(opened(Path(request.table)))
        table_map, remarks = map_named(request.map, table, {"access": request.access or ""})
        folder = None if request.files is None else Folder(Path(request.files))
        profile_named(request.profile)
        own = stack.enter_context(OwnWorks())
        with home.store.snapshot() as reader:
            own.learn(reader, home.identity)
        report = stack.enter_context(Report(None if request.report is None else Path(request.report)))
        upload = None if folder is None or dry else stack.enter_context(home.content.begin_upload("museum"))
        writer: RecordWriter = Rehearsal() if dry else stack.enter_context(ChainWriter(home))
        run = _Run(home, request, own, report, writer, _Watch(advance, table, started))
        planner = Planner(table_map, _publisher(home, request), home.identity)
        rows = (
            run.with_files(planner, table, folder, upload)
            if folder is not None
            else run.planned(planner, table)
        )
        for row in rows:
            run.take(row)
        run.take_the_put_off()
        writer.finish()
        run.watch.tell(run.counts, final=True)
        extra = run.extra_files(folder)
        remarks += run.remarks(folder, table_map)
        done = Imported(
            request.table, dry, run.counts, time.monotonic() - started, report.tallies,
            tuple(remarks), extra, request.report,
        )  # fmt: skip
        report.conclude(
            {**asdict(run.counts), "created": run.counts.created, "dry_run": dry, "remarks": remarks},
            _in_words(done),
        )
        return done


def _publisher(home: Home, request: TableImport) -> str:
    if request.publisher:
        return request.publisher
    return Names(home.store.reader()).display_name(home.identity) or str(home.identity)


@dataclass
class _Watch:
    """Tells how far the import is."""

    advance: Advance
    table: TableFile
    started: float

    def tell(self, counts: Counts, *, final: bool = False) -> None:
        if final or counts.rows % _TOLD_EVERY == 0:
            done = self.table.size if final else self.table.done
            seconds = time.monotonic() - self.started
            self.advance(Progress(counts.rows, done, self.table.size, counts.created, seconds))


@dataclass
class _Run:
    """One import, row by row."""

    home: Home
    request: TableImport
    own: OwnWorks
    report: Report
    writer: RecordWriter
    watch: _Watch
    counts: Counts = field(default_factory=Counts)
    unnamed: int = 0
    """Rows that name files although no folder was given."""

    def __post_init__(self) -> None:
        self._author = self.home.identity
        self._parts = Parts(self.home.store, self.own)

    # --- planning --------------------------------------------------------------------------------------

    def planned(self, planner: Planner, table: TableFile) -> Iterator[PlannedRow]:
        """The rows, without files."""
        processes = usual_processes() if self.request.processes is None else self.request.processes
        return plan_rows(planner, table.rows, processes)

    def with_files(
        self, planner: Planner, table: TableFile, folder: Folder, upload: Upload | None
    ) -> Iterator[PlannedRow]:
        """The rows, each with its files; a bad row's files are not even read."""
        for row in table.rows:
            draft = planner.draft(row)
            located: list[tuple[str, Path]] = []
            try:
                located = self._located(folder, draft)
            except InvalidValue as exc:
                draft.issues.append(exc)
            trial = [
                WorkFile(name, path.stat().st_size, _SOME_DIGEST, media_type(name)) for name, path in located
            ]
            plan = planner.compose(draft, self._entries(trial))
            if upload is not None and plan.work is not None and located:
                try:
                    files = list(self._taken(draft, located, upload))
                except InvalidValue as exc:
                    plan = plan._replace(work=None, problems=(*plan.problems, Problem.of(row.number, exc)))
                else:
                    plan = planner.compose(draft, self._entries(files))
            if plan.work is not None:
                self.counts.files += len(trial)
                self.counts.file_bytes += sum(file.bytes for file in trial)
            yield plan

    def _located(self, folder: Folder, draft: RowDraft) -> list[tuple[str, Path]]:
        located = []
        for written in draft.files:
            name, path = folder.find(draft.row, written)
            other = self.own.first_row_with_file(name, draft.row)
            if other != draft.row:
                raise InvalidValue(
                    "row {row}, column {field}: {value} is named by row {other} too",
                    field="filename", value=written, row=draft.row, other=other, remedy="name each file once",
                )  # fmt: skip
            located.append((name, path))
        return located

    def _taken(
        self, draft: RowDraft, located: Sequence[tuple[str, Path]], upload: Upload
    ) -> Iterator[WorkFile]:
        for (name, path), written in zip(located, draft.files, strict=True):
            if draft.work.get("access") == "public":
                profile = profile_named(self.request.profile)
                file = brought(self.home.content, upload, name, path, profile, in_place=self.request.in_place)
            else:
                file = measured(draft.row, name, path)
            check_digest(draft.row, file, draft.checksums.get(written))
            yield file

    def _entries(self, files: Sequence[WorkFile]) -> list[Mapping[str, object]]:
        entries: list[Mapping[str, object]] = []
        for file in files:
            entry: dict[str, object] = {
                "path": file.path, "role": self.request.file_role, "bytes": file.bytes, "sha256": file.sha256,
            }  # fmt: skip
            entry |= {} if file.cid is None else {"cid": str(file.cid)}
            entries.append(entry | ({} if file.mime is None else {"mime": file.mime}))
        return entries

    # --- one row ---------------------------------------------------------------------------------------

    def take(self, plan: PlannedRow) -> None:
        """Publish a row, or say why not, or put it off until what it is part of is known."""
        self.counts.rows += 1
        self.unnamed += bool(plan.files) and self.request.files is None
        for problem in plan.problems:
            self.report.add(problem)
        if self._is_new_name(plan) and plan.work is not None:
            self._publish_or_put_off(plan)
        else:
            self.counts.refused += 1
        self.watch.tell(self.counts)

    def _is_new_name(self, plan: PlannedRow) -> bool:
        first = self.own.first_row(plan.id, plan.number) if plan.id else plan.number
        if first != plan.number:
            self._refuse(
                plan, "id", plan.id, "{value} is the id of row {first} too", "give each row its own id",
                first=first,
            )  # fmt: skip
        return first == plan.number

    def _refuse(
        self, plan: PlannedRow, column: str, value: str, template: str, remedy: str, **fields: object
    ) -> None:
        problem = InvalidValue(
            "row {row}, column {field}: " + template,
            field=column, value=value, remedy=remedy, row=plan.number, **fields,
        )  # fmt: skip
        self.report.add(Problem.of(plan.number, problem))

    def _publish_or_put_off(self, plan: PlannedRow) -> None:
        try:
            wholes = [self._parts.find(name) for name in plan.part_of]
        except InvalidValue as exc:
            self._refuse(plan, "part_of", str(exc.fields["value"]), "{why}", exc.remedy, why=str(exc))
            self.counts.refused += 1
            return
        found = [whole for whole in wholes if whole is not None]
        if len(found) == len(wholes):
            self._publish(plan, found)
        else:
            self.own.put_off(plan.number, pickle.dumps(plan))

    def take_the_put_off(self) -> None:
        """The rows that waited: names that nobody bears become collections, then whole before part."""
        for _, plan in self._put_off():
            for name in plan.part_of:
                if not self._parts.is_a_row(name) and self._parts.find(name) is None:
                    self._make_collection(plan, name)
        progress = True
        while progress:
            progress = False
            for number, plan in self._put_off():
                wholes = [self._parts.find(name) for name in plan.part_of]
                if None not in wholes:
                    self._publish(plan, [whole for whole in wholes if whole is not None])
                    self.own.done(number)
                    progress = True
        for _, plan in self._put_off():
            name = next(each for each in plan.part_of if self._parts.find(each) is None)
            self._refuse(
                plan, "part_of", name, "{value} is no published work or collection",
                "correct the row of that id; no work is part of itself",
            )  # fmt: skip
            self.counts.refused += 1

    def _put_off(self) -> Iterator[tuple[int, PlannedRow]]:
        for number, data in self.own.put_off_rows():
            yield number, pickle.loads(data)  # noqa: S301 - this process wrote it

    def _make_collection(self, plan: PlannedRow, name: str) -> None:
        try:
            record = new_collection(name, self._author)
        except InvalidBody as exc:
            self._refuse(plan, "part_of", name, "{value} can't be a title: {why}", exc.remedy, why=str(exc))
            return
        self.own.add_collection(name, self.writer.write(record, record.references))
        self.counts.collections += 1

    # --- publishing ------------------------------------------------------------------------------------

    def _publish(self, plan: PlannedRow, wholes: Sequence[RecordId]) -> None:
        work = plan.work
        assert work is not None, "a row with errors is not published"
        known = self.own.work(plan.id)
        if known is not None and known.withdrawn:
            self._tell_withdrawn(plan, known)
            return
        refs = [
            *work.references,
            *(Ref(_RIGHTS, self._rights(each)) for each in plan.rights),
            *(Ref(_PART_OF, whole) for whole in wholes),
        ]
        digest = digest_of(work.content, refs)
        if known is not None and known.digest == digest:
            record = known.record
        elif known is None:
            record = self.writer.write(work, refs)
        else:
            record = self.writer.write(work, [*refs, Ref(_REVISES, known.record)])
        new_events = self._publish_events(plan, record, known)
        self.own.settle(plan.id, record)
        self.counts.unread += bool(plan.unread)
        if known is None:
            self.counts.works += 1
        elif known.digest != digest:
            self.counts.revised += 1
        else:
            self.counts.unchanged += 1
        self.counts.events += new_events

    def _tell_withdrawn(self, plan: PlannedRow, known: KnownWork) -> None:
        self.own.settle(plan.id, known.record)
        self.counts.withdrawn += 1
        problem = InvalidValue(
            "row {row}, column {field}: {value} was retracted, and is not published again",
            field="id",
            value=plan.id,
            row=plan.number,
            remedy="retract the retraction, or give the row another id",
        )
        self.report.add(Problem.of(plan.number, problem, "warning"))

    def _rights(self, record: PlannedRecord) -> RecordId:
        digest = digest_of(record.content, record.refs)
        known = self.own.rights(digest)
        if known is None:
            known = self.writer.write(record, record.references)
            self.own.add_rights(digest, known)
            self.counts.rights += 1
        return known

    def _publish_events(self, plan: PlannedRow, record: RecordId, known: KnownWork | None) -> int:
        """Sign the events that are not signed yet; an event of an older version stays true of the newer."""
        missing = held = self.own.events(plan.id) if known is not None else Counter[bytes]()
        missing, signed = Counter(held), 0
        for event in plan.events:
            digest = digest_of(event.content, event.refs)
            if missing[digest] > 0:
                missing[digest] -= 1
                continue
            self.writer.write(event, [*event.references, Ref(_ABOUT, record)])
            signed += 1
        if known is not None:
            self._tell_gone(plan, missing)
        return signed

    def _tell_gone(self, plan: PlannedRow, left: Counter[bytes]) -> None:
        """Custody events that the table tells no more are named, and stay: what happened may still be true."""
        gone = sum((left & self.own.custody_events(plan.id)).values())
        if gone:
            problem = InvalidValue(
                "row {row}: {count} custody events of {value} are no longer in the table",
                field="custody",
                value=plan.id,
                row=plan.number,
                count=gone,
                remedy="retract them if they were wrong: `knowchain trace ID` shows them",
            )
            self.report.add(Problem.of(plan.number, problem, "warning"))

    # --- the table as a whole --------------------------------------------------------------------------

    def extra_files(self, folder: Folder | None) -> tuple[str, ...]:
        """The first hundred files that no row names; each is in the report."""
        extra: list[str] = []
        for path in folder.listed() if folder is not None else ():
            if not self.own.named(path):
                extra.append(path)
                problem = InvalidValue(
                    "no row names the file {value}", field="filename", value=path, remedy="add a row for it"
                )
                self.report.add(Problem.of(0, problem, "warning"))
        return tuple(extra[:100])

    def remarks(self, folder: Folder | None, table_map: TableMap) -> list[str]:
        """What there is to say of the whole."""
        told = []
        if self.unnamed and folder is None:
            told.append(
                f"{self.unnamed} rows name files; they are described without them, since no --files was given"
            )
        return told


def _in_words(done: Imported) -> list[str]:
    counts = done.counts
    head = "Dry run: nothing was signed. It would be:" if done.dry_run else "Signed:"
    return [
        done.table,
        f"{counts.rows} rows read in {done.seconds:.1f} s",
        head,
        f"  {counts.works} new works, {counts.revised} revised, {counts.unchanged} unchanged",
        f"  {counts.events} events, {counts.rights} rights records, {counts.collections} collections",
        f"  {counts.files} files, {counts.file_bytes} bytes",
        f"{counts.refused} rows refused, {counts.withdrawn} withdrawn, {counts.unread} custody histories with "
        "something unread",
        *done.remarks,
    ]
