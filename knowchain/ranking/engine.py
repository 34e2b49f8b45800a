"""The fast engine: whole columns at a time, exact to the bit (numpy).

:mod:`knowchain.ranking.referee` says the same in plain integers, and is what it must agree with.

Source: docs/spec/ranking.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import Cid, RecordId
from knowchain.ranking.columns import DROPS, Columns
from knowchain.ranking.condition_values import values_of_all
from knowchain.ranking.conditions import Condition
from knowchain.ranking.contribution import Ledger, ledger_of
from knowchain.ranking.debts import owed_after
from knowchain.ranking.facts import Drop, Viewer
from knowchain.ranking.feed import Feed, Judgement, Move
from knowchain.ranking.greatest import at_least_the
from knowchain.ranking.history import commitment_of
from knowchain.ranking.numbers import ONE
from knowchain.ranking.opinions import Opinions
from knowchain.ranking.placing import Place, Placer
from knowchain.ranking.pooling import Pooling
from knowchain.ranking.profile import MAX_PAGE, Profile
from knowchain.ranking.readers_trust import ReadersTrust
from knowchain.ranking.reranking import Reranking
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
            partial(self._sourced.published_lately, as_of),
        )
        conditions = [*profile.drop, *(boost.when for boost in profile.boosts)]
        masks = self._where(conditions)
        self._dropping = masks[: len(profile.drop)]
        self._boosted = {
            boost.name: mask for boost, mask in zip(profile.boosts, masks[len(profile.drop) :], strict=True)
        }
        self._scores = self._values.scores()
        for boost in profile.boosts:
            self._scores += self._boosted[boost.name] * np.float64(boost.add * ONE)
        self._filtered = self._by_conditions()
        self._below = self._below_least()
        self._placer = Placer(
            self._columns,
            profile,
            viewer,
            as_of,
            self._vouched,
            self._opinions,
            self._sourced,
            self._values,
            self._scores,
            self._boosted,
        )

    # --- stages ------------------------------------------------------------------------------------

    def _where(self, conditions: Sequence[Condition]) -> list[npt.NDArray[np.bool_]]:
        """Of which works each condition is true; of those of the future it says nothing."""
        if not conditions:
            return []
        columns = values_of_all(
            frozenset().union(*(each.names for each in conditions)),
            self._columns,
            self._profile,
            self._as_of,
            lambda name: self._values.signal(name).every(),
            self._sourced.followed,
        )
        return [each.mask(columns, len(self._columns)) for each in conditions]

    def _by_conditions(self) -> npt.NDArray[np.bool_] | None:
        """Which works a condition of the profile drops; None if it has no conditions."""
        if not self._dropping:
            return None
        dropped: npt.NDArray[np.bool_] = np.logical_or.reduce(self._dropping)
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

    def masses(self) -> dict[bytes, int] | None:
        """Of the reader's trust, who has which mass; None, if the reader trusts nobody."""
        return None if self._vouched.trust is None else self._vouched.trust.masses()

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
        places, unmet, owed = self._places(self._profile.page if limit is None else limit)
        return Feed(
            profile=self._profile.name,
            snapshot=self._snapshot,
            as_of=self._as_of,
            works=len(self._columns),
            candidates=len(self._candidates),
            given=self._sourced.counts,
            dropped={drop: counts[number] for number, drop in enumerate(DROPS, 1) if counts[number]},
            items=self._placer.placed(places),
            history=commitment_of(self._profile, self._viewer),
            unmet=unmet,
            owed=owed,
        )

    def judge(self, rid: RecordId, limit: int | None = None) -> Judgement | None:
        """What became of one work in the feed of that length; None if it is no work that is held."""
        row = self._columns.works.get(rid)
        if row is None:
            return None
        if number := int(self._drops[row]):
            return Judgement(rid, DROPS[number - 1], None, condition=self._condition(row, number))
        size = self._profile.page if limit is None else limit
        rank = self._rank_of(row)
        if not self._profile.rerank.moves:
            place = rank if rank <= MAX_PAGE else None
            moves: tuple[Move, ...] = ()
            last = [] if rank <= size else self._best(size)[-1:]
        else:
            choices = self._reranking.fill(MAX_PAGE)
            place, moves = next(
                ((at, each.moves) for at, each in enumerate(choices, 1) if each.row == row), (None, ())
            )
            last = [each.row for each in choices[:size][-1:]]
        placed = self._placer.placed([Place(row, rank, place, moves)])[0]
        if place is not None and place <= size:
            return Judgement(rid, None, placed, shown=True)
        short = int(self._scores[last[0]]) - int(self._scores[row]) if last else 0
        return Judgement(rid, None, placed, short_of=max(0, short))

    def _condition(self, row: int, number: int) -> str | None:
        """The first condition that drops a work; None if another rule does."""
        if DROPS[number - 1] is not Drop.FILTER:
            return None
        return next(
            each.text for each, mask in zip(self._profile.drop, self._dropping, strict=True) if mask[row]
        )

    # --- order -------------------------------------------------------------------------------------

    def _places(self, count: int) -> tuple[list[Place], dict[str, int], dict[str, int] | None]:
        """The first places, the rules that found nothing for one of them, and what languages are owed."""
        rerank = self._profile.rerank
        if not rerank.moves:
            rows = self._best(count)
            return [Place(row, rank, rank, ()) for rank, row in enumerate(rows, 1)], {}, None
        choices = self._reranking.fill(count)
        unmet = {name: place for name, place in self._reranking.unmet.items() if place <= len(choices)}
        places = [
            Place(each.row, self._rank_of(each.row), place, each.moves)
            for place, each in enumerate(choices, 1)
        ]
        if not rerank.calibration_mu:
            return places, unmet, None
        shown = [self._pooling.languages_of(each.row) for each in choices]
        return places, unmet, owed_after(self._viewer.owed, self._pooling.pool.targets, shown)

    @cached_property
    def _pooling(self) -> Pooling:
        return Pooling(
            self._columns,
            self._profile,
            self._viewer,
            self._vouched,
            self._opinions,
            self._sourced,
            self._values,
            self._salts,
            self._scores,
            self._candidates,
            self._best,
            self._sorted,
        )

    @cached_property
    def _reranking(self) -> Reranking:
        return Reranking(self._profile.rerank, self._pooling.pool)

    def _best(self, count: int, rows: npt.NDArray[np.intp] | None = None) -> list[int]:
        """Rows in their order, of all candidates or of some: by score, then by salt."""
        rows = self._candidates if rows is None else rows
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
        return self._salts.ordered(rows, self._scores[rows])

    def _rank_of(self, row: int) -> int:
        if self._profile.rerank.moves and (rank := self._pooling.ranks.get(row)) is not None:
            return rank
        scores, own = self._scores[self._candidates], self._scores[row]
        better = int(np.count_nonzero(scores > own))
        return 1 + better + self._salts.before(row, self._candidates[scores == own])
