"""One side is hostile: the session ends, with a named reason, at a bounded cost."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.errors import PeerError, SyncError
from knowchain.limits import MAX_BLOCK
from knowchain.sync import FrameReader, Session, SortedIds, SyncLimits, framed
from knowchain.sync.limits import MAX_FRAME, MIN_WINDOW
from knowchain.sync.messages import (
    Blocks,
    Bodies,
    Close,
    Credit,
    Done,
    Have,
    Hello,
    Reconcile,
    Served,
    Want,
    decode_session,
    encode_session,
)

EQUAL = Reconcile(b"\x61")
LIMITS = SyncLimits(window_bytes=MIN_WINDOW, fruitless_records=50)


def listing(*ids: bytes) -> Reconcile:
    """A responder's claim to have these ids and no others."""
    count = len(ids)
    assert count < 128
    return Reconcile(b"\x61\x00\x00\x02" + bytes([count]) + b"".join(sorted(ids)))


def send(session: Session, *messages):
    """Give messages to a session, and everything it wants to say away."""
    events = []
    for message in messages:
        while session.next_payload() is not None:
            pass
        events += session.receive(encode_session(message))
    return events


def refused(session: Session, *messages) -> str:
    """The reason for which a session ends, told to the other side too."""
    with pytest.raises(SyncError) as caught:
        send(session, *messages)
    return told(session, caught.value)


def told(session: Session, error: SyncError) -> str:
    payload = session.next_payload()
    assert payload is not None
    assert decode_session(payload) == Close(error.reason)
    assert session.over == error.reason
    assert session.next_payload() is None
    return error.reason


@pytest.fixture
def asking(store):
    return Session(store(), "test", "initiator", limits=LIMITS)


@pytest.fixture
def giving(store):
    full = store()
    full.chain("a", 100, size=1000)
    return Session(full, "test", "responder", limits=LIMITS)


@pytest.fixture
def waiting(asking):
    """An initiator that was promised one head, and asked for it."""
    send(asking, Hello("test", 1), listing(b"\x01" * 32))
    while asking.next_payload() is not None:
        pass
    return asking


def test_heads_that_a_peer_claims_and_does_not_have(waiting):
    assert refused(waiting, Served(b"\x01" * 32)) == "withheld"


def test_heads_that_are_silently_left_out(waiting):
    assert refused(waiting, Served(b"")) == "withheld"


def test_more_heads_than_were_announced(asking):
    assert refused(asking, Hello("test", 1), listing(b"\x01" * 32, b"\x02" * 32)) == "lied"


def test_more_offers_than_were_announced(giving):
    offers = [Have(bytes([n]) * 32, False) for n in range(1, 5)]
    assert refused(giving, Hello("test", 3), EQUAL, *offers) == "lied"


def test_a_record_whose_parents_are_withheld(waiting, store):
    child = bytes([1]) + bytes(32) + b"child"
    (event,) = send(waiting, Blocks(((child, None),)))
    with pytest.raises(SyncError) as caught:
        waiting.settle(event, store().take(event))
    assert told(waiting, caught.value) == "withheld"


def test_a_block_that_no_peer_accepts(waiting, store):
    (event,) = send(waiting, Blocks(((b"\xffgarbage", None),)))
    with pytest.raises(SyncError) as caught:
        waiting.settle(event, store().take(event))
    assert told(waiting, caught.value) == "garbage"


def test_the_same_record_for_ever(waiting, store):
    known = store()
    with pytest.raises(SyncError) as caught:
        for _ in range(1_000):
            for event in send(waiting, Blocks(((b"\x00again", None),))):
                waiting.settle(event, known.take(event))
    assert told(waiting, caught.value) == "fruitless"
    assert waiting.counters.records_in <= LIMITS.fruitless_records + 2


def test_a_flood_beyond_the_credit(waiting):
    flood = Blocks(tuple((bytes(MAX_BLOCK), None) for _ in range(15)))
    assert refused(waiting, flood, flood, flood) == "credit"


