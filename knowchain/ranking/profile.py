"""A profile: the rules by which a reader orders the feed.

Source: docs/spec/ranking.md, section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from knowchain.errors import InvalidValue
from knowchain.identifiers import RecordId
from knowchain.ranking.conditions import Condition

__all__ = [
    "ME",
    "OUTWARD_LEAST",
    "PROFILE_VERSION",
    "SOURCES",
    "Boost",
    "Floor",
    "Profile",
    "Rerank",
    "check_parents",
    "default_cap",
]

PROFILE_VERSION: Final = 1
ME: Final = "me"
"""As a seed: whoever reads, so that a profile can be shared."""
SOURCES: Final = ("explore", "follows", "language", "outward", "recent", "topic", "trust")
CLOSED: Final = frozenset({"explore", "outward"})
"""Sources that give nothing unless the profile opens them."""
MAX_SOURCE: Final = 1_000_000
MAX_TEXT: Final = 65_536
MAX_PAGE: Final = 500
MAX_ANCESTORS: Final = 64
MAX_BOOSTS: Final = 100
GROUPS: Final = ("minority", "outward")
"""Groups of works that a floor can be given to."""
OUTWARD_LEAST: Final = 8_192
"""Parts of Q: the signal `outward` from which on a work is in that group."""
MAX_ENTRIES: Final = 1_000
"""Entries of one list."""


@dataclass(frozen=True, slots=True)
class Boost:
    """What a work's score gets wherever a condition is true of it."""

    when: Condition
    add: int
    """Thousandths of one; may be negative."""
    name: str
    """``boost:1`` for the first of the profile: its line in explanations."""


@dataclass(frozen=True, slots=True)
class Floor:
    """How much of every beginning of a feed a group of works is owed."""

    group: Literal["minority", "outward"]
    p_milli: int
    """Thousandths of the places."""


@dataclass(frozen=True, slots=True)
class Rerank:
    """What moves works after they were ordered by score; by default nothing does."""

    author_decay: bool = False
    mmr_lambda: int = 0
    """Thousandths, by which likeness to what was picked before costs."""
    calibration_mu: int = 0
    """Thousandths, by which having more than its share costs a language."""
    floors: tuple[Floor, ...] = ()
    explore_every: int | None = None
    """One place in so many is drawn by the salted hash; None: none is."""
    lift_min: int = 32_768
    """Parts of Q: a language whose lift is at least this is a minority's."""

    @property
    def moves(self) -> bool:
        """Whether anything can stand elsewhere than its score puts it."""
        return bool(
            self.author_decay or self.mmr_lambda or self.calibration_mu or self.floors or self.explore_every
        )


def default_cap(source: str, rerank: Rerank) -> int:
    """How many items a source gives at most, if the profile doesn't say; ``explore`` is opened by places that
    are drawn from it."""
    closed = source in CLOSED and not (source == "explore" and rerank.explore_every)
    return 0 if closed else 100_000


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that was checked: every value within its bounds, and every score exact."""

    name: str
    weights: Mapping[str, int]
    """Thousandths, by signal, in the order of SIGNALS."""
    parent: RecordId | None = None
    reason: str = ""
    langs: tuple[str, ...] = ()
    seeds: tuple[RecordId | str, ...] = (ME,)
    """Identities, or ``me``."""
    blocked_people: frozenset[RecordId] = frozenset()
    blocked_languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    """What the source ``topic`` gives; case-folded, in NFC."""
    labelers: tuple[RecordId, ...] = ()
    """Identities whose moderation labels count."""
    groups: RecordId | None = None
    """The record of viewpoint groups that ``bridge`` reads; None: it is 0."""
    fresh_half_life_s: int = 172_800
    lang_window_s: int = 2_419_200
    axis_half_life_s: int = 31_557_600
    """After which an evaluation counts half."""
    axis_kappa: int = 3_000
    """Thousandths of a wholly trusted person, as which everything is judged 0 beforehand."""
    contribution_half_life_s: int = 31_557_600
    trust_hops: int = 3
    sources: Mapping[str, int] = field(
        default_factory=lambda: {name: default_cap(name, Rerank()) for name in SOURCES}
    )
    """How many items each source gives at most; 0 closes it."""
    page: int = 20
    score_min: int | None = None
    """Thousandths of Q: an item below this times Q is dropped. None: no item is."""
    drop: tuple[Condition, ...] = ()
    """A work of which one of these is true is dropped."""
    boosts: tuple[Boost, ...] = ()
    rerank: Rerank = Rerank()

    def seeds_for(self, me: RecordId | None) -> frozenset[RecordId]:
        """The identities that trust starts from, for one reader."""
        named = {seed for seed in self.seeds if not isinstance(seed, str)}
        return frozenset(named | ({me} if me is not None and ME in self.seeds else set()))


def check_parents(
    parent: RecordId | None, parent_of: Callable[[RecordId], RecordId | None], *, own: RecordId | None = None
) -> None:
    """Refuse a profile whose line of parents comes back to itself, or is endless.

    Args:
        parent: what the profile says it was forked from.
        parent_of: the parent that a profile states.
        own: the record that holds the profile, if it is published already.

    Raises:
        InvalidValue: a parent that appears twice, or more than 64 of them.
    """
    seen = set() if own is None else {own}
    while parent is not None:
        if parent in seen or len(seen) > MAX_ANCESTORS:
            raise InvalidValue(
                "parent: {value} appears twice among the profiles that this one was forked from"
                if parent in seen
                else "parent: more than {most} profiles lie behind this one",
                field="parent",
                value=str(parent),
                most=MAX_ANCESTORS,
                remedy="leave `parent` out, or name a profile that does not come from this one",
            )
        seen.add(parent)
        parent = parent_of(parent)
