"""Keys by name, and the blocks that they sign, written byte by byte from docs/spec/records.md."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import nacl.signing

from .cbor import Link, Raw, encode

DOMAIN = b"knowchain/record/1\x00"
TIME = 1_767_225_600_000
Value = object


class Key:
    """A key pair whose seed follows from a name, or is given."""

    def __init__(self, name: str, seed: bytes | None = None) -> None:
        self.seed = seed or hashlib.sha256(b"knowchain vectors: " + name.encode()).digest()
        self._secret = nacl.signing.SigningKey(self.seed)
        self.raw = bytes(self._secret.verify_key)
        self.public = b"\xed\x01" + self.raw
        self.id = hashlib.sha256(self.public).digest()

    def sign(self, message: bytes) -> bytes:
        """An ordinary signature."""
        return self._secret.sign(message).signature


K = Key("K", b"\x01" * 32)
R = Key("R", b"\x02" * 32)


def rid(block: bytes) -> bytes:
    """The id of a block or a body, in binary."""
    return b"\x01\x71\x12\x20" + hashlib.sha256(block).digest()


def block_of(rec: Value, signature: bytes) -> bytes:
    """A block of a header and signatures, whatever they are."""
    return encode({"rec": rec, "sig": signature})


def signed(rec: Value, *keys: Key, domain: bytes = DOMAIN) -> bytes:
    """A block that ``keys`` sign, whatever the header is."""
    message = encode(rec)
    return block_of(Raw(message), b"".join(key.sign(domain + message) for key in keys))


def header(
    key: Key,
    author: bytes,
    prev: Sequence[bytes],
    seq: int,
    *,
    kind: str = "work",
    time: int = TIME,
    refs: Sequence[tuple[str, bytes]] = (),
    body: bytes | None = None,
) -> dict[str, Value]:
    """The header of an ordinary record; parents and refs are put in order."""
    rec: dict[str, Value] = {
        "v": 1,
        "kind": kind,
        "key": key.public,
        "author": Link(author),
        "prev": [Link(parent) for parent in sorted(prev)],
        "seq": seq,
        "time": time,
    }
    if refs:
        rec["refs"] = [[relation, Link(target)] for relation, target in sorted(refs)]
    if body is not None:
        rec["body"] = {"cid": Link(rid(body)), "size": len(body)}
    return rec


def record(key: Key, author: bytes, prev: Sequence[bytes], seq: int, **fields: object) -> bytes:
    """An ordinary record's block."""
    return signed(header(key, author, prev, seq, **fields), key)  # type: ignore[arg-type]


def genesis_header(
    key: Key, ops: Sequence[Value], *, co: Sequence[Key] = (), net: str = "main", time: int = TIME
) -> dict[str, Value]:
    """The header of a genesis."""
    rec: dict[str, Value] = {
        "v": 1,
        "kind": "identity",
        "key": key.public,
        "net": net,
        "seq": 0,
        "time": time,
        "ops": list(ops),
    }
    return _cosigned(rec, co)


def genesis(
    key: Key, ops: Sequence[Value], *, co: Sequence[Key] = (), net: str = "main", time: int = TIME
) -> bytes:
    """A genesis' block."""
    return signed(genesis_header(key, ops, co=co, net=net, time=time), key, *_ordered(co))


def step_header(
    key: Key,
    author: bytes,
    prev: bytes,
    seq: int,
    ops: Sequence[Value],
    *,
    co: Sequence[Key] = (),
    time: int = TIME,
) -> dict[str, Value]:
    """The header of a later identity record."""
    rec: dict[str, Value] = {
        "v": 1,
        "kind": "identity",
        "key": key.public,
        "author": Link(author),
        "prev": [Link(prev)],
        "seq": seq,
        "time": time,
        "ops": list(ops),
    }
    return _cosigned(rec, co)


def step(
    key: Key,
    author: bytes,
    prev: bytes,
    seq: int,
    ops: Sequence[Value],
    *,
    co: Sequence[Key] = (),
    time: int = TIME,
) -> bytes:
    """A later identity record's block."""
    return signed(step_header(key, author, prev, seq, ops, co=co, time=time), key, *_ordered(co))


def _ordered(keys: Sequence[Key]) -> list[Key]:
    return sorted(keys, key=lambda key: key.public)


def _cosigned(rec: dict[str, Value], co: Sequence[Key]) -> dict[str, Value]:
    if co:
        rec["with"] = [key.public for key in _ordered(co)]
    return rec


def control(*ranks: tuple[int, Sequence[Key]]) -> Value:
    """A control operation."""
    return ["control", [[need, sorted(key.id for key in keys)] for need, keys in ranks]]


def add(key: Key) -> Value:
    """An add operation."""
    return ["add", key.id]


def revoke(key: Key, cut: tuple[int, bytes] | None = None) -> Value:
    """A revoke operation."""
    return ["revoke", key.id] if cut is None else ["revoke", key.id, [cut[0], Link(cut[1])]]


def successor(identity: bytes) -> Value:
    """A successor operation."""
    return ["successor", Link(identity)]


def accept(offer: bytes) -> Value:
    """An accept operation."""
    return ["accept", Link(offer)]


GENESIS = genesis(K, [control((1, [R]), (1, [K])), add(K)])
"""The genesis of section 13: K on rank 1, R on rank 0."""
A = rid(GENESIS)
"""Its identity."""
EXAMPLE_BODY = encode({"salt": b"\x03" * 16, "author": Link(A), "title": {"cy": ["Hen benillion"]}})
WORK = record(K, A, [A], 0, body=EXAMPLE_BODY, time=TIME + 1000)
"""The work of section 13."""
