"""What a vocabulary answers: the canonical form, and what to tell the person who wrote another."""

from __future__ import annotations

from typing import NamedTuple

from knowchain.errors import InvalidValue

__all__ = ["Canonical"]


class Canonical(NamedTuple):
    """A term as it is stored."""

    value: str
    warning: InvalidValue | None = None
    """Not raised: the text was accepted, but stored in another form or with a reservation."""
