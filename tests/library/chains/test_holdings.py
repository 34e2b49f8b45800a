"""One conformance suite for whatever answers as Holdings: the set in memory and the reader of a store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from feeding import in_memory, in_store
from naive import Naive, Verdicts, keyid
from worlds import DEVICES, world

from knowchain.chains import Holdings, Place, Pointer, Runs
from knowchain.identifiers import RecordId, cid_of, record_id
from knowchain.signing import KeyPair

SEEDS = (3, 14, 15, 92)


class World:
    """A world, what an implementation says of it, and what the oracle does."""

    def __init__(self, holdings: Holdings, blocks: list[bytes]) -> None:
        self.holdings = holdings
        self.oracle = Naive()
        for block in blocks:
            self.oracle.admit(block)
        self.truth = Verdicts(self.oracle)
        self.ids = [RecordId(record_id(block)) for block in blocks if record_id(block) in self.oracle.records]
        self.log = [rid for rid in self.ids if rid in self.truth.log]
        self.ordinary = [rid for rid in self.ids if rid not in self.truth.log]
        self.strangers = [record_id(block) for block in blocks if record_id(block) not in self.oracle.records]
        self.strangers.append(record_id(b"nobody"))


@pytest.fixture(params=["memory", "store"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=SEEDS)
def held(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[World]:
    blocks = world(request.param, 80)
    if kind == "memory":
        yield World(in_memory(blocks[::-1])[0], blocks)
        return
    with in_store(tmp_path, blocks[::-1]) as (store, _), store.snapshot() as reader:
        yield World(reader, blocks)


def test_entries(held: World) -> None:
    assert held.ordinary
    for rid in held.ordinary:
        rec = held.oracle.records[rid]
        entry = held.holdings.entry(rid)
        assert entry is not None
        assert (entry.id, entry.author, entry.key) == (rid, rec["author"], rec["key"])
        assert entry.key_id == keyid(rec["key"])
        assert entry.place.seq == rec["seq"]
        assert entry.withdraws == held.truth._withdraws(rid)
    for rid in held.log + held.strangers:
        assert held.holdings.entry(rid) is None


def test_logs(held: World) -> None:
    for author in {held.oracle.author(rid) for rid in held.log}:
        found = {entry.id: entry for entry in held.holdings.log(RecordId(author))}  # type: ignore[arg-type]
        assert found.keys() == {rid for rid in held.log if held.oracle.author(rid) == author}
        for rid, entry in found.items():
            rec = held.oracle.records[rid]
            assert [entry.prev] == rec.get("prev", [None])
            assert (entry.seq, entry.rank) == (rec["seq"], held.oracle.ranks[rid])
    for rid in held.strangers + held.ordinary:
        assert not list(held.holdings.log(rid))


def test_authors_of_logs(held: World) -> None:
    for rid in held.log:
        assert held.holdings.log_author(rid) == held.oracle.author(rid)
    for rid in held.ordinary + held.strangers:
        assert held.holdings.log_author(rid) is None


def test_states(held: World) -> None:
    for rid in reversed(held.log):
        state, expected = held.holdings.state(rid), held.oracle.states[rid]
        assert tuple(state.control) == expected.control
        assert state.closed == (not expected.control)
        assert state.accepted == expected.accepted
        offer = None if state.handover is None else (state.handover.record, state.handover.to)
        assert offer == expected.offer
        devices = {key: "in force" if said is None else said.cut for key, said in state.devices.items()}
        assert devices == dict(expected.devices)


def test_runs_hold_every_record_once(held: World) -> None:
    for pair in DEVICES:
        mine = [rid for rid in held.ordinary if held.oracle.records[rid]["key"] == pair.public_key]
        runs = {run.id: run for run in held.holdings.runs(pair.public_key)}
        places = {Place(run.id, seq) for run in runs.values() for seq in range(run.start, run.end + 1)}
        entries = {rid: held.holdings.entry(rid) for rid in mine}
        assert {entry.place for entry in entries.values() if entry} == places
        assert len(places) == len(mine)
        for rid, entry in entries.items():
            assert entry is not None
            assert runs[entry.place.run].author == held.oracle.records[rid]["author"]


def test_runs_know_what_descends_from_what(held: World) -> None:
    for pair in DEVICES:
        mine = [rid for rid in held.ordinary if held.oracle.records[rid]["key"] == pair.public_key]
        runs = Runs(held.holdings.runs(pair.public_key))
        for one in mine:
            for other in mine:
                first, second = held.holdings.entry(one), held.holdings.entry(other)
                assert first is not None
                assert second is not None
                expected = one == other or held.truth.descends(one, other)
                assert runs.covers(first.place, second.place) == expected


def test_a_key_without_records_has_no_runs(held: World) -> None:
    assert not list(held.holdings.runs(KeyPair(b"\xee" * 32).public_key))


def test_pointers(held: World) -> None:
    every = ("kc:retracts", "kc:erases", "kc:disputes", "kc:about")
    for target in [*held.ids, *held.strangers, RecordId(cid_of(b"?", 0x71))]:
        for wanted in (every, ("kc:erases",), ("kc:erases", "kc:disputes"), ()):
            expected = {
                Pointer(relation, rid)
                for rid in held.ordinary
                for relation, to in held.oracle.records[rid].get("refs", [])
                if to == target and relation in wanted
            }
            found = list(held.holdings.pointers(target, wanted))
            assert set(found) == expected
            assert len(found) == len(expected)
