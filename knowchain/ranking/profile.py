"""A profile: the rules by which a reader orders the feed.

Source: docs/spec/ranking.md, section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.identifiers import RecordId

__all__ = ["ME", "PROFILE_VERSION", "SOURCES", "Profile", "check_parents", "default_cap"]

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
MAX_ENTRIES: Final = 1_000
"""Entries of one list."""


def default_cap(source: str) -> int:
    """How many items a source gives at most, if the profile doesn't say."""
    return 0 if source in CLOSED else 100_000


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
    sources: Mapping[str, int] = field(default_factory=lambda: {name: default_cap(name) for name in SOURCES})
    """How many items each source gives at most; 0 closes it."""
    page: int = 20
    score_min: int | None = None
    """Thousandths of Q: an item below this times Q is dropped. None: no item is."""

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
