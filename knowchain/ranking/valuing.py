"""Signals of every work for one reader at one moment, by columns.

Most stand still from one moment to the next; what does is remembered, and so are its weighted sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import RecordId
from knowchain.ranking.columns import Columns
from knowchain.ranking.moving import Aging, Faded, Fading
from knowchain.ranking.numbers import ONE, Ints, ilog2q_column
from knowchain.ranking.opinions import OpinionsAt
from knowchain.ranking.profile import Profile
from knowchain.ranking.readers_trust import AuthorTrust
from knowchain.ranking.signals import AXIS, LABEL

__all__ = ["MOVING", "Memory", "Signal", "Valuing"]

Floats = npt.NDArray[np.float64]
_NOVELTY: Final = np.array([ONE >> times for times in range(18)], np.int64)
"""By how often a work was shown."""
_UNLABELLED: Final = np.array([0, ONE], np.int64)
"""By whether a label stands."""
MOVING: Final = frozenset({"age", "fresh"})
"""Signals that are others at every moment."""


class Signal(Protocol):
    """One signal of every work."""

    def of(self, rows: npt.NDArray[np.intp]) -> list[int]:
        """The values of some works."""

    def every(self) -> Ints:
        """The values of all works."""


class Still(NamedTuple):
    """A signal that stands still: its values, and for each work which of them it has; without that, one
    value a work."""

    values: Ints
    at: npt.NDArray[np.integer[Any]] | None = None
    same: object = None
    """The same object for two moments only if the signal is the same at both, while no work changed."""

    def of(self, rows: npt.NDArray[np.intp]) -> list[int]:
        found: list[int] = self.values[rows if self.at is None else self.at[rows]].tolist()
        return found

    def every(self) -> Ints:
        return self.values if self.at is None else self.values.take(self.at)


@dataclass(frozen=True)
class _Sum:
    version: int
    weights: Sequence[tuple[str, int]]
    same: Sequence[object]
    scores: Floats


class _Languages(NamedTuple):
    """What languages have, for one reader, while the same people published lately."""

    version: int
    lately: npt.NDArray[np.bool_]
    trust: Ints
    amounts: Ints
    """A of each language."""
    lifts: Ints
    """The least lift of each set of tags."""


class Memory:
    """What stays the same from feed to feed."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._sum: _Sum | None = None
        self._languages: _Languages | None = None
        self._faded: Faded | None = None
        self._last: tuple[Floats, int, int] | None = None
        self._seen: tuple[Mapping[RecordId, int], int, npt.NDArray[np.int8]] | None = None

    def summed(self, weights: Mapping[str, int], signals: Mapping[str, Still]) -> Floats:
        """The weighted sum of signals that stand still; not to be written to."""
        items, same = list(weights.items()), [signals[name].same for name in weights]
        known, version = self._sum, self._columns.version
        if (
            known is None
            or (known.version, known.weights) != (version, items)
            or any(one is not other for one, other in zip(known.same, same, strict=True))
        ):
            known = self._sum = _Sum(version, items, same, self._added(weights, signals))
        return known.scores

    def _added(self, weights: Mapping[str, int], signals: Mapping[str, Still]) -> Floats:
        """Sums of integers below 2^53, so that no order of adding matters: those that are told apart by the
        same column are added before they are spread over the works."""
        scores = np.zeros(len(self._columns), np.float64)
        spread: dict[int, tuple[npt.NDArray[np.integer[Any]], Floats]] = {}
        for name, weight in weights.items():
            values, at, _ = signals[name]
            weighted = values * np.float64(weight)
            if at is None:
                scores += weighted
            elif (place := at.__array_interface__["data"][0]) in spread:
                spread[place] = (at, spread[place][1] + weighted)
            else:
                spread[place] = (at, weighted)
        for at, weighted in spread.values():
            scores += weighted.take(at)
        return scores

    def faded(self, summed: Floats, fading: Fading, weight: int) -> Floats:
        """Scores with ``fresh`` in them; the caller's own.

        What was asked for once is made at once; what is asked for again is kept.
        """
        if self._faded is not None and self._faded.holds_for(summed, fading, weight):
            return self._faded.at(fading.as_of)
        asked = (summed, fading.half_life, weight)
        again = self._last is not None and self._last[0] is summed and self._last[1:] == asked[1:]
        self._last, self._faded = asked, None
        if again:
            self._faded = Faded(summed, fading, weight)
            return self._faded.at(fading.as_of)
        scores = np.empty_like(summed)
        fading.add(weight, summed, scores)
        return scores

    def languages(self, lately: npt.NDArray[np.bool_], trust: Ints) -> _Languages:
        """What languages have.

        Args:
            lately: which authors published with which tags in the window.
            trust: of each author.
        """
        known, version = self._languages, self._columns.version
        if (
            known is None
            or known.version != version
            or known.trust is not trust
            or not np.array_equal(known.lately, lately)
        ):
            amounts = self._amounts(lately, trust)
            lifts = self._lifts(amounts)
            if known is not None and np.array_equal(lifts, known.lifts):
                lifts = known.lifts
            known = self._languages = _Languages(version, lately, trust, amounts, lifts)
        return known

    def _amounts(self, lately: npt.NDArray[np.bool_], trust: Ints) -> Ints:
        """Of each language the trust of those who published in it in the window."""
        columns = self._columns
        used = np.zeros(len(columns.users), bool)
        used[columns.publishing_users.flat_of(lately)] = True
        amounts = np.zeros(len(columns.languages), np.int64)
        np.add.at(amounts, columns.user_language.values[used], trust[columns.user_author.values[used]])
        return amounts

    def _lifts(self, amounts: Ints) -> Ints:
        logs = ilog2q_column(ONE + amounts) - 16 * ONE
        most = int(logs.max(initial=0))
        every = ONE * (most - logs) // most if most else np.zeros(len(logs), np.int64)
        return self._columns.set_languages.least(every)

    def seen(self, history: Mapping[RecordId, int]) -> npt.NDArray[np.int8]:
        """How often each work was shown; beyond 17 times it makes no difference."""
        known, works = self._seen, self._columns.works
        if known is None or (known[1], known[0]) != (len(works), history):
            seen = np.zeros(len(works), np.int8)
            for rid, times in history.items():
                row = works.get(rid)
                if row is not None:
                    seen[row] = min(times, len(_NOVELTY) - 1)
            known = self._seen = (history, len(works), seen)
        return known[2]


