"""Lineage: the ancestors that a peer lacks, parents before children, without walking what it has.

A chain is read by its runs, so that a peer that lacks the last ten records of a long chain costs ten
rows, and a peer that lacks everything costs one pass in the order of arrival.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from knowchain.chains.holdings import WITHDRAWING
from knowchain.chains.runs import Place, Run, Runs
from knowchain.chains.standing import Flag
from knowchain.identifiers import PublicKey, RecordId
from knowchain.records.block import read_block
from knowchain.storage.reader import Reader, rid_from_digest

__all__ = ["WITHHELD", "Delivery", "everything", "lineage", "may_be_served", "missing_bodies"]

WITHHELD: Final = frozenset({Flag.RETRACTED, Flag.ERASED})
"""Flags under which a body is not served (docs/spec/records.md, section on erasure)."""
_PAGE: Final = 500


class Delivery(NamedTuple):
    """A record block on its way to a peer, with its body if that is here and may be served."""

    id: RecordId
    block: bytes
    body: bytes | None


def may_be_served(reader: Reader, record: RecordId) -> bool:
    """Whether the body of a held record may be given to others: it is neither retracted nor erased."""
    return not reader.pointers(record, WITHDRAWING) or not reader.standing().flags(record) & WITHHELD


def everything(
    reader: Reader, *, after: int = 0, afresh: Callable[[], Reader] | None = None
) -> Iterator[Delivery]:
    """All held records in the order of arrival, in pages, so that no read stays open meanwhile.

    Args:
        reader: the store.
        after: only arrivals beyond it.
        afresh: asked for a reader before each page, where pages are read in several threads.
    """
    while page := (reader := afresh() if afresh else reader).deliveries(after=after, limit=_PAGE):
        for arrival, rid, block, body, pointed in page:
            after = arrival
            withheld = pointed and not may_be_served(reader, rid)
            yield Delivery(rid, block, None if withheld else body)


def lineage(
    reader: Reader,
    heads: Iterable[RecordId],
    held: Iterable[RecordId],
    *,
    afresh: Callable[[], Reader] | None = None,
) -> Iterator[Delivery]:
    """The records of ``heads`` and their ancestors, less those of ``held`` and their ancestors.

    Args:
        reader: the store.
        heads: records that are held here and lack there.
        held: records that are there with all their ancestors; those unknown here are passed over.
        afresh: asked for a reader before each page, where pages are read in several threads; the first
            delivery is asked for in the thread of ``reader``.
    """
    plan = _Plan(reader, afresh or (lambda: reader))
    for rid in held:
        plan.exclude(rid)
    for rid in heads:
        plan.include(rid)
    yield from plan.logs()
    yield from plan.chains()


class _Plan:
    """Which stretches of which runs, and which identity records, are to go out."""

    def __init__(self, reader: Reader, afresh: Callable[[], Reader]) -> None:
        self._reader = reader
        self._afresh = afresh
        self._runs: dict[PublicKey, Runs] = {}
        self._run: dict[int, Run] = {}
        self._low: dict[int, int] = {}
        self._high: dict[int, int] = {}
        self._log_held: set[RecordId] = set()
        self._log_due: dict[RecordId, tuple[int, bytes]] = {}

    def exclude(self, rid: RecordId) -> None:
        """``rid`` and its ancestors are there already."""
        entry = self._reader.entry(rid)
        if entry is None:
            self._log_held.update(step for step, _, _ in self._log_path(rid, self._log_held))
            return
        runs = self._key_runs(entry.key)
        for run, seq in ((entry.place.run, entry.place.seq), *runs.before(entry.place.run).items()):
            self._low[run] = max(self._low.get(run, -1), seq)
            self._exclude_opening(runs[run])

    def _exclude_opening(self, run: Run) -> None:
        opening = self._reader.opening(run.id) if not run.parents else None
        if opening is not None:
            self._log_held.update(step for step, _, _ in self._log_path(opening, self._log_held))

    def include(self, rid: RecordId) -> None:
        """``rid`` and its ancestors are to go out, but for what is excluded."""
        entry = self._reader.entry(rid)
        if entry is None:
            self._include_log(rid)
            return
        runs = self._key_runs(entry.key)
        todo = [entry.place]
        while todo:
            place = todo.pop()
            if place.seq <= max(self._low.get(place.run, -1), self._high.get(place.run, -1)):
                continue
            if place.run not in self._high:
                self._open_run(runs[place.run], todo)
            self._high[place.run] = place.seq

    def _open_run(self, run: Run, todo: list[Place]) -> None:
        self._run[run.id] = run
        todo.extend(run.parents)
        opening = self._reader.opening(run.id) if not run.parents else None
        if opening is not None:
            self._include_log(opening)

    def _include_log(self, rid: RecordId) -> None:
        for step, seq, block in self._log_path(rid, self._log_held | self._log_due.keys()):
            self._log_due[step] = (seq, block)

    def _log_path(self, rid: RecordId, stop: set[RecordId]) -> Iterator[tuple[RecordId, int, bytes]]:
        """An identity record and its ancestors, up to one in ``stop``; nothing if it is not held."""
        at: RecordId | None = rid
        while at is not None and at not in stop:
            data = self._reader.block(at)
            if data is None:
                return
            header = read_block(data).header
            yield at, header.seq, data
            at = header.prev[0] if header.prev else None

    def _key_runs(self, key: PublicKey) -> Runs:
        if key not in self._runs:
            self._runs[key] = Runs(self._reader.runs(key))
        return self._runs[key]

    def logs(self) -> Iterator[Delivery]:
        """The identity records that are due: all chains hang on them."""
        for rid, (_, block) in sorted(self._log_due.items(), key=lambda item: (item[1][0], item[0])):
            yield Delivery(rid, block, None)

    def chains(self) -> Iterator[Delivery]:
        """The stretches of runs that are due, each after those that it follows."""
        done: set[int] = set()
        for start in sorted(self._high):
            stack = [start]
            while stack:
                run = stack[-1]
                before = [p.run for p in self._run[run].parents if p.run in self._high and p.run not in done]
                if run in done or not before:
                    stack.pop()
                    if run not in done:
                        done.add(run)
                        yield from self._stretch(run)
                else:
                    stack.extend(before)

    def _stretch(self, run: int) -> Iterator[Delivery]:
        low, high = self._low.get(run, -1), self._high[run]
        while page := (reader := self._afresh()).run_page(run, low, high, _PAGE):
            for seq, rid, block, body, pointed in page:
                low = seq
                withheld = pointed and not may_be_served(reader, rid)
                yield Delivery(rid, block, None if withheld else body)


def missing_bodies(reader: Reader, most: int) -> list[RecordId]:
    """The ids of bodies that are linked and not here yet: all, or ``most`` of them by chance.

    By chance, so that bodies that nobody has don't stand before those that somebody has.
    """
    count, last = reader.connection.execute(
        "SELECT count(*), max(rowid) FROM absent_bodies WHERE erased = 0"
    ).fetchone()
    if not count:
        return []
    start = 0 if count <= most else random.randrange(last + 1)  # noqa: S311 - fairness, no secret
    sql = """SELECT c.digest FROM absent_bodies a JOIN cids c ON c.id = a.id
             WHERE a.erased = 0 AND a.rowid {} ? ORDER BY a.rowid LIMIT ?"""
    rows = reader.connection.execute(sql.format(">="), (start, most)).fetchall()
    if len(rows) < most and start:
        rows += reader.connection.execute(sql.format("<"), (start, most - len(rows))).fetchall()
    return [rid_from_digest(digest) for (digest,) in rows]
