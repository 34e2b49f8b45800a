"""Tokens: 256 bits in a file of the home, asked of whoever changes something over HTTP."""

from __future__ import annotations

import contextlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from knowchain.errors import StorageFault
from knowchain.home import Layout
from knowchain.home.durable import write_new, write_whole

__all__ = ["Token", "kept_token", "token_in"]

_BYTES: Final = 32


class Token:
    """The token, which never shows itself: not in a log, not in a traceback."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text.encode()

    def matches(self, authorization: str | None) -> bool:
        """Whether a header ``Authorization: Bearer …`` carries it, in constant time."""
        scheme, _, given = (authorization or "").partition(" ")
        # Compared in every case, so that a missing header takes no less time than a wrong one.
        return self.is_same(given.strip()) and scheme.lower() == "bearer"

    def is_same(self, given: str) -> bool:
        """Whether ``given`` is the token, in constant time."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._text)

    def tell(self, keeper: Callable[[str], None]) -> None:
        """Tell whoever must know it in order to keep it out of sight."""
        keeper(self._text.decode())

    def __repr__(self) -> str:
        return "Token(…)"


def kept_token(layout: Layout) -> Token:
    """The token of a home's API; made when first asked for.

    Raises:
        StorageFault: the file can't be read or written, or others may read it.
    """
    return token_in(layout.token)


def token_in(path: Path) -> Token:
    """The token in a file; made when first asked for.

    Raises:
        StorageFault: the file can't be read or written, or others may read it.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            text = path.read_text(encoding="ascii").strip()
            if len(text) >= _BYTES:
                _check_private(path)
                return Token(text)
            write_whole(path, secrets.token_urlsafe(_BYTES).encode() + b"\n")
            return token_in(path)
    except (OSError, UnicodeDecodeError) as exc:
        raise StorageFault(
            "{path} can't be read: {why}",
            remedy="remove it; the peer makes a new one",
            path=path,
            why=getattr(exc, "strerror", None) or "not a token",
        ) from exc
    write_new(path, secrets.token_urlsafe(_BYTES).encode() + b"\n")
    return token_in(path)


def _check_private(path: Path) -> None:
    mode = path.stat().st_mode
    if mode & 0o077:
        raise StorageFault(
            "others may read {path} (mode {mode:o})",
            remedy="remove it, since it may be known; the peer makes a new one",
            path=path,
            mode=mode & 0o777,
        )
