"""The fast engine: whole columns at a time, exact to the bit (numpy).

:mod:`knowchain.ranking.referee` says the same in plain integers, and is what it must agree with.

Source: docs/spec/ranking.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import Cid, RecordId
from knowchain.ranking.columns import DROPS, Columns
from knowchain.ranking.condition_values import values_of_all
from knowchain.ranking.contribution import Ledger, ledger_of
from knowchain.ranking.facts import Drop, Viewer
from knowchain.ranking.feed import Contribution, Evidence, Feed, Judgement, Placed
from knowchain.ranking.greatest import at_least_the
from knowchain.ranking.history import commitment_of
from knowchain.ranking.numbers import ONE
from knowchain.ranking.opinions import Opinions
from knowchain.ranking.profile import SOURCES, Profile
from knowchain.ranking.readers_trust import NO_HOP, ReadersTrust
from knowchain.ranking.salts import Salts
from knowchain.ranking.sourcing import Sourcing
from knowchain.ranking.valuing import Memory, Valuing

__all__ = ["Engine", "Ranking"]


class Engine:
    """Ranks over columns, and remembers what stays the same from feed to feed.

    Args:
        columns: may be brought up to date between feeds.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.trust = ReadersTrust(columns)
        self.opinions = Opinions(columns)
        self.sourcing = Sourcing(columns)
        self.memory = Memory(columns)
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


