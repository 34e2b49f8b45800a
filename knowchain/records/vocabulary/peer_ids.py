"""libp2p peer ids: the multihash of a public key, in base58btc or as a CIDv1 of libp2p-key.

Source: libp2p specifications, peer-ids. Stored in the base58btc form, which every implementation shows.
"""

from __future__ import annotations

from typing import Final

from knowchain.errors import InvalidValue
from knowchain.identifiers import Cid, from_base58, to_base58

__all__ = ["canonical"]

_LIBP2P_KEY: Final = 0x72
_IDENTITY_MAX: Final = 42
_MAX_TEXT: Final = 128


def canonical(text: str, *, field: str = "peer_id") -> str:
    """The base58btc form of a peer id.

    Raises:
        InvalidValue: not a peer id.
    """
    multihash = _multihash(text)
    if not _is_key_hash(multihash):
        raise InvalidValue(
            "{field}: {value} is not a libp2p peer id",
            field=field,
            value=text,
            remedy="give the id that the peer shows, such as `12D3KooW…`",
        )
    return to_base58(multihash)


def _multihash(text: str) -> bytes:
    if len(text) > _MAX_TEXT:
        return b""
    try:
        if text.startswith(("Qm", "1")):
            return from_base58(text)
        cid = Cid.parse(text)
    except InvalidValue:
        return b""
    return cid.multihash if cid.codec == _LIBP2P_KEY else b""


def _is_key_hash(multihash: bytes) -> bool:
    """A sha2-256 digest, or the protobuf of a short key itself (identity hash, at most 42 bytes)."""
    if len(multihash) < 3 or multihash[1] != len(multihash) - 2:
        return False
    if multihash[0] == 0x12:
        return len(multihash) == 34
    return multihash[0] == 0 and len(multihash) - 2 <= _IDENTITY_MAX and multihash[2] == 0x08
