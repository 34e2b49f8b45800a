"""CIDs, record ids and public keys: one spelling each, and no half-built ones."""

from __future__ import annotations

import copy
import hashlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.errors import InvalidValue
from knowchain.identifiers import (
    DAG_CBOR,
    DAG_PB,
    RAW,
    Cid,
    PublicKey,
    as_record_id,
    cid_of,
    from_base58,
    is_record_id,
    key_id,
    parse_record_id,
    raw_twin,
    record_id,
    to_base58,
)

EXAMPLE = "bafyreia4toklvit4oziwqwh5odtkjettintydknvf77n7iufhedj54e3my"
DIGEST = hashlib.sha256(b"").digest()


def varint(number: int) -> bytes:
    digits = bytearray()
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])


@given(st.binary(max_size=50), st.sampled_from([RAW, DAG_PB, DAG_CBOR]))
def test_a_cid_is_its_bytes_and_prints_as_text(block: bytes, codec: int) -> None:
    cid = cid_of(block, codec)
    assert Cid(bytes(cid)) == cid
    assert Cid.parse(str(cid)) == cid
    assert (cid.codec, cid.hash_code, cid.digest) == (codec, 0x12, hashlib.sha256(block).digest())
    assert cid.multihash == b"\x12\x20" + cid.digest
    assert cid.matches(block)
    assert not cid.matches(block + b"\0")
    assert f"{cid}" == str(cid)
    assert str(cid) in repr(cid)
    assert is_record_id(cid) == (codec == DAG_CBOR)


@given(
    st.integers(0, 2**63 - 1),
    st.one_of(st.just(0), st.integers(0x100, 2**63 - 1)),
    st.binary(max_size=40),
)
def test_unknown_codes_are_kept(codec: int, hashing: int, digest: bytes) -> None:
    binary = b"\x01" + varint(codec) + varint(hashing) + varint(len(digest)) + digest
    if len(binary) > 64:
        with pytest.raises(InvalidValue):
            Cid(binary)
        return
    cid = Cid(binary)
    assert (cid.codec, cid.hash_code, cid.digest) == (codec, hashing, digest)
    assert Cid.parse(str(cid)) == cid


WRONG = {
    "empty": b"",
    "version alone": b"\x01",
    "three bytes": b"\x01\x55\x00",
    "version 0": b"\x12\x20" + DIGEST,
    "version 2": b"\x02\x55\x12\x20" + DIGEST,
    "version 0 as a number": b"\x00\x55\x12\x20" + DIGEST,
    "short": b"\x01\x55\x12\x20" + DIGEST[:-1],
    "long": b"\x01\x55\x12\x20" + DIGEST + b"\0",
    "sha2-256 of 31": b"\x01\x55\x12\x1f" + DIGEST[:-1],
    "sha1 of 32": b"\x01\x55\x11\x20" + DIGEST,
    "sha2-384 of 32": b"\x01\x55\x20\x20" + DIGEST,
    "keccak of 31": b"\x01\x55\x1b\x1f" + DIGEST[:-1],
    "blake3 of 31": b"\x01\x55\x1e\x1f" + DIGEST[:-1],
    "sha2-512 of 32": b"\x01\x55\x13\x20" + DIGEST,
    "long codec": b"\x01\xd5\x00\x12\x20" + DIGEST,
    "long hash": b"\x01\x55\x92\x00\x20" + DIGEST,
    "long length": b"\x01\x55\x12\xa0\x00" + DIGEST,
    "endless varint": b"\x01" + b"\xff" * 40,
    "codec of ten digits": b"\x01" + b"\x80" * 9 + b"\x01\x00\x01a",
    "65 bytes": b"\x01\x55\x00\x3d" + bytes(61),
    "nested version": b"\x01\x01\x55\x12\x20" + DIGEST,
}


