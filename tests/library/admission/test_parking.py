"""Parked blocks: what they wait for, how long, and that nobody can make them too many."""

from __future__ import annotations

import random
from typing import Any

import pytest
from making.cbor import Link, encode
from making.people import EXAMPLE_BODY, GENESIS, WORK, A, K, R, control, genesis, record, rid, step

from knowchain.admission import Admission, Answer, BodyOutcome, Incoming, Parking, Verdict
from knowchain.admission.parking import Parked
from knowchain.identifiers import RecordId, record_id
from knowchain.limits import PARKED_BYTES, PARKED_PER_SOURCE, PARKED_SECONDS
from knowchain.records import read_block
from knowchain.storage.store import RecordStore

SOURCE = "peer:one"


def parked(block: bytes, source: str = SOURCE, *, since: float = 0, body: bytes | None = None) -> Parked:
    return Parked(read_block(block), body, source, since)


def orphan(n: int, **fields: Any) -> bytes:
    """A block of a chain that nobody knows."""
    return record(K, A, [WORK_ID[:4] + n.to_bytes(32, "big")], 1, **fields)


WORK_ID = rid(WORK)
FIRST = record(K, A, [WORK_ID], 1)
SECOND = record(K, A, [rid(FIRST)], 2)


def park(parking: Parking, *blocks: Parked) -> None:
    for one in blocks:
        parking.park(one, one.block.header.prev)


# --- through the door ---------------------------------------------------------------------------------


def test_children_are_settled_when_their_parents_come(door: Admission, store: RecordStore) -> None:
    for block in (SECOND, FIRST, WORK):
        answer = door.admit(block, source=SOURCE)
        assert answer.verdict is Verdict.PARKED
        assert not answer.ok
    assert len(door.parking) == 3
    assert door.parking.wanted() == (record_id(GENESIS),)
    assert door.admit(GENESIS, source="peer:two").verdict is Verdict.ACCEPTED
    assert len(door.parking) == 0
    assert door.parking.bytes == 0
    assert [stored.id for stored in store.reader().records()] == [
        record_id(block) for block in (GENESIS, WORK, FIRST, SECOND)
    ]
    assert [stored.source for stored in store.reader().records()] == ["peer:two", SOURCE, SOURCE, SOURCE]


def test_what_lacks_is_named(door: Admission) -> None:
    answer = door.admit(SECOND, source=SOURCE)
    assert answer == Answer(Verdict.PARKED, record_id(SECOND), missing=(record_id(FIRST),))


def test_parked_is_not_held(door: Admission, store: RecordStore) -> None:
    door.admit(FIRST, source=SOURCE)
    assert record_id(FIRST) not in store.reader()
    assert store.reader().last_arrival() == 0
    assert list(store.reader().outbox()) == []


def test_a_body_waits_with_its_block(door: Admission, store: RecordStore) -> None:
    answer = door.admit(WORK, EXAMPLE_BODY, source=SOURCE)
    assert (answer.verdict, answer.body) == (Verdict.PARKED, BodyOutcome.NONE)
    door.admit(GENESIS, source=SOURCE)
    assert store.reader().body(record_id(WORK)) == EXAMPLE_BODY


def test_a_body_that_comes_to_a_parked_block_is_taken(door: Admission, store: RecordStore) -> None:
    door.admit(WORK, source=SOURCE)
    door.admit(WORK, EXAMPLE_BODY, source="peer:two")
    assert door.parking.bytes == len(WORK) + len(EXAMPLE_BODY)
    door.admit(GENESIS, source=SOURCE)
    assert store.reader().body(record_id(WORK)) == EXAMPLE_BODY


def test_a_local_record_is_announced_when_its_parent_comes(door: Admission, store: RecordStore) -> None:
    door.admit(WORK, source="local")
    door.admit(GENESIS, source=SOURCE)
    assert [one for _, one in store.reader().outbox()] == [record_id(WORK)]


def test_a_merge_waits_for_all_its_parents(door: Admission) -> None:
    beside = record(K, A, [WORK_ID], 1, kind="note")
    merge = record(K, A, [rid(FIRST), rid(beside)], 2)
    assert set(door.admit(merge, source=SOURCE).missing) == {record_id(FIRST), record_id(beside)}
    for block in (GENESIS, WORK, FIRST):
        door.admit(block, source=SOURCE)
    assert record_id(merge) in door.parking
    door.admit(beside, source=SOURCE)
    assert door.admit(merge, source=SOURCE).verdict is Verdict.DUPLICATE


def test_what_waits_for_a_rejected_parent_goes(door: Admission) -> None:
    wrong = record(R, A, [A], 0)
    child = record(R, A, [rid(wrong)], 1)
    grandchild = record(R, A, [rid(child)], 2)
    for block in (grandchild, child, wrong):
        assert door.admit(block, source=SOURCE).verdict is Verdict.PARKED
    door.admit(GENESIS, source=SOURCE)
    assert len(door.parking) == 0
    assert door.admit(wrong, source=SOURCE).reason == "chain"
    assert door.admit(child, source=SOURCE).verdict is Verdict.PARKED


