"""What becomes of bodies: held, late, discarded, erased."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from making.cbor import Link, encode
from making.people import (
    EXAMPLE_BODY,
    GENESIS,
    WORK,
    A,
    K,
    record,
    rid,
)

from knowchain.admission import Admission, Answer, BodyOutcome, Verdict
from knowchain.errors import NotFound
from knowchain.identifiers import record_id
from knowchain.storage.store import RecordStore

VECTORS = Path(__file__).parents[2] / "vectors" / "records"
SOURCE = "peer:one"


def cases(*names: str) -> list[Any]:
    return [
        pytest.param(case, id=case["name"])
        for name in names
        for case in json.loads((VECTORS / f"{name}.json").read_text())["cases"]
    ]


def verdict(answer: Answer) -> tuple[str, str | None]:
    return str(answer.verdict), answer.reason


def body_state(store: RecordStore, block: bytes = WORK) -> str:
    stored = store.reader().record(record_id(block))
    assert stored is not None
    return stored.body_state


def test_a_body_that_comes_along(door: Admission, store: RecordStore) -> None:
    door.admit(GENESIS, source=SOURCE)
    answer = door.admit(WORK, EXAMPLE_BODY, source=SOURCE)
    assert (answer.verdict, answer.body) == (Verdict.ACCEPTED, BodyOutcome.HELD)
    assert store.reader().body(record_id(WORK)) == EXAMPLE_BODY
    assert body_state(store) == "held"


def test_a_header_whose_body_never_comes_is_a_normal_state(door: Admission, store: RecordStore) -> None:
    door.admit(GENESIS, source=SOURCE)
    answer = door.admit(WORK, source=SOURCE)
    assert (answer.verdict, answer.body) == (Verdict.ACCEPTED, BodyOutcome.NONE)
    assert body_state(store) == "missing"
    assert store.reader().body(record_id(WORK)) is None
    assert list(store.reader().missing_bodies()) == [(record_id(WORK), record_id(EXAMPLE_BODY))]


def test_a_late_body_comes_with_a_duplicate(door: Admission, store: RecordStore) -> None:
    door.admit(GENESIS, source=SOURCE)
    door.admit(WORK, source=SOURCE)
    answer = door.admit(WORK, EXAMPLE_BODY, source="peer:two")
    assert (answer.verdict, answer.body) == (Verdict.DUPLICATE, BodyOutcome.HELD)
    assert store.reader().body(record_id(WORK)) == EXAMPLE_BODY
    assert list(store.reader().missing_bodies()) == []


def test_a_late_body_comes_alone(door: Admission, store: RecordStore) -> None:
    door.admit(GENESIS, source=SOURCE)
    door.admit(WORK, source=SOURCE)
    answer = door.admit_body(record_id(WORK), EXAMPLE_BODY, source=SOURCE)
    assert (answer.verdict, answer.body) == (Verdict.DUPLICATE, BodyOutcome.HELD)
    assert body_state(store) == "held"
    again = door.admit_body(record_id(WORK), EXAMPLE_BODY, source=SOURCE)
    assert again.body is BodyOutcome.HELD


def test_a_body_of_an_unknown_record_has_no_place(door: Admission) -> None:
    with pytest.raises(NotFound, match="not held"):
        door.admit_body(record_id(WORK), EXAMPLE_BODY, source=SOURCE)


def test_a_wrong_body_is_discarded_and_the_record_stays(door: Admission, store: RecordStore) -> None:
    door.admit(GENESIS, source=SOURCE)
    answer = door.admit(WORK, EXAMPLE_BODY + b"\0", source=SOURCE)
    assert (answer.verdict, answer.body) == (Verdict.ACCEPTED, BodyOutcome.DISCARDED)
    assert "not the body" in answer.detail
    again = door.admit(WORK, b"", source=SOURCE)
    assert (again.verdict, again.body) == (Verdict.DUPLICATE, BodyOutcome.DISCARDED)
    assert again.detail
    alone = door.admit_body(record_id(WORK), b"x", source=SOURCE)
    assert (alone.verdict, alone.body) == (Verdict.DUPLICATE, BodyOutcome.DISCARDED)
    assert alone.detail
    assert body_state(store) == "missing"


def test_a_body_for_a_record_without_one_is_discarded(door: Admission) -> None:
    answer = door.admit(GENESIS, EXAMPLE_BODY, source=SOURCE)
    assert (answer.verdict, answer.body) == (Verdict.ACCEPTED, BodyOutcome.DISCARDED)


@pytest.mark.parametrize("case", [case for case in cases("body") if case.values[0]["reason"]])
def test_hostile_bodies_are_discarded(case: dict[str, Any], shared_door: Admission) -> None:
    shared_door.admit(GENESIS, source=SOURCE)
    answer = shared_door.admit(bytes.fromhex(case["block"]), bytes.fromhex(case["body"]), source=SOURCE)
    assert answer.ok
    assert answer.body is BodyOutcome.DISCARDED
    assert answer.detail


def test_an_erased_body_is_not_taken_back(door: Admission, store: RecordStore) -> None:
    door.admit(GENESIS, source=SOURCE)
    door.admit(WORK, EXAMPLE_BODY, source=SOURCE)
    assert store.erase_body(record_id(WORK))
    for answer in (
        door.admit(WORK, EXAMPLE_BODY, source=SOURCE),
        door.admit_body(record_id(WORK), EXAMPLE_BODY, source=SOURCE),
    ):
        assert (answer.verdict, answer.body) == (Verdict.DUPLICATE, BodyOutcome.ERASED)
    assert body_state(store) == "erased"
    again = record(K, A, [rid(WORK)], 1, body=EXAMPLE_BODY)
    answer = door.admit(again, EXAMPLE_BODY, source=SOURCE)
    assert (answer.verdict, answer.body) == (Verdict.ACCEPTED, BodyOutcome.ERASED)
    assert body_state(store, again) == "erased"


def test_an_erased_body_leaves_no_trace_in_the_file(door: Admission, store: RecordStore) -> None:
    secret = b"a verse that was taken back" * 40
    body = encode({"salt": bytes(16), "author": Link(A), "verse": secret})
    block = record(K, A, [A], 0, body=body)
    door.admit(GENESIS, source=SOURCE)
    door.admit(block, body, source=SOURCE)
    store.checkpoint()
    assert b"taken back" in store.path.read_bytes()
    store.erase_body(record_id(block))
    files = [path for path in store.path.parent.iterdir() if path.name.startswith(store.path.name)]
    assert files
    assert not any(b"taken back" in path.read_bytes() for path in files)


def test_two_records_share_one_body(door: Admission, store: RecordStore) -> None:
    door.admit(GENESIS, source=SOURCE)
    again = record(K, A, [rid(WORK)], 1, body=EXAMPLE_BODY)
    door.admit(WORK, source=SOURCE)
    door.admit(again, EXAMPLE_BODY, source=SOURCE)
    assert body_state(store) == body_state(store, again) == "held"
