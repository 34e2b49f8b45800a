"""Writing records: from a header's fields to a signed block.

What is written passes the same reader as what is received, so that nothing that a peer would reject
is ever signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from knowchain import codec
from knowchain.codec import Value
from knowchain.errors import InvalidRecord, InvalidValue
from knowchain.identifiers import RecordId
from knowchain.records.block import DOMAIN, Block, block_bytes, read_block
from knowchain.records.header import (
    IDENTITY,
    VERSION,
    Accept,
    Add,
    BodyLink,
    Control,
    Operation,
    Ref,
    Revoke,
)
from knowchain.signing import Signer

__all__ = ["write_genesis", "write_identity", "write_record"]


def write_record(
    signer: Signer,
    *,
    kind: str,
    author: RecordId,
    prev: Iterable[RecordId],
    seq: int,
    time: int,
    body: BodyLink | None = None,
    refs: Iterable[Ref] = (),
) -> Block:
    """Sign an ordinary record.

    Args:
        signer: the device key.
        kind: what the record is; any name but ``identity``.
        author: the identity that names the key.
        prev: the key's tips; for its first record, the identity record that adds the key.
        seq: 0, or one more than the greatest of the parents.
        time: claimed time, milliseconds since 1970.
        body: where the body is.
        refs: references; put into canonical order here, duplicates dropped.

    Raises:
        InvalidValue: the header would not be valid.
    """
    if kind == IDENTITY:
        raise InvalidValue(
            "{value} is the kind of an identity's own log",
            field="kind",
            value=kind,
            remedy="use write_identity",
        )
    parents: list[Value] = [*sorted(prev)]
    rec: dict[str, Value] = {
        "v": VERSION,
        "kind": kind,
        "key": bytes(signer.public_key),
        "author": author,
        "prev": parents,
        "seq": seq,
        "time": time,
    }
    if body is not None:
        rec["body"] = {"cid": body.cid, "size": body.size}
    if ordered := sorted(set(refs)):
        rec["refs"] = [[ref.relation, ref.target] for ref in ordered]
    return _sign(rec, [signer])


def write_genesis(signers: Sequence[Signer], *, net: str, ops: Iterable[Operation], time: int) -> Block:
    """Sign the genesis of an identity.

    Args:
        signers: the first key, then its co-signers in any order.
        net: the network that it belongs to.
        ops: its operations; one must set a control that the signers satisfy.
        time: claimed time, milliseconds since 1970.

    Raises:
        InvalidValue: the header would not be valid.
    """
    return _write_identity(signers, {"net": net, "seq": 0, "time": time}, ops)


def write_identity(
    signers: Sequence[Signer],
    *,
    author: RecordId,
    prev: RecordId,
    seq: int,
    ops: Iterable[Operation],
    time: int,
) -> Block:
    """Sign a later record of an identity's log.

    Args:
        signers: the first key, then its co-signers in any order; together they satisfy a rank.
        author: the id of the genesis.
        prev: the identity record that this one follows.
        seq: one more than that of ``prev``.
        ops: its operations; none is an endorsement of ``prev``.
        time: claimed time, milliseconds since 1970.

    Raises:
        InvalidValue: the header would not be valid.
    """
    return _write_identity(signers, {"author": author, "prev": [prev], "seq": seq, "time": time}, ops)


def _write_identity(signers: Sequence[Signer], fields: dict[str, Value], ops: Iterable[Operation]) -> Block:
    first, *others = signers
    others.sort(key=lambda signer: signer.public_key)
    rec: dict[str, Value] = {
        "v": VERSION,
        "kind": IDENTITY,
        "key": bytes(first.public_key),
        "ops": [operation_value(op) for op in ops],
        **fields,
    }
    if others:
        rec["with"] = [bytes(signer.public_key) for signer in others]
    return _sign(rec, [first, *others])


def operation_value(op: Operation) -> list[Value]:
    """An operation as the DAG-CBOR value that stands in a header."""
    match op:
        case Control(ranks):
            return ["control", [[rank.need, [*sorted(rank.keys)]] for rank in ranks]]
        case Add(key):
            return ["add", key]
        case Revoke(key, None):
            return ["revoke", key]
        case Revoke(key, cut):
            assert cut is not None
            return ["revoke", key, [cut.seq, cut.record]]
        case Accept(record):
            return ["accept", record]
        case _:
            return ["successor", op.identity]


def _sign(rec: dict[str, Value], signers: Sequence[Signer]) -> Block:
    encoded = codec.encode(rec)
    message = DOMAIN + encoded
    signature = b"".join(signer.sign(message) for signer in signers)
    try:
        return read_block(block_bytes(encoded, signature))
    except InvalidRecord as exc:
        raise InvalidValue(
            "the record can't be written: {why}",
            field="record",
            why=str(exc),
            remedy="correct the named field",
        ) from exc
