"""A target: somebody else's program that pins; what the queue asks of it, and how it may fail.

::

    PeerError
    ├── TargetUnready   it gave no proper answer; what was asked may or may not have been done
    └── PinRefused      it refused this pin; others may go
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Final, Protocol, TypeAlias

from knowchain.errors import PeerError
from knowchain.identifiers import Cid
from knowchain.storage.pin_states import Found

__all__ = ["Pieces", "PinRefused", "Target", "TargetUnready"]

Pieces: TypeAlias = Callable[[], AsyncGenerator[bytes, None]]
"""Makes the bytes of a CAR with everything under a CID."""


class TargetUnready(PeerError):
    """A target can't be reached, refuses the token, is too busy, or answers what nobody understands.

    Args:
        why: in words.
        wait: seconds after which it wants to be asked again; None if it did not say.
        blames_pin: whether what was asked may itself be the cause, so that something else is tried first.
    """

    def __init__(
        self, target: str, why: str, *, remedy: str = "", wait: float | None = None, blames_pin: bool = False
    ) -> None:
        super().__init__("{target}: {why}", remedy=remedy, target=target, why=why)
        self.why: Final = why
        self.wait: Final = wait
        self.blames_pin: Final = blames_pin


class PinRefused(PeerError):
    """A target refuses one pin, or can't get what is to be pinned."""

    def __init__(self, target: str, why: str) -> None:
        super().__init__("{target}: {why}", target=target, why=why)
        self.why: Final = why


class Target(Protocol):
    """What the queue asks of a target. Each call raises TargetUnready or PinRefused where it fails."""

    @property
    def name(self) -> str:
        """By which the settings call it."""
        ...

    async def greet(self) -> str:
        """What it is, in a few words; that it answers at all."""
        ...

    async def find(self, cid: Cid, request: str) -> Found | None:
        """How it stands with ``cid`` there; None if it is not pinned, nor about to be.

        Args:
            cid: what is asked about.
            request: the target's own name for the pin, if it told one.
        """
        ...

    async def pin(self, cid: Cid, name: str, pieces: Pieces, replacing: str) -> Found:
        """Have it pinned with everything beneath it. Asked twice, it is pinned once.

        Args:
            cid: what is to be pinned.
            name: what the pin is called.
            pieces: gives the blocks, to a target that takes them from us.
            replacing: the target's own name for an attempt that failed, if there was one.
        """
        ...

    async def unpin(self, cid: Cid, request: str) -> None:
        """Have it pinned no longer. What is not pinned is no error."""
        ...

    def pins(self) -> AsyncIterator[Found]:
        """Everything that is pinned there, or is about to be, one after the other."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...
