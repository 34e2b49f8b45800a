"""Planning in processes of their own, in the order of the rows and with bounded memory.

Composing is pure Python and takes as long as signing; a process beside the one that signs about halves the
time of an import. Each process reads the table for itself and plans its own share of it, so that no row is
ever carried over, only what came of it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Generator, Iterator
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from knowchain.archive.tables import Row
from knowchain.errors import InvalidValue, SystemFault
from knowchain.home.museum.planning import Planner
from knowchain.home.museum.plans import PlannedRow, Problem
from knowchain.home.museum.table_file import TableFile, opened

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

__all__ = ["plan_here", "plan_rows", "usual_processes"]

_CHUNK: Final = 100
"""Rows that are planned and handed over at a time; a pipe holds few such answers, and the rest waits."""
_WORTHWHILE: Final = 300_000
"""Bytes of a table below which a process takes longer to start than it saves."""
_ENDING: Final = 5.0
"""Seconds that a process has to end by itself."""


class _Answer(NamedTuple):
    """What a process made of a chunk."""

    plans: list[PlannedRow]
    done: int
    """Bytes of the table that are read."""
    broken: Problem | None = None
    """What makes the rest of the table unreadable."""
    last: bool = False


def usual_processes() -> int:
    """How many processes plan: as many as this machine has processors to spare, at most 3."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(0, min(3, count - 1))


def plan_here(planner: Planner, table: TableFile) -> Iterator[tuple[PlannedRow, int]]:
    """Plan every row in this process; with each how many bytes of the table are read."""
    for row in table.rows:
        yield planner.compose(planner.draft(row)), table.done


def plan_rows(
    planner: Planner, path: Path, table: TableFile, processes: int
) -> Generator[tuple[PlannedRow, int], None, None]:
    """Plan every row, in order; with each how many bytes of the table are read.

    Args:
        processes: how many processes plan; with 0, or for a small table, this one does.

    Raises:
        InvalidValue: the table can't be read further; the rows before it are given out first.
        SystemFault: a process ended by itself.
    """
    if processes == 0 or table.size < _WORTHWHILE:
        yield from plan_here(planner, table)
        return
    # A fresh interpreter: a fork would copy the locks of the writer's thread in whatever state they are.
    context = multiprocessing.get_context("spawn")
    shares: list[Connection] = []
    running: list[BaseProcess] = []
    try:
        for share in range(processes):
            ours, theirs = context.Pipe(duplex=False)
            arguments = (theirs, planner, path, share, processes)
            running.append(context.Process(target=_plan_share, args=arguments, daemon=True))
            running[-1].start()
            theirs.close()
            shares.append(ours)
        yield from _in_turn(shares)
    finally:
        for ours in shares:
            ours.close()  # whoever still writes is told so
        for process in running:
            _end(process)


def _in_turn(shares: list[Connection]) -> Iterator[tuple[PlannedRow, int]]:
    while True:
        for share in shares:
            try:
                answer: _Answer = share.recv()
            except (EOFError, OSError) as exc:
                raise SystemFault(
                    "a process that planned rows ended by itself",
                    remedy="run the import again; it goes on where this one ended",
                ) from exc
            for plan in answer.plans:
                yield plan, answer.done
            if answer.broken is not None:
                raise InvalidValue(
                    "{message}",
                    field=answer.broken.column,
                    value=answer.broken.value,
                    message=answer.broken.message,
                    remedy="{advice}",
                    advice=answer.broken.remedy,
                )
            if answer.last:
                return


def _end(process: BaseProcess) -> None:
    process.join(_ENDING)
    if process.is_alive():
        process.terminate()
        process.join()


# --- in the other process ------------------------------------------------------------------------------


def _plan_share(answers: Connection, planner: Planner, path: Path, share: int, shares: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that signs
    try:
        with opened(path) as table:
            for number, chunk in enumerate(_chunks(table)):
                if number % shares == share:
                    answers.send(_planned(planner, table, *chunk))
    except BrokenPipeError:
        return  # nobody wants the rest


def _planned(planner: Planner, table: TableFile, rows: list[Row], broken: Problem | None) -> _Answer:
    return _Answer(planner.plan(rows), table.done, broken, last=len(rows) < _CHUNK)


def _chunks(table: TableFile) -> Iterator[tuple[list[Row], Problem | None]]:
    """The rows in chunks; the last one is short, and may be empty."""
    while True:
        rows: list[Row] = []
        broken = None
        try:
            rows.extend(islice(table.rows, _CHUNK))
        except InvalidValue as exc:
            broken = Problem.of(0, exc)
        yield rows, broken
        if len(rows) < _CHUNK:
            return
