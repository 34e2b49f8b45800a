"""Blocks: a signed record as bytes, read and checked by the stateless rules S1 to S4.

``block = { rec: header, sig: bytes }`` in strict DAG-CBOR. Its id is the CID of all its bytes, and
what is signed is a domain string followed by the bytes of ``rec`` *as received*: nothing is ever
re-encoded to check a signature.
"""

from __future__ import annotations

from typing import Final, NamedTuple, NoReturn

from knowchain import codec, limits
from knowchain.codec import Value
from knowchain.errors import CodecError, InvalidRecord, shown
from knowchain.identifiers import Cid, RecordId, record_id
from knowchain.records.header import VERSION, AnyHeader, read_header
from knowchain.signing import SIGNATURE_SIZE, is_valid_key, verify

__all__ = ["DOMAIN", "Block", "block_bytes", "check_network", "check_values", "read_block", "verify_block"]

DOMAIN: Final = b"knowchain/record/1\x00"
"""Separates a record's signature from every other use of the key."""

_ED25519: Final = b"\xed\x01"
_REC_AT: Final = 5
"""Where ``rec`` begins: after the map's head and the key ``rec``."""
_PLAIN_TAIL: Final = 6 + SIGNATURE_SIZE
"""What follows ``rec`` when there is one signature: the key ``sig``, a two-byte head, 64 bytes."""


class Block(NamedTuple):
    """A record block of well-formed content. Its signatures are :func:`verify_block`'s to check."""

    id: RecordId
    data: bytes
    """The whole block, as received."""
    header: AnyHeader
    signature: bytes

    @property
    def message(self) -> bytes:
        """What the signatures are over."""
        count = len(self.signature)
        tail = _PLAIN_TAIL if count == SIGNATURE_SIZE else 4 + _head_size(count) + count
        return DOMAIN + self.data[_REC_AT:-tail]


def read_block(data: bytes) -> Block:
    """Read a record block by the rules S1, S2, S3 and the length part of S4.

    Raises:
        InvalidRecord: ``malformed``, ``unsupported`` or ``signature``.
    """
    if len(data) > limits.MAX_BLOCK:
        raise InvalidRecord("malformed", "a block of {size} bytes is over 32768", size=len(data))
    try:
        # The schema below is closed: it admits no float and bounds the nesting by itself.
        value = codec.decode_closed(data)
    except CodecError as exc:
        raise InvalidRecord("malformed", "{why}", why=str(exc)) from exc
    if type(value) is not dict or value.keys() != {"rec", "sig"}:
        raise InvalidRecord("malformed", "a block is a map of rec and sig, and nothing else")
    rec, signature = value["rec"], value["sig"]
    _check_supported(rec, value)
    header = read_header(rec)
    if type(signature) is not bytes:
        raise InvalidRecord("malformed", "sig: {value} is not bytes", value=shown(signature))
    if len(signature) != SIGNATURE_SIZE * len(header.signers):
        raise InvalidRecord(
            "signature",
            "sig has {size} bytes; {count} signers need 64 each",
            size=len(signature),
            count=len(header.signers),
        )
    return Block(record_id(data), data, header, signature)


def _check_supported(rec: Value, block: Value) -> None:
    """Rule S2. A newer version is no fault, but what no version allows is malformed (S1) first."""
    if type(rec) is not dict:
        raise InvalidRecord("malformed", "rec: {value} is not a map", value=shown(rec))
    version, key = rec.get("v"), rec.get("key")
    if version == VERSION and type(version) is int and type(key) is bytes and key.startswith(_ED25519):
        cosigners = rec.get("with")
        if cosigners is None or type(cosigners) is not list:
            return
        strange = [k for k in cosigners if type(k) is bytes and not k.startswith(_ED25519)]
        if not strange:
            return
        check_values(block, limits.BLOCK_DEPTH, booleans=False)
        _unsupported_key(strange[0])
    check_values(block, limits.BLOCK_DEPTH, booleans=False)
    if type(version) is not int:
        raise InvalidRecord("malformed", "v: {value} is not an integer", value=shown(version))
    if version != VERSION:
        raise InvalidRecord("unsupported", "v: version {value} is not implemented here", value=version)
    if type(key) is not bytes:
        raise InvalidRecord("malformed", "key: {value} is not bytes", value=shown(key))
    _unsupported_key(key)


def _unsupported_key(key: bytes) -> NoReturn:
    raise InvalidRecord(
        "unsupported", "key: the algorithm of {value} is not implemented here", value=shown(key)
    )


def check_values(value: Value, depth: int, *, booleans: bool) -> None:
    """Rule S1 over decoded values: no float, no null, |integer| < 2^53, bounded nesting.

    Args:
        value: what the codec returned.
        depth: how far containers may nest.
        booleans: whether true and false are allowed (in bodies only).

    Raises:
        InvalidRecord: ``malformed``.
    """
    level = [value]
    for nesting in range(depth + 1):
        below: list[Value] = []
        nested = False
        for item in level:
            kind = type(item)
            if kind is dict:
                nested = True
                below.extend(item.values())  # type: ignore[union-attr]
            elif kind is list:
                nested = True
                below.extend(item)  # type: ignore[arg-type]
            elif kind is int:
                if not -limits.MAX_INT <= item <= limits.MAX_INT:  # type: ignore[operator]
                    raise InvalidRecord("malformed", "{value} is beyond 2^53-1", value=item)
            elif (
                kind is not str and kind is not bytes and kind is not Cid and not (booleans and kind is bool)
            ):
                raise InvalidRecord("malformed", "{value} is not allowed in a record", value=shown(item))
        if not nested:
            return
        if nesting == depth:
            break
        level = below
    raise InvalidRecord("malformed", "containers nest deeper than {depth}", depth=depth)


def verify_block(block: Block) -> None:
    """Check every signature of ``block`` (rule S4).

    Raises:
        InvalidRecord: ``signature``, naming the key.
    """
    message, signature = block.message, block.signature
    for i, key in enumerate(block.header.signers):
        raw = key[2:]
        if not verify(raw, message, signature[i * SIGNATURE_SIZE : (i + 1) * SIGNATURE_SIZE]):
            why = "does not match" if is_valid_key(raw) else "can't match: the key is not of prime order"
            raise InvalidRecord("signature", "the signature of {key} {why}", key=str(key), why=why)


def check_network(header: AnyHeader, network: str) -> None:
    """Rule S5: a genesis belongs to one network, which stops its replay on another.

    Raises:
        InvalidRecord: ``network``.
    """
    net = getattr(header, "net", None)
    if net is not None and net != network:
        raise InvalidRecord(
            "network", "the genesis is of network {net}, not {network}", net=net, network=network
        )


def block_bytes(rec: bytes, signature: bytes) -> bytes:
    """Join the encoded ``rec`` and its signatures into a block."""
    return b"\xa2\x63rec" + rec + b"\x63sig" + codec.encode(signature)


def _head_size(count: int) -> int:
    """Bytes of the head of a CBOR byte string of ``count`` bytes."""
    return 1 if count < 24 else 2 if count < 256 else 3