@pytest.mark.parametrize("binary", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_cid_is_not_built(binary: bytes) -> None:
    with pytest.raises(InvalidValue) as refused:
        Cid(binary)
    assert refused.value.fields["field"] == "cid"
    assert refused.value.remedy


@pytest.mark.parametrize(
    "binary",
    [
        b"\x01\x55\x00\x00",
        b"\x01\x55\x00\x3c" + bytes(60),
        b"\x01\x55\x11\x14" + bytes(20),
        b"\x01\x55\x20\x30" + bytes(48),
        b"\x01\x55\x1b\x20" + bytes(32),
        b"\x01\x55\x1e\x20" + bytes(32),
        b"\x01" + b"\xff" * 8 + b"\x7f" + b"\x00\x01a",
    ],
)
def test_unusual_cids_are_built(binary: bytes) -> None:
    assert bytes(Cid(binary)) == binary


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        EXAMPLE[1:],
        EXAMPLE.upper(),
        "B" + EXAMPLE[1:].upper(),
        EXAMPLE + "a",
        EXAMPLE[:-1],
        EXAMPLE + "=",
        EXAMPLE + " ",
        EXAMPLE[:-1] + "z",
        "/ipfs/" + EXAMPLE,
        EXAMPLE + "/rec",
        "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn",
        "mAXASIA",
        "b" + "a" * 1000,
        "zéé",
        "k!!",
    ],
)
def test_text_that_is_no_canonical_cid_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        Cid.parse(text)


def test_other_bases_are_read() -> None:
    cid = Cid.parse(EXAMPLE)
    assert Cid.parse("zdpuAnA2A6f7HGL8EhrYs1aJsr6BX3kJ3HcnSHmz8FkrRJQN8") != cid
    assert str(Cid.parse("bafkqaaa")) == "bafkqaaa"


def test_a_cid_of_nothing_that_is_text() -> None:
    with pytest.raises(InvalidValue):
        Cid.parse(None)  # type: ignore[arg-type]


def test_identity_cids_match_their_bytes() -> None:
    assert Cid(b"\x01\x55\x00\x03abc").matches(b"abc")
    assert not Cid(b"\x01\x55\x00\x03abc").matches(b"abd")
    assert not Cid(b"\x01\x55\x11\x14" + hashlib.sha1(b"abc").digest()).matches(b"abc")


def test_cids_survive_copies_and_pickles_and_sort_by_bytes() -> None:
    cids = [cid_of(bytes([n])) for n in range(20)]
    for again in (copy.deepcopy(cids), pickle.loads(pickle.dumps(cids))):
        assert again == cids
        assert all(type(cid) is Cid for cid in again)
    assert sorted(cids) == sorted(cids, key=bytes)


def test_record_ids() -> None:
    rid = parse_record_id(EXAMPLE)
    assert as_record_id(bytes(rid)) == rid
    assert as_record_id(rid) == rid
    assert record_id(b"x") == cid_of(b"x", DAG_CBOR)
    assert raw_twin(rid)[:2] == b"\x01\x55"
    assert raw_twin(rid).digest == rid.digest
    for other in (
        raw_twin(rid),
        Cid(b"\x01\x71\x00\x03abc"),
        cid_of(b"x", DAG_PB),
        Cid(b"\x01\x71\x1e\x20" + bytes(32)),
    ):
        assert not is_record_id(other)
        with pytest.raises(InvalidValue, match="does not name a record"):
            as_record_id(other)
    assert not is_record_id(bytes(rid))
    assert not is_record_id(EXAMPLE)


def test_public_keys() -> None:
    key = PublicKey.from_raw(bytes(range(32)))
    assert key.raw == bytes(range(32))
    assert str(key).startswith("did:key:z6Mk")
    assert PublicKey.parse(str(key)) == key
    assert f"{key}" == str(key)
    assert str(key) in repr(key)
    assert key_id(key) == hashlib.sha256(b"\xed\x01" + bytes(range(32))).digest()
    assert pickle.loads(pickle.dumps(key)) == key


@pytest.mark.parametrize(
    "binary",
    [b"", b"\xed\x01", b"\xed\x01" + bytes(31), b"\xed\x01" + bytes(33), bytes(34), b"\x80\x24" + bytes(32)],
)
def test_other_keys_are_refused(binary: bytes) -> None:
    with pytest.raises(InvalidValue, match="not an Ed25519 public key"):
        PublicKey(binary)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "did:key:",
        "did:key:z",
        "did:web:z6Mk",
        "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
        "did:key:z0OIl",
        "did:key:u7QE",
        None,
        "did:key:z" + "1" * 200,
    ],
)
def test_other_texts_are_no_keys(text: str) -> None:
    with pytest.raises(InvalidValue, match="public key"):
        PublicKey.parse(text)


@given(st.binary(max_size=64))
def test_base58_reads_back_as_it_was(data):
    assert from_base58(to_base58(data)) == data


@pytest.mark.parametrize("text", ["0", "l", "O", "I", "é", " ", "abc0"])
def test_what_is_no_base58_is_refused(text):
    with pytest.raises(InvalidValue, match="is not in base58btc"):
        from_base58(text)
