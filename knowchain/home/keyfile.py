"""Key files: a signing key on disk, readable by its owner alone, encrypted if there is a passphrase.

The encryption is Argon2id for the key and XChaCha20-Poly1305 for the seed, with the public key as
associated data, so that a box can't be moved to another key's file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from nacl import bindings as _sodium
from nacl import pwhash
from nacl.exceptions import CryptoError

from knowchain.errors import HomeError, InvalidValue, KnowchainError, NotAllowed, StorageFault
from knowchain.home.durable import write_new, write_whole
from knowchain.identifiers import PublicKey
from knowchain.signing import SEED_SIZE, KeyPair

__all__ = ["KDF", "Passphrase", "is_encrypted", "read_key", "read_public_key", "write_key"]

Passphrase = Callable[[], str]
"""Asks for a passphrase when one is needed, and not before."""

_VERSION: Final = 1
_SALT: Final = 16
_NONCE: Final = 24
KDF: Final = {"ops": pwhash.argon2id.OPSLIMIT_MODERATE, "memory": pwhash.argon2id.MEMLIMIT_MODERATE}
"""Argon2id's cost: passes, and bytes of memory (3 and 256 MiB)."""
_MOST: Final = {"ops": 64, "memory": 4 * 2**30}


def write_key(
    path: Path,
    key: KeyPair,
    passphrase: str | None = None,
    *,
    replace: bool = False,
    kdf: dict[str, int] | None = None,
) -> None:
    """Write a key file, mode 0600.

    Args:
        path: where; must not exist unless ``replace``.
        key: the key.
        passphrase: encrypts the seed; None leaves it readable to whoever can read the file.
        replace: whether an existing file is replaced, atomically.
        kdf: Argon2id's cost; :data:`KDF` by default.

    Raises:
        StorageFault: the file exists or can't be written.
    """
    content: dict[str, object] = {"knowchain-key": _VERSION, "public": str(key.public_key)}
    if passphrase is None:
        content["seed"] = key.seed.hex()
    else:
        content["sealed"] = _seal(key, passphrase, kdf or KDF)
    data = (json.dumps(content, indent=2) + "\n").encode()
    (write_whole if replace else write_new)(path, data)


def read_public_key(path: Path) -> PublicKey:
    """The public key of a key file; needs no passphrase."""
    return _public(path, _load(path))


def is_encrypted(path: Path) -> bool:
    """Whether the file asks for a passphrase."""
    return "sealed" in _load(path)


def read_key(path: Path, passphrase: Passphrase | None = None) -> KeyPair:
    """Open a key file.

    Args:
        path: the file.
        passphrase: asked if the file is encrypted.

    Raises:
        HomeError: no such file, or not a key file of this version.
        NotAllowed: the passphrase is wrong, or needed and not given.
    """
    content = _load(path)
    public = _public(path, content)
    try:
        seed = (
            _open(path, content, public, passphrase)
            if "sealed" in content
            else bytes.fromhex(str(content["seed"]))
        )
        key = KeyPair(seed)
    except (KeyError, ValueError, InvalidValue) as exc:
        raise _damaged(path) from exc
    if key.public_key != public:
        raise _damaged(path)
    return key


def _seal(key: KeyPair, passphrase: str, kdf: dict[str, int]) -> dict[str, object]:
    salt, nonce = _sodium.randombytes(_SALT), _sodium.randombytes(_NONCE)
    wrapping = _derive(passphrase, salt, kdf)
    box = _sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(key.seed, bytes(key.public_key), nonce, wrapping)
    return {"kdf": "argon2id", **kdf, "salt": salt.hex(), "box": (nonce + box).hex()}


def _open(path: Path, content: dict[str, object], public: PublicKey, passphrase: Passphrase | None) -> bytes:
    sealed = content["sealed"]
    if not isinstance(sealed, dict) or sealed.get("kdf") != "argon2id":
        raise _damaged(path)
    if passphrase is None:
        raise NotAllowed(
            "the key {path} is encrypted",
            remedy="give its passphrase: at the prompt, or in the file named by --passphrase-file",
            path=path,
        )
    kdf = {name: sealed[name] for name in KDF}
    if not all(type(kdf[name]) is int and 1 <= kdf[name] <= most for name, most in _MOST.items()):
        raise _damaged(path)
    box = bytes.fromhex(sealed["box"])
    try:
        wrapping = _derive(passphrase(), bytes.fromhex(sealed["salt"]), kdf)
        return _sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
            box[_NONCE:], bytes(public), box[:_NONCE], wrapping
        )
    except CryptoError as exc:
        raise NotAllowed(
            "the passphrase does not open {path}", remedy="try again; it can't be recovered", path=path
        ) from exc


def _derive(passphrase: str, salt: bytes, kdf: dict[str, int]) -> bytes:
    return pwhash.argon2id.kdf(
        SEED_SIZE, passphrase.encode(), salt, opslimit=kdf["ops"], memlimit=kdf["memory"]
    )


def _load(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as exc:
        raise HomeError("there is no key file {path}", remedy="check the path", path=path) from exc
    except OSError as exc:
        raise StorageFault(
            "the key file {path} can't be read: {why}",
            remedy="make it readable for this user, and for nobody else",
            path=path,
            why=exc.strerror,
        ) from exc
    except ValueError as exc:
        raise _damaged(path) from exc
    if not isinstance(content, dict) or content.get("knowchain-key") != _VERSION:
        raise _damaged(path)
    return content


def _public(path: Path, content: dict[str, object]) -> PublicKey:
    try:
        return PublicKey.parse(str(content["public"]))
    except (KeyError, InvalidValue) as exc:
        raise _damaged(path) from exc


def _damaged(path: Path) -> KnowchainError:
    return HomeError(
        "{path} is not a key file of this version, or it is damaged",
        remedy="restore it from a backup; without it, recover the identity with the recovery file",
        path=path,
    )
