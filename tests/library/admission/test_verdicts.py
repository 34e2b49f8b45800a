"""The one door: every verdict, and which rejections are remembered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from making.people import (
    GENESIS,
    WORK,
    A,
    K,
    R,
    control,
    genesis,
    record,
    signed,
)

from knowchain.admission import Admission, Answer, Incoming, Verdict
from knowchain.identifiers import record_id
from knowchain.limits import MAX_BLOCK
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


@pytest.mark.parametrize("case", cases("chain", "identity"))
def test_vector(case: dict[str, Any], store: RecordStore) -> None:
    shared = json.loads((VECTORS / "identity.json").read_text())["shared"]
    given = [bytes.fromhex(block) for block in shared.get(case.get("given_shared"), []) + case["given"]]
    with Admission(store, network=case.get("network", "main"), clock=lambda: 1) as door:
        assert all(
            answer.verdict == "accepted" for answer in door.admit_many(map(Incoming, given), source=SOURCE)
        )
        block = bytes.fromhex(case["block"])
        for _ in range(2):
            answer = door.admit(block, source=SOURCE)
            expected = "duplicate" if _ and case["verdict"] == "accepted" else case["verdict"]
            assert verdict(answer) == (expected, case["reason"])
            assert [one.hex() for one in answer.missing] == case["missing"]
            assert answer.id == record_id(block)
            assert answer.ok == (case["verdict"] == "accepted")
            assert bool(answer.detail) == (case["verdict"] == "rejected")


@pytest.mark.parametrize("case", cases("form", "signature"))
def test_vector_without_parents(case: dict[str, Any], shared_door: Admission) -> None:
    """A block that is good by itself is parked or accepted; any other is rejected, again and again."""
    for _ in range(2):
        answer = shared_door.admit(bytes.fromhex(case["block"]), source=SOURCE)
        if case["reason"] is None:
            assert answer.verdict in ("accepted", "duplicate", "parked") or answer.reason in (
                "chain",
                "identity",
            )
        else:
            assert verdict(answer) == ("rejected", case["reason"])
            assert answer.detail


def test_accepted_then_duplicate(door: Admission, store: RecordStore) -> None:
    assert door.admit(GENESIS, source=SOURCE) == Answer(Verdict.ACCEPTED, record_id(GENESIS))
    assert door.admit(GENESIS, source=SOURCE) == Answer(Verdict.DUPLICATE, record_id(GENESIS))
    stored = store.reader().record(record_id(GENESIS))
    assert stored is not None
    assert (stored.block.data, stored.source, stored.arrival, stored.body_state) == (
        GENESIS,
        SOURCE,
        1,
        "none",
    )


def test_what_is_received_has_the_time_of_this_machine(
    door: Admission, store: RecordStore, clock: Any
) -> None:
    door.admit(GENESIS, source=SOURCE)
    clock.now += 5
    door.admit(WORK, source="local")
    received = [stored.received for stored in store.reader().records()]
    assert received == [1_000_000, 1_000_005]


def test_a_block_that_is_too_large_is_not_even_hashed(door: Admission) -> None:
    answer = door.admit(bytes(MAX_BLOCK + 1), source=SOURCE)
    assert (answer.verdict, answer.id, answer.reason) == (Verdict.REJECTED, None, "malformed")
    assert door.admit(bytes(MAX_BLOCK), source=SOURCE).id == record_id(bytes(MAX_BLOCK))


def test_the_signature_is_judged_before_the_network(door: Admission) -> None:
    foreign = genesis(K, [control((1, [K]))], net="elsewhere")
    assert door.admit(foreign, source=SOURCE).reason == "network"
    forged = foreign[:-1] + bytes([foreign[-1] ^ 1])
    assert door.admit(forged, source=SOURCE).reason == "signature"


def test_rejections_are_remembered_but_not_what_another_version_may_accept(
    door: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = GENESIS[:-1] + bytes([GENESIS[-1] ^ 1])
    later = signed({"v": 2}, K)
    foreign = genesis(K, [control((1, [K]))], net="elsewhere")
    reasons = {forged: "signature", later: "unsupported", foreign: "network"}
    assert {block: door.admit(block, source=SOURCE).reason for block in reasons} == reasons
    judged: list[bytes] = []

    def spy(data: bytes) -> None:
        judged.append(data)
        raise AssertionError

    monkeypatch.setattr("knowchain.admission.judging.read_block", spy)
    assert door.admit(forged, source="another").reason == "signature"
    for block in (later, foreign):
        with pytest.raises(AssertionError):
            door.admit(block, source=SOURCE)
    assert judged == [later, foreign]


def test_rejections_by_links_are_remembered(door: Admission, monkeypatch: pytest.MonkeyPatch) -> None:
    door.admit(GENESIS, source=SOURCE)
    wrong = record(R, A, [A], 0)
    first = door.admit(wrong, source=SOURCE)
    assert first.reason == "chain"
    monkeypatch.setattr("knowchain.admission.judging.read_block", lambda data: pytest.fail("judged again"))
    assert door.admit(wrong, source=SOURCE) == first


def test_the_memory_of_rejections_is_bounded(door: Admission) -> None:
    for n in range(20_000):
        door.admit(n.to_bytes(3, "big"), source=SOURCE)
    assert len(door._rejected._reasons) <= 16_384
    assert door._rejected.recall(record_id((0).to_bytes(3, "big"))) is None
    assert door._rejected.recall(record_id((19_999).to_bytes(3, "big"))) is not None