def test_a_rejected_child_does_not_stop_its_siblings(door: Admission, store: RecordStore) -> None:
    wrong = record(K, A, [WORK_ID], 7)
    for block in (wrong, FIRST, WORK):
        door.admit(block, source=SOURCE)
    door.admit(GENESIS, source=SOURCE)
    assert record_id(FIRST) in store.reader()
    assert record_id(wrong) not in store.reader()
    assert door.admit(wrong, source=SOURCE).reason == "chain"


def test_a_parked_child_is_written_though_its_other_parent_left_the_cache(
    door: Admission, store: RecordStore
) -> None:
    beside = record(K, A, [WORK_ID], 1, kind="note")
    merge = record(K, A, [rid(FIRST), rid(beside)], 2)
    for block in (GENESIS, WORK, FIRST, merge):
        door.admit(block, source=SOURCE)
    store._caches.clear()
    assert door.admit(beside, source=SOURCE).verdict is Verdict.ACCEPTED
    assert [str(one) for one in store.reader().heads()] == [str(record_id(merge))]


def test_the_door_s_clock_ends_waiting(door: Admission, clock: Any) -> None:
    door.admit(FIRST, source=SOURCE)
    clock.now += PARKED_SECONDS * 1000 - 1
    door.admit(orphan(1), source=SOURCE)
    assert record_id(FIRST) in door.parking
    clock.now += 1
    door.admit(orphan(2), source=SOURCE)
    assert record_id(FIRST) not in door.parking
    assert len(door.parking) == 2


def test_a_flood_of_orphans_stays_within_its_share(door: Admission) -> None:
    door.admit(FIRST, source="peer:honest")
    flood = (Incoming(orphan(n)) for n in range(3 * PARKED_PER_SOURCE))
    verdicts = {str(answer.verdict) for answer in door.admit_many(flood, source="peer:hostile")}
    assert verdicts == {"parked"}
    assert len(door.parking) == PARKED_PER_SOURCE + 1
    assert record_id(FIRST) in door.parking
    assert record_id(orphan(3 * PARKED_PER_SOURCE - 1)) in door.parking
    assert record_id(orphan(0)) not in door.parking


def test_a_flood_from_many_sources_stays_within_the_bytes(store: RecordStore) -> None:
    parking = Parking(total_bytes=40_000)
    body = encode({"salt": bytes(16), "author": Link(A), "x": bytes(3_000)})
    with Admission(store, network="main", clock=lambda: 1, parking=parking) as door:
        for n in range(60):
            door.admit(orphan(n, body=body), body, source=f"peer:{n}")
            assert parking.bytes <= 40_000
        assert 8 <= len(parking) <= 12
        assert record_id(orphan(59, body=body)) in parking


def test_a_long_row_of_parked_blocks_is_settled_at_once(door: Admission, store: RecordStore) -> None:
    row, last = [GENESIS], A
    for n in range(PARKED_PER_SOURCE):
        row.append(record(K, A, [last], n))
        last = rid(row[-1])
    for block in reversed(row):
        door.admit(block, source=SOURCE)
    assert store.reader().last_arrival() == PARKED_PER_SOURCE + 1
    assert len(door.parking) == 0


def test_identity_records_wait_too(door: Admission, store: RecordStore) -> None:
    one = step(K, A, A, 1, [])
    two = step(K, A, rid(one), 2, [])
    for block in (two, one, GENESIS):
        door.admit(block, source=SOURCE)
    assert [entry.seq for entry in store.reader().log(record_id(GENESIS))] == [0, 1, 2]


# --- the parking itself -------------------------------------------------------------------------------------


def test_limits_are_those_of_the_specification() -> None:
    assert (PARKED_PER_SOURCE, PARKED_BYTES, PARKED_SECONDS) == (256, 64 * 2**20, 600)


def test_a_full_share_pushes_out_its_own_oldest() -> None:
    parking = Parking(per_source=2)
    park(
        parking,
        parked(orphan(0), "a"),
        parked(orphan(1), "b"),
        parked(orphan(2), "a"),
        parked(orphan(3), "a"),
    )
    held = [n for n in range(4) if record_id(orphan(n)) in parking]
    assert held == [1, 2, 3]


def test_too_many_bytes_push_out_the_oldest_of_all() -> None:
    size = len(orphan(0))
    parking = Parking(total_bytes=3 * size)
    park(parking, *(parked(orphan(n), f"peer:{n}") for n in range(4)))
    assert [n for n in range(4) if record_id(orphan(n)) in parking] == [1, 2, 3]
    assert parking.bytes == 3 * size


