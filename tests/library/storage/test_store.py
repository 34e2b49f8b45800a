"""Questions to the store: records, bodies, heads, chains, names, and copies of it all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from feeding import in_store
from making.people import EXAMPLE_BODY, GENESIS, WORK, A, K, Key, R, add, control, genesis, record, rid, step
from naive import Naive
from worlds import DEVICES, world

from knowchain.admission import Admission
from knowchain.errors import InvalidValue, StorageFault
from knowchain.identifiers import PublicKey, RecordId, cid_of, raw_twin, record_id
from knowchain.storage.reader import Reader
from knowchain.storage.store import RecordStore

FIRST = record(K, A, [rid(WORK)], 1, kind="note", refs=[("kc:about", rid(WORK)), ("kc:disputes", A)])
BESIDE = record(K, A, [rid(WORK)], 1, kind="note", refs=[("kc:about", rid(WORK))])
OTHER = genesis(R, [control((1, [R])), add(R)])
BLOCKS = [GENESIS, WORK, FIRST, BESIDE, OTHER]
NOBODY = record_id(b"nobody")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    with RecordStore(tmp_path / "store.db") as opened:
        with Admission(opened, network="main", clock=lambda: 5) as door:
            for block in BLOCKS:
                body = EXAMPLE_BODY if block is WORK else None
                assert door.admit(block, body, source="import:a").ok
        yield opened


@pytest.fixture
def reader(store: RecordStore) -> Reader:
    return store.reader()


def ids(*blocks: bytes) -> list[RecordId]:
    return [record_id(block) for block in blocks]


def test_records_by_id(reader: Reader) -> None:
    for number, block in enumerate(BLOCKS, 1):
        stored = reader.record(record_id(block))
        assert stored is not None
        assert (stored.block.data, stored.arrival, stored.received, stored.source) == (
            block,
            number,
            5,
            "import:a",
        )
        assert reader.block(record_id(block)) == block
        assert record_id(block) in reader
    for absent in (NOBODY, record_id(EXAMPLE_BODY)):
        assert reader.record(absent) is None
        assert reader.block(absent) is None
        assert absent not in reader
    assert reader.body(record_id(WORK)) == EXAMPLE_BODY
    assert reader.body(record_id(GENESIS)) is None
    assert reader.body(NOBODY) is None


def test_blocks_by_digest_as_ipfs_asks_for_them(reader: Reader) -> None:
    for block in (*BLOCKS, EXAMPLE_BODY):
        assert reader.block_by_digest(raw_twin(record_id(block)).digest) == block
    assert reader.block_by_digest(bytes(32)) is None


def test_records_in_order(reader: Reader) -> None:
    every = ids(*BLOCKS)
    assert [stored.id for stored in reader.records()] == every
    assert [stored.id for stored in reader.records(after=2)] == every[2:]
    assert [stored.id for stored in reader.records(after=1, limit=2)] == every[1:3]
    assert [stored.id for stored in reader.records(newest_first=True, limit=2)] == every[:-3:-1]
    assert [stored.id for stored in reader.records(newest_first=True, after=3)] == every[1::-1]
    assert [stored.id for stored in reader.records(kind="note")] == ids(FIRST, BESIDE)
    assert [stored.id for stored in reader.records(author=record_id(OTHER))] == ids(OTHER)
    assert [stored.id for stored in reader.records(kind="work", author=record_id(OTHER))] == []
    assert [stored.id for stored in reader.records(kind="unknown")] == []
    assert [stored.id for stored in reader.records(author=NOBODY)] == []
    assert reader.last_arrival() == 5
    assert reader.counts_by_kind() == {"identity": 2, "note": 2, "work": 1}
    assert list(reader.identities()) == ids(GENESIS, OTHER)


def test_heads_and_chains(reader: Reader) -> None:
    assert list(reader.heads()) == sorted(ids(FIRST, BESIDE, OTHER))
    key = PublicKey(K.public)
    assert next(iter(reader.chain(key))) == record_id(WORK)
    assert set(reader.chain(key)) == set(ids(WORK, FIRST, BESIDE))
    assert reader.chain_tips(key) == tuple(sorted((one, 1) for one in ids(FIRST, BESIDE)))
    assert reader.chain_tips(PublicKey(R.public)) == ()
    assert reader.fork_at(record_id(FIRST)) == tuple(sorted(ids(FIRST, BESIDE)))
    assert reader.fork_at(record_id(WORK)) == (record_id(WORK),)
    assert reader.fork_at(NOBODY) == ()


def test_pointers(reader: Reader) -> None:
    assert [one.source for one in reader.pointers(record_id(WORK))] == sorted(ids(FIRST, BESIDE))
    assert [one.relation for one in reader.pointers(record_id(GENESIS))] == ["kc:disputes"]
    assert list(reader.pointers(record_id(WORK), ["kc:disputes"])) == []
    assert list(reader.pointers(NOBODY)) == []


def test_bodies_that_lack(store: RecordStore) -> None:
    missing = record(K, A, [rid(FIRST)], 2, body=b"not here")
    with Admission(store, network="main", clock=lambda: 5) as door:
        door.admit(missing, source="x")
    reader = store.reader()
    assert list(reader.missing_bodies()) == [(record_id(missing), record_id(b"not here"))]
    assert store.erase_body(record_id(missing)) is False
    assert list(reader.missing_bodies()) == []
    assert store.erase_body(record_id(GENESIS)) is False
    assert store.erase_body(NOBODY) is False


def test_a_reader_does_not_remember_what_was_absent(store: RecordStore) -> None:
    reader = store.reader()
    coming = record(K, A, [rid(FIRST)], 2)
    assert record_id(coming) not in reader
    with Admission(store, network="main", clock=lambda: 5) as door:
        door.admit(coming, source="x")
    assert record_id(coming) in reader
    assert reader.block(record_id(coming)) == coming


def test_a_snapshot_sees_one_state(store: RecordStore) -> None:
    coming = record(K, A, [rid(FIRST)], 2)
    with Admission(store, network="main", clock=lambda: 5) as door:
        with store.snapshot() as reader:
            assert reader.last_arrival() == 5
            door.admit(coming, source="x")
            assert reader.last_arrival() == 5
            assert record_id(coming) not in reader
            with store.snapshot() as again:
                assert again.last_arrival() == 5
        assert store.reader().last_arrival() == 6


def test_many_identifiers_are_forgotten_without_harm(tmp_path: Path) -> None:
    blocks, last = [GENESIS], A
    for n in range(9_000):
        blocks.append(record(K, A, [last], n))
        last = rid(blocks[-1])
    with in_store(tmp_path / "many", blocks, group=1000) as (store, _), store.snapshot() as reader:
        for block in (*blocks, *blocks[:10]):
            assert record_id(block) in reader
        assert [stored.id for stored in reader.records()] == ids(*blocks)
        assert len(list(reader.runs(PublicKey(K.public)))) == 1


def test_small_caches_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knowchain.storage.writer._CACHED_RECORDS", 3)
    monkeypatch.setattr("knowchain.storage.writer._CACHED_IDS", 3)
    monkeypatch.setattr("knowchain.storage.writer._QUERY_WIDTH", 2)
    blocks = world(21, 120)
    oracle = Naive()
    for block in blocks:
        oracle.admit(block)
    with in_store(tmp_path / "small", blocks[::-1], group=7) as (store, _), store.snapshot() as reader:
        assert {stored.id for stored in reader.records()} == oracle.records.keys()
        assert set(reader.heads()) == oracle.heads()
        for pair in DEVICES:
            signed = {one for one, rec in oracle.records.items() if rec["key"] == pair.public_key}
            mine = {one for one in signed if oracle.records[one]["kind"] == "note"}
            assert set(reader.chain(pair.public_key)) == mine
            assert {one for one, _ in reader.chain_tips(pair.public_key)} == mine & oracle.heads()


# --- names, settings, erasures ------------------------------------------------------------------------


def test_petnames_are_the_reader_s_own(store: RecordStore) -> None:
    one, other = ids(GENESIS, OTHER)
    store.set_petname("mam", one)
    store.set_petname("mam", one)
    with pytest.raises(InvalidValue, match="mam is taken"):
        store.set_petname("mam", other)
    store.set_petname("dad", other)
    store.set_petname("mother", one)
    assert store.reader().petnames() == {"dad": other, "mother": one}
    assert store.remove_petname("dad")
    assert not store.remove_petname("dad")


def test_settings(store: RecordStore) -> None:
    assert store.reader().setting("x") is None
    store.set_setting("x", "1")
    store.set_setting("x", "2")
    assert store.reader().setting("x") == "2"
    store.remove_setting("x")
    store.remove_setting("x")
    assert store.reader().setting("x") is None


def test_the_first_sight_of_an_erasure_stands(store: RecordStore) -> None:
    def noted() -> list[tuple[int]]:
        return store.connection.execute("SELECT since FROM erasures").fetchall()

    store.note_erasures([record_id(WORK), NOBODY], now=7)
    store.note_erasures([record_id(WORK)], now=9)
    assert noted() == [(7,)]
    store.forget_erasures([record_id(WORK)])
    assert noted() == []


# --- copies ----------------------------------------------------------------------------------------------


def test_a_backup_while_it_is_written(store: RecordStore, tmp_path: Path) -> None:
    phone = Key("P")
    with Admission(store, network="main", clock=lambda: 5) as door:
        door.admit(step(K, A, A, 1, [add(phone)]), source="x")
        store.backup(tmp_path / "copy.db")
        door.admit(record(K, A, [rid(FIRST)], 2), source="x")
    with RecordStore(tmp_path / "copy.db") as copy:
        assert copy.reader().last_arrival() == 6
        assert copy.reader().body(record_id(WORK)) == EXAMPLE_BODY
    assert store.reader().last_arrival() == 7


def test_a_backup_replaces_nothing(store: RecordStore, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_bytes(b"dear")
    with pytest.raises(StorageFault, match="exists already"):
        store.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_bytes() == b"dear"
    with pytest.raises(StorageFault, match="can't be used"):
        store.backup(tmp_path / "nowhere" / "copy.db")


def test_reopening_shows_the_same(store: RecordStore, tmp_path: Path) -> None:
    with store.snapshot() as reader:
        before = (list(reader.records()), list(reader.heads()), reader.petnames())
    store.close()
    with RecordStore(tmp_path / "store.db") as again:
        reader = again.reader()
        assert (list(reader.records()), list(reader.heads()), reader.petnames()) == before
        with Admission(again, network="main", clock=lambda: 9) as door:
            merge = record(K, A, [rid(FIRST), rid(BESIDE)], 2)
            assert door.admit(merge, source="x").ok
        assert list(again.reader().heads()) == sorted(ids(merge, OTHER))


def test_the_log_is_folded_into_the_file(store: RecordStore) -> None:
    log = store.path.with_name(store.path.name + "-wal")
    assert log.stat().st_size > 0
    store.checkpoint()
    assert log.stat().st_size == 0
    connection = sqlite3.connect(store.path)
    assert connection.execute("SELECT count(*) FROM records").fetchone()[0] == 5
    connection.close()


def test_a_link_that_is_no_record_is_not_found(reader: Reader) -> None:
    assert reader.log_author(record_id(WORK)) is None
    assert reader.entry(record_id(GENESIS)) is None
    assert RecordId(cid_of(WORK, 0x71)) in reader
