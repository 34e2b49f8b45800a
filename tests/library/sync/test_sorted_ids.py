"""Sorted ids: ranks, bounds and fingerprints agree with plain Python."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.errors import InvalidValue
from knowchain.sync.sorted_ids import INFINITY, IdSet, SortedIds
from knowchain.sync.varint import encode_varint

FAR = st.binary(min_size=32, max_size=32)
CLOSE = st.builds(
    lambda head, size, tail: (head * 32)[: 32 - size] + tail[:size],
    st.sampled_from([b"\x00", b"\x7f", b"\xff"]),
    st.integers(0, 2),
    st.binary(min_size=2, max_size=2),
)
IDS = st.sets(FAR | CLOSE, max_size=80)


def plain_fingerprint(ids: list[bytes]) -> bytes:
    total = sum(int.from_bytes(each, "little") for each in ids) % 2**256
    return hashlib.sha256(total.to_bytes(32, "little") + encode_varint(len(ids))).digest()[:16]


@given(IDS, st.data())
def test_a_range_has_the_fingerprint_of_its_ids(ids, data):
    ours = SortedIds.from_unsorted(ids)
    listed = sorted(ids)
    lo = data.draw(st.integers(0, len(ids)))
    hi = data.draw(st.integers(lo, len(ids)))
    found = ours.fingerprints(np.array([lo, 0]), np.array([hi, len(ids)]))
    assert found == [plain_fingerprint(listed[lo:hi]), plain_fingerprint(listed)]
    assert ours.listed(lo, hi) == listed[lo:hi]


@given(IDS, st.binary(max_size=32))
def test_a_bound_is_padded_with_zeros(ids, bound):
    ours = SortedIds.from_unsorted(ids)
    assert ours.rank(bound) == sum(each < bound.ljust(32, b"\0") for each in ids)
    assert ours.rank(INFINITY) == len(ids)


@given(IDS.filter(lambda ids: len(ids) > 1))
def test_the_bound_between_two_ids_is_the_shortest_that_parts_them(ids):
    ours = SortedIds.from_unsorted(ids)
    bounds = ours.bounds_before(np.arange(1, len(ids)))
    listed = sorted(ids)
    for below, above, bound in zip(listed[:-1], listed[1:], bounds, strict=True):
        assert below < bound.ljust(32, b"\0") <= above
        assert not below < bound[:-1].ljust(32, b"\0") <= above


@given(st.lists(FAR | CLOSE, max_size=40), st.lists(FAR | CLOSE, max_size=6), st.data())
def test_a_changing_set_is_what_a_set_is(start, extra, data):
    plain = set(start)
    ours = IdSet(SortedIds.from_unsorted(start))
    for _ in range(data.draw(st.integers(0, 40))):
        each = data.draw(st.sampled_from([*start, *extra] or [bytes(32)]))
        if data.draw(st.booleans()):
            ours.add(each)
            plain.add(each)
        else:
            ours.discard(each)
            plain.discard(each)
        assert (each in ours) == (each in plain)
        assert len(ours) == len(plain)
        if data.draw(st.booleans()):
            assert list(ours.snapshot()) == sorted(plain)
    snapshot = ours.snapshot()
    assert list(snapshot) == sorted(plain)
    assert snapshot is ours.snapshot()
    size = len(plain)
    assert snapshot.fingerprints(np.array([0]), np.array([size])) == [plain_fingerprint(sorted(plain))]


def test_a_snapshot_stays_as_it_was():
    ours = IdSet()
    ours.add(bytes(32))
    before = ours.snapshot()
    ours.discard(bytes(32))
    assert bytes(32) in before
    assert bytes(32) not in ours.snapshot()


def test_many_changes_are_merged_unasked(monkeypatch):
    monkeypatch.setattr("knowchain.sync.sorted_ids._PENDING", 10)
    ours = IdSet()
    ids = [hashlib.sha256(bytes([n])).digest() for n in range(100)]
    for each in ids:
        ours.add(each)
    for each in ids[::2]:
        ours.discard(each)
    assert len(ours._added) + len(ours._removed) <= 10
    assert list(ours.snapshot()) == sorted(ids[1::2])


def test_repeated_ids_count_once():
    assert len(SortedIds.from_unsorted([bytes(32), bytes(32)])) == 1


@pytest.mark.parametrize("data", [b"x", bytes(32) * 2, b"\x01" * 32 + bytes(32)])
def test_sorted_ids_must_be_whole_and_ascend(data):
    with pytest.raises(InvalidValue, match="ids"):
        SortedIds(data)


@pytest.mark.parametrize("make", [SortedIds.from_unsorted, lambda ids: IdSet().add(ids[0])])
def test_an_id_has_32_bytes(make):
    with pytest.raises(InvalidValue, match="ids"):
        make([bytes(31)])
    with pytest.raises(InvalidValue, match="ids"):
        SortedIds.from_unsorted(bytes(33))
