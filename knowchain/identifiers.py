"""Content identifiers, keys and identities: strict types over ``py-multiformats``.

A :class:`Cid` is the binary form of a CIDv1 and is valid by construction. It *is* ``bytes`` (so it
sorts, hashes and binds to a database column as such) and prints as its canonical text. The other
types narrow it, or name a public key:

- ``RecordId``: the CID of a record or body block, always dag-cbor and sha2-256;
- :class:`PublicKey`: multicodec varint followed by the raw key, printed as ``did:key:z6Mk…``;
- ``KeyId``: SHA-256 of a :class:`PublicKey`; identities name a key by it until the key is used.

Why a wrapper: ``py-multiformats`` ignores trailing bytes, accepts paths, upper case and odd digest
lengths, and its ``CID`` neither sorts nor pickles (ADR 3).
"""

from __future__ import annotations

import hashlib
from typing import Final, NewType, Self

import multiformats
from multiformats import cid as _mf_cid
from multiformats import multibase as _mf_multibase

from knowchain.errors import InvalidValue
from knowchain.limits import MAX_LINK

__all__ = [
    "DAG_CBOR",
    "DAG_PB",
    "RAW",
    "Cid",
    "KeyId",
    "PublicKey",
    "RecordId",
    "as_record_id",
    "cid_of",
    "from_base58",
    "is_record_id",
    "key_id",
    "parse_record_id",
    "raw_twin",
    "record_id",
    "to_base58",
]

RAW: Final = 0x55
DAG_PB: Final = 0x70
DAG_CBOR: Final = 0x71
SHA2_256: Final = 0x12

_RECORD_PREFIX: Final = b"\x01\x71\x12\x20"
_COMMON_PREFIXES: Final = frozenset(bytes([1, c, SHA2_256, 32]) for c in (RAW, DAG_PB, DAG_CBOR))
_DIGEST_SIZES: Final = {0x11: 20, 0x12: 32, 0x13: 64, 0x1B: 32, 0x1E: 32, 0x20: 48}
"""Fixed digest sizes, in bytes: sha1, sha2-256, sha2-512, keccak-256, blake3, sha2-384."""

_TEXT_REMEDY: Final = "give a CIDv1 in lower-case base32, such as bafyrei… (59 characters)"


def to_base58(data: bytes) -> str:
    """Bytes in base58btc, as peer ids and CIDs of version 0 stand in text."""
    return _mf_multibase.encode("base58btc", data)[1:]


def from_base58(text: str) -> bytes:
    """The bytes that ``text`` is in base58btc.

    Raises:
        InvalidValue: it is not in base58btc.
    """
    try:
        _, data = _mf_multibase.decode("z" + text)
    except (ValueError, multiformats.MultiformatsError) as exc:
        raise InvalidValue(
            "{value} is not in base58btc", field="text", value=text, remedy="copy it whole, as it was shown"
        ) from exc
    return bytes(data)


class Cid(bytes):
    """A CIDv1 in binary form, checked when it is built.

    Raises:
        InvalidValue: not the canonical binary form of a CIDv1 of at most 64 bytes.
    """

    __slots__ = ()

    def __new__(cls, binary: bytes) -> Self:
        if not (len(binary) == 36 and binary[:4] in _COMMON_PREFIXES):
            _check_binary(binary)
        return bytes.__new__(cls, binary)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: multibase base32 (``b…``), base36 (``k…``) or base58btc (``z…``).

        Raises:
            InvalidValue: not a CIDv1, or not spelled as its own encoder would spell it.
        """
        if not _may_be_spelled(text):
            raise InvalidValue("{value} is not a CIDv1", field="cid", value=text, remedy=_TEXT_REMEDY)
        try:
            base, binary = _mf_multibase.decode(text)
            if _mf_multibase.encode(base, binary) != text:
                raise ValueError("not canonical")
        except (ValueError, multiformats.MultiformatsError) as exc:
            raise InvalidValue(
                "{value} is not a CIDv1", field="cid", value=text, remedy=_TEXT_REMEDY
            ) from exc
        return cls(binary)

    @property
    def codec(self) -> int:
        """The multicodec code of the block, such as 0x71 for dag-cbor."""
        return _varint(self, 1)[0]

    @property
    def multihash(self) -> bytes:
        """The multihash in binary form: hash code, length, digest."""
        return bytes(self[_varint(self, 1)[1] :])

    @property
    def hash_code(self) -> int:
        """The multicodec code of the hash function, 0x12 for sha2-256."""
        return _varint(self, _varint(self, 1)[1])[0]

    @property
    def digest(self) -> bytes:
        """The digest alone."""
        at = _varint(self, _varint(self, 1)[1])[1]
        return bytes(self[_varint(self, at)[1] :])

    def matches(self, block: bytes) -> bool:
        """Whether ``block`` hashes to this CID; False for a function other than sha2-256 and identity."""
        code = self.hash_code
        if code == SHA2_256:
            return hashlib.sha256(block).digest() == self.digest
        return code == 0 and self.digest == block

    def __str__(self) -> str:
        return _mf_multibase.encode("base32", bytes(self))

    def __repr__(self) -> str:
        return f"Cid({str(self)!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


RecordId = NewType("RecordId", Cid)
KeyId = NewType("KeyId", bytes)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned multiformats varint at ``at``: (value, next position). Minimal, at most 9 bytes."""
    value = shift = 0
    for i in range(at, min(at + 9, len(data))):
        byte = data[i]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0 and shift:
                break
            return value, i + 1
        shift += 7
    raise ValueError("not a minimal varint")


