"""Messages as bytes: what libp2p's own protobuf reads and writes, and nothing beyond the bounds."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libp2p.bitswap.pb.bitswap_pb2 import Message as Foreign

from knowchain.content.protobuf import varint
from knowchain.errors import ContentError, KnowchainError
from knowchain.identifiers import DAG_PB, cid_of
from knowchain_node.bitswap import wire
from knowchain_node.bitswap.wire import Entry, Presence, Unframing, decode, encode

DATA = b"Annwyl Ada"
CID = cid_of(DATA)
V0 = b"\x12\x20" + hashlib.sha256(DATA).digest()


def unframed(data: bytes) -> bytes:
    (message,) = Unframing().feed(data)
    return message


def test_libp2p_reads_what_is_written():
    data = encode(
        [Entry(CID, have=True, dont_have=True), Entry(V0, cancel=True)],
        full=True,
        blocks=[(CID, DATA), (V0, DATA)],
        presences=[Presence(CID, True), Presence(V0, False)],
    )
    read = Foreign.FromString(unframed(data))
    assert [(e.block, e.wantType, e.cancel, e.sendDontHave) for e in read.wantlist.entries] == [
        (CID, 1, False, True),
        (V0, 0, True, False),
    ]
    assert read.wantlist.full
    assert [(b.prefix, b.data) for b in read.payload] == [(CID[:4], DATA), (b"\x00\x70\x12\x20", DATA)]
    assert [(p.cid, p.type) for p in read.blockPresences] == [(CID, 0), (V0, 1)]


def test_what_libp2p_writes_is_read():
    made = Foreign()
    made.wantlist.entries.add(block=CID, priority=2**31 - 1, wantType=1, sendDontHave=True)
    made.wantlist.entries.add(block=V0, priority=-1, cancel=True)
    made.payload.add(prefix=CID[:4], data=DATA)
    made.blocks.append(DATA)
    made.blockPresences.add(cid=CID, type=1)
    made.pendingBytes = 7
    read = decode(made.SerializeToString())
    assert [entry.cid for entry in read.entries] == [CID, V0]
    assert (read.entries[0].have, read.entries[0].dont_have, read.entries[1].cancel) == (True, True, True)
    assert {block.cid for block in read.blocks} == {cid_of(DATA), cid_of(DATA, DAG_PB)}
    assert read.presences == (Presence(CID, False),)
    assert not read.full


def test_older_versions_leave_out_what_they_have_not():
    for protocol in wire.PROTOCOLS[1:]:
        data = encode(
            [Entry(CID, have=True, dont_have=True)],
            blocks=[(CID, DATA)],
            presences=[Presence(CID, True)],
            protocol=protocol,
        )
        read = decode(unframed(data))
        assert read.entries == (Entry(CID),)
        assert not read.presences
        assert len(read.blocks) == 1
    assert Foreign.FromString(unframed(data)).blocks == [DATA]


def test_a_block_has_the_name_that_its_bytes_make():
    made = Foreign()
    made.payload.add(prefix=CID[:4], data=b"something else")
    (block,) = decode(made.SerializeToString()).blocks
    assert block.cid == cid_of(b"something else")


@pytest.mark.parametrize("prefix", [b"\x01\x55\x11\x14", b"\x01\x55\x12\x10", b"\x02\x55\x12\x20"])
def test_a_block_under_a_name_that_is_not_checked_here_has_none(prefix):
    made = Foreign()
    made.payload.add(prefix=prefix, data=DATA)
    assert decode(made.SerializeToString()).blocks[0].cid is None


def test_a_name_that_is_too_long_for_us_can_be_answered_all_the_same():
    long = b"\x01\x55\x13\x40" + hashlib.sha512(DATA).digest()
    made = Foreign()
    made.wantlist.entries.add(block=long)
    (entry,) = decode(made.SerializeToString()).entries
    assert entry.cid == long
    assert wire.known(long) is None


def field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


BROKEN = {
    "cut off": field(1, field(1, field(1, CID)))[:-3],
    "a group": b"\x0b",
    "a wantlist that is a number": b"\x08\x01",
    "an entry without a CID": field(1, field(1, b"\x10\x01")),
    "a CID that is a number": field(1, field(1, b"\x08\x01")),
    "a CID without end": field(1, field(1, field(1, bytes(129)))),
    "a flag that is bytes": field(1, field(1, field(1, CID) + field(3, b"\x01"))),
    "a presence without a CID": field(4, b"\x10\x01"),
    "a prefix that ends early": field(3, field(1, b"\x01\x55") + field(2, DATA)),
    "a block of three MiB": field(3, field(1, CID[:4]) + field(2, bytes(3 * 2**20))),
    "too many wants": field(1, field(1, field(1, CID)) * 8193),
    "too many wants, in several lists": field(1, field(1, field(1, CID)) * 5000) * 2,
    "too many blocks": field(3, field(1, CID[:4])) * 8193,
    "too many presences": field(4, field(1, CID)) * 8193,
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_the_form_or_a_bound_is_refused(name):
    with pytest.raises(ContentError):
        decode(BROKEN[name])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_an_error_of_ours(data):
    try:
        decode(data)
    except KnowchainError:
        return


@given(st.lists(st.binary(max_size=300), max_size=6), st.integers(1, 7))
def test_messages_come_out_of_a_stream_as_they_went_in(parts, size):
    stream = b"".join(varint(len(part)) + part for part in parts)
    unframing = Unframing()
    found = [m for at in range(0, len(stream), size) for m in unframing.feed(stream[at : at + size])]
    assert found == parts
    assert not unframing.under_way
    assert unframing.size == 0


def test_a_message_that_is_announced_too_long_is_refused_before_it_comes():
    unframing = Unframing()
    assert unframing.feed(varint(wire.MAX_MESSAGE)) == []
    assert unframing.size == wire.MAX_MESSAGE
    for length in (varint(wire.MAX_MESSAGE + 1), b"\xff" * 5):
        with pytest.raises(ContentError):
            Unframing().feed(length)
