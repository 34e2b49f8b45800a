"""Replay: the index made again from nothing but blocks, by the same rules as the first time.

Records are replayed in the order of their arrival, so that even row ids come out the same: the
result can be compared with the store table by table (:mod:`knowchain.admission.fsck`).
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from knowchain.admission.answers import Answer, Incoming, Verdict
from knowchain.admission.judging import Judged, RejectedMemory, judge
from knowchain.admission.parking import Parking
from knowchain.admission.settling import Settler
from knowchain.identifiers import RecordId
from knowchain.search.index import SearchIndex
from knowchain.storage.store import RecordStore

__all__ = ["Replayed", "replay"]

_GROUP: Final = 1000
_KEPT: Final = ("petnames", "settings", "erasures")
"""Tables that no block can give back; they are copied."""


class _Row(NamedTuple):
    block: bytes
    body: bytes | None
    received: int
    source: str


@dataclass(slots=True)
class Replayed:
    """What a replay found."""

    records: int = 0
    bodies: int = 0
    rejected: list[tuple[RecordId | None, str]] = field(default_factory=list)
    """Blocks in the store that the format does not allow, with the reason: damage."""
    orphans: list[RecordId] = field(default_factory=list)
    """Blocks whose parents are lost."""
    lost_bodies: int = 0
    """Bodies in the store that no header owns, or that are not what they were."""


def replay(
    source: sqlite3.Connection,
    target: RecordStore,
    *,
    network: str,
    progress: Callable[[int], None] = lambda _done: None,
) -> Replayed:
    """Fill an empty store from the blocks of another.

    Args:
        source: a connection to the other; its indexes are not trusted.
        target: an empty store.
        network: the network of both.
        progress: told how many records are done.
    """
    result = Replayed()
    moment = [0]
    rejected = RejectedMemory()
    settler = Settler(Parking(per_source=0), rejected, lambda: moment[0])
    waiting: dict[RecordId, list[_Row]] = defaultdict(list)
    rows = _rows(source)
    while group := [row for _, row in zip(range(_GROUP), rows, strict=False)]:
        with target.write() as transaction:
            while group:
                row = group.pop(0)
                judged = judge(Incoming(row.block, row.body), network, rejected)
                if isinstance(judged, Answer):
                    result.rejected.append((judged.id, judged.detail))
                    continue
                missing = [rid for rid in judged.block.header.prev if transaction.known(rid) is None]
                if missing:
                    waiting[missing[0]].append(row)
                    continue
                moment[0] = row.received
                answer, _ = settler.settle(transaction, judged, row.source)
                _count(result, answer, judged, row)
                group[:0] = waiting.pop(judged.block.id, [])
        progress(result.records)
    result.orphans = sorted(
        judged.block.id
        for rows_left in waiting.values()
        for row in rows_left
        if isinstance(judged := judge(Incoming(row.block), network, rejected), Judged)
    )
    result.lost_bodies += _copy_rest(source, target)
    SearchIndex(target).catch_up()
    return result


def _count(result: Replayed, answer: Answer, judged: Judged, row: _Row) -> None:
    if answer.verdict is Verdict.REJECTED:
        result.rejected.append((answer.id, answer.detail))
    elif answer.verdict is Verdict.ACCEPTED:
        result.records += 1
        result.bodies += judged.body is not None
    if row.body is not None and judged.body is None:
        result.lost_bodies += 1


def _rows(source: sqlite3.Connection) -> Iterator[_Row]:
    """Records with the bodies that stand beside them, read without any index but the primary keys."""
    sql = """SELECT CAST(r.block AS BLOB), CAST(b.data AS BLOB), r.received, s.name FROM records r NOT INDEXED
             LEFT JOIN bodies b ON b.id = r.body LEFT JOIN sources s NOT INDEXED ON s.id = r.source
             ORDER BY r.arrival"""
    for block, body, received, name in source.execute(sql):
        yield _Row(block, body, received, name or "unknown")


def _copy_rest(source: sqlite3.Connection, target: RecordStore) -> int:
    """Copy what blocks can't give back; returns how many bodies belong to no record."""
    with target.write():
        connection = target.connection
        for table in _KEPT:
            rows = source.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            if rows:
                marks = ",".join("?" * len(rows[0]))
                connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)  # noqa: S608
        connection.execute("DELETE FROM outbox")
        connection.executemany(
            "INSERT INTO outbox VALUES (?, ?)", source.execute("SELECT id, record FROM outbox")
        )
        connection.executemany(
            "UPDATE absent_bodies SET erased = 1 WHERE id = ?",
            source.execute("SELECT id FROM absent_bodies WHERE erased = 1"),
        )
    held = {row[0] for row in connection.execute("SELECT id FROM bodies")}
    return sum(1 for (row_id,) in source.execute("SELECT id FROM bodies") if row_id not in held)
