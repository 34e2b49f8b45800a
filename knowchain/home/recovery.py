"""The recovery file: a secret that is taken away, and signs only when a device was lost or stolen."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from nacl import bindings as _sodium

from knowchain.errors import HomeError, InvalidValue, StorageFault
from knowchain.home.durable import write_new
from knowchain.signing import KeyPair

__all__ = ["read_recovery", "write_recovery"]

_FIRST_LINE: Final = "knowchain recovery secret, version 1"
_TEXT: Final = """{first}

name: {name}
identity: {identity}
rank: {rank}
secret: {secret}

Whoever has this text can take over the identity above. Print it or copy it to a medium that is
kept elsewhere, check that you can read it there, and delete it from this computer. You need it once:
when a device key was stolen, or all were lost. Then run

    knowchain keys recover --recovery-file THIS-FILE

which makes a new one; this one is worthless afterwards and should be destroyed.
"""


def write_recovery(path: Path, key: KeyPair, *, name: str, identity: str, rank: str) -> None:
    """Write a recovery file, mode 0600.

    Args:
        path: where; must not exist.
        key: the secret.
        name: whose identity, for people.
        identity: the id of the genesis.
        rank: what the key is, for people: ``recovery`` or ``reserve``.

    Raises:
        StorageFault: the file exists or can't be written.
    """
    text = _TEXT.format(first=_FIRST_LINE, name=name, identity=identity, rank=rank, secret=_spell(key.seed))
    write_new(path, text.encode())


def read_recovery(path: Path) -> KeyPair:
    """Read a recovery file.

    Raises:
        HomeError: not such a file, or mistyped.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as exc:
        raise HomeError("there is no file {path}", remedy="check the path", path=path) from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise StorageFault(
            "{path} can't be read: {why}", remedy="check the file", path=path, why=str(exc)
        ) from exc
    secrets = [line.removeprefix("secret:").strip() for line in lines if line.startswith("secret:")]
    if not lines or lines[0].strip() != _FIRST_LINE or len(secrets) != 1:
        raise HomeError(
            "{path} is not a recovery file",
            remedy="give the file that `init` or `keys recover` wrote",
            path=path,
        )
    try:
        return KeyPair(_read_spelled(secrets[0]))
    except (ValueError, InvalidValue) as exc:
        raise HomeError(
            "the secret in {path} is mistyped: {why}",
            remedy="compare it, group by group, with the copy that you took away",
            path=path,
            why=str(exc) if type(exc) is ValueError else "its length is wrong",
        ) from exc


def _spell(seed: bytes) -> str:
    """Hexadecimal in groups of four, with four digits of check at the end, to be typed from paper."""
    digits = (seed + _check(seed)).hex()
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def _read_spelled(text: str) -> bytes:
    data = bytes.fromhex(text)
    seed, check = data[:-2], data[-2:]
    if check != _check(seed):
        raise ValueError("the check digits do not fit")
    return seed


def _check(seed: bytes) -> bytes:
    return bytes(
        _sodium.crypto_generichash_blake2b_salt_personal(seed, digest_size=16, person=b"knowchain-recov")[:2]
    )
