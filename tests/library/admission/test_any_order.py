"""The same blocks in any order, by any number of threads: the same verdicts, flags, tips and heads."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from feeding import answers, in_store
from making.people import (
    EXAMPLE_BODY,
    GENESIS,
    A,
    K,
    Key,
    record,
    rid,
    step,
)
from making.people import add as adding
from naive import Naive, Verdicts, id_of
from worlds import world

from knowchain.admission import Admission, Answer, Incoming, Verdict
from knowchain.identifiers import RecordId, record_id
from knowchain.records import write_body
from knowchain.signing import KeyPair
from knowchain.storage.store import RecordStore

SOURCE = "peer:one"


def verdict(answer: Answer) -> tuple[str, str | None]:
    return str(answer.verdict), answer.reason


def chain(length: int) -> list[bytes]:
    """A genesis and a chain on it."""
    blocks, last = [GENESIS], A
    for n in range(length - 1):
        blocks.append(record(K, A, [last], n))
        last = rid(blocks[-1])
    return blocks


def agree(seed: int, folder: Path, orders: int) -> None:
    """One world through the door and the store, in many orders, against the oracle."""

    blocks = world(seed)
    oracle = Naive()
    said = {id_of(block): oracle.admit(block) for block in blocks}
    truth = Verdicts(oracle)
    flags = {rid: truth.flags(rid) for rid in oracle.records}
    for order in range(orders):
        shuffled = random.Random(order).sample(blocks, len(blocks))
        with in_store(folder / f"{seed}-{order}", shuffled, group=1 + 13 * order) as (store, door):
            for block, answer in zip(blocks, answers(door, blocks), strict=True):
                expected, reason = said[id_of(block)]
                assert verdict(answer) == ("duplicate" if expected == "accepted" else expected, reason)
            with store.snapshot() as reader:
                assert set(reader.heads()) == oracle.heads()
                standing = reader.standing()
                for rid, expected_flags in flags.items():
                    assert standing.flags(RecordId(rid)) == expected_flags  # type: ignore[arg-type]
                for author in {oracle.author(rid) for rid in truth.log}:
                    assert set(standing.tips(author)) == truth.tips(author)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(100, 112))
def test_worlds_in_any_order(seed: int, tmp_path: Path) -> None:
    agree(seed, tmp_path, 3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1300))
def test_many_worlds_in_any_order(seed: int, tmp_path: Path) -> None:
    agree(seed, tmp_path, 4)


def test_many_threads_admit_one_world(store: RecordStore) -> None:
    blocks = world(7, 200)
    oracle = Naive()
    for block in blocks:
        oracle.admit(block)
    found: list[list[Answer]] = [[] for _ in range(8)]
    with Admission(store, network="main", clock=lambda: 1, verifiers=2) as door:

        def work(number: int) -> None:

            mine = random.Random(number).sample(blocks, len(blocks))
            if number % 2:
                found[number] = list(door.admit_many(map(Incoming, mine), source=f"peer:{number}"))
            else:
                found[number] = [door.admit(block, source=f"peer:{number}") for block in mine]

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        final = answers(door, blocks)
    assert {answer.id for answer in final if answer.ok} == oracle.records.keys()
    accepted = [answer.id for some in found for answer in some if answer.verdict is Verdict.ACCEPTED]
    assert len(accepted) == len(set(accepted))
    with store.snapshot() as reader:
        truth = Verdicts(oracle)
        standing = reader.standing()
        assert all(standing.flags(RecordId(rid)) == truth.flags(rid) for rid in oracle.records)  # type: ignore[arg-type]
        assert [stored.arrival for stored in reader.records()] == list(range(1, len(oracle.records) + 1))


def test_writing_and_keeping_settings_take_turns(door: Admission, store: RecordStore) -> None:
    failures: list[BaseException] = []

    def settle() -> None:
        try:
            for n in range(200):
                store.set_setting("n", str(n))
                store.set_petname("someone", RecordId(record_id(GENESIS)))
        except BaseException as exc:
            failures.append(exc)

    thread = threading.Thread(target=settle)
    thread.start()
    given = [door.admit(block, source=SOURCE) for block in chain(200)]
    thread.join()
    assert failures == []
    assert all(answer.verdict is Verdict.ACCEPTED for answer in given)


def test_records_made_by_the_library_pass_its_own_door(door: Admission) -> None:
    """The makers of vectors and the library's writers come to the same bytes."""
    body = write_body({"title": {"cy": ["Hen benillion"]}}, author=record_id(GENESIS), salt=b"\x03" * 16)
    assert body.data == EXAMPLE_BODY
    assert KeyPair(b"\x01" * 32).public_key == K.public
    phone = Key("P")
    log = step(K, A, A, 1, [adding(phone)])
    for block in (GENESIS, log, record(phone, A, [rid(log)], 0)):
        assert door.admit(block, source=SOURCE).ok
