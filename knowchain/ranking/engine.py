"""The fast engine: whole columns at a time, exact to the bit (numpy).

:mod:`knowchain.ranking.referee` says the same in plain integers, and is what it must agree with.

Source: docs/spec/ranking.md.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import Cid, RecordId
from knowchain.ranking.columns import DROPS, Columns
from knowchain.ranking.facts import Drop, Fact, Viewer
from knowchain.ranking.feed import Contribution, Evidence, Feed, Ground, Judgement, Placed
from knowchain.ranking.numbers import FADING, ONE, Ints, fading_steps, ilog2q_column
from knowchain.ranking.opinions import Opinions
from knowchain.ranking.profile import SOURCES, Profile
from knowchain.ranking.readers_trust import NO_HOP, ReadersTrust
from knowchain.ranking.salts import Salts
from knowchain.ranking.signals import AXIS, LABEL, MAX_AGE
from knowchain.records.vocabulary.languages import matches

__all__ = ["Engine", "Ranking"]

_Mask = npt.NDArray[np.bool_]
_Names = TypeVar("_Names")
_LISTS_KEPT: Final = 64
"""Lists of what is wanted whose matches are remembered."""
_NOVELTY: Final = np.array([ONE >> times for times in range(18)], np.int64)
"""By how often a work was shown."""
_UNLABELLED: Final = np.array([0, ONE], np.int64)
"""By whether a label stands."""


class Engine:
    """Ranks over columns, and remembers what stays the same from feed to feed.

    Args:
        columns: may be brought up to date between feeds.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.trust = ReadersTrust(columns)
        self.opinions = Opinions(columns)
        self._chosen: dict[Hashable, _Mask] = {}
        self._salts: Salts | None = None

    def rank(self, profile: Profile, viewer: Viewer, *, as_of: int, snapshot: Cid) -> Ranking:
        """Score every work for one reader at one moment.

        Args:
            as_of: milliseconds since 1970; given, never read from a clock.
            snapshot: the CID of the manifest of what the columns were made from.
        """
        return Ranking(self, profile, viewer, as_of, snapshot)

    def salts(self, snapshot: Cid) -> Salts:
        """The salts of a snapshot; of one at a time they are remembered."""
        if self._salts is None or self._salts.snapshot != snapshot:
            self._salts = Salts(snapshot, self.columns.works.names)
        return self._salts

    def sets_matching(self, wanted: tuple[str, ...]) -> _Mask:
        """Which sets of tags have one that is among ``wanted``, or narrower."""
        return self._remembered(
            wanted,
            self.columns.language_sets.names,
            lambda tags: any(matches(tag, each) for tag in tags for each in wanted),
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


class _Valued(NamedTuple):
    """A signal: its values, and for each work which of them it has; without that, one value a work."""

    values: Ints
    at: npt.NDArray[np.integer[Any]] | None = None

    def of(self, rows: Sequence[int]) -> list[int]:
        """The values of some works."""
        at = np.array(rows, np.intp)
        found: list[int] = self.values[at if self.at is None else self.at[at]].tolist()
        return found

    def every(self) -> Ints:
        """Of each work its value."""
        return self.values if self.at is None else self.values.take(self.at)

    def weighted(self, weight: int) -> npt.NDArray[np.float64]:
        """Value times weight, for every work: an integer below 2^53, so that a float holds it exactly."""
        found = self.values * np.float64(weight)
        return found if self.at is None else found.take(self.at)


class Ranking:
    """Every work scored for one reader at one moment; asked for the best, or about one."""

    def __init__(self, engine: Engine, profile: Profile, viewer: Viewer, as_of: int, snapshot: Cid) -> None:
        self._engine, self._columns = engine, engine.columns
        self._profile, self._viewer = profile, viewer
        self._as_of, self._snapshot = as_of, snapshot
        self._salts = engine.salts(snapshot)
        self._ages: Ints = as_of - self._columns.time
        self._vouched = engine.trust.at(profile, viewer, as_of)
        self._drops = self._dropped_before_sources()
        self._opinions = engine.opinions.at(profile, self._vouched, as_of)
        self._known: dict[str, _Valued] = {}
        self._given = self._sources()
        self._signals = {name: self._signal(name) for name in profile.weights}
        self._scores = self._combined()
        self._finish_drops()

    # --- signals -----------------------------------------------------------------------------------

    def _signal(self, name: str) -> _Valued:
        """A signal of every work, worked out once."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._worked_out(name)
        return known

    def _worked_out(self, name: str) -> _Valued:
        columns, opinions = self._columns, self._opinions
        if name.startswith(AXIS):
            return _Valued(opinions.axis(name.removeprefix(AXIS)), columns.subject_of_work)
        if name.startswith(LABEL):
            return _Valued(_UNLABELLED, opinions.label(name.removeprefix(LABEL)).view(np.int8))
        signals: dict[str, Callable[[], _Valued]] = {
            "age": lambda: _Valued(-np.clip(self._ages, 0, MAX_AGE)),
            "bridge": lambda: _Valued(opinions.bridge(), columns.subject_of_work),
            "contribution": lambda: _Valued(opinions.contribution(), columns.author),
            "fresh": lambda: _Valued(
                FADING, fading_steps(self._ages, self._profile.fresh_half_life_s * 1000)
            ),
            "lang_lift": self._lang_lift,
            "novelty": self._novelty,
            "outward": lambda: _Valued(opinions.outward(), columns.subject_of_work),
            "popularity": lambda: _Valued(opinions.popularity(), columns.subject_of_work),
            "provenance": lambda: _Valued(columns.provenance),
            "trust": lambda: _Valued(self._vouched.signals, columns.author),
        }
        return signals[name]()

    def _novelty(self) -> _Valued:
        """By how often each was shown; beyond 16 times nothing is left."""
        seen = np.zeros(len(self._columns), np.int8)
        for rid, times in self._viewer.history.items():
            row = self._columns.works.get(rid)
            if row is not None:
                seen[row] = min(times, len(_NOVELTY) - 1)
        return _Valued(_NOVELTY, seen)

    # --- stages ------------------------------------------------------------------------------------

    def _dropped_before_sources(self) -> npt.NDArray[np.uint8]:
        columns, profile = self._columns, self._profile
        drops = columns.drop.copy()
        if columns.newest > self._as_of:
            self._mark(drops, self._ages < 0, Drop.FUTURE)
        if self._vouched.blocked.any():
            self._mark(drops, self._vouched.blocked.take(columns.author), Drop.BLOCKED_AUTHOR)
        if profile.blocked_languages:
            shut = self._all_blocked(profile.blocked_languages)
            self._mark(drops, shut.take(columns.language_set), Drop.BLOCKED_LANGUAGE)
        return drops

    @staticmethod
    def _mark(drops: npt.NDArray[np.uint8], where: _Mask, reason: Drop) -> None:
        """Give a reason to whatever has none yet: the first reason stays."""
        drops[where & (drops == 0)] = DROPS.index(reason) + 1

    def _all_blocked(self, blocked: tuple[str, ...]) -> _Mask:
        names = self._columns.language_sets.names
        return np.fromiter(
            (
                bool(tags) and all(any(matches(tag, each) for each in blocked) for tag in tags)
                for tags in names
            ),
            bool,
            len(names),
        )

    def _sources(self) -> dict[str, _Mask]:
        """Which works each source gives, at most as many as the profile lets it."""
        columns, viewer, profile = self._columns, self._viewer, self._profile
        free = self._free = self._drops == 0
        wanted = (*profile.langs, *viewer.languages)
        members: dict[str, Callable[[], _Mask]] = {
            "explore": self._latest_of_each,
            "follows": self._followed,
            "language": lambda: self._engine.sets_matching(wanted).take(columns.language_set),
            "outward": lambda: self._signal("outward").every() > 0,
            "recent": lambda: free,
            "topic": lambda: self._engine.sets_meeting(frozenset(profile.topics)).take(columns.interest_set),
            "trust": lambda: (self._vouched.hops < NO_HOP).take(columns.author),
        }
        nothing = np.zeros(len(columns), bool)
        return {
            name: self._capped(members[name](), cap) if (cap := profile.sources[name]) else nothing
            for name in SOURCES
        }

    def _latest_of_each(self) -> _Mask:
        """The latest free work of each author; of equally late ones that with the least salt."""
        columns = self._columns
        rows = np.flatnonzero(self._free)
        found = np.zeros(len(columns), bool)
        if not len(rows):
            return found
        authors, times = columns.author[rows], columns.time[rows]
        latest = np.full(len(columns.authors), -1, np.int64)
        np.maximum.at(latest, authors, times)
        tied = rows[times == latest[authors]]
        by_author = columns.author[tied]
        alone = np.bincount(by_author, minlength=len(latest)) == 1
        found[tied[alone[by_author]]] = True
        groups: dict[int, list[int]] = {}
        for row in tied[~alone[by_author]].tolist():
            groups.setdefault(int(columns.author[row]), []).append(row)
        for group in groups.values():
            found[self._salts.least(np.array(group, np.intp), 1)] = True
        return found

    def _followed(self) -> _Mask:
        columns, viewer = self._columns, self._viewer
        people = np.zeros(len(columns.authors), bool)
        people[[number for each in viewer.people if (number := columns.authors.get(each)) is not None]] = True
        found: _Mask = people.take(columns.author)
        wanted: frozenset[RecordId | str] = viewer.collections | viewer.topics
        if wanted:
            found = found | self._engine.sets_meeting(wanted).take(columns.interest_set)
        return found

    def _capped(self, mask: _Mask, cap: int) -> _Mask:
        """The newest ``cap`` of those that are free; among equally old ones by the salted hash."""
        if mask is not self._free:
            mask = mask & self._free
        if np.count_nonzero(mask) <= cap:
            return mask
        rows = np.flatnonzero(mask)
        ages = self._ages[rows]
        oldest = np.partition(ages, cap - 1)[cap - 1]
        kept = rows[ages < oldest]
        tied = self._salts.least(rows[ages == oldest], cap - len(kept))
        capped = np.zeros(len(mask), bool)
        capped[kept] = True
        capped[tied] = True
        return capped

    def _lifts(self) -> Ints:
        """The lift of each language, by what trusted authors published in the window."""
        columns = self._columns
        used = np.zeros(len(columns.users), bool)
        used[columns.publishing_users.flat_of(self._published_lately())] = True
        signals = self._vouched.signals[columns.user_author.values[used]]
        amounts = np.zeros(len(columns.languages), np.int64)
        np.add.at(amounts, columns.user_language.values[used], signals)
        logs = ilog2q_column(ONE + amounts) - 16 * ONE
        most = int(logs.max(initial=0))
        return ONE * (most - logs) // most if most else np.zeros(len(logs), np.int64)

    def _published_lately(self) -> _Mask:
        """Which authors published with which tags in the window."""
        columns, window = self._columns, self._profile.lang_window_s * 1000
        if columns.newest > self._as_of:
            # Works of the future hide which were the latest before: look at every work.
            seen = np.zeros(len(columns.publishings), bool)
            seen[columns.publishing[(self._drops == 0) & (self._ages < window)]] = True
            return seen
        latest = columns.latest
        lately: _Mask = (latest >= 0) & (self._as_of - latest < window)
        lately &= ~self._vouched.blocked[columns.publishing_author]
        if self._profile.blocked_languages:
            lately &= ~self._all_blocked(self._profile.blocked_languages)[columns.publishing_set]
        return lately

    def _lang_lift(self) -> _Valued:
        return _Valued(self._columns.set_languages.least(self._lifts()), self._columns.language_set)

    def _combined(self) -> npt.NDArray[np.float64]:
        """Weighted sums. Every partial sum is an integer below 2^53, so that no order of adding matters."""
        scores = np.zeros(len(self._columns), np.float64)
        for name, weight in self._profile.weights.items():
            scores += self._signals[name].weighted(weight)
        return scores

    def _finish_drops(self) -> None:
        if self._given["recent"] is not self._free:
            given = np.zeros(len(self._columns), bool)
            for mask in self._given.values():
                given |= mask
            self._mark(self._drops, ~given, Drop.NO_SOURCE)
        if self._profile.score_min is not None:
            self._mark(self._drops, self._scores < self._profile.score_min * ONE, Drop.BELOW_SCORE)
        self._candidates = np.flatnonzero(self._drops == 0)

    @property
    def as_of(self) -> int:
        """The moment that it was worked out for, milliseconds."""
        return self._as_of

    @property
    def candidates(self) -> int:
        """How many works a source gave and no rule dropped."""
        return len(self._candidates)

    # --- answers -----------------------------------------------------------------------------------

    def feed(self, limit: int | None = None) -> Feed:
        """The best items.

        Args:
            limit: how many at most; None: a page of the profile.
        """
        counts = np.bincount(self._drops, minlength=len(DROPS) + 1).tolist()
        best = self._best(self._profile.page if limit is None else limit)
        return Feed(
            profile=self._profile.name,
            snapshot=self._snapshot,
            as_of=self._as_of,
            works=len(self._columns),
            candidates=len(self._candidates),
            given={name: int(np.count_nonzero(mask)) for name, mask in self._given.items()},
            dropped={drop: counts[number] for number, drop in enumerate(DROPS, 1) if counts[number]},
            items=self._placed(best, 1),
        )

    def judge(self, rid: RecordId, limit: int | None = None) -> Judgement | None:
        """What became of one work in the feed of that length; None if it is no work that is held."""
        row = self._columns.works.get(rid)
        if row is None:
            return None
        if number := int(self._drops[row]):
            return Judgement(rid, DROPS[number - 1], None)
        rank = self._rank_of(row)
        size = self._profile.page if limit is None else limit
        if rank <= size:
            return Judgement(rid, None, self._placed([row], rank)[0], shown=True)
        last = self._best(size)[-1:]
        short = int(self._scores[last[0]]) - int(self._scores[row]) if last else 0
        return Judgement(rid, None, self._placed([row], rank)[0], short_of=short)

    def _best(self, count: int) -> list[int]:
        """Rows in their order: by score, then by salt."""
        rows, score = self._candidates, self._scores
        if count >= len(rows):
            return self._sorted(rows)
        if count <= 0:
            return []
        scores = score[rows]
        threshold = np.partition(scores, len(rows) - count)[len(rows) - count]
        better = self._sorted(rows[scores > threshold])
        return better + self._salts.least(rows[scores == threshold], count - len(better))

    def _sorted(self, rows: npt.NDArray[np.intp]) -> list[int]:
        chosen: list[int] = rows.tolist()
        return sorted(chosen, key=lambda row: (-self._scores[row], self._salts.of(row)))

    def _rank_of(self, row: int) -> int:
        scores, own = self._scores[self._candidates], self._scores[row]
        better = int(np.count_nonzero(scores > own))
        return 1 + better + self._salts.before(row, self._candidates[scores == own])

    def _placed(self, rows: Sequence[int], first_rank: int) -> tuple[Placed, ...]:
        """Works with all that is said of them, in their order."""
        columns, weights = self._columns, self._profile.weights
        at = np.array(rows, np.intp)
        values = zip(*(self._signals[name].of(rows) for name in weights), strict=True)
        given = zip(*(self._given[name][at].tolist() for name in SOURCES), strict=True)
        scores, ages = self._scores[at].tolist(), self._ages[at].tolist()
        grounds = self._opinions.grounds(weights, rows)
        placed = []
        for place, (row, had, by) in enumerate(zip(rows, values, given, strict=True)):
            fact = columns.facts[columns.works.names[row]]
            hop = int(self._vouched.hops[columns.author[row]])
            placed.append(
                Placed(
                    id=fact.id,
                    author=fact.author,
                    score=int(scores[place]),
                    rank=first_rank + place,
                    contributions=tuple(
                        Contribution(name, value, weight, value * weight)
                        for (name, weight), value in zip(weights.items(), had, strict=True)
                    ),
                    sources=tuple(
                        f"trust:{hop}" if name == "trust" else name
                        for name, gave in zip(SOURCES, by, strict=True)
                        if gave
                    ),
                    evidence=self._evidence(row, fact, ages[place], hop, grounds[place]),
                )
            )
        return tuple(placed)

    def _evidence(self, row: int, fact: Fact, age: int, hop: int, grounds: dict[str, Ground]) -> Evidence:
        trust, hops = self._vouched.trust, self._columns.hops(row)
        return Evidence(
            age=age,
            claimed=hops.claimed,
            verified=hops.verified,
            languages=fact.languages,
            mass=trust.mass_of(fact.author) if trust is not None else 0,
            hop=None if hop == NO_HOP else hop,
            seen=self._viewer.history.get(fact.id, 0),
            grounds=grounds,
        )
