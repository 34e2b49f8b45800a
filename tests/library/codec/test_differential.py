"""The codec against an oracle: cbor2 reads leniently, and what it read is written again canonically.

If the bytes come out the same, they were strict DAG-CBOR; if not, or if it can't be written, not.
"""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterator

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import form
from making.cbor import Link, encode

from knowchain import codec
from knowchain.errors import CodecError
from knowchain.identifiers import Cid

DEPTH = 32
FIXED = {0x11: 20, 0x12: 32, 0x13: 64, 0x1B: 32, 0x1E: 32, 0x20: 48}


class Refused(Exception):
    """The oracle's verdict."""


def oracle(data: bytes) -> object:
    """What ``data`` means as strict DAG-CBOR, links as :class:`Link`."""
    try:
        value = _narrowed(cbor2.loads(data), DEPTH)
    except (
        cbor2.CBORError,
        ValueError,
        TypeError,
        OverflowError,
        EOFError,
        RecursionError,
        MemoryError,
    ) as exc:
        raise Refused from exc
    if encode(value) != data:
        raise Refused
    return value


def _narrowed(value: object, depth: int) -> object:
    if type(value) in (dict, list) and depth == 0:
        raise Refused
    match value:
        case bool() | None | str() | bytes():
            return value
        case int() if -(2**64) <= value < 2**64:
            return value
        case float() if math.isfinite(value) and struct.pack(">d", value) != b"\x80" + bytes(7):
            return value
        case list():
            return [_narrowed(item, depth - 1) for item in value]
        case dict() if all(type(key) is str for key in value):
            return {key: _narrowed(item, depth - 1) for key, item in value.items()}
        case cbor2.CBORTag() if value.tag == 42 and type(value.value) is bytes and value.value[:1] == b"\0":
            return Link(_cid(value.value[1:]))
    raise Refused


def _cid(data: bytes) -> bytes:
    if not 4 <= len(data) <= 64 or data[0] != 1:
        raise Refused
    numbers, at = [], 1
    for _ in range(3):
        digits = bytearray()
        while True:
            if at == len(data) or len(digits) == 9:
                raise Refused
            digits.append(data[at])
            at += 1
            if digits[-1] < 128:
                break
        if digits[-1] == 0 and len(digits) > 1:
            raise Refused
        numbers.append(sum((digit & 127) << 7 * n for n, digit in enumerate(digits)))
    _, hashing, size = numbers
    if size != len(data) - at or FIXED.get(hashing, size) != size:
        raise Refused
    return data


def as_oracle(value: object) -> object:
    """The codec's value as the oracle writes it."""
    if type(value) is Cid:
        return Link(bytes(value))
    if type(value) is list:
        return [as_oracle(item) for item in value]
    if type(value) is dict:
        return {key: as_oracle(item) for key, item in value.items()}
    return value


def agree(data: bytes) -> bool:
    """Check that both judge ``data`` alike; whether they accept it."""
    try:
        expected = oracle(data)
    except Refused:
        with pytest.raises(CodecError):
            codec.decode(data, max_depth=DEPTH)
        return False
    got = as_oracle(codec.decode(data, max_depth=DEPTH))
    assert repr(got) == repr(expected)
    return True


def seeds() -> list[bytes]:
    blocks = [bytes.fromhex(str(case["block"])) for case in form.cases()]
    floats = [encode(x) for x in (0.0, 1.5, -(2.0**70), 5e-324)]
    links = [
        encode(Link(b"\x01\x55\x00\x03abc")),
        encode({"a": [Link(b"\x01\x71\x1e\x20" + bytes(32)), None]}),
    ]
    return [block for block in blocks if len(block) < 2000] + floats + links


def mutated(data: bytes, rnd: random.Random) -> bytes:
    """``data`` with a few bytes changed, cut, doubled or put in."""
    changed = bytearray(data)
    for _ in range(rnd.choice((1, 1, 1, 2, 3))):
        at = rnd.randrange(len(changed) + 1)
        match rnd.randrange(5):
            case 0 if at < len(changed):
                changed[at] ^= 1 << rnd.randrange(8)
            case 1:
                del changed[at : at + rnd.choice((1, 1, 2, 9))]
            case 2:
                changed[at:at] = rnd.choice(HEADS)
            case 3 if at < len(changed):
                changed[at] = rnd.randrange(256)
            case _:
                changed[at:at] = changed[at : at + rnd.randrange(1, 12)]
    return bytes(changed)


_SPELLED = "d82a c1 9f bf 5f 7f ff f6 f7 f90000 1800 fb8000000000000000 81 a16161 60 40 f5 1c d81d"
HEADS = tuple(map(bytes.fromhex, _SPELLED.split(" ")))


def mutants(count: int, seed: int) -> Iterator[bytes]:
    rnd = random.Random(seed)
    given = [data for data in seeds() if data]
    for _ in range(count):
        yield mutated(rnd.choice(given), rnd)


def test_seeds_are_judged_alike() -> None:
    verdicts = [agree(data) for data in seeds()]
    assert 100 < sum(verdicts) < len(verdicts) - 20


def test_mutants_are_judged_alike() -> None:
    assert sum(map(agree, mutants(5_000, seed=1))) > 20


@pytest.mark.slow
def test_many_mutants_are_judged_alike() -> None:
    assert sum(map(agree, mutants(200_000, seed=2))) > 1_000


@given(st.binary(max_size=24))
def test_random_bytes_are_judged_alike(data: bytes) -> None:
    agree(data)


def test_every_pair_of_bytes_is_judged_alike() -> None:
    accepted = sum(agree(bytes((a, b))) for a in range(256) for b in range(256))
    assert accepted > 300


@pytest.mark.parametrize("first", range(256))
def test_every_first_byte_with_some_that_follow(first: int) -> None:
    for rest in (b"", b"\0", b"\0" * 9, b"\x01" * 9, b"\xff" * 9, b"\x18\x18", b"\x80", b"a" * 300):
        agree(bytes((first,)) + rest)
