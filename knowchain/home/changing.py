"""What would put a work on the page: single weights, each tried by ranking again.

A change that the arithmetic suggests may not be enough: other works gain by it too, and rules move works. So
nothing is told that was not seen.

Source: docs/spec/ranking.md, section 8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from knowchain.errors import InvalidValue
from knowchain.home.feed_inputs import work_named
from knowchain.home.feeding import FeedRequest, Ranked, feeds_of
from knowchain.home.home import Home
from knowchain.identifiers import Cid, RecordId
from knowchain.ranking.engine import Ranking
from knowchain.ranking.feed import Judgement, Placed
from knowchain.ranking.weighing import reweighed

__all__ = ["Change", "WouldShow", "WouldShowRequest", "what_would_show"]

Advance: TypeAlias = Callable[[int], None]
_ROUNDS: Final = 12
"""Rankings for one signal, at most: each goes as far as the last one showed to be needed."""
_MOST: Final = 1_000_000
"""Thousandths; a weight beyond it says nothing that a smaller one would not."""


@dataclass(frozen=True, slots=True)
class WouldShowRequest:
    """A work, by its id or the beginning of it, and the feed that it is to be shown in."""

    record: str
    feed: FeedRequest = field(default_factory=FeedRequest)


@dataclass(frozen=True, slots=True)
class Change:
    """A weight with which the work is on the page.

    Attributes:
        weight: as it is, in thousandths; 0: the profile has none.
        becomes: the least that was seen to be enough.
        place: at which the work then stands.
        leaves: how many works that are on the page now are then not.
    """

    signal: str
    weight: int
    becomes: int
    place: int
    leaves: int


@dataclass(frozen=True, slots=True)
class WouldShow:
    """Which single weights would put a work on the page.

    Attributes:
        shown: whether it is there already; then nothing was tried.
        dropped: the reason code, if a rule drops it; then nothing was tried.
        changes: the smallest first.
        tried: signals of which no weight is enough.
    """

    item: RecordId
    profile: str
    snapshot: Cid
    as_of: int
    shown: bool
    dropped: str | None = None
    changes: tuple[Change, ...] = ()
    tried: tuple[str, ...] = ()


def what_would_show(
    home: Home, request: WouldShowRequest, advance: Advance = lambda _read: None
) -> WouldShow:
    """Find the single weights that would put a work on the page, and rank with each.

    Raises:
        NotFound, NotAllowed, InvalidValue: as :func:`~knowchain.home.feeding.explain_item`.
    """
    with feeds_of(home).rankings(home, [(request.feed, {})], advance) as (_, (ranked,)):
        item = work_named(ranked.reader, request.record)
        limit = request.feed.limit
        judged = _judged(ranked.ranking, item, limit)
        plain = WouldShow(item, ranked.profile.name, ranked.snapshot, ranked.ranking.as_of, judged.shown)
        if judged.drop is not None or judged.shown:
            return replace(plain, dropped=None if judged.drop is None else judged.drop.value)
        trying = _Trying(ranked, item, limit)
        found = {signal: trying.change(signal) for signal in ranked.profile.weights}
        changes = [change for change in found.values() if change is not None]
        return replace(
            plain,
            changes=tuple(sorted(changes, key=lambda each: (abs(each.becomes - each.weight), each.signal))),
            tried=tuple(signal for signal, change in found.items() if change is None),
        )


class _Trying:
    """Rankings of one state of the store by ever other weights."""

    def __init__(self, ranked: Ranked, item: RecordId, limit: int | None) -> None:
        self._ranked, self._item, self._limit = ranked, item, limit
        self._page = {placed.id for placed in ranked.ranking.feed(limit).items}

    def change(self, signal: str) -> Change | None:
        """The least weight of one signal that was seen to be enough; None if none was."""
        before = weight = self._ranked.profile.weights[signal]
        ranking = self._ranked.ranking
        for _ in range(_ROUNDS):
            step = self._step(ranking, signal)
            weight += step
            if not step or abs(weight) > _MOST:
                return None
            try:
                profile = reweighed(self._ranked.profile, {signal: weight})
            except InvalidValue:
                return None
            ranking = self._ranked.again(profile)
            judged = _judged(ranking, self._item, self._limit)
            if judged.shown and judged.placed is not None and judged.placed.place is not None:
                after = {placed.id for placed in ranking.feed(self._limit).items}
                return Change(signal, before, weight, judged.placed.place, len(self._page - after))
        return None

    def _step(self, ranking: Ranking, signal: str) -> int:
        """How much more weight would take the work past the last one shown: (S_y − S_x) / (s_x − s_y), and a
        thousandth; 0 if none would."""
        own = _judged(ranking, self._item, self._limit).placed
        items = ranking.feed(self._limit).items
        if own is None or not items:
            return 0
        last = items[-1]
        apart = _value(own, signal) - _value(last, signal)
        step = max(0, last.score - own.score) // abs(apart) + 1 if apart else 0
        return step if apart > 0 else -step


def _judged(ranking: Ranking, item: RecordId, limit: int | None) -> Judgement:
    judged = ranking.judge(item, limit)
    assert judged is not None, "every held work is in the columns"
    return judged


def _value(placed: Placed, signal: str) -> int:
    return next((each.value for each in placed.contributions if each.signal == signal), 0)
