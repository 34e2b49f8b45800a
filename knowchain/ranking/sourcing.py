"""Which works come into question: what is dropped beforehand, and what each source gives.

The same from one moment to the next while no work changes and no work of the future comes of age.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import Cid, RecordId
from knowchain.ranking.columns import DROPS, Columns
from knowchain.ranking.columns.said import NEVER
from knowchain.ranking.facts import Drop, Viewer
from knowchain.ranking.numbers import Ints
from knowchain.ranking.profile import SOURCES, Profile
from knowchain.ranking.readers_trust import NO_HOP, AuthorTrust
from knowchain.ranking.salts import Salts
from knowchain.records.vocabulary.languages import matches

__all__ = ["Sourced", "Sourcing", "mark"]

_Mask: TypeAlias = npt.NDArray[np.bool_]
_Names = TypeVar("_Names")
_LISTS_KEPT: Final = 64
"""Lists of what is wanted whose matches are remembered."""


def mark(drops: npt.NDArray[np.uint8], where: _Mask, reason: Drop) -> None:
    """Give a reason to whatever has none yet: the first reason stays."""
    drops[where & (drops == 0)] = DROPS.index(reason) + 1


class Sourcing:
    """Remembers what comes into question from feed to feed."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._chosen: dict[Hashable, _Mask] = {}
        self._last: Sourced | None = None

    def at(
        self,
        profile: Profile,
        viewer: Viewer,
        vouched: AuthorTrust,
        as_of: int,
        salts: Salts,
        outward: Callable[[], Ints],
    ) -> Sourced:
        """What comes into question for one reader at one moment."""
        carried = outward() if profile.sources["outward"] else None
        last = self._last
        if last is None or not last.holds_for(profile, viewer, vouched, as_of, salts.snapshot, carried):
            last = self._last = Sourced(self, profile, viewer, vouched, as_of, salts, carried)
        return last

    def sets_matching(self, wanted: tuple[str, ...]) -> _Mask:
        """Which sets of tags have one that is among ``wanted``, or narrower."""
        return self._remembered(
            wanted,
            self.columns.language_sets.names,
            lambda tags: any(matches(tag, each) for tag in tags for each in wanted),
        )

    def sets_blocked(self, blocked: tuple[str, ...]) -> _Mask:
        """Which sets of tags have none that isn't among ``blocked``, or narrower, and have any."""
        return self._remembered(
            ("blocked", blocked),
            self.columns.language_sets.names,
            lambda tags: bool(tags) and all(any(matches(tag, each) for each in blocked) for tag in tags),
        )

    def sets_meeting(self, wanted: frozenset[RecordId | str]) -> _Mask:
        """Which sets of collections and topics have one of ``wanted``."""
        return self._remembered(
            wanted, self.columns.interest_sets.names, lambda names: not wanted.isdisjoint(names)
        )

    def _remembered(
        self, wanted: Hashable, names: Sequence[_Names], meets: Callable[[_Names], bool]
    ) -> _Mask:
        """One truth a set, worked out once for each."""
        known = self._chosen.get(wanted, np.zeros(0, bool))
        if len(known) < len(names):
            if len(self._chosen) >= _LISTS_KEPT:
                self._chosen.clear()
            found = np.array([meets(each) for each in names[len(known) :]], bool)
            known = self._chosen[wanted] = np.concatenate((known, found))
        return known


@dataclass(frozen=True)
class _Key:
    version: int
    snapshot: Cid
    profile: Profile
    viewer: Viewer


