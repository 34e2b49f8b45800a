"""The life of the door: streams, news, the outbox, failures, and whoever gives up."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from making.people import GENESIS, WORK, A, K, Key, R, add, record, revoke, rid, step

from knowchain.admission import Accepted, Admission, Answer, Incoming, Verdict
from knowchain.errors import NotAllowed, NotFound
from knowchain.identifiers import record_id
from knowchain.storage.store import RecordStore

SOURCE = "peer:one"


def test_only_what_is_made_here_is_announced(door: Admission, store: RecordStore) -> None:
    door.admit(GENESIS, source=SOURCE)
    door.admit(WORK, source="local")
    door.admit(record(K, A, [rid(WORK)], 1), source="import:a.car")
    ((ticket, announced),) = store.reader().outbox()
    assert announced == record_id(WORK)
    store.take_from_outbox([ticket])
    assert list(store.reader().outbox()) == []


def test_a_local_genesis_is_announced_too(door: Admission, store: RecordStore) -> None:
    door.admit(GENESIS, source="local")
    door.admit(GENESIS, source="local")
    assert [rid for _, rid in store.reader().outbox()] == [record_id(GENESIS)]


def test_news_are_told_after_the_commit_with_forks_marked(door: Admission, store: RecordStore) -> None:
    heard: list[Accepted] = []

    def listen(news: Sequence[Accepted]) -> None:
        assert all(one.id in store.reader() for one in news)
        heard.extend(news)

    door.listen(listen)
    one = record(K, A, [rid(WORK)], 1)
    other = record(K, A, [rid(WORK)], 1, kind="note")
    merge = record(K, A, [rid(one), rid(other)], 2)
    second = record(K, A, [A], 0, kind="note")
    for block in (GENESIS, WORK, one, one, other, merge, second, b"not a block"):
        door.admit(block, source=SOURCE)
    door.close()
    assert [(news.id, news.forked) for news in heard] == [
        (record_id(GENESIS), False), (record_id(WORK), False), (record_id(one), False),
        (record_id(other), True), (record_id(merge), False), (record_id(second), True),
    ]  # fmt: skip
    assert {news.source for news in heard} == {SOURCE}


def test_news_tell_of_what_had_waited(door: Admission) -> None:
    heard: list[Accepted] = []
    door.listen(heard.extend)
    first = record(K, A, [rid(WORK)], 1)
    for block in (first, WORK):
        door.admit(block, source="peer:two")
    door.admit(GENESIS, source=SOURCE)
    door.close()
    assert [(news.id, news.source) for news in heard] == [
        (record_id(GENESIS), SOURCE), (record_id(WORK), "peer:two"), (record_id(first), "peer:two"),
    ]  # fmt: skip
    assert [news.kind for news in heard] == ["identity", "work", "work"]
    assert [news.prev for news in heard] == [(), (record_id(GENESIS),), (record_id(WORK),)]


def test_a_new_door_goes_on_with_the_logs_of_the_store(door: Admission, store: RecordStore) -> None:
    phone, laptop = Key("P"), Key("L")
    one = step(K, A, A, 1, [add(phone)])
    two = step(K, A, rid(one), 2, [add(laptop)])
    for block in (GENESIS, one, two):
        door.admit(block, source=SOURCE)
    door.close()
    with Admission(store, network="main", clock=lambda: 1) as again:
        assert again.admit(step(K, A, rid(two), 3, [add(phone)]), source=SOURCE).reason == "identity"
        assert again.admit(step(K, A, rid(two), 3, [revoke(phone)]), source=SOURCE).ok
        assert again.admit(step(R, A, rid(one), 2, []), source=SOURCE).ok


# --- life of the door --------------------------------------------------------------------------------------


def test_a_closed_door_says_so(door: Admission) -> None:
    door.close()
    door.close()
    with pytest.raises(NotAllowed, match="closed"):
        door.admit(GENESIS, source=SOURCE)
    with pytest.raises(NotAllowed, match="closed"):
        door.submit([Incoming(GENESIS)], source=SOURCE)


def test_what_was_handed_in_before_closing_is_written(store: RecordStore) -> None:
    blocks = chain(50)
    with Admission(store, network="main", clock=lambda: 1) as door:
        given = [door.submit([Incoming(block)], source=SOURCE) for block in blocks]
    assert all(future.result()[0].verdict == "accepted" for future in given)
    assert store.reader().last_arrival() == 50


def test_a_future_given_up_stops_nothing(door: Admission) -> None:
    started = threading.Event()
    go_on = threading.Event()

    def hold(news: Sequence[Accepted]) -> None:
        started.set()
        assert go_on.wait(30)

    door.listen(hold)
    first = door.submit([Incoming(GENESIS)], source=SOURCE)
    assert started.wait(30)
    given_up = [door.submit([Incoming(WORK)], source=SOURCE) for _ in range(3)]
    assert all(future.cancel() for future in given_up)
    go_on.set()
    assert first.result()[0].ok
    assert door.admit(WORK, source=SOURCE).verdict is Verdict.ACCEPTED


def test_a_failure_reaches_whoever_waits_and_the_door_stays_open(
    door: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(type(door._settler), "settle", lambda *args: 1 / 0)
        with pytest.raises(RuntimeError, match="the writer failed"):
            door.admit(GENESIS, source=SOURCE)
    assert door.admit(GENESIS, source=SOURCE).verdict is Verdict.ACCEPTED


def chain(length: int) -> list[bytes]:
    """A genesis and a chain on it."""
    blocks, last = [GENESIS], A
    for n in range(length - 1):
        blocks.append(record(K, A, [last], n))
        last = rid(blocks[-1])
    return blocks


@pytest.mark.parametrize("verifiers", [1, 2, 3])
def test_a_stream_is_answered_in_its_order(store: RecordStore, verifiers: int) -> None:
    blocks = chain(1500)
    mixed = [block for one in blocks for block in (one, b"bad", one)]
    with Admission(store, network="main", clock=lambda: 1, verifiers=verifiers) as door:
        given = list(door.admit_many(map(Incoming, mixed), source=SOURCE))
    assert [answer.id for answer in given] == [record_id(block) for block in mixed]
    assert [str(answer.verdict) for answer in given] == ["accepted", "rejected", "duplicate"] * 1500


def test_a_stream_is_read_no_further_than_is_needed(door: Admission) -> None:
    taken = 0

    def endless() -> Any:
        nonlocal taken
        while True:
            taken += 1
            yield Incoming(b"bad")

    stream = door.admit_many(endless(), source=SOURCE)
    for _ in range(10):
        next(stream)
    assert taken < 10_000
    stream.close()  # type: ignore[attr-defined]
    assert door.admit(GENESIS, source=SOURCE).ok


@pytest.mark.timeout(60)
def test_more_than_the_queue_holds_is_handed_in_without_a_jam(door: Admission) -> None:
    """Whoever waits for room in the queue must not hold what the writer needs to make room."""
    judged = Answer(Verdict.REJECTED)  # as quick to hand in as anything can be
    given = [door._hand_in([judged], SOURCE) for _ in range(20_000)]
    assert all(future.result() == [judged] for future in given)


def test_a_body_of_an_unknown_record_is_named(door: Admission) -> None:
    with pytest.raises(NotFound, match=str(record_id(WORK))):
        door.admit_body(record_id(WORK), b"", source=SOURCE)


def test_verdicts_are_counted_with_their_reasons(door: Admission) -> None:
    assert door.verdicts == {}
    door.admit(b"bad", source=SOURCE)
    door.admit(GENESIS, source=SOURCE)
    list(door.admit_many([Incoming(GENESIS), Incoming(b"bad"), Incoming(WORK)], source=SOURCE))
    assert door.verdicts == {
        (Verdict.REJECTED, "malformed"): 2,
        (Verdict.ACCEPTED, ""): 2,
        (Verdict.DUPLICATE, ""): 1,
    }
