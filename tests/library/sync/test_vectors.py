"""Conversations of an independent implementation, and the vectors of docs/spec/sync.md."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from knowchain.errors import SyncError
from knowchain.sync import Reconciler, SortedIds
from knowchain.sync.negentropy import Mode, decode_message, encode_range
from knowchain.sync.varint import decode_varint, encode_varint

VECTORS = Path(__file__).parents[2] / "vectors" / "sync"
WIRE = json.loads((VECTORS / "wire.json").read_text())
CASES = json.loads((VECTORS / "conversations.json").read_text())["cases"]


def named(n: int) -> bytes:
    return sha256(f"knowchain/sync/vector/{n}".encode()).digest()


def ids_of(case: dict, side: str) -> SortedIds:
    numbers = [n for lo, hi in case[side] for n in range(lo, hi)]
    close = case["ids"] == "close"
    return SortedIds.from_unsorted([bytes(31) + bytes([n]) if close else named(n) for n in numbers])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_range_of_the_other_implementation_says_what_we_would_say(case):
    sides = [ids_of(case, "initiator"), ids_of(case, "responder")]
    for turn, message in enumerate(case["messages"]):
        ids, lo = sides[turn % 2], 0
        for each in decode_message(bytes.fromhex(message)):
            hi = ids.rank(each.upper)
            if each.mode is Mode.FINGERPRINT:
                assert ids.fingerprints(np.array([lo]), np.array([hi])) == [each.payload]
            elif each.mode is Mode.ID_LIST:
                assert ids.joined(lo, hi) == each.payload
            lo = hi


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_its_messages_are_written_by_us_to_the_byte(case):
    for message in case["messages"]:
        raw = bytes.fromhex(message)
        again = raw[:1] + b"".join(map(encode_range, decode_message(raw)))
        assert again == raw


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_its_answers_teach_our_initiator_the_whole_difference(case):
    ours, theirs = ids_of(case, "initiator"), ids_of(case, "responder")
    side = Reconciler(ours, "initiator")
    side.initiate()
    have: set[bytes] = set()
    need: set[bytes] = set()
    for message in case["messages"][1::2]:
        reply = side.answer(bytes.fromhex(message))
        have.update(reply.have)
        need.update(reply.need)
    assert have == set(ours) - set(theirs)
    assert need == set(theirs) - set(ours)


@pytest.mark.parametrize(("number", "written"), WIRE["varints"])
def test_varints(number, written):
    assert encode_varint(number).hex() == written
    assert decode_varint(bytes.fromhex(written), 0) == (number, len(written) // 2)


def test_fingerprints():
    ids = SortedIds.from_unsorted([named(n) for n in range(300)])
    for each in WIRE["fingerprints"]["ranges"]:
        found = ids.fingerprints(np.array([each["lo"]]), np.array([each["hi"]]))
        assert [each["fingerprint"]] == [one.hex() for one in found]
    carry = WIRE["fingerprints"]["carry"]
    high = SortedIds(b"".join(map(bytes.fromhex, carry["ids"])))
    assert high.fingerprints(np.array([0]), np.array([2]))[0].hex() == carry["fingerprint"]


@pytest.mark.parametrize("case", WIRE["accepted"], ids=lambda case: case["name"])
def test_messages_that_are_accepted(case):
    decode_message(bytes.fromhex(case["message"]))


@pytest.mark.parametrize("case", WIRE["refused"], ids=lambda case: case["name"])
def test_messages_that_are_refused(case):
    with pytest.raises(SyncError) as caught:
        decode_message(bytes.fromhex(case["message"]))
    assert caught.value.reason == case["reason"]