def test_a_stream_without_end(store):
    limits = SyncLimits(session_bytes=10_000)
    asking = Session(store(), "test", "initiator", limits=limits)
    send(asking, Hello("test", 1), listing(b"\x01" * 32))
    new = store()
    with pytest.raises(SyncError) as caught:
        for n in range(1_000):
            for event in send(asking, Blocks(((b"\x00%d" % n, None),) * 100)):
                asking.settle(event, new.take(event))
    assert told(asking, caught.value) == "exhausted"


def test_endless_rounds(asking):
    send(asking, Hello("test", 5))
    rounds = [Reconcile(b"\x61\x00\x00\x01" + bytes([n]) * 16) for n in range(100)]
    # The set is empty here, so each round is answered by an empty list: nothing is ever learnt.
    assert refused(asking, *rounds) == "stalled"


@pytest.mark.parametrize(
    "message",
    [
        Blocks(((b"\x00x", None),)),
        Bodies((b"x",)),
        Served(b""),
        Have(b"", True),
        Done(),
        Hello("test", 0),
    ],
    ids=lambda message: type(message).__name__,
)
def test_messages_that_nobody_asked_for(asking, message):
    assert refused(asking, Hello("test", 9), message) == "unexpected"


def test_a_body_that_nobody_asked_for(store):
    asking = Session(store(), "test", "initiator")
    asking.want_bodies([b"\x05" * 32])
    send(asking, Hello("test", 0), EQUAL)
    assert refused(asking, Bodies((b"other",))) == "garbage"


def test_bodies_that_neither_come_nor_are_lacking(store):
    asking = Session(store(), "test", "initiator")
    asking.want_bodies([b"\x05" * 32, b"\x06" * 32])
    send(asking, Hello("test", 0), EQUAL)
    assert refused(asking, Served(b"\x05" * 32)) == "withheld"


def test_anything_before_hello(giving):
    assert refused(giving, EQUAL) == "unexpected"


def test_questions_faster_than_answers(giving):
    with pytest.raises(SyncError) as caught:
        for message in (Hello("test", 0), EQUAL, EQUAL):
            giving.receive(encode_session(message))
    assert told(giving, caught.value) == "pace"


def test_more_wants_than_may_be_open(giving):
    want = Want("records", bytes(32), True)
    with pytest.raises(SyncError) as caught:
        for message in (Hello("test", 0), EQUAL, Have(b"", True), want, want, want, want, want):
            giving.receive(encode_session(message))
    assert told(giving, caught.value) == "pace"


def test_wants_without_credit_read_nothing(store):
    full = store()
    head = full.chain("a", 100)[-1]
    giving = Session(full, "test", "responder")
    send(giving, Hello("test", 0), EQUAL, Have(b"", True), Want("records", head, True))
    while giving.next_payload() is not None:
        pass
    assert full.read == 1
    assert giving.counters.records_out == 0


def test_taking_the_same_lineage_over_and_over_ends(store):
    full = store()
    head = full.chain("a", 100, size=1_000)[-1]
    other = full.chain("b", 100, size=1_000)[-1]
    giving = Session(full, "test", "responder", limits=SyncLimits(session_bytes=150_000))
    wants = [Want("records", each, True) for each in (head, other)] * 50
    assert refused(giving, Hello("test", 0), EQUAL, Have(b"", True), Credit(2**50), *wants) == "exhausted"


def test_a_peer_that_was_done_asks_again(giving):
    assert (
        refused(giving, Hello("test", 0), EQUAL, Have(b"", True), Done(), Want("records", bytes(32), True))
        == "unexpected"
    )


def test_a_closed_session_takes_nothing_more(asking):
    send(asking, Close("tired"))
    assert asking.over == "tired"
    with pytest.raises(SyncError):
        asking.receive(encode_session(Hello("test", 0)))


def test_a_frame_announced_too_long_is_refused_before_it_comes():
    reader = FrameReader()
    assert reader.feed(b"\x00") == []
    with pytest.raises(SyncError) as caught:
        reader.feed((MAX_FRAME + 1).to_bytes(4, "big")[1:])
    assert caught.value.reason == "oversized"


