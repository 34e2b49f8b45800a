"""What the one door answers."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from knowchain.identifiers import RecordId

__all__ = ["Answer", "BodyOutcome", "Incoming", "Verdict"]


class Verdict(StrEnum):
    """The verdict on a block. It depends on the block and its ancestors alone, never on the order."""

    ACCEPTED = "accepted"
    """Valid and new; it is on disk."""
    DUPLICATE = "duplicate"
    """It was accepted before."""
    PARKED = "parked"
    """A parent is missing: kept for a while, in memory, and judged again when the parent comes."""
    REJECTED = "rejected"
    """It breaks the format; ``reason`` says which rule. No peer may accept it."""


class BodyOutcome(StrEnum):
    """What became of the body that was offered with a block, or for one."""

    NONE = "none"
    """None was offered."""
    HELD = "held"
    """It is on disk."""
    DISCARDED = "discarded"
    """It is not the body that the header owns (rule B1)."""
    ERASED = "erased"
    """It was erased here, and is not taken back."""


class Incoming(NamedTuple):
    """Bytes from outside: a record block, and its body if it came along."""

    block: bytes
    body: bytes | None = None


class Answer(NamedTuple):
    """The door's answer to one block."""

    verdict: Verdict
    id: RecordId | None = None
    """The record's id; None if the bytes are too large to be a block."""
    reason: str | None = None
    """For a rejection: ``malformed``, ``unsupported``, ``signature``, ``network``, ``chain`` or
    ``identity``."""
    detail: str = ""
    """For a rejection or a discarded body: what exactly is wrong, for people."""
    missing: tuple[RecordId, ...] = ()
    """For a parked block: the parents that lack."""
    body: BodyOutcome = BodyOutcome.NONE

    @property
    def ok(self) -> bool:
        """Whether the block is held now."""
        return self.verdict in (Verdict.ACCEPTED, Verdict.DUPLICATE)
