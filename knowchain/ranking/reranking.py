"""What moves works after they were ordered by score, over whole columns of the best of them.

:mod:`knowchain.ranking.plain_reranking` says the same in plain integers.

Source: docs/spec/ranking.md, section 7.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import RecordId
from knowchain.ranking.feed import Move
from knowchain.ranking.likeness import HALF
from knowchain.ranking.numbers import ONE, Ints
from knowchain.ranking.profile import MAX_PAGE, Rerank

__all__ = ["Choice", "Pool", "Reranking"]

_EXPLORE: Final = "explore"
_DECAYS: Final = np.array([16_384 + (49_152 >> nth) for nth in range(17)], np.int64)
"""By how many works of the author stand before."""


class Choice(NamedTuple):
    """A row for the next place, and what had a say in that."""

    row: int
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class Pool:
    """The works that may move, in their order by score.

    Attributes:
        rows: of the columns.
        scores: of each.
        authors: numbers.
        languages: of each the distinct names, ascending; of none, if languages have no parts.
        groups: by the name of a rule: of all rows, whether they are of its group.
        drawn: rows for places that are drawn, in their order; no two have one author.
        targets: of each language, in parts of Q: its part of all places.
        owed: of each language, in parts of a place, from earlier feeds.
        ids: by row.
        author_of: by row.
        fingerprint_of: by row; None of a work that has none.
        languages_of: by row.
    """

    rows: npt.NDArray[np.intp]
    scores: Ints
    authors: npt.NDArray[np.intp]
    languages: Sequence[tuple[str, ...]]
    groups: Mapping[str, npt.NDArray[np.bool_]]
    drawn: Sequence[int]
    targets: Mapping[str, int]
    owed: Mapping[str, int]
    ids: Callable[[int], RecordId]
    author_of: Callable[[int], int]
    fingerprint_of: Callable[[int], int | None]
    languages_of: Callable[[int], tuple[str, ...]]


class Reranking:
    """Fills the places of a feed, one after the other.

    Args:
        rerank: the rules.
        pool: what may move.
    """

    def __init__(self, rerank: Rerank, pool: Pool) -> None:
        self._rerank, self._pool = rerank, pool
        self._place_of_row = {row: place for place, row in enumerate(pool.rows.tolist())}
        self._members = {name: mask[pool.rows] for name, mask in pool.groups.items()}
        self._scores = pool.scores.copy()
        """Of what has a place, below everything."""
        self._left = len(pool.rows)
        self._taken: dict[int, None] = {}
        self._by_author: Counter[int] = Counter()
        self._nth = np.zeros(len(pool.rows), np.int64)
        self._decays = np.zeros(len(pool.rows), np.int64)
        self._alike = _Alike(pool, bool(rerank.mmr_lambda))
        self._shares = _Shares(pool)
        self._rules = _Rules(rerank)
        self.choices: list[Choice] = []
        self.unmet: dict[str, int] = {}
        """Rules that found nothing, with the first place that they were owed."""

    def fill(self, count: int) -> list[Choice]:
        """The first ``count`` places, or fewer if nothing is left."""
        while len(self.choices) < count and self._left:
            self.choices.append(self._next(len(self.choices) + 1))
        return self.choices[:count]

    def _next(self, place: int) -> Choice:
        reduced = self._reduced(place)
        best = int(np.argmax(reduced))
        best_row = int(self._pool.rows[best])
        while owing := self._rules.owed_now(place):
            name = owing[0]
            row = self._drawn() if name == _EXPLORE else self._best_of(name, reduced)
            if row is None:
                self._rules.exhausted(name)
                self.unmet[name] = place
                continue
            moves = () if name == _EXPLORE else self._costs(self._place_of_row[row], place)
            if row != best_row:
                needed, had = self._rules.needed(name), self._rules.had[name]
                displaced = self._pool.ids(best_row)
                moves += (Move(name, needed=needed, had=had, displaced=displaced),)
            return self._take(row, moves, drawn=name == _EXPLORE)
        return self._take(best_row, self._costs(best, place), drawn=False)

    def _reduced(self, place: int) -> Ints:
        """The scores less what the rules take at this place."""
        reduced = self._scores
        if self._rerank.author_decay:
            reduced = reduced - self._decays
        if self._rerank.mmr_lambda:
            reduced = reduced - self._rerank.mmr_lambda * self._alike.most
        if self._rerank.calibration_mu:
            reduced = reduced - self._rerank.calibration_mu * self._shares.over(place)
        return reduced

    def _decay(self, author: int) -> None:
        """S − ⌊S·D / Q⌋ anew for the works of an author, and nothing of scores below 0; in two parts, so that
        no product passes 2^63."""
        theirs = np.flatnonzero(self._pool.authors == author)
        if len(theirs) == 1 and self._scores[theirs[0]] == _LEAST:
            return
        self._nth[theirs] += 1
        scores, part = self._pool.scores[theirs], _DECAYS[np.minimum(self._nth[theirs], len(_DECAYS) - 1)]
        kept = (scores >> 16) * part + ((scores & 0xFFFF) * part >> 16)
        self._decays[theirs] = np.where(scores >= 0, scores - kept, 0)

    def _costs(self, at: int, place: int) -> tuple[Move, ...]:
        moves = []
        if self._rerank.author_decay and (costs := int(self._decays[at])):
            moves.append(Move("author-decay", costs, before=int(self._nth[at])))
        if self._rerank.mmr_lambda and (most := int(self._alike.most[at])):
            like = self._pool.ids(int(self._alike.which[at]))
            moves.append(Move("likeness", self._rerank.mmr_lambda * most, like=like, part=most))
        if self._rerank.calibration_mu and (over := int(self._shares.over(place)[at])):
            language = self._shares.worst(at, place)
            costs = self._rerank.calibration_mu * over
            moves.append(Move("calibration", costs, part=over, language=language))
        return tuple(moves)

    def _best_of(self, name: str, reduced: Ints) -> int | None:
        members = np.flatnonzero(self._members[name] & (self._scores > _LEAST))
        if not len(members):
            return None
        return int(self._pool.rows[members[np.argmax(reduced[members])]])

    def _drawn(self) -> int | None:
        author_of = self._pool.author_of
        return next(
            (
                row
                for row in self._pool.drawn
                if row not in self._taken and not self._by_author[author_of(row)]
            ),
            None,
        )

    def _take(self, row: int, moves: tuple[Move, ...], *, drawn: bool) -> Choice:
        pool, author, at = self._pool, self._pool.author_of(row), self._place_of_row.get(row)
        if at is not None:
            self._scores[at] = _LEAST
            self._left -= 1
        self._taken[row] = None
        self._by_author[author] += 1
        if self._rerank.author_decay:
            self._decay(author)
        if self._rerank.mmr_lambda:
            self._alike.took(row)
        if self._rerank.calibration_mu:
            self._shares.took(pool.languages_of(row))
        groups = [name for name, members in pool.groups.items() if members[row]]
        self._rules.served([*groups, _EXPLORE] if drawn else groups)
        return Choice(row, moves)


_LEAST: Final = np.int64(-(2**62))
"""Below whatever a score can be after everything that is taken from it."""


class _Alike:
    """How like each work is to what has been placed."""

    def __init__(self, pool: Pool, wanted: bool) -> None:
        self._pool = pool
        self.most = np.zeros(len(pool.rows), np.int64)
        self.which = np.zeros(len(pool.rows), np.int64)
        """The row of the first that it is most like."""
        prints = [pool.fingerprint_of(row) if wanted else None for row in pool.rows.tolist()]
        self._has = np.array([each is not None for each in prints], bool)
        self._prints = np.array([each or 0 for each in prints], np.uint64)

    def took(self, row: int) -> None:
        own = self._pool.fingerprint_of(row)
        if own is None:
            return
        differ = np.bitwise_count(self._prints ^ np.uint64(own)).astype(np.int64)
        alike = np.where(self._has, ONE * np.maximum(0, HALF - differ) // HALF, 0)
        more = alike > self.most
        self.most[more] = alike[more]
        self.which[more] = row


class _Shares:
    """How many places each language has had beyond its part."""

    def __init__(self, pool: Pool) -> None:
        self._names = sorted(set().union(*pool.languages)) if pool.languages else []
        self._number = {name: number for number, name in enumerate(self._names)}
        sets = list(dict.fromkeys(pool.languages))
        by_set = {each: number for number, each in enumerate(sets)}
        self._set_of = np.array([by_set[each] for each in pool.languages], np.intp)
        self._sets = [[self._number[name] for name in each] for each in sets]
        self._targets = np.array([pool.targets.get(name, 0) for name in self._names], np.int64)
        self._owed = np.array([pool.owed.get(name, 0) for name in self._names], np.int64)
        self._had = np.zeros(len(self._names), np.int64)
        self._known: tuple[int, Ints] = (0, np.zeros(0, np.int64))

    def over(self, place: int) -> Ints:
        """Of each work, by how many parts of a place its language that had the most too many did."""
        if self._known[0] != place:
            each = self._of_language(place)
            by_set = np.array([each[numbers].max(initial=0) for numbers in self._sets], np.int64)
            self._known = (place, by_set[self._set_of])
        return self._known[1]

    def worst(self, at: int, place: int) -> str:
        """The language of one work that had the most too many; of several the first."""
        numbers = self._sets[int(self._set_of[at])]
        each = self._of_language(place)
        return self._names[max(numbers, key=lambda number: (int(each[number]), -number))]

    def _of_language(self, place: int) -> Ints:
        over: Ints = np.maximum(0, self._had - place * self._targets - self._owed)
        return over

    def took(self, languages: tuple[str, ...]) -> None:
        for name in languages:
            if name in self._number:
                self._had[self._number[name]] += ONE // len(languages)


class _Rules:
    """The rules that owe places, and at which place one of them has to be served so that all can be kept."""

    def __init__(self, rerank: Rerank) -> None:
        rates = {f"floor:{floor.group}": (floor.p_milli, 1_000) for floor in rerank.floors}
        if rerank.explore_every:
            rates[_EXPLORE] = (1, rerank.explore_every)
        self._places = np.arange(MAX_PAGE + 1, dtype=np.int64)
        self._names = list(rates)
        self._rates = rates
        needed = [self._places * part // of for part, of in rates.values()]
        self._needed = np.array(needed, np.int64).reshape(len(rates), MAX_PAGE + 1)
        self.had: Counter[str] = Counter()
        self._tight: int | None = None
        """The first place that is not free; None: to be worked out."""

    def owed_now(self, place: int) -> list[str]:
        """The rules of which one must be served at this place, the most urgent first; none: it is free."""
        if self._tight is None:
            had = np.array([self.had[name] for name in self._names], np.int64).reshape(-1, 1)
            self._missing = np.maximum(0, self._needed - had)
            lacks = self._missing.sum(axis=0)
            # What lacks by h fills all places from h + 1 − lacks on.
            self._begins = np.where(lacks > 0, self._places + 1 - lacks, MAX_PAGE + 1)
            self._tight = int(self._begins.min(initial=MAX_PAGE + 1))
        if place < self._tight or place > MAX_PAGE:
            return []
        at = place + int(np.argmax(self._begins[place:] <= place))
        owing = [
            name for name, count in zip(self._names, self._missing[:, at].tolist(), strict=True) if count
        ]
        return sorted(owing, key=self._due)

    def _due(self, name: str) -> int:
        part, of = self._rates[name]
        return -(-(self.had[name] + 1) * of // part)

    def needed(self, name: str) -> int:
        """How many places the rule must have had once this one is filled."""
        return self.had[name] + 1

    def served(self, names: Sequence[str]) -> None:
        if names:
            self.had.update(names)
            self._tight = None

    def exhausted(self, name: str) -> None:
        """Nothing is left for it: it owes no more."""
        self._needed[self._names.index(name)] = 0
        self._tight = None
