"""A feed and what is said of each of its items: the shapes that both engines answer in.

Source: docs/spec/ranking.md, sections 7 and 8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from knowchain.identifiers import Cid, RecordId
from knowchain.ranking.facts import Drop
from knowchain.ranking.numbers import ONE

__all__ = [
    "SCORE_UNIT",
    "Contribution",
    "Evidence",
    "Feed",
    "Ground",
    "Judgement",
    "Move",
    "Placed",
    "salted",
    "strongest",
]

SCORE_UNIT: Final = 1_000 * ONE
"""A score of one: weights are thousandths, signals have the unit Q."""


SHOWN_RECORDS: Final = 3
"""Records that are named as the ground of a signal."""


def salted(snapshot: Cid, item: RecordId) -> bytes:
    """What orders items of equal score: no author can choose an id for it beforehand."""
    return hashlib.sha256(snapshot + item).digest()


class Contribution(NamedTuple):
    """What one signal adds to a score; all of an item's sum to its score, exactly."""

    signal: str
    value: int
    weight: int
    """Thousandths."""
    adds: int


class Ground(NamedTuple):
    """What the value of one signal rests on."""

    total: int
    """How many records; for ``outward`` languages, for ``bridge`` groups."""
    records: tuple[RecordId, ...]
    """At most three, those with the most weight first, then by id."""


def strongest(weighed: Iterable[tuple[int, RecordId]]) -> Ground:
    """The ground that some records are, each with its weight; those without any are none."""
    ordered = sorted((-weight, rid) for weight, rid in weighed if weight > 0)
    return Ground(len(ordered), tuple(rid for _, rid in ordered[:SHOWN_RECORDS]))


class Evidence(NamedTuple):
    """What an item's signals rest on."""

    age: int
    """Milliseconds before the feed's moment; negative: after it."""
    claimed: int
    """Hops to its sources that it claims."""
    verified: int
    """Those of them whose target is here and stands."""
    languages: tuple[str, ...]
    mass: int
    """Of the 2^40 that the reader's trust shares out, what its author has."""
    hop: int | None
    """Steps of trust from the reader's seeds to its author; None: beyond the reach, or none."""
    seen: int
    """How often the reader was shown it."""
    grounds: Mapping[str, Ground]
    """By signal, of those that rest on what people said."""


class Move(NamedTuple):
    """A rule that had a say in the place of an item, beside its score."""

    rule: str
    """``author-decay``, ``likeness``, ``calibration``; ``floor:GROUP``, ``explore``."""
    costs: int = 0
    """What the first three took from the score for this place."""
    before: int = 0
    """``author-decay``: how many works of its author stand before it."""
    like: RecordId | None = None
    """``likeness``: the work before it that it is most like."""
    part: int = 0
    """``likeness``: how like, of Q; ``calibration``: what its language had too much, of a place."""
    language: str = ""
    needed: int = 0
    """``floor:GROUP``, ``explore``: how many places were owed by now, or had to be begun with."""
    had: int = 0
    """And how many there had been."""
    displaced: RecordId | None = None
    """Which work would have had this place."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An item of a feed."""

    id: RecordId
    author: RecordId
    score: int
    rank: int
    """Among all candidates, by score; 1 is the best."""
    contributions: tuple[Contribution, ...]
    sources: tuple[str, ...]
    """Which sources gave it, ``trust`` with the steps to its author: ``trust:2``."""
    evidence: Evidence
    place: int | None
    """In the feed, counted from 1; None: at none of the 500 places that there can be."""
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of one work, shown or not."""

    id: RecordId
    drop: Drop | None
    """Why it can't be in the feed; then nothing below is set."""
    placed: Placed | None
    shown: bool = False
    short_of: int = 0
    """By how much its score is below that of the last item shown; 0 where it is not below: the salted hash
    or a rule that moves works decided; and for an item that is shown."""
    condition: str | None = None
    """The first condition that is true of it, if one drops it."""


@dataclass(frozen=True, slots=True)
class Feed:
    """The best items for one reader at one moment."""

    profile: str
    snapshot: Cid
    as_of: int
    works: int
    """Works held, whatever became of them."""
    candidates: int
    """Those that a source gave and no rule dropped."""
    given: Mapping[str, int]
    """How many each source gave."""
    dropped: Mapping[Drop, int]
    """How many were dropped, by reason; with the candidates they make up all works."""
    items: tuple[Placed, ...]
    history: bytes | None = None
    """What the reader's history is committed to with, if the profile weighs novelty."""
    unmet: Mapping[str, int] = field(default_factory=dict)
    """Rules that owed a place and found no work for it; each with the first place that it was owed."""
    owed: Mapping[str, int] | None = None
    """What each language is owed after this feed, if the profile calibrates; parts of Q."""
