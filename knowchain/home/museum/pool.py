"""Planning in processes of their own, in the order of the rows and with bounded memory.

Composing is pure Python and takes longer than signing; a process beside the one that signs about halves
the time of an import.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import Final

from knowchain.archive.tables import Row
from knowchain.errors import InvalidValue, SystemFault
from knowchain.home.museum.planning import Planner
from knowchain.home.museum.plans import PlannedRow, Problem

__all__ = ["plan_rows", "usual_processes"]

_CHUNK: Final = 100
"""Rows that are planned at a time."""
_AHEAD: Final = 3
"""Chunks on their way, for each process."""
_WORTHWHILE: Final = 1_000
"""Rows below which a process takes longer to start than it saves."""


def usual_processes() -> int:
    """How many processes plan: as many as this machine has processors to spare, at most 3."""
    return max(0, min(3, len(os.sched_getaffinity(0)) - 1 if hasattr(os, "sched_getaffinity") else 1))


def plan_rows(planner: Planner, rows: Iterator[Row], processes: int) -> Iterator[PlannedRow]:
    """Plan every row, in order.

    Args:
        processes: how many processes plan; with 0, or for a small table, this one does.

    Raises:
        InvalidValue: the table can't be read further; the rows before it are given out first.
        SystemFault: a process ended by itself.
    """
    first = list(islice(rows, _WORTHWHILE)) if processes else []
    if len(first) < _WORTHWHILE:
        for row in chain(first, rows):
            yield planner.compose(planner.draft(row))
        return
    yield from _planned_elsewhere(planner, chain(first, rows), processes)


def _planned_elsewhere(planner: Planner, rows: Iterator[Row], processes: int) -> Iterator[PlannedRow]:
    # A fresh interpreter: a fork would copy the locks of the writer's thread in whatever state they are.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, _begin, (planner,))
    underway: deque[tuple[list[Row], Future[list[PlannedRow]]]] = deque()
    try:
        chunks = _Chunks(rows)
        for chunk in chunks:
            bare = [Row(row.number, dict(row.fields)) for row in chunk]
            underway.append((chunk, pool.submit(_plan, bare)))
            if len(underway) > processes * _AHEAD:
                yield from _with_issues(*underway.popleft())
        while underway:
            yield from _with_issues(*underway.popleft())
        if chunks.broken is not None:
            raise chunks.broken
    except BrokenProcessPool as exc:
        raise SystemFault(
            "a process that planned rows ended by itself", remedy="run the import again; it goes on"
        ) from exc
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Chunks:
    """Rows in chunks. What makes the rest unreadable is kept until the rows before it are done."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = iter(rows)
        self.broken: InvalidValue | None = None

    def __iter__(self) -> Iterator[list[Row]]:
        while self.broken is None:
            chunk: list[Row] = []
            try:
                for row in islice(self._rows, _CHUNK):
                    chunk.append(row)
            except InvalidValue as exc:
                self.broken = exc
            if not chunk:
                return
            yield chunk


def _with_issues(rows: list[Row], planning: Future[list[PlannedRow]]) -> Iterator[PlannedRow]:
    """What was planned, with what the reader found wrong: errors stay in the process that made them."""
    for row, plan in zip(rows, planning.result(), strict=True):
        if not row.issues:
            yield plan
        else:
            told = tuple(Problem.of(row.number, issue) for issue in row.issues)
            yield PlannedRow(row.number, plan.id, (*told, *plan.problems), files=plan.files)


_planner: Planner | None = None


def _begin(planner: Planner) -> None:
    global _planner
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that signs
    _planner = planner


def _plan(rows: list[Row]) -> list[PlannedRow]:
    assert _planner is not None, "the process was begun"
    return _planner.plan(rows)
