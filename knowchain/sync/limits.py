"""The bounds of one sync session. Policy: a peer may tune them; none is part of a verdict."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.limits import MAX_BLOCK, MAX_BODY

MAX_FRAME: Final = 2**20
"""Bytes of one session message at most, its length prefix aside. Part of the protocol."""
MAX_QUEUED_WANTS: Final = 4
"""Wants that one side may have open at the other. Part of the protocol."""
MAX_RECONCILE: Final = 2**19
"""Bytes of one reconciliation message at most. Part of the protocol."""
MIN_RECONCILE: Final = 1_024
"""Least size of a reconciliation message: room for a skip, one id and the closing fingerprint."""
MIN_WINDOW: Final = 2 * (MAX_BLOCK + MAX_BODY)
"""Least credit window: with half of it granted anew, the largest record still finds credit."""


@dataclass(frozen=True, slots=True)
class SyncLimits:
    """What one session may cost. The defaults hold a hostile peer to about 100 MiB of memory.

    Raises:
        InvalidValue: a bound that is not positive, or sizes that do not fit into one another.
    """

    reconcile_bytes: int = MAX_RECONCILE
    """Bytes of one reconciliation message that this peer writes; it reads up to ``MAX_RECONCILE``."""
    differing: int = 2**20
    """Needed ids at which the initiator stops comparing; the rest is left to the next session."""
    stalled_rounds: int = 32
    """Rounds in a row that teach the initiator no new id. Honest peers need about log₈ n."""
    rounds: int = 4_096
    """Rounds that a responder answers in one session."""
    window_bytes: int = 2**20
    """Bytes of blocks and bodies in flight: asked for and not yet settled by the caller."""
    batch_bytes: int = 2**18
    """Bytes after which a batch of blocks is closed."""
    heads_per_want: int = 1_024
    """Heads or bodies in one want."""
    fruitless_records: int = 8_192
    """Records in a row that bring nothing new. What honest peers repeat is a few identity records."""
    session_bytes: int = 2**34
    """Bytes of blocks and bodies read in one session; what is kept is kept, the next one goes on."""

    def __post_init__(self) -> None:
        for bound in fields(self):
            if getattr(self, bound.name) < 1:
                raise _unfit(bound.name, getattr(self, bound.name), "at least", 1)
        for name, least in (("reconcile_bytes", MIN_RECONCILE), ("window_bytes", MIN_WINDOW)):
            if getattr(self, name) < least:
                raise _unfit(name, getattr(self, name), "at least", least)
        for name, most in _MOST:
            if getattr(self, name) > most:
                raise _unfit(name, getattr(self, name), "at most", most)


_MOST: Final = (
    ("reconcile_bytes", MAX_RECONCILE),
    ("batch_bytes", MAX_FRAME // 2),
    ("heads_per_want", MAX_FRAME // 2 // 32),
)
"""What has to fit into a frame."""


def _unfit(name: str, value: int, relation: str, bound: int) -> InvalidValue:
    return InvalidValue(
        "the sync limit {field} is {value}, not {relation} {bound}",
        field=name,
        value=value,
        relation=relation,
        bound=bound,
        remedy="give {field} a value of {relation} {bound}",
    )
