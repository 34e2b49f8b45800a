"""Bodies: the salted, detachable part of a record (docs/spec/records.md, rules B1 and section 6).

A body can be missing, arrive later, or be erased; the record stays. It names its author, so that
nobody can adopt another's body into a record of their own, and it is salted, so that a body that
was erased can't be guessed from its CID.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from knowchain import codec, limits
from knowchain.codec import Value
from knowchain.errors import CodecError, InvalidRecord, InvalidValue, shown
from knowchain.identifiers import Cid, RecordId, record_id
from knowchain.records.block import check_values
from knowchain.records.header import AnyHeader, BodyLink

__all__ = ["Body", "read_body", "write_body"]

_RESERVED: Final = ("salt", "author")


class Body(NamedTuple):
    """A body that its header owns."""

    data: bytes
    salt: bytes
    author: RecordId
    fields: dict[str, Value]
    """What the kind defines, and whatever else a newer version put there; without salt and author."""

    @property
    def link(self) -> BodyLink:
        """What a header says to own this body."""
        return BodyLink(record_id(self.data), len(self.data))


def read_body(data: bytes, header: AnyHeader, author: RecordId) -> Body:
    """Check that ``data`` is the body of a record (rule B1). Its fields stay open.

    Args:
        data: the bytes offered as the body.
        header: the record's header.
        author: the identity that the header names.

    Raises:
        InvalidRecord: ``body``; the caller discards the bytes, and the record stays.
    """
    link = header.body
    if link is None:
        raise InvalidRecord("body", "the record has no body")
    if len(data) != link.size or record_id(data) != link.cid:
        raise InvalidRecord("body", "the bytes are not the body that the header links")
    try:
        value = codec.decode(data)
        check_values(value, limits.BODY_DEPTH, booleans=True)
    except (CodecError, InvalidRecord) as exc:
        raise InvalidRecord("body", "{why}", why=str(exc)) from exc
    if type(value) is not dict:
        raise InvalidRecord("body", "a body is a map")
    salt, owner = value.pop("salt", None), value.pop("author", None)
    if type(salt) is not bytes or len(salt) != limits.SALT_SIZE:
        raise InvalidRecord("body", "salt: {value} is not 16 bytes", value=shown(salt))
    if type(owner) is not Cid or owner != author:
        raise InvalidRecord("body", "author: {value} is not the header's author", value=shown(owner))
    return Body(data, salt, author, value)


def write_body(fields: Mapping[str, Value], *, author: RecordId, salt: bytes) -> Body:
    """Encode ``fields`` as a body.

    Args:
        fields: what the kind defines (see :mod:`knowchain.records.bodies`).
        author: the identity that will sign the header.
        salt: 16 fresh random bytes.

    Raises:
        InvalidValue: a value that no body may hold, a reserved name, a bad salt, or too many bytes.
    """
    if len(salt) != limits.SALT_SIZE:
        raise InvalidValue(
            "a salt has 16 bytes", field="salt", value=len(salt), remedy="give 16 random bytes"
        )
    for name in _RESERVED:
        if name in fields:
            raise InvalidValue(
                "{field} is set by the envelope", field=name, value=name, remedy="leave the field out"
            )
    value: dict[str, Value] = {**fields, "salt": salt, "author": author}
    try:
        # The codec first: it bounds a value that contains itself, which the walk would follow.
        data = codec.encode(value, max_depth=limits.BODY_DEPTH)
        check_values(value, limits.BODY_DEPTH, booleans=True)
    except (CodecError, InvalidRecord) as exc:
        raise InvalidValue(
            "the body can't be written: {why}",
            field="body",
            why=str(exc),
            remedy="use text, integers below 2^53, bytes, true, false, links, lists and maps with text keys",
        ) from exc
    if len(data) > limits.MAX_BODY:
        raise InvalidValue(
            "the body has {value} bytes, more than the 262144 allowed",
            field="body",
            value=len(data),
            remedy="move long material into files and link them",
        )
    return Body(data, salt, author, dict(fields))
