"""Publishing a whole table: every row a work with its rights and its custody, in one go.

Rows are read as a stream, planned (perhaps in other processes), and signed one after the other. What is
published already is left alone, what changed is revised, so that the same table can be given again: after
Ctrl-C or a crash the next run goes on where this one ended.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import Final

from knowchain.content.profiles import profile_named
from knowchain.errors import InvalidValue
from knowchain.home.authoring import chain_end
from knowchain.home.home import Home
from knowchain.home.museum.chain_writer import ChainWriter, RecordWriter, Rehearsal
from knowchain.home.museum.folder import Folder
from knowchain.home.museum.own_works import OwnWorks
from knowchain.home.museum.planning import Planner
from knowchain.home.museum.plans import PlannedRow, Problem
from knowchain.home.museum.pool import plan_rows, usual_processes
from knowchain.home.museum.reporting import Report
from knowchain.home.museum.requests import Advance, Imported, Progress, TableImport
from knowchain.home.museum.row_publishing import RowPublishing
from knowchain.home.museum.rows_with_files import RowsWithFiles
from knowchain.home.museum.table_file import TableFile, map_named, opened
from knowchain.home.names import Names

__all__ = ["import_table"]

_TOLD_EVERY: Final = 100
_EXTRA_SHOWN: Final = 100


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
        planner = Planner(table_map, _publisher(home, request), home.identity)
        # Files' blocks are leased until the records that name them are on disk, so the writer ends first.
        upload = None if folder is None or dry else stack.enter_context(home.content.begin_upload("museum"))
        writer: RecordWriter = Rehearsal() if dry else stack.enter_context(ChainWriter(home))
        run = RowPublishing(home, own, writer, report)
        rows = (
            _rows(planner, request, table)
            if folder is None
            else RowsWithFiles(home, request, folder, own, run.counts).plan(planner, table, upload)
        )
        with contextlib.closing(rows):
            for plan, done in rows:
                run.take(plan)
                if run.counts.rows % _TOLD_EVERY == 0:
                    advance(_progress(run, done, table.size, started))
        run.take_the_put_off()
        writer.finish()
        advance(_progress(run, table.size, table.size, started))
        if folder is None and run.naming_files:
            remarks.append(
                f"{run.naming_files} rows name files, and are described without them: no --files was given"
            )
        extra = () if folder is None else _extra_files(folder, own, report)
        answer = Imported(
            request.table, dry, run.counts, time.monotonic() - started, report.tallies,
            tuple(remarks), extra, request.report,
        )  # fmt: skip
        summary = {"created": run.counts.created, "dry_run": dry, "remarks": remarks}
        report.conclude({**asdict(run.counts), **summary}, in_words(answer))
        return answer


def _rows(
    planner: Planner, request: TableImport, table: TableFile
) -> Generator[tuple[PlannedRow, int], None, None]:
    processes = usual_processes() if request.processes is None else request.processes
    return plan_rows(planner, Path(request.table), table, processes)


def _publisher(home: Home, request: TableImport) -> str:
    if request.publisher:
        return request.publisher
    return Names(home.store.reader()).display_name(home.identity) or str(home.identity)


def _progress(run: RowPublishing, done: int, total: int, started: float) -> Progress:
    return Progress(run.counts.rows, done, total, run.counts.created, time.monotonic() - started)


def _extra_files(folder: Folder, own: OwnWorks, report: Report) -> tuple[str, ...]:
    """The first files that no row names; all of them are in the report."""
    extra: list[str] = []
    for path in folder.listed():
        if not own.named(path):
            problem = InvalidValue(
                "no row names the file {value}", field="filename", value=path, remedy="add a row for it"
            )
            report.add(Problem.of(0, problem, "warning"))
            extra += [path] if len(extra) < _EXTRA_SHOWN else []
    return tuple(extra)


def in_words(done: Imported) -> list[str]:
    """An import's outcome as a page for people."""
    counts = done.counts
    head = "Dry run: nothing was signed. It would be:" if done.dry_run else "Signed:"
    return [
        done.table,
        f"{counts.rows} rows read in {done.seconds:.1f} s",
        head,
        f"  {counts.works} new works, {counts.revised} revised, {counts.unchanged} unchanged",
        f"  {counts.events} events, {counts.rights} rights records, {counts.collections} collections",
        f"  {counts.files} files, {counts.file_bytes} bytes",
        f"{counts.refused} rows refused, {counts.withdrawn} withdrawn, "
        f"{counts.unread} custody histories with something unread",
        *done.remarks,
    ]
