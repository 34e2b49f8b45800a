"""Strict DAG-CBOR: one value has one encoding, and everything else is refused as a CodecError."""

from __future__ import annotations

import math
import struct
from collections import OrderedDict
from enum import IntEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain import codec
from knowchain.codec import Value
from knowchain.errors import CodecError
from knowchain.identifiers import Cid, PublicKey, cid_of
from knowchain.limits import CODEC_DEPTH, CODEC_SIZE

LINK = cid_of(b"x")

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False).filter(
        lambda x: not (x == 0 and math.copysign(1, x) < 0)
    ),
    st.text(),
    st.binary(),
    st.builds(cid_of, st.binary(max_size=4), st.sampled_from([0x55, 0x70, 0x71])),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=30,
)  # fmt: skip


def identical(one: object, other: object) -> bool:
    """Equal in value and in type, all the way down: 1, 1.0 and True are three values."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        assert isinstance(other, dict)
        return one.keys() == other.keys() and all(identical(one[key], other[key]) for key in one)
    if isinstance(one, list):
        assert isinstance(other, list)
        return len(one) == len(other) and all(map(identical, one, other))
    return one == other


@given(values)
def test_what_is_written_is_read_again(value: Value) -> None:
    assert identical(codec.decode(codec.encode(value)), value)


@given(values)
def test_closed_reading_gives_the_same(value: Value) -> None:
    data = codec.encode(value)
    assert identical(codec.decode_closed(data), codec.decode(data))


@given(st.dictionaries(st.text(max_size=4), st.integers(0, 9), min_size=2, max_size=8))
def test_maps_have_one_order_whatever_the_order_of_insertion(value: dict[str, Value]) -> None:
    turned = dict(reversed(value.items()))
    assert codec.encode(turned) == codec.encode(value)
    keys = [key.encode() for key in codec.decode(codec.encode(value))]  # type: ignore[union-attr]
    assert keys == sorted(keys, key=lambda key: (len(key), key))


@given(st.binary(max_size=40))
def test_whatever_is_read_is_its_own_encoding(data: bytes) -> None:
    try:
        value = codec.decode(data)
    except CodecError:
        return
    assert codec.encode(value) == data


class Number(IntEnum):
    ONE = 1


class Text(str):
    pass


UNWRITABLE = {
    "negative zero": -0.0,
    "negative zero within": {"a": [1.0, {"b": [-0.0]}]},
    "not a number": math.nan,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "2^64": 2**64,
    "below -2^64": -(2**64) - 1,
    "a huge integer": 10**400,
    "lone surrogate": "\ud800",
    "lone surrogate in a key": {"\udfff": 1},
    "integer key": {1: 1},
    "bytes key": {b"a": 1},
    "no key": {None: 1},
    "subclass of str as a key": {Text("a"): 1},
    "tuple": (1, 2),
    "set": {1},
    "bytearray": bytearray(b"a"),
    "memoryview": memoryview(b"a"),
    "subclass of bytes": PublicKey(b"\xed\x01" + bytes(32)),
    "subclass of str": Text("a"),
    "subclass of int": Number.ONE,
    "subclass of dict": OrderedDict(a=-0.0),
    "numpy's negative zero": np.float64(-0.0),
    "numpy's integer": np.int64(1),
    "an object": object(),
    "a class": int,
}


@pytest.mark.parametrize("value", UNWRITABLE.values(), ids=UNWRITABLE.keys())
def test_what_strict_dag_cbor_can_not_hold_is_not_written(value: Value) -> None:
    for wrapped in (value, [value], {"k": value}):
        with pytest.raises(CodecError):
            codec.encode(wrapped)


def nested(depth: int, innermost: Value, *, maps: bool = False) -> Value:
    """``depth`` containers around ``innermost``."""
    value = innermost
    for _ in range(depth):
        value = {"k": value} if maps else [value]
    return value


@pytest.mark.parametrize("maps", [False, True])
@pytest.mark.parametrize("depth", [0, 1, 2, 8, 255, 256])
def test_nesting_up_to_the_bound(depth: int, maps: bool) -> None:
    value = nested(depth, 0, maps=maps)
    assert codec.encode(value, max_depth=depth) == codec.encode(value)
    assert identical(codec.decode(codec.encode(value), max_depth=depth), value)


@pytest.mark.parametrize("maps", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 8, 256])
@pytest.mark.parametrize("innermost", [0, [], {}])
def test_nesting_beyond_the_bound(depth: int, maps: bool, innermost: Value) -> None:
    """An empty container counts like any other."""
    extra = 0 if innermost in ([], {}) and innermost is not False and innermost != 0 else 1
    value = nested(depth + extra, innermost, maps=maps)
    data = _written_by_hand(depth + extra, innermost, maps)
    for refused in (
        lambda: codec.encode(value, max_depth=depth),
        lambda: codec.decode(data, max_depth=depth),
    ):
        with pytest.raises(CodecError, match=f"deeper than {depth}"):
            refused()


def _written_by_hand(depth: int, innermost: Value, maps: bool) -> bytes:
    head = b"\xa1\x61k" if maps else b"\x81"
    return (
        head * depth
        + {0: b"\x00", "[]": b"\x80", "{}": b"\xa0"}[innermost if innermost == 0 else str(innermost)]
    )


def test_deep_input_exhausts_nothing() -> None:
    for head in (b"\x81", b"\xa1\x61k"):
        with pytest.raises(CodecError):
            codec.decode(head * 1_000_000 + b"\x00")


def test_a_deep_value_exhausts_nothing() -> None:
    with pytest.raises(CodecError, match=f"deeper than {CODEC_DEPTH}"):
        codec.encode(nested(100_000, 0))


def test_values_that_hold_themselves_are_refused() -> None:
    lone: list[Value] = []
    lone.append(lone)
    twice: list[Value] = []
    twice += [twice, twice]
    mapped: dict[str, Value] = {}
    mapped["me"] = mapped
    for value in (lone, twice, mapped):
        with pytest.raises(CodecError):
            codec.encode(value)


def test_a_shared_value_is_written_as_often_as_it_stands() -> None:
    part: Value = [1]
    assert codec.decode(codec.encode([part, part])) == [[1], [1]]


def test_a_length_beyond_the_bytes_asks_for_no_memory() -> None:
    for head in range(4):
        for width in (1, 2, 4, 8):
            start = bytes([(head + 2) << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[width]])
            with pytest.raises(CodecError):
                codec.decode(start + b"\xff" * width)
            with pytest.raises(CodecError):
                codec.decode(start + b"\x7f" + b"\xff" * (width - 1) + b"abc")


def test_more_bytes_than_the_bound_are_not_looked_at() -> None:
    with pytest.raises(CodecError, match=f"more than the {CODEC_SIZE} allowed"):
        codec.decode(b"\xff" * (CODEC_SIZE + 1))
    assert codec.decode(b"\x43abc", max_size=4) == b"abc"
    with pytest.raises(CodecError, match="4 bytes are more than the 3"):
        codec.decode(b"\x43abc", max_size=3)


def test_bytes_left_over_are_counted() -> None:
    with pytest.raises(CodecError, match="2 bytes follow"):
        codec.decode(b"\x01\x02\x03")


def test_other_buffers_are_read_and_other_things_are_not() -> None:
    assert codec.decode(bytearray(b"\x01")) == 1  # type: ignore[arg-type]
    assert codec.decode(memoryview(b"\x41a")) == b"a"  # type: ignore[arg-type]
    for thing in ("\x01", 1, None, [1]):
        with pytest.raises(CodecError, match=type(thing).__name__):
            codec.decode(thing)  # type: ignore[arg-type]


def test_links_are_cids_and_shared() -> None:
    first, second = codec.decode(codec.encode([LINK, LINK]))  # type: ignore[misc]
    assert type(first) is Cid
    assert first == LINK
    assert first is second


def test_bytes_that_look_like_a_link_stay_bytes() -> None:
    for data in (bytes(LINK), b"\x00" + LINK, b"\xd8\x2a" + LINK):
        assert type(codec.decode(codec.encode(data))) is bytes


def test_many_links_are_forgotten_without_harm() -> None:
    for n in range(20_000):
        link = cid_of(struct.pack(">I", n))
        assert codec.decode(codec.encode(link)) == link
    assert len(codec._link.__self__) <= 16_384  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "cid", [b"", b"\x01", b"\x00" * 36, b"\x12\x20" + bytes(32), bytes(LINK) + b"\0", bytes(LINK)[:-1]]
)
def test_a_link_that_is_no_cid_is_refused(cid: bytes) -> None:
    data = b"\xd8\x2a\x58" + bytes([len(cid) + 1]) + b"\0" + cid
    if len(cid) + 1 < 24:
        data = b"\xd8\x2a" + bytes([0x40 + len(cid) + 1]) + b"\0" + cid
    with pytest.raises(CodecError):
        codec.decode(data)


def test_negative_zero_is_found_anywhere() -> None:
    zero = b"\xfb\x80" + bytes(7)
    for data in (zero, b"\x81" + zero, b"\xa1\x61k" + zero, b"\x82\x01\x81" + zero):
        with pytest.raises(CodecError, match="negative zero"):
            codec.decode(data)
    look_alike = b"\x49" + zero
    assert codec.decode(look_alike) == zero
    assert codec.decode(b"\x82" + look_alike + b"\xfb" + bytes(8)) == [zero, 0.0]
