"""Ed25519 signatures, as every peer must judge them, and the keys that make them.

The rule (docs/spec/records.md, "Ed25519"): A and R are canonical and of prime order, S < L, and
[S]B = R + [h]A. Libraries disagree on signatures outside that rule; inside it they agree, whether
they multiply by the cofactor or not. libsodium's check with a public key of prime order is that
rule: if A has prime order, so has [S]B − [h]A, which libsodium compares with R byte by byte.

PyNaCl must be 1.6.2 or later: older ones let points of order 2L pass.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Protocol

from nacl import bindings as _sodium
from nacl.exceptions import BadSignatureError, CryptoError

from knowchain.errors import InvalidValue
from knowchain.identifiers import PublicKey

__all__ = ["KEY_SIZE", "SEED_SIZE", "SIGNATURE_SIZE", "KeyPair", "Signer", "is_valid_key", "sign", "verify"]

KEY_SIZE: Final = 32
"""Bytes of a raw public key."""
SEED_SIZE: Final = 32
"""Bytes of a secret seed."""
SIGNATURE_SIZE: Final = 64
"""Bytes of a signature."""

_open = _sodium.crypto_sign_open


class Signer(Protocol):
    """Something that can sign: a key in memory, in a file, on a token."""

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what this signs."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of ``message``."""
        ...


@lru_cache(maxsize=65_536)
def is_valid_key(public_key: bytes) -> bool:
    """Whether 32 raw bytes are the canonical encoding of a point of prime order."""
    return len(public_key) == KEY_SIZE and _sodium.crypto_core_ed25519_is_valid_point(public_key)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is ``public_key``'s over ``message``, under the rule above.

    Args:
        public_key: the raw key, 32 bytes.
        message: the signed bytes, of any length.
        signature: R ‖ S, 64 bytes.

    Returns:
        False for anything that breaks the rule, a wrong length included; it never raises for bytes.
    """
    if len(signature) != SIGNATURE_SIZE or not is_valid_key(bytes(public_key)):
        return False
    try:
        _open(bytes(signature) + message, bytes(public_key))
    except BadSignatureError:
        return False
    return True


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature over ``message`` by the key of ``seed`` (RFC 8032; deterministic).

    Raises:
        InvalidValue: the seed is not 32 bytes.
    """
    return KeyPair(seed).sign(message)


class KeyPair:
    """A signing key in memory. Its seed is secret: it is in no ``repr``, error or log."""

    __slots__ = ("_secret", "public_key")

    public_key: PublicKey

    def __init__(self, seed: bytes) -> None:
        """From a 32-byte seed.

        Raises:
            InvalidValue: the seed is not 32 bytes.
        """
        try:
            raw, self._secret = _sodium.crypto_sign_seed_keypair(seed)
        except (CryptoError, TypeError, ValueError) as exc:
            raise InvalidValue(
                "a signing key's seed has 32 bytes",
                field="seed",
                value="(secret)",
                remedy="give the 32 bytes of the seed",
            ) from exc
        self.public_key = PublicKey.from_raw(raw)

    @classmethod
    def generate(cls) -> KeyPair:
        """A new key from the system's secure randomness."""
        return cls(_sodium.randombytes(SEED_SIZE))

    @property
    def seed(self) -> bytes:
        """The 32-byte secret seed, for writing to a key file and nothing else."""
        return bytes(self._secret[:SEED_SIZE])

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of ``message``."""
        return bytes(_sodium.crypto_sign(message, self._secret)[:SIGNATURE_SIZE])

    def __repr__(self) -> str:
        return f"KeyPair({self.public_key})"