class Ranking:
    """Every work scored for one reader at one moment; asked for the best, or about one."""

    def __init__(self, engine: Engine, profile: Profile, viewer: Viewer, as_of: int, snapshot: Cid) -> None:
        self._columns = engine.columns
        self._profile, self._viewer = profile, viewer
        self._as_of, self._snapshot = as_of, snapshot
        self._salts = engine.salts(snapshot)
        self._vouched = engine.trust.at(profile, viewer, as_of)
        self._opinions = engine.opinions.at(profile, self._vouched, as_of)
        self._sourced = engine.sourcing.at(
            profile, viewer, self._vouched, as_of, self._salts, self._opinions.outward
        )
        self._values = Valuing(
            engine.memory,
            engine.columns,
            profile,
            viewer.history,
            self._vouched,
            self._opinions,
            as_of,
            self._published_lately,
        )
        self._scores = self._values.scores()
        self._filtered = self._by_conditions()
        self._below = self._below_least()

    # --- stages ------------------------------------------------------------------------------------

    def _published_lately(self) -> npt.NDArray[np.bool_]:
        """Which authors published with which tags in the window."""
        columns, window = self._columns, self._profile.lang_window_s * 1000
        if columns.newest > self._as_of:
            # Works of the future hide which were the latest before: look at every work.
            seen = np.zeros(len(columns.publishings), bool)
            seen[columns.publishing[self._sourced.free & (self._as_of - columns.time < window)]] = True
            return seen
        latest = columns.latest
        lately: npt.NDArray[np.bool_] = (latest >= 0) & (self._as_of - latest < window)
        lately &= ~self._vouched.blocked[columns.publishing_author]
        if self._profile.blocked_languages:
            lately &= ~self._sourced.shut[columns.publishing_set]
        return lately

    def _by_conditions(self) -> npt.NDArray[np.bool_] | None:
        """Which works a condition of the profile drops; None if it has no conditions."""
        conditions = self._profile.drop
        if not conditions:
            return None
        columns = values_of_all(
            frozenset().union(*(each.names for each in conditions)),
            self._columns,
            self._profile,
            self._as_of,
            lambda name: self._values.signal(name).every(),
            self._sourced.followed,
        )
        dropped = np.zeros(len(self._columns), bool)
        for each in conditions:
            dropped |= each.mask(columns, len(dropped))
        dropped &= self._sourced.drops == 0
        return dropped

    def _below_least(self) -> npt.NDArray[np.bool_] | None:
        """Which works have less than the least score; None if there is none."""
        least = self._profile.score_min
        if least is None:
            return None
        below: npt.NDArray[np.bool_] = (self._scores < least * ONE) & (self._sourced.drops == 0)
        if self._filtered is not None:
            below &= ~self._filtered
        return below

    @cached_property
    def _drops(self) -> npt.NDArray[np.uint8]:
        """Numbers of drops, by row."""
        drops = self._sourced.drops
        for dropped, reason in ((self._filtered, Drop.FILTER), (self._below, Drop.BELOW_SCORE)):
            if dropped is not None:
                drops = np.where(dropped, np.uint8(DROPS.index(reason) + 1), drops)
        return drops

    @cached_property
    def _candidates(self) -> npt.NDArray[np.intp]:
        """Rows that are not dropped."""
        untouched = self._below is None and self._filtered is None
        return self._sourced.candidates if untouched else np.flatnonzero(self._drops == 0)

    @property
    def as_of(self) -> int:
        """The moment that it was worked out for, milliseconds."""
        return self._as_of

    @property
    def candidates(self) -> int:
        """How many works a source gave and no rule dropped."""
        return len(self._candidates)

    def ledger(self) -> Ledger:
        """Who contributed what, line by line."""
        trust = self._vouched.trust
        people = () if trust is None else self._columns.authors.names
        return ledger_of(
            self._columns.facts,
            {who: signal for who in people if trust is not None and (signal := trust.signal_of(who))},
            as_of=self._as_of,
            half_life_s=self._profile.contribution_half_life_s,
        )

    # --- answers -----------------------------------------------------------------------------------

    def feed(self, limit: int | None = None) -> Feed:
        """The best items.

        Args:
            limit: how many at most; None: a page of the profile.
        """
        counts = list(self._sourced.dropped)
        for dropped, reason in ((self._filtered, Drop.FILTER), (self._below, Drop.BELOW_SCORE)):
            if dropped is not None:
                counts[DROPS.index(reason) + 1] = int(np.count_nonzero(dropped))
        best = self._best(self._profile.page if limit is None else limit)
        return Feed(
            profile=self._profile.name,
            snapshot=self._snapshot,
            as_of=self._as_of,
            works=len(self._columns),
            candidates=len(self._candidates),
            given=self._sourced.counts,
            dropped={drop: counts[number] for number, drop in enumerate(DROPS, 1) if counts[number]},
            items=self._placed(best, 1),
            history=commitment_of(self._profile, self._viewer),
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
        rows = self._candidates
        if count >= len(rows):
            return self._sorted(rows)
        if count <= 0:
            return []
        scores = self._scores if len(rows) == len(self._scores) else self._scores[rows]
        places, threshold = at_least_the(count, scores)
        found = scores[places]
        better = self._sorted(rows[places[found > threshold]])
        return better + self._salts.least(rows[places[found == threshold]], count - len(better))

    def _sorted(self, rows: npt.NDArray[np.intp]) -> list[int]:
        chosen: list[int] = rows.tolist()
        scores: list[float] = self._scores[rows].tolist()
        keyed = zip((-score for score in scores), map(self._salts.of, chosen), chosen, strict=True)
        return [row for _, _, row in sorted(keyed)]

    def _rank_of(self, row: int) -> int:
        scores, own = self._scores[self._candidates], self._scores[row]
        better = int(np.count_nonzero(scores > own))
        return 1 + better + self._salts.before(row, self._candidates[scores == own])

    def _placed(self, rows: Sequence[int], first_rank: int) -> tuple[Placed, ...]:
        """Works with all that is said of them, in their order."""
        columns = self._columns
        at = np.array(rows, np.intp)
        names = columns.works.names
        facts = [columns.facts[names[row]] for row in rows]
        hops: list[int] = self._vouched.hops[columns.author[at]].tolist()
        sources, scores = self._sources_of(at, hops), self._scores[at].tolist()
        everything = zip(
            facts, scores, self._contributions(at), sources, self._evidence(at, hops), strict=True
        )
        return tuple(
            Placed(fact.id, fact.author, int(score), rank, contributions, given, evidence)
            for rank, (fact, score, contributions, given, evidence) in enumerate(everything, first_rank)
        )

    def _contributions(self, at: npt.NDArray[np.intp]) -> list[tuple[Contribution, ...]]:
        weights = self._profile.weights
        columns = [
            [Contribution(name, value, weight, value * weight) for value in self._values.signal(name).of(at)]
            for name, weight in weights.items()
        ]
        return list(zip(*columns, strict=True))

    def _sources_of(self, at: npt.NDArray[np.intp], hops: Sequence[int]) -> list[tuple[str, ...]]:
        given = zip(*(self._sourced.given[name][at].tolist() for name in SOURCES), strict=True)
        return [
            tuple(
                f"trust:{hop}" if name == "trust" else name
                for name, gave in zip(SOURCES, by, strict=True)
                if gave
            )
            for by, hop in zip(given, hops, strict=True)
        ]

    def _evidence(self, at: npt.NDArray[np.intp], hops: Sequence[int]) -> list[Evidence]:
        columns, trust, history = self._columns, self._vouched.trust, self._viewer.history
        grounds = self._opinions.grounds(self._profile.weights, at)
        ages: list[int] = (self._as_of - columns.time[at]).tolist()
        rows: list[int] = at.tolist()
        found = []
        for row, age, hop, ground in zip(rows, ages, hops, grounds, strict=True):
            fact, (claimed, verified) = columns.facts[columns.works.names[row]], columns.hops(row)
            mass = trust.mass_of(fact.author) if trust is not None else 0
            reached = None if hop == NO_HOP else hop
            seen = history.get(fact.id, 0) if history else 0
            found.append(Evidence(age, claimed, verified, fact.languages, mass, reached, seen, ground))
        return found