class Sourced:
    """What comes into question for one reader, from one moment until another."""

    def __init__(
        self,
        sourcing: Sourcing,
        profile: Profile,
        viewer: Viewer,
        vouched: AuthorTrust,
        as_of: int,
        salts: Salts,
        outward: Ints | None,
    ) -> None:
        self._sourcing, self._columns = sourcing, sourcing.columns
        self._profile, self._viewer, self._vouched = profile, viewer, vouched
        self._salts, self._outward = salts, outward
        self._key = _Key(self._columns.version, salts.snapshot, profile, viewer)
        time = self._columns.time
        ahead = time > as_of if self._columns.newest > as_of else np.zeros(len(time), bool)
        self._ahead = ahead if ahead.any() else None
        self._begins = int(time.max(initial=-1, where=~ahead))
        self._ends = int(time.min(initial=NEVER, where=ahead))
        self.drops = self._dropped()
        """Numbers of drops, by row, without those of the profile's least score."""
        self.free: _Mask = self.drops == 0
        """What no rule dropped, whether a source gives it or not."""
        self.given = self._given()
        """Which works each source gives, at most as many as the profile lets it."""
        if self.given["recent"] is not self.free:
            given = np.zeros(len(self._columns), bool)
            for mask in self.given.values():
                given |= mask
            mark(self.drops, ~given, Drop.NO_SOURCE)

    def holds_for(
        self,
        profile: Profile,
        viewer: Viewer,
        vouched: AuthorTrust,
        as_of: int,
        snapshot: Cid,
        outward: Ints | None,
    ) -> bool:
        """Whether nothing of it is different for this reader at this moment."""
        return (
            self._vouched is vouched
            and self._outward is outward
            and self._begins <= as_of < self._ends
            and self._key == _Key(self._columns.version, snapshot, profile, viewer)
        )

    @cached_property
    def shut(self) -> _Mask:
        """Which sets of tags the profile blocks."""
        return self._sourcing.sets_blocked(self._profile.blocked_languages)

    def published_lately(self, as_of: int) -> _Mask:
        """Which authors published with which tags in the profile's window before a moment."""
        columns, window = self._columns, self._profile.lang_window_s * 1000
        if columns.newest > as_of:
            # Works of the future hide which were the latest before: look at every work.
            seen = np.zeros(len(columns.publishings), bool)
            seen[columns.publishing[self.free & (as_of - columns.time < window)]] = True
            return seen
        latest = columns.latest
        lately: _Mask = (latest >= 0) & (as_of - latest < window)
        lately &= ~self._vouched.blocked[columns.publishing_author]
        if self._profile.blocked_languages:
            lately &= ~self.shut[columns.publishing_set]
        return lately

    @cached_property
    def candidates(self) -> npt.NDArray[np.intp]:
        """The rows that are not dropped."""
        return np.flatnonzero(self.drops == 0)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many works each source gives."""
        return {name: int(np.count_nonzero(mask)) for name, mask in self.given.items()}

    @cached_property
    def dropped(self) -> list[int]:
        """How many works have each number of a drop."""
        counts: list[int] = np.bincount(self.drops, minlength=len(DROPS) + 1).tolist()
        return counts

    # --- parts ---------------------------------------------------------------------------------------

    def _dropped(self) -> npt.NDArray[np.uint8]:
        columns, profile = self._columns, self._profile
        drops = columns.drop.copy()
        if self._ahead is not None:
            mark(drops, self._ahead, Drop.FUTURE)
        if self._vouched.blocked.any():
            mark(drops, self._vouched.blocked.take(columns.author), Drop.BLOCKED_AUTHOR)
        if profile.blocked_languages:
            mark(drops, self.shut.take(columns.language_set), Drop.BLOCKED_LANGUAGE)
        return drops

    def _given(self) -> dict[str, _Mask]:
        columns, profile = self._columns, self._profile
        wanted = (*profile.langs, *self._viewer.languages)
        members: dict[str, Callable[[], _Mask]] = {
            "explore": self._latest_of_each,
            "follows": self.followed,
            "language": lambda: self._sourcing.sets_matching(wanted).take(columns.language_set),
            "outward": self._carried,
            "recent": lambda: self.free,
            "topic": lambda: self._meeting(frozenset(profile.topics)),
            "trust": lambda: (self._vouched.hops < NO_HOP).take(columns.author),
        }
        nothing = np.zeros(len(columns), bool)
        return {
            name: self._capped(members[name](), cap) if (cap := profile.sources[name]) else nothing
            for name in SOURCES
        }

    def _carried(self) -> _Mask:
        assert self._outward is not None, "it is given wherever the source is open"
        found: _Mask = (self._outward > 0).take(self._columns.subject_of_work)
        return found

    def _meeting(self, wanted: frozenset[RecordId | str]) -> _Mask:
        if not wanted:
            return np.zeros(len(self._columns), bool)
        return self._sourcing.sets_meeting(wanted).take(self._columns.interest_set)

    def followed(self) -> _Mask:
        """Which works are of somebody, in a collection, or on a topic that the viewer follows."""
        columns, viewer = self._columns, self._viewer
        people = np.zeros(len(columns.authors), bool)
        people[[number for each in viewer.people if (number := columns.authors.get(each)) is not None]] = True
        return people.take(columns.author) | self._meeting(viewer.collections | viewer.topics)

    def _latest_of_each(self) -> _Mask:
        """The latest free work of each author; of equally late ones that with the least salt."""
        columns = self._columns
        rows = np.flatnonzero(self.free)
        found = np.zeros(len(columns), bool)
        authors, times = columns.author[rows], columns.time[rows]
        latest = np.full(len(columns.authors), -1, np.int64)
        np.maximum.at(latest, authors, times)
        tied = rows[times == latest[authors]]
        by_author = columns.author[tied]
        alone = (np.bincount(by_author, minlength=len(latest)) == 1)[by_author]
        found[tied[alone]] = True
        groups: dict[int, list[int]] = {}
        for row in tied[~alone].tolist():
            groups.setdefault(int(columns.author[row]), []).append(row)
        for group in groups.values():
            found[self._salts.least(np.array(group, np.intp), 1)] = True
        return found

    def _capped(self, mask: _Mask, cap: int) -> _Mask:
        """The newest ``cap`` of those that are free; among equally old ones by the salted hash."""
        if mask is not self.free:
            mask = mask & self.free
        if np.count_nonzero(mask) <= cap:
            return mask
        rows = np.flatnonzero(mask)
        ages = -self._columns.time[rows]
        oldest = np.partition(ages, cap - 1)[cap - 1]
        kept = rows[ages < oldest]
        tied = self._salts.least(rows[ages == oldest], cap - len(kept))
        capped = np.zeros(len(mask), bool)
        capped[kept] = True
        capped[tied] = True
        return capped
