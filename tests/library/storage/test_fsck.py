"""Whatever is planted into a store is found: columns changed, rows lost or invented, pages damaged."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from making.cbor import Link, encode
from making.people import EXAMPLE_BODY, GENESIS, WORK, A, K, Key, add, record, rid, step

from knowchain.admission import Admission
from knowchain.admission.fsck import Finding, check_store
from knowchain.errors import Corruption
from knowchain.identifiers import record_id
from knowchain.search.index import SearchIndex
from knowchain.storage.store import RecordStore

ONLY_KNOWN_HERE = {
    ("records", "received"),
    ("sources", "name"),
    ("absent_bodies", "erased"),
    ("erasures", "since"),
    ("outbox", "id"),
}
"""When and from whom a thing came, and what was destroyed here: it is in no block, and a wrong value can't
be told from a right one."""
UNCHECKED = {"petnames", "settings", "sqlite_sequence"}
"""What the owner of the home wrote; nothing says what it should be."""
LAID_OUT_BY_SQLITE = {"search_text_data", "search_text_idx", "search_text_config"}
"""How FTS5 keeps words: no two indexes of the same words are alike, so what they say is compared."""
LATER_TICKETS = {("search_queue", "ticket"), ("search_queue", "record")}
"""A ticket that is moved or changed still says that something waits."""
FOUND_BODY = encode({"salt": b"\x04" * 16, "author": Link(A), "title": {"cy": ["Llyfr", "Yr hen lyfr"]}})


def fill(path: Path) -> None:
    """A store in which every table has rows."""
    phone = Key("P")
    first = record(K, A, [rid(WORK)], 1, kind="note", refs=[("kc:erases", rid(WORK))])
    beside = record(K, A, [rid(WORK)], 1, kind="note", body=b"never came")
    merge = record(K, A, [rid(first), rid(beside)], 2)
    found = record(K, A, [rid(merge)], 3, body=FOUND_BODY)
    later = record(K, A, [rid(found)], 4, body=b"waits for the index")
    with RecordStore(path) as store:
        with Admission(store, network="main", clock=lambda: 5) as door:
            bodies = {WORK: EXAMPLE_BODY, found: FOUND_BODY}
            for block in (GENESIS, WORK, first, beside, merge, step(K, A, A, 1, [add(phone)]), found):
                assert door.admit(block, bodies.get(block), source="local").ok
            SearchIndex(store).catch_up()
            assert door.admit(later, source="local").ok
        store.note_erasures([record_id(WORK)], now=7)
        store.set_petname("mam", record_id(GENESIS))
        store.set_setting("x", "y")


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("healthy") / "store.db"
    fill(path)
    return path


def check(path: Path) -> list[Finding]:
    return check_store(path, path.with_name("scratch.db"), network="main")


def planted(healthy: Path, folder: Path, sql: str, *values: object) -> list[Finding]:
    """What is found in a copy of the healthy store that a statement has damaged."""
    path = folder / "store.db"
    shutil.copy(healthy, path)
    with closing(sqlite3.connect(path)) as connection:
        changed = connection.execute(sql, values).rowcount
        connection.commit()
    assert changed == 1, sql
    found = check(path)
    path.unlink()
    return found


def tables(path: Path) -> dict[str, list[str]]:
    """The columns of every table."""
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    columns = {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in names}
    connection.close()
    return columns


def rows(path: Path, table: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    found = connection.execute(f"SELECT * FROM {table}").fetchall()
    connection.close()
    return found


def other_values(value: object) -> Iterator[object]:
    """Values that are close to the right one."""
    match value:
        case int():
            yield value + 1
            yield value + 1_000_000
            yield None
        case str():
            yield value + "x"
        case bytes():
            yield value[:-1] + bytes([value[-1] ^ 1])
            yield value[:-1]
        case None:
            yield 1


def invented(value: object, n: int) -> object:
    """A value that stands in no row."""
    match value:
        case int():
            return 1_000_000 + n
        case str():
            return value + "x"
        case bytes():
            return value + b"x"
    return value


def test_a_healthy_store_has_no_findings(healthy: Path, tmp_path: Path) -> None:
    shutil.copy(healthy, tmp_path / "store.db")
    assert check(tmp_path / "store.db") == []
    assert all(rows(healthy, table) for table in tables(healthy))


def test_every_changed_column_is_found(healthy: Path, tmp_path: Path) -> None:
    missed = set()
    for table, columns in tables(healthy).items():
        if table in UNCHECKED | LAID_OUT_BY_SQLITE:
            continue
        row = rows(healthy, table)[-1]
        key = " AND ".join(f'"{column}" IS ?' for column in columns)
        for column, value in zip(columns, row, strict=True):
            for wrong in other_values(value):
                sql = f'UPDATE {table} SET "{column}" = ? WHERE {key}'
                try:
                    found = planted(healthy, tmp_path, sql, wrong, *row)
                except sqlite3.IntegrityError:
                    continue  # the schema itself refuses it
                if not found:
                    missed.add((table, column))
                assert all(finding.where and finding.what and finding.remedy for finding in found)
    assert missed == ONLY_KNOWN_HERE | LATER_TICKETS


def test_every_lost_row_is_found(healthy: Path, tmp_path: Path) -> None:
    for table, columns in tables(healthy).items():
        if table in UNCHECKED | LAID_OUT_BY_SQLITE | {"outbox", "erasures", "search_queue"}:
            continue
        key = " AND ".join(f'"{column}" IS ?' for column in columns)
        for row in rows(healthy, table):
            found = planted(healthy, tmp_path, f"DELETE FROM {table} WHERE {key}", *row)
            assert found, (table, row)


def test_every_invented_row_is_found(healthy: Path, tmp_path: Path) -> None:
    for table, columns in tables(healthy).items():
        if table in UNCHECKED | LAID_OUT_BY_SQLITE:
            continue
        row = [invented(value, n) for n, value in enumerate(rows(healthy, table)[-1])]
        marks = ",".join("?" * len(columns))
        assert planted(healthy, tmp_path, f"INSERT INTO {table} VALUES ({marks})", *row), table


def test_a_damaged_page_is_found(healthy: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    data = bytearray(healthy.read_bytes())
    found = 0
    for at in range(4096, len(data), 4096):
        damaged = bytes(data[:at]) + bytes(64) + bytes(data[at + 64 :])
        path.write_bytes(damaged)
        try:
            found += bool(check(path))
        except Corruption:
            found += 1
    assert found == len(range(4096, len(data), 4096))
