"""Two profiles over one state of the store: what each shows, and what a change of weights would do.

Nothing is estimated: each side is ranked as a feed is, at the same moment, from the same snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from knowchain.errors import InvalidValue
from knowchain.home.feed_items import Shower
from knowchain.home.feeding import FeedRequest, Ranked, feeds_of
from knowchain.home.home import Home
from knowchain.identifiers import Cid, RecordId
from knowchain.ranking.feed import SCORE_UNIT

__all__ = ["CompareRequest", "Compared", "ComparedItem", "Side", "WhatIfRequest", "compare_feeds", "what_if"]

Advance: TypeAlias = Callable[[int], None]
_MOST_WEIGHTS: Final = 64


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """Two feeds. They are ranked at the moment of the first, or now; ``limit``: items of each."""

    first: FeedRequest
    second: FeedRequest
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class WhatIfRequest:
    """A feed, and other weights for some of its signals.

    Attributes:
        feed: as it is.
        weights: thousandths, by signal; 0 leaves a signal out.
    """

    feed: FeedRequest = field(default_factory=FeedRequest)
    weights: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Side:
    """What one profile makes of an item.

    Attributes:
        rank: by score among all candidates, from 1; None if a rule dropped it.
        place: in the feed, from 1; None if it has none of the 500 that there can be.
        score: in ``unit``.
        shown: whether it is on the page.
        dropped: the reason code.
    """

    rank: int | None
    score: int | None
    shown: bool
    dropped: str | None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class ComparedItem:
    """An item that one of the two shows.

    Attributes:
        adds: what each signal adds to its score, first and second, where that differs.
    """

    item: RecordId
    title: str | None
    first: Side
    second: Side
    adds: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two feeds side by side, in the order of the second, then what only the first shows.

    Attributes:
        first: the name of the first profile.
        second: that of the second.
        unit: a score of one.
        both: how many items both show.
        shown: how many each shows.
    """

    first: str
    second: str
    snapshot: Cid
    as_of: int
    unit: int
    both: int
    shown: tuple[int, int]
    items: tuple[ComparedItem, ...]


def compare_feeds(home: Home, request: CompareRequest, advance: Advance = lambda _read: None) -> Compared:
    """Rank by two profiles and set the pages side by side.

    Raises:
        InvalidValue, NotFound: a profile, preset, moment or limit won't do.
    """
    asked: list[tuple[FeedRequest, Mapping[str, int]]] = [(request.first, {}), (request.second, {})]
    with feeds_of(home).rankings(home, asked, advance) as (shower, (first, second)):
        return _compared(shower, first, second, request.limit)


def what_if(home: Home, request: WhatIfRequest, advance: Advance = lambda _read: None) -> Compared:
    """What other weights would show: the feed as it is, and as it would be, each ranked.

    Raises:
        InvalidValue: no weight is given, a signal does not exist, or a weight is out of range; further as
            :func:`compare_feeds`.
    """
    if not 1 <= len(request.weights) <= _MOST_WEIGHTS:
        raise InvalidValue(
            "{field}: which weight would be another?",
            field="weight",
            value=len(request.weights),
            remedy="give one to 64, such as --weight trust=500",
        )
    asked: list[tuple[FeedRequest, Mapping[str, int]]] = [(request.feed, {}), (request.feed, request.weights)]
    with feeds_of(home).rankings(home, asked, advance) as (shower, (first, second)):
        return _compared(shower, first, second, request.feed.limit)


def _compared(shower: Shower, first: Ranked, second: Ranked, limit: int | None) -> Compared:
    pages = [[placed.id for placed in each.ranking.feed(limit).items] for each in (first, second)]
    items = []
    for rid in dict.fromkeys([*pages[1], *pages[0]]):
        sides = [_side(each, rid, limit) for each in (first, second)]
        items.append(
            ComparedItem(rid, shower.title(rid), sides[0][0], sides[1][0], _adds(sides[0][1], sides[1][1]))
        )
    return Compared(
        first=first.profile.name,
        second=second.profile.name,
        snapshot=first.snapshot,
        as_of=first.ranking.as_of,
        unit=SCORE_UNIT,
        both=len(set(pages[0]) & set(pages[1])),
        shown=(len(pages[0]), len(pages[1])),
        items=tuple(items),
    )


def _side(ranked: Ranked, rid: RecordId, limit: int | None) -> tuple[Side, dict[str, int]]:
    judged = ranked.ranking.judge(rid, limit)
    assert judged is not None, "every held work is in the columns"
    if judged.placed is None:
        return Side(None, None, False, None if judged.drop is None else judged.drop.value), {}
    adds = {each.signal: each.adds for each in judged.placed.contributions}
    placed = judged.placed
    return Side(placed.rank, placed.score, judged.shown, None, placed.place), adds


def _adds(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    names = dict.fromkeys([*first, *second])
    pairs = {name: (first.get(name, 0), second.get(name, 0)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