def test_a_payload_too_long_is_not_framed():
    with pytest.raises(SyncError, match="more than"):
        framed(bytes(MAX_FRAME + 1))


@given(st.lists(st.binary(max_size=50), max_size=6), st.data())
def test_frames_come_out_as_they_went_in_however_they_are_cut(payloads, data):
    stream = b"".join(map(framed, payloads))
    reader = FrameReader()
    found: list[bytes] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += reader.feed(stream[:size])
        stream = stream[size:]
    assert found == payloads


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("", "malformed"),
        ("80", "malformed"),
        ("8100", "malformed"),
        ("8164646f6e6500", "malformed"),
        ("8264646f6e6501", "malformed"),
        ("8163666f6f", "malformed"),
        ("8466" + b"hello\0".hex(), "malformed"),
        ("8465" + b"hello".hex() + "02" + "6161" + "00", "version"),
        ("8465" + b"hello".hex() + "f5" + "6161" + "00", "malformed"),
        ("8465" + b"hello".hex() + "01" + "60" + "00", "malformed"),
        ("8465" + b"hello".hex() + "01" + "6161" + "20", "malformed"),
        ("8366" + b"served".hex() + "4000", "malformed"),
        ("8266" + b"served".hex() + "4101", "malformed"),
        ("8266" + b"blocks".hex() + "80", "malformed"),
        ("8266" + b"blocks".hex() + "818140", "malformed"),
        ("8266" + b"blocks".hex() + "8183410041004100", "malformed"),
        ("8266" + b"bodies".hex() + "8100", "malformed"),
        ("8464" + b"want".hex() + "67" + b"records".hex() + "40f5", "malformed"),
        ("8266" + b"credit".hex() + "f5", "malformed"),
        ("8266" + b"credit".hex() + "1b0020000000000000", "malformed"),
    ],
)
def test_payloads_that_are_no_messages(payload, reason):
    with pytest.raises(SyncError) as caught:
        decode_session(bytes.fromhex(payload))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "message",
    [
        Hello("test", 2**53 - 1),
        Reconcile(b"\x61"),
        Have(bytes(64), True),
        Want("bodies", bytes(32), False),
        Credit(0),
        Blocks(((b"a", None), (b"b", b"c"))),
        Bodies((b"a",)),
        Served(b""),
        Done(),
        Close("done"),
    ],
)
def test_messages_survive_the_wire(message):
    assert decode_session(encode_session(message)) == message


@pytest.mark.parametrize("role", ["initiator", "responder"])
def test_a_random_conversation_never_crashes(store, role):
    """Whole messages in any order, and broken ones: a named error or an answer, never another one."""
    rng = random.Random(role)
    for _ in range(300):
        session = Session(store(), "test", role, limits=LIMITS)
        talk = [
            Hello("test", 3),
            EQUAL,
            listing(bytes([rng.randrange(256)]) * 32),
            Have(bytes(32 * rng.randrange(3)), rng.random() < 0.5),
            Want(rng.choice(["records", "bodies"]), bytes(32), True),
            Credit(rng.randrange(2**53)),
            Blocks(((b"\x00%d" % rng.randrange(3), None),)),
            Bodies((b"b",)),
            Served(bytes(32 * rng.randrange(2))),
            Done(),
        ]
        try:
            session.receive(encode_session(talk[0]))
            for _ in range(20):
                payload = bytearray(encode_session(rng.choice(talk[1:])))
                if rng.random() < 0.1:
                    payload[rng.randrange(len(payload))] ^= 1 << rng.randrange(8)
                for event in session.receive(bytes(payload)):
                    session.settle(event, rng.choice(["accepted", "duplicate", "parked", "rejected"]))
                for _ in range(rng.randrange(3)):
                    session.next_payload()
        except PeerError:
            assert session.over or session.next_payload()


def test_an_empty_set_is_a_set():
    assert list(SortedIds()) == []
