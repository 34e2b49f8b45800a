"""Reconciliation finds exactly the difference, whatever the sets, and ends on every liar."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowchain.errors import InvalidValue, PeerError, SyncError
from knowchain.sync import Reconciler, SortedIds, SyncLimits
from knowchain.sync.limits import MAX_RECONCILE
from knowchain.sync.negentropy import INFINITY, MAX_RANGES, Mode, Range, encode_range

LIMITS = st.sampled_from([1_024, 1_500, 4_096, 2**19]).map(lambda n: SyncLimits(reconcile_bytes=n))


def drawn(seed: int, size: int, prefix: int) -> set[bytes]:
    """Random ids; four random bytes at least, or sums of different ids would often be equal."""
    rng = random.Random(seed)
    head = rng.randbytes(prefix)
    return {head + rng.randbytes(32 - prefix) for _ in range(size)}


SETS = st.builds(
    drawn, st.integers(0, 3), st.sampled_from([0, 1, 3, 40, 700]), st.sampled_from([0, 1, 8, 28])
)


def run(ours: set[bytes], theirs: set[bytes], a: SyncLimits, b: SyncLimits):
    initiator = Reconciler(SortedIds.from_unsorted(ours), "initiator", a)
    responder = Reconciler(SortedIds.from_unsorted(theirs), "responder", b)
    message: bytes | None = initiator.initiate()
    have: list[bytes] = []
    need: list[bytes] = []
    traffic = 0
    while message is not None:
        answer = responder.answer(message).message
        assert answer is not None
        assert len(message) <= a.reconcile_bytes
        assert len(answer) <= b.reconcile_bytes
        traffic += len(message) + len(answer)
        reply = initiator.answer(answer)
        have += reply.have
        need += reply.need
        message = reply.message
    return have, need, initiator.rounds, traffic


@given(SETS, SETS, SETS, LIMITS, LIMITS)
@settings(deadline=None)
def test_any_two_sets_converge_exactly_under_any_frame_limit(shared, mine, yours, a, b):
    ours, theirs = shared | mine, shared | yours
    have, need, _, _ = run(ours, theirs, a, b)
    assert sorted(have) == sorted(ours - theirs)
    assert sorted(need) == sorted(theirs - ours)


@pytest.mark.parametrize("differing", [0, 1, 10, 100])
def test_few_differences_take_at_most_three_rounds(differing):
    rng = random.Random(differing)
    ids = [rng.randbytes(32) for _ in range(50_000)]
    have, need, rounds, traffic = run(
        set(ids[differing // 2 :]), set(ids[: len(ids) - differing // 2]), SyncLimits(), SyncLimits()
    )
    assert len(have) == len(need) == differing // 2
    assert rounds <= 3
    assert traffic <= 2_000 + 1_000 * differing


def test_a_new_peer_learns_all_ids_in_pages():
    ids = drawn(9, 5_000, 0)
    have, need, rounds, traffic = run(set(), ids, SyncLimits(), SyncLimits(reconcile_bytes=65_536))
    assert not have
    assert set(need) == ids
    assert rounds <= 4
    assert traffic < 33 * len(ids)


def lying(limits: SyncLimits | None = None) -> Reconciler:
    side = Reconciler(SortedIds.from_unsorted(drawn(1, 200, 0)), "initiator", limits)
    side.initiate()
    return side


def whole(mode: Mode, payload: bytes = b"") -> bytes:
    return b"\x61" + encode_range(Range(INFINITY, mode, payload))


def test_endless_rounds_without_news_end():
    side = lying()
    with pytest.raises(SyncError) as caught:
        for n in range(1_000):
            side.answer(whole(Mode.FINGERPRINT, n.to_bytes(16, "big")))
    assert caught.value.reason == "stalled"
    assert side.rounds == SyncLimits().stalled_rounds + 1


def test_repeating_the_same_news_is_no_progress():
    side = lying()
    listed = b"".join(sorted(drawn(2, 50, 0)))
    message = b"\x61" + encode_range(Range(b"\xff" * 32, Mode.ID_LIST, listed))
    message += encode_range(Range(INFINITY, Mode.FINGERPRINT, bytes(16)))
    with pytest.raises(SyncError) as caught:
        for _ in range(1_000):
            side.answer(message)
    assert caught.value.reason == "stalled"


def test_invented_ids_without_end_are_too_many():
    side = lying(SyncLimits(differing=1_000))
    for n in range(100):
        listed = b"".join(sorted(drawn(n, 100, 0)))
        message = b"\x61" + encode_range(Range(b"\xff" * 32, Mode.ID_LIST, listed))
        if side.answer(message + encode_range(Range(INFINITY, Mode.FINGERPRINT, bytes(16)))).message is None:
            break
    assert side.left_over
    assert side.rounds < 12


def test_an_initiator_that_never_ends_is_refused_in_the_end():
    side = Reconciler(SortedIds(), "responder", SyncLimits(rounds=20))
    with pytest.raises(SyncError) as caught:
        for _ in range(21):
            side.answer(b"\x61")
    assert caught.value.reason == "rounds"


def test_a_message_of_many_empty_ranges_is_refused():
    message = b"\x61" + b"\x00\x00\x00" * (MAX_RANGES + 1)
    with pytest.raises(SyncError) as caught:
        lying().answer(message)
    assert caught.value.reason == "oversized"


def test_an_oversized_message_is_refused():
    with pytest.raises(SyncError) as caught:
        lying().answer(bytes([0x61]) * (MAX_RECONCILE + 1))
    assert caught.value.reason == "oversized"


def test_even_when_all_differs_an_answer_keeps_to_its_size():
    side = Reconciler(SortedIds.from_unsorted(drawn(3, 20_000, 0)), "responder", SyncLimits())
    bounds = [n.to_bytes(2, "big") for n in range(1, 20_000)]
    message = b"\x61" + b"".join(encode_range(Range(each, Mode.FINGERPRINT, bytes(16))) for each in bounds)
    answer = side.answer(message).message
    assert answer is not None
    assert len(answer) <= MAX_RECONCILE


@pytest.mark.parametrize("role", ["initiator", "responder"])
def test_messages_out_of_turn_are_refused(role):
    side = Reconciler(SortedIds(), role)
    with pytest.raises(SyncError) as caught:
        side.answer(b"\x61") if role == "initiator" else side.initiate()
    assert caught.value.reason == "role"


def test_nothing_comes_after_the_end():
    side = lying()
    assert side.answer(b"\x61").message is None
    with pytest.raises(SyncError) as caught:
        side.answer(b"\x61")
    assert caught.value.reason == "role"


@given(st.binary(max_size=300), st.sampled_from(["initiator", "responder"]))
def test_garbage_is_answered_or_refused_by_name(data, role):
    side = Reconciler(SortedIds.from_unsorted(drawn(1, 20, 0)), role)
    if role == "initiator":
        side.initiate()
    for message in (data, b"\x61" + data):
        try:
            side.answer(message)
        except PeerError as error:
            assert error.reason in {"malformed", "version", "role"}  # noqa: PT017


@pytest.mark.slow
def test_mutated_messages_never_crash():
    rng = random.Random(5)
    ids = SortedIds.from_unsorted(drawn(1, 2_000, 0))
    start = Reconciler(SortedIds.from_unsorted(drawn(2, 2_000, 0)), "initiator").initiate()
    for _ in range(100_000):
        message = bytearray(start)
        for _ in range(rng.randrange(1, 5)):
            message[rng.randrange(len(message))] = rng.randrange(256)
        try:
            Reconciler(ids, "responder", SyncLimits(reconcile_bytes=2_000)).answer(bytes(message))
        except SyncError:
            continue


@pytest.mark.parametrize(
    ("name", "value"),
    [("rounds", 0), ("reconcile_bytes", 100), ("window_bytes", 1_000), ("batch_bytes", 2**20)],
)
def test_limits_that_can_not_work_are_refused(name, value):
    with pytest.raises(InvalidValue, match=name):
        SyncLimits(**{name: value})
