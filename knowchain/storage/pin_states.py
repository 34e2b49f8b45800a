"""Pins elsewhere, as values: what is to be pinned, where, and how far that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from knowchain.identifiers import Cid

__all__ = [
    "EVERY",
    "MARK",
    "Declared",
    "Found",
    "PinRule",
    "PinState",
    "RemotePin",
    "RemoteState",
    "TargetState",
    "ToPin",
    "pin_name",
]

PinState = Literal["wanted", "queued", "pinning", "pinned", "failed", "unpinning"]
"""``wanted``: not yet asked for. ``queued``, ``pinning``: the target has taken it up. ``failed``: the last
attempt failed, and another one follows. ``unpinning``: the target is to let go of it."""
RemoteState = Literal["queued", "pinning", "pinned", "failed"]
"""What a target says of a pin, in the words of the Pinning Service API."""
PinRule = Literal["chosen", "published", "everything"]
"""What is pinned at a target beside what was chosen: nothing; what this home's identity published; all that
the home holds."""
EVERY: Final = ""
"""In place of a target's name: every one that is declared, now or later."""
MARK: Final = "knowchain"
"""How the name of every pin begins that we set: what has another name was set by somebody else, and is left
alone."""
_LONGEST_NAME: Final = 200
"""Bytes; pinning services and Kubo take 255."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A target as the settings name it. ``url`` holds no secret."""

    name: str
    kind: str
    url: str
    rule: PinRule


@dataclass(frozen=True, slots=True)
class TargetState:
    """How a target is.

    Attributes:
        declared: whether the settings name it still; one that they do not is left alone.
        tries: attempts in a row to which it gave no answer.
        next_try: when it is asked again, ms since 1970; None if at once.
        reason: what it said, or why it could not be asked; empty if all is well.
        reconciled: when what is pinned there was last compared with what should be, ms; None if never.
        pins: how many are in each state.
    """

    name: str
    kind: str
    url: str
    rule: PinRule
    declared: bool
    tries: int
    next_try: int | None
    reason: str
    reconciled: int | None
    pins: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemotePin:
    """One CID at one target.

    Attributes:
        request: the target's own name for the pin; empty if it has none.
        sent: whether the target was ever asked to pin it.
        next_try: when it is looked after again, ms since 1970; None if nothing is to be done.
        reason: why the last attempt failed.
    """

    target: str
    cid: Cid
    name: str
    state: PinState
    sent: bool
    request: str
    tries: int
    next_try: int | None
    reason: str


class ToPin(NamedTuple):
    """What a pass over the home found. ``own``: this home's identity published it; ``withheld``: it is
    named by what was withdrawn, and is to be pinned nowhere on that account."""

    cid: Cid
    name: str
    own: bool
    withheld: bool = False


class Found(NamedTuple):
    """A pin at a target, as the target tells it."""

    cid: Cid
    state: RemoteState
    request: str = ""
    name: str = ""
    reason: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether its name says that we set it."""
        return self.name.startswith(MARK)


def pin_name(text: str) -> str:
    """The name of a pin of ours: the mark, and as much of ``text`` as there is room for."""
    return f"{MARK} {text}".encode()[:_LONGEST_NAME].decode(errors="ignore")
