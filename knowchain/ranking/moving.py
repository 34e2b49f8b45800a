"""Signals that are others at every moment, and the scores that hold them.

``age`` changes with every millisecond. ``fresh`` falls in steps, 64 to a half-life: from one feed to the next
few works lose one, and only their scores have to be made anew.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from knowchain.ranking.numbers import FADING, HALVINGS, STEPS, Ints, fading_steps, fresh_column
from knowchain.ranking.signals import MAX_AGE

__all__ = ["Aging", "Faded", "Fading"]

Floats = npt.NDArray[np.float64]
_BLOCK: Final = 16_384
"""Works at a time, so that what is between two steps stays near the processor."""
_NEVER: Final = np.int64(2**62)


class Aging(NamedTuple):
    """``age``."""

    time: Floats
    as_of: int

    def of(self, rows: npt.NDArray[np.intp]) -> list[int]:
        return [int(each) for each in -np.clip(self.as_of - self.time[rows], 0, MAX_AGE)]

    def every(self) -> Ints:
        return -np.clip(self.as_of - self.time, 0, MAX_AGE).astype(np.int64)

    def add(self, weight: int, scores: Floats, out: Floats) -> None:
        """Scores with it, weighed, added to them; ``out`` may be the scores."""
        for start in range(0, len(scores), _BLOCK):
            part = slice(start, start + _BLOCK)
            ages = self.as_of - self.time[part]
            np.subtract(scores[part], np.clip(ages, 0, MAX_AGE, out=ages) * weight, out=out[part])


class Fading(NamedTuple):
    """``fresh``."""

    time: Floats
    as_of: int
    half_life: int

    def of(self, rows: npt.NDArray[np.intp]) -> list[int]:
        found: list[int] = self._fresh(self.time[rows]).tolist()
        return found

    def every(self) -> Ints:
        return self._fresh(self.time)

    def _fresh(self, time: Floats) -> Ints:
        return fresh_column((self.as_of - time).astype(np.int64), self.half_life)

    def add(self, weight: int, scores: Floats, out: Floats) -> None:
        """Scores with it, weighed, added to them; ``out`` may be the scores.

        Division by h / 64, which a float holds exactly, errs by at most 2^-43 for quotients below 1,089; and
        one that lies below a whole number lies at least 1 / h > 2^-42 below it, so that none is rounded up to
        it. Works of the future get what those of now have; they are dropped, so that nobody looks at it.
        """
        table, step = FADING * np.float64(weight), self.half_life / STEPS
        at = np.empty(min(_BLOCK, len(scores)), np.intp)
        for start in range(0, len(scores), _BLOCK):
            part = slice(start, start + _BLOCK)
            steps = self.as_of - self.time[part]
            np.divide(steps, step, out=steps)
            np.minimum(steps, STEPS * HALVINGS, out=steps)
            np.copyto(at[: len(steps)], steps, casting="unsafe")
            table.take(at[: len(steps)], mode="clip", out=steps)
            np.add(scores[part], steps, out=out[part])


class Faded:
    """Scores with ``fresh`` in them, kept from moment to moment.

    Args:
        summed: the scores without it.
        fading: the signal at the first moment.
        weight: its weight.
    """

    def __init__(self, summed: Floats, fading: Fading, weight: int) -> None:
        self._summed, self._half_life, self._weight = summed, fading.half_life, weight
        self._time = fading.time.astype(np.int64)
        self._as_of = fading.as_of
        self._steps = self._steps_of(self._time)
        self._ends = self._ends_of(self._time, self._steps)
        self._scores = summed + FADING.take(self._steps) * np.float64(weight)

    def holds_for(self, summed: Floats, fading: Fading, weight: int) -> bool:
        """Whether these are the scores of that sum at that moment, or can be brought there."""
        same = self._summed is summed and (self._half_life, self._weight) == (fading.half_life, weight)
        return same and self._as_of <= fading.as_of

    def at(self, as_of: int) -> Floats:
        """The scores at a moment that is not before the last one; the caller's own."""
        self._as_of = as_of
        rows = np.flatnonzero(self._ends <= as_of)
        if len(rows):
            time = self._time[rows]
            steps = self._steps_of(time)
            lost = FADING.take(steps) - FADING.take(self._steps[rows])
            self._scores[rows] += lost * np.float64(self._weight)
            self._steps[rows], self._ends[rows] = steps, self._ends_of(time, steps)
        return self._scores.copy()

    def _steps_of(self, time: Ints) -> Ints:
        """Works of the future have the first step: they are dropped until it is theirs."""
        return fading_steps(np.maximum(self._as_of - time, 0), self._half_life)

    def _ends_of(self, time: Ints, steps: Ints) -> Ints:
        """The moment at which each loses a step: its age is then ⌈(step + 1) · h / 64⌉."""
        ends = time - (-(steps + 1) * self._half_life // STEPS)
        return np.where(steps >= STEPS * HALVINGS, _NEVER, ends)
