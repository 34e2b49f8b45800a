"""Strict DAG-CBOR: one value, one encoding, and every failure a :class:`~knowchain.errors.CodecError`.

The reading is done by ``cbrrr``, which refuses everything that canonical DAG-CBOR forbids except
negative zero, malformed CIDs and deep nesting; those three are refused here (ADR 2). A link is a
:class:`~knowchain.identifiers.Cid`. The record format narrows the values further: see
:mod:`knowchain.records`.

Source: the DAG-CBOR specification, and RFC 8949 section 4.2.1 with map keys in length-first order.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from cbrrr import CbrrrDecodeError
from cbrrr import _cbrrr as _native

from knowchain.errors import CodecError, InvalidValue
from knowchain.identifiers import Cid
from knowchain.limits import CODEC_DEPTH, CODEC_SIZE

__all__ = ["Value", "decode", "decode_closed", "encode"]

Value: TypeAlias = "bool | int | float | str | bytes | Cid | list[Value] | dict[str, Value] | None"

_decode_native = _native.decode_dag_cbor
_encode_native = _native.encode_dag_cbor

_NEGATIVE_ZERO: Final = b"\xfb\x80\x00\x00\x00\x00\x00\x00\x00"
_NOT_CONTAINER_HEADS: Final = bytes(b for b in range(256) if not 0x80 <= b <= 0xBB)
_INTERNED: Final = 16_384
"""Links kept for reuse: the same authors, collections and rights recur from record to record."""


class _Links(dict[bytes, Cid]):
    """Checked links by their bytes, so that a link that recurs is checked once and shared."""

    def __missing__(self, binary: bytes) -> Cid:
        if len(self) >= _INTERNED:
            self.clear()
        cid = self[binary] = Cid(binary)
        return cid


_link = _Links().__getitem__


def decode(data: bytes, *, max_depth: int = CODEC_DEPTH, max_size: int = CODEC_SIZE) -> Value:
    """Read one value from ``data``, which must be its one canonical encoding.

    Args:
        data: the whole encoding; bytes left over are an error.
        max_depth: how far containers may nest; a list in a list nests 2.
        max_size: how many bytes are read at most.

    Raises:
        CodecError: not strict DAG-CBOR, or beyond a bound.
    """
    if type(data) is not bytes:
        data = _as_bytes(data)
    size = len(data)
    if size > max_size:
        raise CodecError("{size} bytes are more than the {max_size} allowed", size=size, max_size=max_size)
    value = decode_closed(data)
    # Both checks have a quick sound bound, so that the usual block pays no walk: a float that is
    # negative zero shows as its nine bytes, and nesting needs one container head a level.
    if _NEGATIVE_ZERO in data or (
        size > max_depth and len(data.translate(None, _NOT_CONTAINER_HEADS)) > max_depth
    ):
        _check_values(value, max_depth)
    return value


def decode_closed(data: bytes) -> Value:
    """:func:`decode` without the bounds and the check for negative zero.

    For a caller that holds every value to a closed schema (which knows no float and bounds the
    nesting), and has bounded the size: those checks would be made twice.

    Raises:
        CodecError: not strict DAG-CBOR.
    """
    try:
        value: Value
        value, end = _decode_native(data, _link, False)
    except InvalidValue as exc:
        raise CodecError("a link in the DAG-CBOR is no CID: {why}", why=str(exc)) from exc
    except (CbrrrDecodeError, ValueError, TypeError, OverflowError, MemoryError) as exc:
        raise CodecError("not strict DAG-CBOR: {why}", why=str(exc)) from exc
    if end != len(data):
        raise CodecError("{extra} bytes follow the value", extra=len(data) - end)
    return value


def encode(value: Value, *, max_depth: int = CODEC_DEPTH) -> bytes:
    """The one canonical encoding of ``value``.

    Raises:
        CodecError: a value that strict DAG-CBOR can't hold: another type, a key that is not text,
            an integer beyond 64 bits, a float that is not finite or is negative zero, nesting
            beyond ``max_depth``, text with a lone surrogate.
    """
    _check_values(value, max_depth)
    try:
        encoded: bytes = _encode_native(value, Cid, False)
    except (ValueError, TypeError, OverflowError, MemoryError) as exc:
        raise CodecError("can't be written as DAG-CBOR: {why}", why=str(exc)) from exc
    return encoded


def _as_bytes(data: object) -> bytes:
    try:
        return bytes(memoryview(data))  # type: ignore[arg-type]
    except TypeError as exc:
        raise CodecError("DAG-CBOR is read from bytes, not from {kind}", kind=type(data).__name__) from exc


def _check_values(value: Value, max_depth: int) -> None:
    """Refuse what neither reader nor writer of ``cbrrr`` refuses: depth, and negative zero.

    Works level by level, so that no nesting can exhaust the stack, and a cycle ends at the bound. A
    value that contains itself, or shares its parts, twice a level would double with every level: what
    grows beyond the bytes that could hold it is refused too.
    """
    level: list[Value] = [value]
    for depth in range(max_depth + 1):
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
            elif kind is float and item == 0.0 and str(item)[0] == "-":
                raise CodecError("negative zero has no canonical encoding")
            if len(below) > CODEC_SIZE:
                raise CodecError("{max_size} bytes can't hold so many values", max_size=CODEC_SIZE)
        if not nested:
            return
        if depth == max_depth:
            break
        level = below
    raise CodecError("containers nest deeper than {max_depth}", max_depth=max_depth)
