"""The libp2p peer id of a transport key, without libp2p.

Source: libp2p specs, ``peer-ids/peer-ids.md``: the protobuf ``PublicKey { Type: Ed25519, Data }`` under
the identity multihash, written in base58btc.
"""

from __future__ import annotations

from typing import Final

from nacl.signing import SigningKey

from knowchain.errors import InvalidValue
from knowchain.identifiers import to_base58

__all__ = ["peer_id_of", "public_key_of"]

_ED25519_IDENTITY: Final = bytes.fromhex("002408011220")
"""Multihash ``identity``, 36 bytes; protobuf field 1 = Ed25519; field 2 = 32 bytes."""


def peer_id_of(seed: bytes) -> str:
    """The peer id (``12D3KooW…``) of the Ed25519 transport key made from ``seed`` (32 bytes).

    Raises:
        InvalidValue: ``seed`` does not have 32 bytes.
    """
    if len(seed) != 32:
        raise InvalidValue(
            "{field} has {size} bytes, but a transport key's seed has 32", field="seed", size=len(seed)
        )
    return to_base58(_ED25519_IDENTITY + bytes(SigningKey(seed).verify_key))


def public_key_of(seed: bytes) -> bytes:
    """The protobuf ``PublicKey`` of the transport key made from ``seed`` (32 bytes)."""
    return _ED25519_IDENTITY[2:] + bytes(SigningKey(seed).verify_key)
