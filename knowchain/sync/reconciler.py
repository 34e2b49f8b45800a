"""Range-based set reconciliation as a state machine: messages in, messages and differences out.

The initiator learns which ids it has and the other lacks, and which it needs. A range whose
fingerprints differ is split by the side that notices, until its ids are few enough to be listed.
How far it is split follows from the messages left of a plan of three round trips, so that 10^6 ids
with 100 differing take three rounds and 77 kB, and equal sets one round and 1.4 kB.

Source: negentropy protocol v1; the splitting is each peer's own choice there.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from knowchain.errors import SyncError
from knowchain.sync.limits import SyncLimits
from knowchain.sync.negentropy import Mode, Range, decode_message
from knowchain.sync.partition import Differing, write_message
from knowchain.sync.sorted_ids import INFINITY, SortedIds, split_ids

PLANNED_MESSAGES: Final = 6
"""Three round trips."""
LEAF: Final = 4
"""A differing range of so few ids is listed, not split."""
LAST_LEAF: Final = 256
"""Once the plan is used up, a range of so few ids is listed, to end within it."""
OPENING: Final = 64
"""Ranges of the first message at most: what equal sets pay."""
MAX_SPLIT: Final = 64
"""Parts into which one range is split at most."""

Role: TypeAlias = Literal["initiator", "responder"]
_Indices: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Reply:
    """What one message led to.

    Args:
        message: what to send; None when the initiator knows all, so that reconciliation is over.
        have: ids newly found here and not there (the initiator's only).
        need: ids newly found there and not here (the initiator's only).
    """

    message: bytes | None
    have: tuple[bytes, ...] = ()
    need: tuple[bytes, ...] = ()


class Reconciler:
    """One side of one reconciliation.

    Args:
        ids: this side's ids, unchanged until it is over.
        limits: what the other side may cost.
        role: who asks; the initiator calls :meth:`initiate` once, first.
    """

    def __init__(self, ids: SortedIds, role: Role, limits: SyncLimits | None = None) -> None:
        self._ids = ids
        self._limits = SyncLimits() if limits is None else limits
        self._asks = role == "initiator"
        self._sent = 0
        self._stalled = 0
        self._over = False
        self._left_over = False
        self._have: set[bytes] = set()
        self._need: set[bytes] = set()

    @property
    def rounds(self) -> int:
        """Round trips begun so far (initiator) or answered (responder)."""
        return self._sent

    @property
    def left_over(self) -> bool:
        """Whether it ended early, with differences left for the next session."""
        return self._left_over

    def initiate(self) -> bytes:
        """The first message.

        Raises:
            SyncError: ``role``: this side answers, or has begun already.
        """
        if not self._asks or self._sent:
            raise SyncError("role", "reconciliation begins once, and with the initiator")
        size = len(self._ids)
        parts = min(OPENING, -(-size // (2 * LEAF)))
        whole = Differing(b"", INFINITY, 0, size, 0 if size <= LEAF else max(parts, 1))
        return self._written([whole])

    def answer(self, message: bytes) -> Reply:
        """Take the other side's message.

        Raises:
            SyncError: ``oversized``, ``version`` or ``malformed`` bytes; ``stalled`` when rounds
                bring no progress; ``rounds`` when the bound of a session is used up; ``role``
                when it is over, or has not begun.
        """
        self._check_turn()
        ranges = decode_message(message)
        edges = np.zeros(len(ranges) + 1, np.intp)
        if ranges:
            edges[1:] = self._ids.ranks([each.upper for each in ranges])
        have: list[bytes] = []
        need: list[bytes] = []
        differing: list[Differing] = []
        unequal = self._unequal(ranges, edges)
        positions = edges.tolist()
        lower = b""
        for i, each in enumerate(ranges):
            lo, hi = positions[i], positions[i + 1]
            if i in unequal:
                differing.append(Differing(lower, each.upper, lo, hi, self._parts(hi - lo)))
            elif each.mode is Mode.ID_LIST and self._asks:
                self._compare(each.payload, lo, hi, have, need)
            elif each.mode is Mode.ID_LIST:
                differing.append(Differing(lower, each.upper, lo, hi, 0))
            lower = each.upper
        self._note_progress(have, need)
        # A set that is far behind fetches what it knows of before it compares the rest.
        self._left_over = len(self._need) >= self._limits.differing
        if self._asks and (not differing or self._left_over):
            self._over = True
            self._left_over = self._left_over and bool(differing)
            return Reply(None, tuple(have), tuple(need))
        return Reply(self._written(differing), tuple(have), tuple(need))

    def _check_turn(self) -> None:
        if self._over or (self._asks and not self._sent):
            raise SyncError("role", "a reconciliation message came before the first or after the last one")
        if not self._asks and self._sent >= self._limits.rounds:
            raise SyncError("rounds", "more than {rounds} rounds in one session", rounds=self._sent)

    def _unequal(self, ranges: list[Range], edges: _Indices) -> set[int]:
        """Which ranges are fingerprints that differ from ours."""
        asked = [i for i, each in enumerate(ranges) if each.mode is Mode.FINGERPRINT]
        at = np.array(asked, np.intp)
        ours = self._ids.fingerprints(edges[at], edges[at + 1])
        return {i for i, mine in zip(asked, ours, strict=True) if ranges[i].payload != mine}

    def _parts(self, size: int) -> int:
        """Into how many ranges to split one of ``size`` ids; 0 to list them."""
        left = PLANNED_MESSAGES - 1 - (2 * self._sent + (not self._asks))
        if size <= (LEAF if left > 0 else LAST_LEAF):
            return 0
        factor: float = (size / LEAF) ** (1 / max(left, 1))
        return min(max(2, ceil(factor)), MAX_SPLIT, size)

    def _compare(self, payload: bytes, lo: int, hi: int, have: list[bytes], need: list[bytes]) -> None:
        """Compare the other side's whole list of a range with ours."""
        if payload == self._ids.joined(lo, hi):
            return
        theirs, ours = split_ids(payload), self._ids.listed(lo, hi)
        their_set, our_set = set(theirs), set(ours)
        have += [each for each in ours if each not in their_set and each not in self._have]
        need += [each for each in theirs if each not in our_set and each not in self._need]

    def _note_progress(self, have: list[bytes], need: list[bytes]) -> None:
        """Stops a peer that leads round in circles: honest ranges shrink until they yield an id."""
        self._have.update(have)
        self._need.update(need)
        self._stalled = 0 if have or need else self._stalled + 1
        if self._asks and self._stalled > self._limits.stalled_rounds:
            raise SyncError("stalled", "{rounds} rounds in a row taught nothing new", rounds=self._stalled)

    def _written(self, differing: list[Differing]) -> bytes:
        self._sent += 1
        return write_message(self._ids, differing, self._limits.reconcile_bytes)
