"""Headers: the closed, signed part of a record (docs/spec/records.md, sections 1 and 2).

An ordinary record's header is a :class:`Header`; a record of an identity's log has an
:class:`IdentityHeader`. Both are immutable and valid by construction when they come from
:func:`read_header`: every field has its type, range, pattern and order. What depends on other
records (links, ranks) is :mod:`knowchain.chains`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple, NoReturn, TypeAlias

from knowchain import limits
from knowchain.codec import Value
from knowchain.errors import InvalidRecord, shown
from knowchain.identifiers import Cid, KeyId, PublicKey, RecordId, key_id

__all__ = [
    "IDENTITY",
    "VERSION",
    "Accept",
    "Add",
    "AnyHeader",
    "BodyLink",
    "Control",
    "Cut",
    "Header",
    "IdentityHeader",
    "Operation",
    "Rank",
    "Ref",
    "Revoke",
    "Successor",
    "is_name",
    "is_relation",
    "read_header",
]

VERSION: Final = 1
IDENTITY: Final = "identity"
"""The kind of the records that form an identity's log."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
_RELATION: Final = re.compile(r"[a-z]{1,15}:[A-Za-z]{1,32}")
_RECORD_PREFIX: Final = b"\x01\x71\x12\x20"
_ED25519: Final = b"\xed\x01"

_ORDINARY: Final = frozenset({"v", "kind", "key", "author", "prev", "seq", "time"})
_ORDINARY_OPTIONAL: Final = frozenset({"body", "refs"})
_GENESIS: Final = frozenset({"v", "kind", "key", "net", "seq", "time", "ops"})
_LATER: Final = frozenset({"v", "kind", "key", "author", "prev", "seq", "time", "ops"})
_COSIGNED: Final = frozenset({"with"})


class Ref(NamedTuple):
    """A reference from this (later) record to that (earlier) one."""

    relation: str
    target: RecordId


class BodyLink(NamedTuple):
    """Where a record's body is: its id and its size in bytes."""

    cid: RecordId
    size: int


class Header(NamedTuple):
    """The header of an ordinary record."""

    kind: str
    key: PublicKey
    author: RecordId
    prev: tuple[RecordId, ...]
    seq: int
    time: int
    """Claimed time, milliseconds since 1970-01-01T00:00:00Z; a claim, never a condition."""
    body: BodyLink | None = None
    refs: tuple[Ref, ...] = ()

    @property
    def signers(self) -> tuple[PublicKey, ...]:
        """The keys whose signatures the block carries, in their order."""
        return (self.key,)


class Rank(NamedTuple):
    """Who may act at one rank of an identity: at least ``need`` of ``keys``."""

    need: int
    keys: tuple[KeyId, ...]


class Cut(NamedTuple):
    """The last record of a revoked key that still counts."""

    seq: int
    record: RecordId


class Control(NamedTuple):
    """Sets the ranks; rank 0 is the highest. Empty: the identity is closed for ever."""

    ranks: tuple[Rank, ...]


class Add(NamedTuple):
    """Names a device key."""

    key: KeyId


class Revoke(NamedTuple):
    """Disavows a device key, from the start or after a cut."""

    key: KeyId
    cut: Cut | None


class Successor(NamedTuple):
    """Offers the identity's works to another identity."""

    identity: RecordId


class Accept(NamedTuple):
    """Accepts what a successor operation in the named record offered."""

    record: RecordId


Operation: TypeAlias = Control | Add | Revoke | Successor | Accept


