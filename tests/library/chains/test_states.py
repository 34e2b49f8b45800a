"""States that are kept: right after every way of asking, and bounded by what they hold."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from making.people import A, K, accept, control, genesis, rid, step

from knowchain.chains import Handover, Revoked, States, genesis_state, next_state
from knowchain.chains.identity import IdentityState
from knowchain.identifiers import RecordId, record_id
from knowchain.records import IdentityHeader, read_block

ID = record_id(b"x")


def log(length: int) -> list[tuple[RecordId, IdentityHeader]]:
    """A log in which records add a key, accept an offer, or, every third, do nothing."""
    blocks = [genesis(K, [control((1, [K]))])]
    for n in range(1, length):
        name = n.to_bytes(32, "big")
        ops = [[], [["add", name]], [accept(A[:4] + name)]][n % 3]
        blocks.append(step(K, rid(blocks[0]), rid(blocks[-1]), n, ops))
    read = [read_block(block) for block in blocks]
    return [(block.id, block.header) for block in read if isinstance(block.header, IdentityHeader)]


def replayed(records: list[tuple[RecordId, IdentityHeader]]) -> dict[RecordId, IdentityState]:
    (first, header), *others = records
    state, _ = genesis_state(first, header)
    states = {first: state}
    for one, header in others:
        state, _ = next_state(state, one, header)
        states[one] = state
    return states


def test_a_state_is_replayed_from_the_nearest_kept() -> None:
    records = log(30)
    headers, expected = dict(records), replayed(records)
    read: list[RecordId] = []

    def header_of(one: RecordId) -> IdentityHeader:
        read.append(one)
        return headers[one]

    states = States()
    ids = [one for one, _ in records]
    assert states.at(ids[10], header_of) == expected[ids[10]]
    read.clear()
    assert states.at(ids[12], header_of) == expected[ids[12]]
    assert set(read) == set(ids[11:13])
    read.clear()
    assert states.at(ids[12], header_of) == expected[ids[12]]
    assert read == []


def test_states_are_bounded_by_count() -> None:
    records = log(30)
    states = States(most_states=5)
    for one, state in replayed(records).items():
        states.keep(one, state)
    ids = [one for one, _ in records]
    assert len(states) == 5
    assert all(one in states for one in ids[-5:])
    assert states.at(ids[3], dict(records).__getitem__) == replayed(records)[ids[3]]


def test_states_are_bounded_by_what_they_hold() -> None:
    records = log(60)
    states = States(most_entries=100)
    expected = replayed(records)
    for one, state in expected.items():
        states.keep(one, state)
        states.keep(one, state)
    held = [one for one in expected if one in states]
    assert sum(len(expected[one].devices) + len(expected[one].accepted) for one in held) <= 100
    assert held == list(expected)[-len(held) :]
    assert 2 <= len(held) <= 3
    states.clear()
    assert len(states) == 0


def test_the_state_used_last_stays_longest() -> None:
    records = log(8)
    expected = replayed(records)
    ids = list(expected)
    states = States(most_states=3)
    for one in ids[:3]:
        states.keep(one, expected[one])
    states.keep(ids[0], expected[ids[0]])
    states.keep(ids[3], expected[ids[3]])
    assert [one in states for one in ids[:4]] == [True, False, True, True]


def test_states_share_what_no_operation_touches() -> None:
    records = log(8)
    expected = list(replayed(records).values())
    assert expected[6].devices is expected[5].devices
    assert expected[7].accepted is expected[5].accepted
    assert expected[7].devices is not expected[5].devices
    assert expected[5].devices is expected[4].devices


def test_states_can_not_be_changed() -> None:
    state = next(iter(replayed(log(2)).values()))
    for thing, field in ((state, "control"), (Revoked(None), "cut"), (Handover(ID, ID), "to")):
        with pytest.raises(FrozenInstanceError):
            setattr(thing, field, None)
    with pytest.raises(TypeError):
        state.devices[b"x"] = None  # type: ignore[index]
