"""The frames of the seam: what is written is read, and nothing else is."""

from __future__ import annotations

import random
import time
import tracemalloc

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain_node.network import vocabulary
from knowchain_node.network.errors import SeamBroken
from knowchain_node.network.frames import MAX_FRAME, MAX_ITEMS, FrameReader, pack, unpack
from knowchain_node.network.vocabulary import DOWN, UP, GossipUp, PeerRows, Publish, Start, decode, encode

numbers = st.integers(0, 2**63 - 1)
leaves = st.one_of(numbers, st.booleans(), st.binary(max_size=300), st.text(max_size=50))
arrays = st.lists(st.one_of(leaves, st.lists(st.one_of(leaves, st.lists(leaves, max_size=4)), max_size=4)))


def as_tuples(value: object) -> object:
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


@given(arrays.filter(bool))
def test_what_is_packed_is_read_again_however_it_is_cut(items: list[object]) -> None:
    wanted = as_tuples(items)
    data = pack(wanted) * 2
    reader = FrameReader()
    frames = [frame for byte in data for frame in reader.feed(bytes([byte]))]
    assert frames == [wanted, wanted]
    assert reader.held == 0
    assert FrameReader().feed(data) == [wanted, wanted]


@given(arrays.filter(bool))
def test_the_reader_agrees_with_a_full_cbor_decoder(items: list[object]) -> None:
    assert as_tuples(cbor2.loads(pack(as_tuples(items))[4:])) == unpack(pack(as_tuples(items))[4:])


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("nothing", b""),
        ("not an array", cbor2.dumps(7)),
        ("an empty array", cbor2.dumps([])),
        ("bytes after the array", cbor2.dumps([1]) + b"\0"),
        ("an array that ends early", b"\x83\x01\x02"),
        ("an array longer than the frame", b"\x9b\x00\x00\x00\x00\xff\xff\xff\xff"),
        ("bytes longer than the frame", b"\x81\x5b\x00\x00\x00\xff\xff\xff\xff\xff"),
        ("a negative number", cbor2.dumps([-1])),
        ("a float", cbor2.dumps([1.5])),
        ("null", cbor2.dumps([None])),
        ("a map", cbor2.dumps([{1: 2}])),
        ("a tag that makes an object", cbor2.dumps([cbor2.CBORTag(0, "2020-01-01T00:00:00Z")])),
        ("a shared reference", b"\x81\xd8\x1c\x81\xd8\x1d\x00"),
        ("an indefinite length", b"\x9f\x01\xff"),
        ("a number not in its shortest form", b"\x81\x18\x01"),
        ("a number of 64 bits", b"\x81\x1b\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("text that is not UTF-8", b"\x81\x61\xff"),
        ("nesting that goes too deep", cbor2.dumps([[[[[1]]]]])),
        ("too many items", cbor2.dumps([0] * MAX_ITEMS)),
    ],
)
def test_what_is_not_in_the_subset_is_refused(what: str, body: bytes) -> None:
    with pytest.raises(SeamBroken):
        unpack(body)


def test_a_frame_that_is_too_large_is_refused_before_it_is_there() -> None:
    with pytest.raises(SeamBroken, match=str(MAX_FRAME + 1)):
        FrameReader().feed((MAX_FRAME + 1).to_bytes(4, "big"))
    with pytest.raises(SeamBroken):
        pack((bytes(MAX_FRAME),))


def some(wanted: str) -> object:
    """A value of the type that a field's annotation names."""
    plain = {"int": 7, "bool": True, "bytes": b"x" * 32, "str": "text"}
    return plain.get(wanted) or (
        (("row", 1, False, ("t",)),) if "Item" in wanted else ((5,) if "int" in wanted else ("a", "b"))
    )


@pytest.mark.parametrize("table", [DOWN, UP], ids=["down", "up"])
def test_everything_that_can_be_said_arrives_as_it_was_said(table: dict[int, type]) -> None:
    for kind in table.values():
        frame = kind(*(some(wanted) for _, wanted in vocabulary._NAMES[kind]))
        [items] = FrameReader().feed(encode(frame))
        assert decode(items, table) == frame


def test_neither_side_may_say_what_is_the_others() -> None:
    [items] = FrameReader().feed(encode(Publish(1, "t", b"")))
    with pytest.raises(SeamBroken, match="may not be sent"):
        decode(items, UP)


WRONG = {
    "a field missing": (5, 1, "t"),
    "text for a number": (5, "1", "t", b""),
    "true for a number": (5, True, "t", b""),
    "too much data": (5, 1, "t", bytes(65_537)),
    "too long a text": (5, 1, "t" * 513, b""),
    "an unknown kind": (999,),
    "a kind that is no number": (True,),
    "a kind that is text": ("x",),
}


@pytest.mark.parametrize("items", WRONG.values(), ids=WRONG)
def test_a_field_of_the_wrong_type_or_size_is_refused(items: tuple[object, ...]) -> None:
    with pytest.raises(SeamBroken):
        decode(items, DOWN)


def test_the_transport_keys_seed_is_not_shown() -> None:
    start = Start(1, b"\x5a" * 32, (), "agent", False, "", ())
    assert "Z" * 8 not in repr(start)
    assert "5a5a" not in repr(start)


def fuzz(count: int, seed: int) -> None:
    """Frames that were valid and are changed, cut or replaced are read or refused, in bounded time."""
    chance = random.Random(seed)
    row = ("12D3Koo", "/ip4/127.0.0.1/tcp/1", True, 1, "agent", 2, 3, 4, 5, ("topic",))
    valid = [
        encode(GossipUp(b"i" * 32, "topic", b"d" * 200, "origin", "forwarder")),
        encode(PeerRows(3, (row,) * 5)),
        encode(Publish(1, "topic", b"d" * 64)),
    ]
    started = time.process_time()
    for number in range(count):
        data = bytearray(chance.choice(valid))
        for _ in range(chance.randrange(1, 5)):
            data[chance.randrange(4, len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        if chance.random() < 0.1:
            data = bytearray(chance.randbytes(chance.randrange(64)))
        reader = FrameReader()
        try:
            for items in reader.feed(bytes(data)):
                decode(items, DOWN if number % 2 else UP)
        except SeamBroken:
            continue
        assert reader.held <= len(data)
    assert (time.process_time() - started) / count < 0.001


def test_a_slice_of_the_fuzzing_campaign() -> None:
    fuzz(20_000, seed=1)


@pytest.mark.slow
def test_a_million_hostile_frames_neither_crash_nor_hang_nor_grow() -> None:
    fuzz(50_000, seed=2)
    tracemalloc.start()
    fuzz(50_000, seed=3)
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    fuzz(800_000, seed=4)
    tracemalloc.start()
    fuzz(100_000, seed=5)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 200_000