class IdentityHeader(NamedTuple):
    """The header of a record of an identity's log: its genesis, or a later one."""

    key: PublicKey
    cosigners: tuple[PublicKey, ...]
    author: RecordId | None
    """The id of the genesis; None in the genesis itself."""
    prev: tuple[RecordId, ...]
    seq: int
    time: int
    net: str | None
    """The network of the genesis; None later."""
    ops: tuple[Operation, ...]

    @property
    def kind(self) -> str:
        """Always ``identity``."""
        return IDENTITY

    @property
    def signers(self) -> tuple[PublicKey, ...]:
        """The keys whose signatures the block carries, in their order."""
        return (self.key, *self.cosigners)

    @property
    def signer_ids(self) -> frozenset[KeyId]:
        """The hashes by which ranks name the signers."""
        return frozenset(key_id(key) for key in self.signers)

    @property
    def body(self) -> None:
        """Identity records have no body."""
        return None

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Identity records refer to nothing."""
        return ()


AnyHeader: TypeAlias = Header | IdentityHeader


def is_name(text: object) -> bool:
    """Whether ``text`` can name a kind or a network."""
    return type(text) is str and _NAME.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _relation_pattern(text: str) -> bool:
    return _RELATION.fullmatch(text) is not None


def is_relation(text: object) -> bool:
    """Whether ``text`` has the form of a relation, such as ``prov:wasDerivedFrom``."""
    return type(text) is str and _relation_pattern(text)


def read_header(rec: Value) -> AnyHeader:
    """Check a decoded ``rec`` of version 1 against the closed schema (rule S3).

    The caller has judged version and algorithms (rule S2) already.

    Raises:
        InvalidRecord: ``malformed``, naming the field.
    """
    if type(rec) is not dict:
        _malformed("rec", rec, "is not a map")
    kind = rec.get("kind")
    if kind == IDENTITY:
        return _read_identity(rec)
    if not is_name(kind):
        _malformed("kind", kind, "is not a name of the form [a-z][a-z0-9-]{{0,31}}")
    return _read_ordinary(rec)


def _read_ordinary(rec: dict[str, Value]) -> Header:
    _exact_fields(rec, _ORDINARY, _ORDINARY_OPTIONAL)
    prev = _read_prev(rec["prev"], limits.MAX_PREV)
    seq = _uint("seq", rec["seq"])
    if seq == 0 and len(prev) != 1:
        _malformed("prev", len(prev), "has more than one parent, though seq is 0")
    return Header(
        rec["kind"],  # type: ignore[arg-type]
        _read_key("key", rec["key"]),
        _record_id("author", rec["author"]),
        prev,
        seq,
        _uint("time", rec["time"]),
        _read_body_link(rec["body"]) if "body" in rec else None,
        _read_refs(rec["refs"]) if "refs" in rec else (),
    )


def _read_identity(rec: dict[str, Value]) -> IdentityHeader:
    genesis = "net" in rec
    _exact_fields(rec, _GENESIS if genesis else _LATER, _COSIGNED)
    seq = _uint("seq", rec["seq"])
    if genesis:
        if seq != 0:
            _malformed("seq", seq, "is not 0 in a genesis")
        if not is_name(rec["net"]):
            _malformed("net", rec["net"], "is not a name of the form [a-z][a-z0-9-]{{0,31}}")
    elif not 1 <= seq <= limits.MAX_IDENTITY_SEQ:
        _malformed("seq", seq, "is not within 1..65535")
    key = _read_key("key", rec["key"])
    return IdentityHeader(
        key,
        _read_cosigners(rec["with"], key) if "with" in rec else (),
        None if genesis else _record_id("author", rec["author"]),
        () if genesis else _read_prev(rec["prev"], 1),
        seq,
        _uint("time", rec["time"]),
        rec["net"] if genesis else None,  # type: ignore[arg-type]
        _read_operations(rec["ops"]),
    )


def _exact_fields(rec: dict[str, Value], required: frozenset[str], optional: frozenset[str]) -> None:
    """The header is closed: what must be understood needs another version (section 9)."""
    fields = rec.keys()
    if missing := required - fields:
        _malformed(min(missing), None, "is missing")
    if unknown := fields - required - optional:
        _malformed(min(unknown), None, "is no field of this header")


def _uint(field: str, value: Value) -> int:
    if type(value) is not int or not 0 <= value <= limits.MAX_INT:
        _malformed(field, value, "is not an integer within 0..2^53-1")
    return value


def _record_id(field: str, value: Value) -> RecordId:
    if type(value) is not Cid or len(value) != 36 or not value.startswith(_RECORD_PREFIX):
        _malformed(field, value, "does not link a record (CIDv1, dag-cbor, sha2-256)")
    return RecordId(value)


def _read_key(field: str, value: Value) -> PublicKey:
    if type(value) is not bytes or len(value) != 34 or not value.startswith(_ED25519):
        _malformed(field, value, "is not an Ed25519 key in multicodec form (34 bytes)")
    return _interned_key(value)


@lru_cache(maxsize=65_536)
def _interned_key(value: bytes) -> PublicKey:
    return PublicKey(value)


def _read_prev(value: Value, most: int) -> tuple[RecordId, ...]:
    if type(value) is not list or not 1 <= len(value) <= most:
        _malformed("prev", value, "is not a list of 1 to {most} links", most=most)
    prev = tuple([_record_id("prev", item) for item in value])
    if len(prev) > 1:
        _ascending("prev", prev)
    return prev


def _read_cosigners(value: Value, key: PublicKey) -> tuple[PublicKey, ...]:
    if type(value) is not list or not 1 <= len(value) <= limits.MAX_COSIGNERS:
        _malformed("with", value, "is not a list of 1 to 15 keys")
    keys = tuple(_read_key("with", item) for item in value)
    _ascending("with", keys)
    if key in keys:
        _malformed("with", key, "names the first signer again")
    return keys


def _read_body_link(value: Value) -> BodyLink:
    if type(value) is not dict or value.keys() != {"cid", "size"}:
        _malformed("body", value, "is not a map of cid and size")
    size = value["size"]
    if type(size) is not int or not 1 <= size <= limits.MAX_BODY:
        _malformed("body.size", size, "is not an integer within 1..262144")
    return BodyLink(_record_id("body.cid", value["cid"]), size)


def _read_refs(value: Value) -> tuple[Ref, ...]:
    if type(value) is not list or not 1 <= len(value) <= limits.MAX_REFS:
        _malformed("refs", value, "is not a list of 1 to 64 references")
    refs = []
    for item in value:
        if type(item) is not list or len(item) != 2:
            _malformed("refs", item, "is not a pair of relation and link")
        relation = item[0]
        if type(relation) is not str or not _relation_pattern(relation):
            _malformed("refs", relation, "is not a relation such as prov:wasDerivedFrom")
        refs.append(Ref(relation, _record_id("refs", item[1])))
    # Relations are ASCII, so that text order is byte order; ties are broken by the target's bytes.
    _ascending("refs", refs)
    return tuple(refs)


def _ascending(field: str, items: Sequence[object]) -> None:
    """Strictly ascending: one order, and no duplicates, so that a set has one encoding."""
    for first, second in pairwise(items):
        if not first < second:  # type: ignore[operator]
            _malformed(field, second, "is not in strictly ascending order")


def _read_operations(value: Value) -> tuple[Operation, ...]:
    if type(value) is not list or len(value) > limits.MAX_OPS:
        _malformed("ops", value, "is not a list of at most 64 operations")
    return tuple(_read_operation(item) for item in value)


def _read_operation(value: Value) -> Operation:
    if type(value) is not list or not value:
        _malformed("ops", value, "is not an operation")
    name, *args = value
    if name == "revoke" and len(args) == 2:
        return Revoke(_key_hash(args[0]), _read_cut(args[1]))
    if len(args) == 1:
        arg = args[0]
        if name == "control":
            return Control(_read_ranks(arg))
        if name == "add":
            return Add(_key_hash(arg))
        if name == "revoke":
            return Revoke(_key_hash(arg), None)
        if name == "successor":
            return Successor(_record_id("ops.successor", arg))
        if name == "accept":
            return Accept(_record_id("ops.accept", arg))
    _malformed("ops", name, "is no operation of version 1, or has the wrong number of arguments")


def _key_hash(value: Value) -> KeyId:
    if type(value) is not bytes or len(value) != 32:
        _malformed("ops", value, "is not the 32-byte hash of a key")
    return KeyId(value)


def _read_cut(value: Value) -> Cut:
    if type(value) is not list or len(value) != 2:
        _malformed("ops.revoke", value, "is not a cut of sequence number and link")
    return Cut(_uint("ops.revoke", value[0]), _record_id("ops.revoke", value[1]))


def _read_ranks(value: Value) -> tuple[Rank, ...]:
    if type(value) is not list or len(value) > limits.MAX_RANKS:
        _malformed("ops.control", value, "is not a list of at most 8 ranks")
    return tuple(_read_rank(item) for item in value)


def _read_rank(value: Value) -> Rank:
    if type(value) is not list or len(value) != 2 or type(value[1]) is not list:
        _malformed("ops.control", value, "is not a rank of a number and a list of key hashes")
    need, items = value
    if not 1 <= len(items) <= limits.MAX_RANK_KEYS:  # type: ignore[arg-type]
        _malformed("ops.control", len(items), "keys are not within 1..16")  # type: ignore[arg-type]
    keys = tuple(_key_hash(item) for item in items)  # type: ignore[union-attr]
    _ascending("ops.control", keys)
    if type(need) is not int or not 1 <= need <= len(keys):
        _malformed("ops.control", need, "is not within 1 and the count of the rank's keys")
    return Rank(need, keys)


def _malformed(field: str, value: object, why: str, **fields: object) -> NoReturn:
    raise InvalidRecord("malformed", "{field}: {value} " + why, field=field, value=shown(value), **fields)
