"""What people said of records: of several by one person about one thing the latest counts.

Evaluations, labels and uses have one shape: who, of what, on which matter; when, and how much.
"""

from __future__ import annotations

from bisect import insort
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import RecordId
from knowchain.ranking.columns.growing import Column, Index
from knowchain.ranking.numbers import Ints

__all__ = ["NEVER", "Heard", "Said", "Slots"]

NEVER: Final = 2**62
"""The time of a slot in which nothing is said."""


class Said(NamedTuple):
    """One thing that was said; the later one is the greater."""

    time: int
    id: RecordId
    value: int
    extra: int = 0


class Heard(NamedTuple):
    """What counts at one moment, one entry a slot."""

    time: Ints
    """NEVER where nothing was said by then."""
    value: Ints
    extra: Ints
    mark: bytes
    """The same for two moments only if the same is heard at both, as long as nothing new is said."""


class Slots:
    """One slot for each person, subject and matter, each with all that was said there."""

    def __init__(self) -> None:
        self.index: Index[tuple[int, int, int]] = Index()
        """(who, subject, matter), by number."""
        self.who, self.subject, self.matter = Column(np.intp), Column(np.intp), Column(np.intp)
        self.of_subject: dict[int, list[int]] = {}
        """The slots of each subject."""
        self.changed: list[int] = []
        """The subjects of all changes, in their order; its length is the version."""
        self._time, self._value, self._extra = Column(np.int64), Column(np.int64), Column(np.int64)
        self._said: list[list[Said]] = []
        self._where: dict[RecordId, list[tuple[int, Said]]] = {}
        self._newest = -1

    def __len__(self) -> int:
        return len(self._said)

    def put(self, rid: RecordId, said: list[tuple[tuple[int, int, int], Said]]) -> bool:
        """What one record says, in place of what it said before; whether anything changed."""
        slots = [(self._slot(key), each) for key, each in said]
        known = self._where.get(rid, [])
        if slots == known:
            return False
        for slot, each in known:
            self._said[slot].remove(each)
        for slot, each in slots:
            insort(self._said[slot], each)
            self._newest = max(self._newest, each.time)
        for slot in {slot for slot, _ in (*known, *slots)}:
            self._latest(slot)
        if slots:
            self._where[rid] = slots
        else:
            self._where.pop(rid, None)
        return True

    def touch(self, subject: int) -> None:
        """Something that is known of a subject changed."""
        if subject in self.of_subject:
            self.changed.append(subject)

    def heard(self, as_of: int) -> Heard:
        """What counts at a moment: in each slot the latest that is not of the future."""
        time, value, extra = self._time.values, self._value.values, self._extra.values
        if self._newest <= as_of:
            return Heard(time, value, extra, b"")
        ahead = np.flatnonzero((time > as_of) & (time < NEVER))
        time, value, extra = time.copy(), value.copy(), extra.copy()
        marks = []
        for slot in ahead.tolist():
            said = self.counting(slot, as_of)
            time[slot], value[slot], extra[slot] = (
                (NEVER, 0, 0) if said is None else (said.time, said.value, said.extra)
            )
            marks.append(slot.to_bytes(8, "big") + int(time[slot]).to_bytes(8, "big"))
            marks.append(b"" if said is None else said.id)
        return Heard(time, value, extra, b"".join(marks))

    def counting(self, slot: int, as_of: int) -> Said | None:
        """What counts in one slot."""
        return next((said for said in reversed(self._said[slot]) if said.time <= as_of), None)

    def slots_of(self, subjects: set[int]) -> npt.NDArray[np.intp]:
        """The slots of some subjects."""
        return np.array(
            [slot for each in sorted(subjects) for slot in self.of_subject.get(each, ())], np.intp
        )

    def _slot(self, key: tuple[int, int, int]) -> int:
        slot = self.index.number(key)
        if slot == len(self._said):
            for column, part in zip((self.who, self.subject, self.matter), key, strict=True):
                column.append(part)
            for column in (self._time, self._value, self._extra):
                column.append(0)
            self._time[slot] = NEVER
            self._said.append([])
            self.of_subject.setdefault(key[1], []).append(slot)
        return slot

    def _latest(self, slot: int) -> None:
        said = self._said[slot]
        self._time[slot], self._value[slot], self._extra[slot] = (
            (said[-1].time, said[-1].value, said[-1].extra) if said else (NEVER, 0, 0)
        )
        self.changed.append(int(self.subject.values[slot]))