class Valuing:
    """The signals of every work at one moment, each worked out once, when it is first asked for.

    Args:
        published_lately: which authors published with which tags in the profile's window.
    """

    def __init__(
        self,
        memory: Memory,
        columns: Columns,
        profile: Profile,
        history: Mapping[RecordId, int],
        vouched: AuthorTrust,
        opinions: OpinionsAt,
        as_of: int,
        published_lately: Callable[[], npt.NDArray[np.bool_]],
    ) -> None:
        self._memory, self._columns, self._profile = memory, columns, profile
        self._history, self._vouched, self._opinions = history, vouched, opinions
        self._as_of, self._published_lately = as_of, published_lately
        self._known: dict[str, Signal] = {}

    def signal(self, name: str) -> Signal:
        """A signal of every work."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._moving(name) if name in MOVING else self._still(name)
        return known

    def at_least(self, name: str, least: int) -> npt.NDArray[np.bool_]:
        """Of which works a signal that stands still is at least so much."""
        values, at, _ = self._still(name)
        found: npt.NDArray[np.bool_] = values >= least
        return found if at is None else found.take(at)

    def scores(self) -> Floats:
        """S of every work that is not of the future."""
        weights = self._profile.weights
        still = {name: weight for name, weight in weights.items() if name not in MOVING}
        signals = {name: signal for name in still if isinstance(signal := self.signal(name), Still)}
        summed = self._memory.summed(still, signals)
        fading, aging = self._fading(), self._aging()
        fresh = weights.get("fresh")
        scores = summed.copy() if fresh is None else self._memory.faded(summed, fading, fresh)
        if "age" in weights:
            aging.add(weights["age"], scores, scores)
        return scores

    def _fading(self) -> Fading:
        return Fading(self._columns.time_float, self._as_of, self._profile.fresh_half_life_s * 1000)

    def _aging(self) -> Aging:
        return Aging(self._columns.time_float, self._as_of)

    def _moving(self, name: str) -> Aging | Fading:
        return self._aging() if name == "age" else self._fading()

    def _still(self, name: str) -> Still:
        columns, opinions = self._columns, self._opinions
        if name.startswith(AXIS):
            return self._of_subject(opinions.axis(name.removeprefix(AXIS)))
        if name.startswith(LABEL):
            bears = opinions.label(name.removeprefix(LABEL))
            return Still(_UNLABELLED, bears.view(np.int8), bears)
        signals: dict[str, Callable[[], Still]] = {
            "bridge": lambda: self._of_subject(opinions.bridge()),
            "contribution": lambda: self._of_author(opinions.contribution()),
            "lang_lift": self._lang_lift,
            "novelty": self._novelty,
            "outward": lambda: self._of_subject(opinions.outward()),
            "popularity": lambda: self._of_subject(opinions.popularity()),
            "provenance": lambda: Still(columns.provenance),
            "trust": lambda: self._of_author(self._vouched.signals),
        }
        return signals[name]()

    def _of_subject(self, values: Ints) -> Still:
        return Still(values, self._columns.subject_of_work, values)

    def _of_author(self, values: Ints) -> Still:
        return Still(values, self._columns.author, values)

    def _novelty(self) -> Still:
        seen = self._memory.seen(self._history)
        return Still(_NOVELTY, seen, seen)

    def _lang_lift(self) -> Still:
        lifts = self._languages.lifts
        return Still(lifts, self._columns.language_set, lifts)

    @property
    def amounts(self) -> Ints:
        """A of each language: the trust of those who published in it in the window."""
        return self._languages.amounts

    @cached_property
    def _languages(self) -> _Languages:
        return self._memory.languages(self._published_lately(), self._vouched.signals)
