"""Conduct: what peers did wrong, and when one has done enough of it to be shut out for a while."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["Conduct", "Fault"]

_LIMIT: Final = 100.0
_HALF_LIFE: Final = 600.0
"""Seconds after which a fault weighs half."""
_FIRST_BAN: Final = 3600.0
_LONGEST_BAN: Final = 7 * 86_400.0
_MOST: Final = 4096

Fault = float
GARBAGE: Final[Fault] = 60.0
"""What no honest peer sends: forged or malformed records, broken protocol. The second time is the last."""
WITHHOLDING: Final[Fault] = 40.0
"""Naming what one then does not give. A store that lost records does it once; the third time is the last."""
NUISANCE: Final[Fault] = 10.0
"""What an honest peer may do under stress: stalling, ending too early."""


@dataclass(slots=True)
class _Mark:
    weight: float
    at: float
    bans: int = 0


class Conduct:
    """Weighs faults; they fade. Bounded: the least marked are forgotten first.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._marks: dict[str, _Mark] = {}

    def weight(self, peer: str) -> float:
        """What a peer's faults weigh now; at 100 it is banned."""
        mark = self._marks.get(peer)
        if mark is None:
            return 0.0
        return mark.weight * math.exp2((mark.at - self._clock()) / _HALF_LIFE)

    def fault(self, peer: str, weight: Fault) -> float | None:
        """Note a fault; answers for how many seconds the peer is to be banned, or None."""
        now = self._clock()
        before = self.weight(peer)
        mark = self._marks.setdefault(peer, _Mark(0.0, now))
        mark.weight, mark.at = before + weight, now
        if len(self._marks) > _MOST:
            for each in sorted(self._marks, key=self.weight)[: _MOST // 2]:
                del self._marks[each]
        if mark.weight < _LIMIT:
            return None
        mark.weight = 0.0
        mark.bans += 1
        return min(_LONGEST_BAN, _FIRST_BAN * 2.0 ** (mark.bans - 1))
