"""CIDs as they stand inside other people's blocks and bundles: version 1, or the bare multihash of version 0.

Knowchain writes version 1 alone. A CIDv0 names a dag-pb block by its sha2-256; the CIDv1 of dag-pb with that
multihash names the same bytes, so it is read as such, and the block that holds it is left as it is.
"""

from __future__ import annotations

import re
from typing import Final

from knowchain.content.protobuf import read_varint
from knowchain.errors import ContentError, InvalidValue
from knowchain.identifiers import Cid, from_base58, to_base58
from knowchain.limits import MAX_LINK

__all__ = ["as_version_0", "cid_size", "is_version_0", "parse_cid", "read_cid", "text_of"]

_V0: Final = b"\x12\x20"
_V0_SIZE: Final = 34
_AS_V1: Final = b"\x01\x70"
_V0_TEXT: Final = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}")


def read_cid(binary: bytes) -> Cid:
    """The CID whose whole binary form is ``binary``, in version 1.

    Raises:
        ContentError: not a CID of at most 64 bytes.
    """
    if len(binary) == _V0_SIZE and binary[:2] == _V0:
        binary = _AS_V1 + binary
    try:
        return Cid(binary)
    except InvalidValue as exc:
        raise ContentError("a link is no CID: {why}", why=str(exc)) from exc


def as_version_0(cid: Cid) -> bytes:
    """The binary form in version 0, if ``cid`` has one: of a dag-pb block by its sha2-256; else as it is."""
    return cid[2:] if cid[:2] == _AS_V1 and len(cid) == _V0_SIZE + 2 and cid[2:4] == _V0 else cid


def text_of(cid: Cid, *, version_0: bool) -> str:
    """A CID as text: in version 0 where it has one and that is asked for, else as it is."""
    binary = as_version_0(cid) if version_0 else cid
    return to_base58(binary) if binary is not cid else str(cid)


def is_version_0(text: str) -> bool:
    """Whether ``text`` is written as a CIDv0."""
    return _V0_TEXT.fullmatch(text) is not None


def parse_cid(text: str) -> Cid:
    """The CID that ``text`` is, in version 1: of version 1 in base32, base36 or base58btc, or of version 0.

    Raises:
        InvalidValue: it is none.
    """
    if not is_version_0(text):
        return Cid.parse(text)
    binary = from_base58(text)
    return Cid(_AS_V1 + binary if binary.startswith(_V0) else binary)


def cid_size(data: bytes, end: int) -> int:
    """Bytes that the CID at the start of ``data`` takes; it must end at or before ``end``.

    Raises:
        ContentError: no CID starts there, or one of more than 64 bytes.
    """
    if data[:2] == _V0:
        size = _V0_SIZE
    else:
        end_of_head = min(end, MAX_LINK)
        _, at = read_varint(data, 0, end_of_head)  # version
        _, at = read_varint(data, at, end_of_head)  # codec
        _, at = read_varint(data, at, end_of_head)  # hash function
        digest, at = read_varint(data, at, end_of_head)
        size = at + digest
    if size > end or size > MAX_LINK:
        raise ContentError(
            "a CID claims {size} bytes where {end} are left and {limit} are the limit",
            size=size,
            end=end,
            limit=MAX_LINK,
        )
    return size
