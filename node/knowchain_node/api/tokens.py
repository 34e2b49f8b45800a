"""The token: 256 bits in a file of the home, asked of whoever changes something over HTTP."""

from __future__ import annotations

import contextlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

from knowchain.errors import StorageFault
from knowchain.home import Layout
from knowchain.home.durable import write_new, write_whole

__all__ = ["Token", "kept_token"]

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
        same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._text)
        return same and scheme.lower() == "bearer"

    def tell(self, keeper: Callable[[str], None]) -> None:
        """Tell whoever must know it in order to keep it out of sight."""
        keeper(self._text.decode())

    def __repr__(self) -> str:
        return "Token(…)"


def kept_token(layout: Layout) -> Token:
    """The token of a home; made when first asked for.

    Raises:
        StorageFault: the file can't be read or written, or others may read it.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            text = layout.token.read_text(encoding="ascii").strip()
            if len(text) >= _BYTES:
                _check_private(layout)
                return Token(text)
            write_whole(layout.token, secrets.token_urlsafe(_BYTES).encode() + b"\n")
            return kept_token(layout)
    except (OSError, UnicodeDecodeError) as exc:
        raise StorageFault(
            "{path} can't be read: {why}",
            remedy="remove it; the peer makes a new one",
            path=layout.token,
            why=getattr(exc, "strerror", None) or "not a token",
        ) from exc
    write_new(layout.token, secrets.token_urlsafe(_BYTES).encode() + b"\n")
    return kept_token(layout)


def _check_private(layout: Layout) -> None:
    mode = layout.token.stat().st_mode
    if mode & 0o077:
        raise StorageFault(
            "others may read {path} (mode {mode:o})",
            remedy="remove it, since it may be known; the peer makes a new one",
            path=layout.token,
            mode=mode & 0o777,
        )
