"""Reading the file of a receipt: every byte of it is signed, hashed or refused.

Source: docs/spec/ranking.md, section 10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from knowchain import codec
from knowchain.codec import Value
from knowchain.errors import CodecError, InvalidValue
from knowchain.identifiers import Cid, PublicKey, RecordId, as_record_id, is_record_id
from knowchain.ranking.facts import Viewer
from knowchain.ranking.history import commitment
from knowchain.ranking.profile import MAX_PAGE, MAX_TEXT
from knowchain.ranking.receipts import (
    ENGINE,
    TABLES,
    VERSION,
    Receipt,
    Shown,
    fields_of,
    follows_commitment,
    follows_nothing,
    is_signed,
)
from knowchain.ranking.snapshot import Listed, read_manifest

__all__ = ["MAX_RECEIPT", "ReceiptFile", "read_receipt"]

MAX_RECEIPT: Final = 64 * 2**20
"""Bytes of a file; a million and a half heads fit in."""
_DEPTH: Final = 12
_MOST: Final = 100_000
"""Entries of what is followed, or was shown."""


class ReceiptFile(NamedTuple):
    """A receipt with what is needed to re-run it.

    Attributes:
        receipt: as it was signed.
        manifest: of what was held; its CID is the receipt's snapshot.
        opened: private inputs that the reader gives away; they are those committed to.
    """

    receipt: Receipt
    manifest: Listed
    opened: Mapping[str, Viewer]


class _Wrong(Exception):
    """A field is not what belongs there."""


def read_receipt(data: bytes) -> ReceiptFile:
    """Read a file.

    Raises:
        InvalidValue: it is no receipt, or of a newer version; not what its reader signed; or its manifest or
            private inputs are not those that the receipt names.
    """
    if len(data) > MAX_RECEIPT:
        raise _refused("{field}: {value} has at most {most} bytes, and this has more", most=MAX_RECEIPT)
    try:
        value = codec.decode(data, max_depth=_DEPTH, max_size=MAX_RECEIPT)
        outer = _closed(value, frozenset({"receipt", "manifest"}), frozenset({"opened"}))
        receipt = _receipt(_map(outer["receipt"]))
        blocks = [_bytes(each) for each in _list(outer["manifest"], _MOST)]
        opened = _opened(receipt, _map(outer.get("opened", {})))
    except (CodecError, _Wrong) as exc:
        raise _refused("{field}: {value} is not of this form") from exc
    manifest = read_manifest(blocks)
    if manifest.cid != receipt.snapshot:
        raise _refused("{field}: the manifest of this receipt is not that of the snapshot that it names")
    return ReceiptFile(receipt, manifest, opened)


def _receipt(fields: Mapping[str, Value]) -> Receipt:
    if fields.get("v") != VERSION or fields.get("engine") != ENGINE:
        raise _refused(
            "{field}: this receipt was made by {engine}, and this is {own}",
            remedy="install a version of knowchain that has that engine",
            engine=str(fields.get("engine"))[:80],
            own=ENGINE,
        )
    if fields.get("tables") != TABLES:
        raise _refused("{field}: this receipt was made with other tables of numbers")
    receipt = Receipt(
        profile=_text(fields.get("profile"), MAX_TEXT),
        snapshot=_cid(fields.get("snapshot")),
        as_of=_whole(fields.get("as_of"), 0, 2**53 - 1),
        limit=_whole(fields.get("limit"), 1, MAX_PAGE),
        reader=_id(fields.get("reader")),
        works=_whole(fields.get("works"), 0, 2**53),
        candidates=_whole(fields.get("candidates"), 0, 2**53),
        given=_counts(fields.get("given")),
        dropped=_counts(fields.get("dropped")),
        items=tuple(_shown(each) for each in _list(fields.get("items"), MAX_PAGE)),
        unmet=_counts(fields.get("unmet")),
        trust_root=_or_none(_digest, fields.get("trust_root")),
        explain_root=_digest(fields.get("explain_root")),
        ledger_before=_or_none(_counts, fields.get("ledger_before")),
        ledger_after=_or_none(_counts, fields.get("ledger_after")),
        private={name: _digest(each) for name, each in _map(fields.get("private")).items()},
        key=_key(fields.get("key")),
        sig=_bytes(fields.get("sig")),
    )
    if {**fields_of(receipt), "sig": receipt.sig} != dict(fields):
        raise _Wrong
    if not is_signed(receipt):
        raise _refused(
            "{field}: this receipt is not what its reader signed", remedy="take it from its source again"
        )
    return receipt


def _opened(receipt: Receipt, given: Mapping[str, Value]) -> dict[str, Viewer]:
    """The private inputs, each as a viewer that has nothing else."""
    found = {}
    for name, value in given.items():
        opening = _closed(value, frozenset({"salt", "of"}))
        salt = _bytes(opening["salt"])
        viewer = _follows(opening["of"]) if name == "follows" else _history(opening["of"], salt)
        made = follows_commitment(viewer, salt) if name == "follows" else commitment(viewer.history, salt)
        if name == "follows" and follows_nothing(viewer) and salt:
            raise _Wrong
        if made != receipt.private.get(name):
            raise _refused("{field}: what this receipt opens of {name} is not what it commits to", name=name)
        found[name] = viewer
    if given and set(given) != set(receipt.private):
        raise _Wrong
    return found


def _follows(value: Value) -> Viewer:
    fields = _closed(value, frozenset({"people", "collections", "languages", "topics"}))
    return Viewer(
        people=frozenset(_id(each) for each in _list(fields["people"], _MOST)),
        collections=frozenset(_id(each) for each in _list(fields["collections"], _MOST)),
        languages=tuple(_text(each, 256) for each in _list(fields["languages"], _MOST)),
        topics=frozenset(_text(each, MAX_TEXT) for each in _list(fields["topics"], _MOST)),
    )


def _history(value: Value, salt: bytes) -> Viewer:
    pairs = [_list(each, 2) for each in _list(value, _MOST)]
    if any(len(pair) != 2 for pair in pairs):
        raise _Wrong
    return Viewer(history={_id(rid): _whole(count, 1, 2**53) for rid, count in pairs}, salt=salt)


# --- values -----------------------------------------------------------------------------------------------


def _refused(
    template: str, *, remedy: str = "take it from its source again", **fields: object
) -> InvalidValue:
    return InvalidValue(template, field="FILE", value="a receipt", remedy=remedy, **fields)


def _closed(value: Value, required: frozenset[str], optional: frozenset[str] = frozenset()) -> dict[str, Any]:
    fields = _map(value)
    if not required <= set(fields) <= required | optional:
        raise _Wrong
    return fields


def _map(value: Value) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong
    return value


def _list(value: Value, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise _Wrong
    return value


def _text(value: Value, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise _Wrong
    return value


def _bytes(value: Value) -> bytes:
    if type(value) is not bytes:
        raise _Wrong
    return value


def _digest(value: Value) -> bytes:
    if type(value) is not bytes or len(value) != 32:
        raise _Wrong
    return value


def _whole(value: Value, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise _Wrong
    return value


def _counts(value: Value) -> dict[str, int]:
    return {name: _whole(each, -(2**53), 2**53) for name, each in _map(value).items()}


def _cid(value: Value) -> Cid:
    if not isinstance(value, Cid):
        raise _Wrong
    return value


def _id(value: Value) -> RecordId:
    if not isinstance(value, Cid) or not is_record_id(value):
        raise _Wrong
    return as_record_id(value)


def _key(value: Value) -> PublicKey:
    try:
        return PublicKey(_bytes(value))
    except InvalidValue as exc:
        raise _Wrong from exc


def _shown(value: Value) -> Shown:
    found = _list(value, 3)
    if len(found) != 3:
        raise _Wrong
    return Shown(_id(found[0]), _whole(found[1], -(2**53), 2**53), _whole(found[2], 1, MAX_PAGE))


_Read = TypeVar("_Read")


def _or_none(read: Callable[[Value], _Read], value: Value) -> _Read | None:
    return None if value is None else read(value)