def _may_be_spelled(text: object) -> bool:
    """Whether something is worth decoding: callers without types, and long texts, stop here."""
    return isinstance(text, str) and 2 <= len(text) <= 4 * MAX_LINK and text[0] in "bkz"


def _check_binary(binary: bytes) -> None:
    """Check that ``binary`` is the one canonical binary form of a CIDv1.

    Raises:
        InvalidValue: otherwise.
    """
    try:
        if not 4 <= len(binary) <= MAX_LINK or binary[0] != 1:
            raise ValueError("not version 1, or its size is out of bounds")
        _, at = _varint(binary, 1)
        hash_code, at = _varint(binary, at)
        size, at = _varint(binary, at)
        if size != len(binary) - at:
            raise ValueError("digest length")
        if _DIGEST_SIZES.get(hash_code, size) != size:
            raise ValueError("digest length of that hash function")
        if _mf_cid.CID.from_bytes(bytes(binary)).to_bytes() != binary:
            raise ValueError("does not round-trip")
    except (ValueError, multiformats.MultiformatsError) as exc:
        raise InvalidValue(
            "{value} is not the binary form of a CIDv1 ({why})",
            field="cid",
            value=bytes(binary[:48]),
            why=str(exc),
            remedy="give version 1, a codec, and a multihash whose length is that of its digest",
        ) from exc


def cid_of(block: bytes, codec: int = RAW) -> Cid:
    """The CIDv1 of ``block`` under sha2-256 and ``codec`` (one of RAW, DAG_PB, DAG_CBOR)."""
    return bytes.__new__(Cid, bytes((1, codec, SHA2_256, 32)) + hashlib.sha256(block).digest())


def record_id(block: bytes) -> RecordId:
    """The id of a record block or body block: its CIDv1, dag-cbor, sha2-256."""
    return RecordId(bytes.__new__(Cid, _RECORD_PREFIX + hashlib.sha256(block).digest()))


def is_record_id(value: object) -> bool:
    """Whether ``value`` is a :class:`Cid` that can name a record: dag-cbor, sha2-256, 32 bytes."""
    return type(value) is Cid and len(value) == 36 and value[:4] == _RECORD_PREFIX


def as_record_id(value: bytes) -> RecordId:
    """Narrow a CID to a record id.

    Raises:
        InvalidValue: not a dag-cbor, sha2-256 CIDv1.
    """
    cid = value if type(value) is Cid else Cid(value)
    if not is_record_id(cid):
        raise InvalidValue(
            "{value} does not name a record",
            field="id",
            value=str(cid),
            remedy="give the id of a record: a CIDv1 of dag-cbor and sha2-256, bafyrei…",
        )
    return RecordId(cid)


def parse_record_id(text: str) -> RecordId:
    """Read a record id from its text form.

    Raises:
        InvalidValue: not a CID, or not that of a record.
    """
    return as_record_id(Cid.parse(text))


def raw_twin(rid: RecordId) -> Cid:
    """The same multihash as ``raw``: one block, safe to pin recursively (docs/spec/records.md)."""
    return bytes.__new__(Cid, b"\x01\x55" + rid[2:])


_ED25519: Final = b"\xed\x01"
_DID_PREFIX: Final = "did:key:"


class PublicKey(bytes):
    """A public key: multicodec varint followed by the raw key. Version 1 knows Ed25519 only.

    That the point is of prime order is :mod:`knowchain.signing`'s to say; this checks the form.

    Raises:
        InvalidValue: not an Ed25519 public key in multicodec form.
    """

    __slots__ = ()

    def __new__(cls, binary: bytes) -> Self:
        if len(binary) != 34 or binary[:2] != _ED25519:
            raise InvalidValue(
                "{value} is not an Ed25519 public key",
                field="key",
                value=bytes(binary[:40]),
                remedy="give the bytes ed 01 followed by the 32 bytes of the key",
            )
        return bytes.__new__(cls, binary)

    @classmethod
    def from_raw(cls, raw: bytes) -> Self:
        """From the 32 bytes that Ed25519 libraries use."""
        return cls(_ED25519 + raw)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``did:key:z6Mk…``.

        Raises:
            InvalidValue: anything else.
        """
        try:
            if not text.startswith(_DID_PREFIX + "z") or len(text) > 80:
                raise ValueError("not a did:key")
            base, binary = _mf_multibase.decode(text.removeprefix(_DID_PREFIX))
            if _DID_PREFIX + _mf_multibase.encode(base, binary) != text:
                raise ValueError("not canonical")
        except (ValueError, AttributeError, multiformats.MultiformatsError) as exc:
            raise InvalidValue(
                "{value} is not a public key", field="key", value=text, remedy="give did:key:z6Mk…"
            ) from exc
        return cls(binary)

    @property
    def raw(self) -> bytes:
        """The 32 bytes that Ed25519 libraries use."""
        return bytes(self[2:])

    def __str__(self) -> str:
        return _DID_PREFIX + _mf_multibase.encode("base58btc", bytes(self))

    def __repr__(self) -> str:
        return f"PublicKey({str(self)!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


def key_id(key: bytes) -> KeyId:
    """SHA-256 of a public key in multicodec form: how an identity names a key."""
    return KeyId(hashlib.sha256(key).digest())
