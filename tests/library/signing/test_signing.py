"""Ed25519 as the specification asks for it: our vectors, published ones, and keys in memory."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.errors import InvalidValue
from knowchain.signing import KeyPair, is_valid_key, sign, verify

VECTORS = Path(__file__).parents[2] / "vectors" / "records" / "ed25519.json"
PUBLISHED = Path(os.environ.get("KNOWCHAIN_DATA", "")) / "ed25519" / "wycheproof_ed25519_test.json"


def own_cases() -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in json.loads(VECTORS.read_text())["cases"]]


def published_cases() -> list[Any]:
    if "KNOWCHAIN_DATA" not in os.environ:
        return []
    groups = json.loads(PUBLISHED.read_text())["testGroups"]
    return [
        pytest.param(group["publicKey"]["pk"], case, id=str(case["tcId"]))
        for group in groups
        for case in group["tests"]
    ]


@pytest.mark.parametrize("case", own_cases())
def test_vector(case: dict[str, Any]) -> None:
    key, message, signature = (bytes.fromhex(case[field]) for field in ("key", "message", "signature"))
    assert verify(key, message, signature) is case["good"]


@pytest.mark.skipif("KNOWCHAIN_DATA" not in os.environ, reason="KNOWCHAIN_DATA names no folder of cases")
@pytest.mark.parametrize(("key", "case"), published_cases() or [(None, None)])
def test_published_case(key: str, case: dict[str, Any]) -> None:
    message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
    assert verify(bytes.fromhex(key), message, signature) is (case["result"] == "valid")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_what_is_signed_verifies(seed: bytes, message: bytes) -> None:
    pair = KeyPair(seed)
    signature = pair.sign(message)
    assert signature == sign(seed, message)
    assert verify(pair.public_key.raw, message, signature)
    assert not verify(pair.public_key.raw, message + b"\0", signature)


@given(st.binary(max_size=70), st.binary(max_size=10), st.binary(max_size=130))
def test_random_bytes_never_verify_and_never_raise(key: bytes, message: bytes, signature: bytes) -> None:
    assert verify(key, message, signature) is False


@given(st.data())
def test_a_changed_bit_never_verifies(data: st.DataObject) -> None:
    pair = KeyPair(b"\x07" * 32)
    whole = bytearray(pair.public_key.raw + pair.sign(b"message"))
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    assert not verify(bytes(whole[:32]), b"message", bytes(whole[32:]))


def test_other_buffers_are_taken() -> None:
    pair = KeyPair(b"\x07" * 32)
    signature = pair.sign(b"message")
    assert verify(bytearray(pair.public_key.raw), b"message", bytearray(signature))
    assert verify(memoryview(pair.public_key.raw), b"message", memoryview(signature))  # type: ignore[arg-type]


def test_valid_keys_are_of_prime_order() -> None:
    assert is_valid_key(KeyPair(b"\x07" * 32).public_key.raw)
    assert not is_valid_key(b"\x01" + bytes(31))
    assert not is_valid_key(bytes(32))
    assert not is_valid_key(b"")


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33), bytes(64), "x" * 32, None, 32])
def test_a_seed_has_32_bytes_and_is_never_shown(seed: Any) -> None:
    with pytest.raises(InvalidValue) as refused:
        KeyPair(seed)
    assert "seed" in str(refused.value)
    with pytest.raises(InvalidValue):
        sign(seed, b"")


def test_a_key_pair_shows_its_public_key_only() -> None:
    pair = KeyPair(b"\x01" * 32)
    assert repr(pair) == f"KeyPair({pair.public_key})"
    assert pair.seed == b"\x01" * 32
    assert pair.seed.hex() not in repr(pair)
    assert not hasattr(pair, "__dict__")


def test_generated_keys_differ() -> None:
    seeds = {KeyPair.generate().seed for _ in range(50)}
    assert len(seeds) == 50
    assert {len(seed) for seed in seeds} == {32}
