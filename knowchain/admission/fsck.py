"""Checking a store: everything that can be derived is derived again from the blocks, and compared.

What the comparison can't see (that SQLite's own structures are sound) SQLite checks itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowchain.admission.replay import replay
from knowchain.search.checking import differences, waiting
from knowchain.storage.database import named_faults
from knowchain.storage.store import RecordStore

__all__ = ["Finding", "check_store"]

_TABLES: Final = (
    "cids",
    "kinds",
    "relations",
    "sources",
    "keys",
    "records",
    "logs",
    "runs",
    "run_parents",
    "refs",
    "heads",
    "bodies",
    "absent_bodies",
)
_POINTING: Final = (("outbox", "record"), ("erasures", "record"))
_SHOWN: Final = 20
"""Findings that are told for one table; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the store that is not as it should be."""

    where: str
    """The table, or ``file`` for SQLite's own structure."""
    what: str
    remedy: str


_REBUILD: Final = "run `knowchain rebuild`"
_RESTORE: Final = "restore a backup, or fetch the records again from a peer, then run `knowchain rebuild`"


def check_store(
    path: Path, scratch: Path, *, network: str, progress: Callable[[int], None] = lambda _done: None
) -> list[Finding]:
    """Every inconsistency of a store; the store is only read.

    Args:
        path: the store's file, which nobody writes meanwhile.
        scratch: a file that does not exist; holds the derived copy meanwhile, and is as large.
        network: the network of the home.
        progress: told how many records are done.

    Raises:
        Corruption: so damaged that it can't be read at all.
        StorageFault: no room for the copy.
    """
    with named_faults(path):
        source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        source.text_factory = lambda text: text.decode(errors="replace")  # damage may hide in any column
        try:
            findings = list(_structure(source))
            with RecordStore(scratch) as target:
                findings += _replayed(source, target, network, progress)
                excused = waiting(source, target)
            source.execute("ATTACH DATABASE ? AS derived", (str(scratch),))
            for table in _TABLES:
                findings += _differences(source, table)
            for table, column in _POINTING:
                findings += _dangling(source, table, column)
            findings += [Finding(table, what, _REBUILD) for table, what in differences(source, excused)]
            return findings
        finally:
            source.close()
            for suffix in ("", "-wal", "-shm"):
                scratch.with_name(scratch.name + suffix).unlink(missing_ok=True)


def _structure(source: sqlite3.Connection) -> Iterator[Finding]:
    for (message,) in source.execute(f"PRAGMA integrity_check({_SHOWN})"):
        if message != "ok":
            yield Finding("file", str(message), _REBUILD)


def _replayed(
    source: sqlite3.Connection, target: RecordStore, network: str, progress: Callable[[int], None]
) -> Iterator[Finding]:
    result = replay(source, target, network=network, progress=progress)
    for rid, detail in result.rejected:
        yield Finding("records", f"the block {rid} is no valid record: {detail}", _RESTORE)
    for orphan in result.orphans:
        yield Finding("records", f"a parent of {orphan} is lost", _RESTORE)
    if result.lost_bodies:
        yield Finding("bodies", f"{result.lost_bodies} bodies are not what their headers link", _RESTORE)


def _differences(source: sqlite3.Connection, table: str) -> Iterator[Finding]:
    for here, there, word in (("main", "derived", "is wrong"), ("derived", "main", "is missing")):
        sql = f"""SELECT * FROM (SELECT * FROM {here}.{table} EXCEPT SELECT * FROM {there}.{table})
                  LIMIT {_SHOWN + 1}"""  # noqa: S608
        rows = source.execute(sql).fetchall()
        for row in rows[:_SHOWN]:
            yield Finding(table, f"the row {_summary(row)} {word}", _REBUILD)
        if len(rows) > _SHOWN:
            yield Finding(table, f"further rows: each {word}", _REBUILD)


def _dangling(source: sqlite3.Connection, table: str, column: str) -> Iterator[Finding]:
    sql = f"""SELECT {column} FROM main.{table} WHERE {column} NOT IN (SELECT id FROM derived.records)
              LIMIT {_SHOWN}"""  # noqa: S608
    for (row,) in source.execute(sql):
        yield Finding(table, f"the row for record {row} points nowhere", _REBUILD)


def _summary(row: tuple[object, ...]) -> str:
    shown = (value.hex()[:16] + "…" if isinstance(value, bytes) else repr(value) for value in row)
    return "(" + ", ".join(shown) + ")"