def test_bringing_a_block_again_takes_nobody_s_place() -> None:
    parking = Parking(per_source=2)
    park(parking, parked(orphan(0), "honest"), parked(orphan(0), "hostile"))
    park(parking, *(parked(orphan(n), "hostile") for n in range(1, 5)))
    assert record_id(orphan(0)) in parking
    assert len(parking) == 3


def test_a_body_is_taken_over_once_and_bounded() -> None:
    parking = Parking(total_bytes=len(orphan(0)) + 100)
    park(parking, parked(orphan(0)), parked(orphan(0), body=b"x" * 60), parked(orphan(0), body=b"y" * 99))
    assert parking.bytes == len(orphan(0)) + 60
    (ready,) = parking.arrived(RecordId(read_block(orphan(0)).header.prev[0]))
    assert ready.body == b"x" * 60
    assert parking.bytes == 0
    park(parking, parked(orphan(1)), parked(orphan(1), body=b"x" * 200))
    assert (len(parking), parking.bytes) == (0, 0)


def test_waiting_ends_by_the_clock_that_is_given() -> None:
    parking = Parking(seconds=10)
    park(parking, parked(orphan(0), since=100), parked(orphan(1), since=105))
    parking.expire(109.9)
    assert len(parking) == 2
    parking.expire(110)
    assert len(parking) == 1
    parking.expire(115)
    assert (len(parking), parking.bytes, parking.wanted()) == (0, 0, ())


def test_a_clock_that_was_set_back_keeps_nothing_for_ever() -> None:
    parking = Parking(seconds=10)
    park(parking, parked(orphan(0), since=1_000_000))
    parking.expire(5)
    assert len(parking) == 0


def test_what_is_wanted_is_what_is_not_parked_itself() -> None:
    parking = Parking()
    park(parking, parked(SECOND), parked(FIRST))
    assert parking.wanted() == (record_id(WORK),)
    park(parking, parked(orphan(1)))
    assert set(parking.wanted()) == {record_id(WORK), *read_block(orphan(1)).header.prev}


def test_what_is_wanted_and_what_is_ready_come_in_order() -> None:
    parking = Parking()
    siblings = [record(K, A, [WORK_ID], 1, time=n) for n in range(20)]
    park(parking, *map(parked, siblings), *(parked(orphan(n)) for n in range(20)))
    assert list(parking.wanted()) == sorted(parking.wanted())
    assert len(parking.wanted()) == 21
    ready = [one.block.id for one in parking.arrived(record_id(WORK))]
    assert ready == sorted(record_id(block) for block in siblings)


def test_refusing_drops_descendants_of_every_depth() -> None:
    parking = Parking()
    park(parking, parked(SECOND), parked(FIRST), parked(orphan(1)))
    parking.refused(record_id(WORK))
    assert len(parking) == 1
    assert record_id(orphan(1)) in parking


def test_dropping_what_is_not_parked_does_nothing() -> None:
    parking = Parking()
    parking.drop(record_id(WORK))
    assert parking.arrived(record_id(WORK)) == []
    parking.refused(record_id(WORK))
    assert len(parking) == 0


@pytest.mark.parametrize("seed", range(20))
def test_books_balance_whatever_happens(seed: int) -> None:
    rnd = random.Random(seed)
    parking = Parking(per_source=5, total_bytes=9_000, seconds=50)
    blocks = [orphan(n) for n in range(30)] + [
        record(K, A, [record_id(orphan(n)), record_id(orphan(n + 1))], 2) for n in range(28)
    ]
    for now in range(400):
        block = rnd.choice(blocks)
        match rnd.randrange(8):
            case 0:
                parking.arrived(record_id(rnd.choice(blocks)))
            case 1:
                parking.refused(record_id(rnd.choice(blocks)))
            case 2:
                parking.drop(record_id(block))
            case _:
                body = rnd.choice((None, b"x" * rnd.randrange(300)))
                park(parking, parked(block, f"peer:{rnd.randrange(8)}", since=now, body=body))
        held = list(parking._parked.values())
        assert parking.bytes == sum(one.size for one in held) <= 9_000
        assert all(now - one.since < 50 for one in held) or parking.expire(now) is None
        shares = {source: list(share) for source, share in parking._shares.items()}
        assert all(0 < len(share) <= 5 for share in shares.values())
        assert sorted(one for share in shares.values() for one in share) == sorted(parking._parked)
        waiting = {(parent, one) for parent, some in parking._waiting.items() for one in some}
        missing = {(parent, one) for one, parents in parking._missing.items() for parent in parents}
        assert waiting == missing
        assert parking._missing.keys() == parking._parked.keys()
        assert all(parking._waiting.values())


def test_a_genesis_never_waits(door: Admission) -> None:
    assert door.admit(genesis(R, [control((1, [R]))]), source=SOURCE).verdict is Verdict.ACCEPTED
