"""What moves works after they were ordered by score, in plain integers; to be read beside the page.

Source: docs/spec/ranking.md, section 7.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from knowchain.identifiers import RecordId
from knowchain.ranking.feed import Move
from knowchain.ranking.likeness import likeness
from knowchain.ranking.numbers import ONE
from knowchain.ranking.profile import Rerank

__all__ = ["Movable", "PlainReranking"]

_MOST_PLACES: Final = 500


@dataclass(frozen=True)
class Movable:
    """A work that may get a place."""

    id: RecordId
    author: RecordId
    score: int
    languages: tuple[str, ...]
    """Keys, ascending."""
    fingerprint: int | None
    groups: frozenset[str]


@dataclass
class _Rule:
    name: str
    part: int
    of: int
    had: int = 0
    exhausted: bool = False

    def missing(self, place: int) -> int:
        return 0 if self.exhausted else max(0, place * self.part // self.of - self.had)

    @property
    def due(self) -> int:
        """The first place by which it must have had one more."""
        place = 1
        while place * self.part // self.of <= self.had:
            place += 1
        return place


@dataclass
class _State:
    picked: list[Movable] = field(default_factory=list)
    likest: dict[RecordId, tuple[int, RecordId]] = field(default_factory=dict)
    shares: Counter[str] = field(default_factory=Counter)


class PlainReranking:
    """The places of a feed, one after the other.

    Args:
        rerank: the rules.
        pool: the works that may move, in their order by score.
        drawn: works for the places that are drawn, in their order.
        targets: of each language its part of all places, in parts of Q.
        owed: what earlier feeds left each language owed.
    """

    def __init__(
        self,
        rerank: Rerank,
        pool: Sequence[Movable],
        drawn: Sequence[Movable],
        targets: Mapping[str, int],
        owed: Mapping[str, int],
    ) -> None:
        self._rerank, self._left, self._drawn = rerank, list(pool), drawn
        self._targets, self._owed, self._state = targets, owed, _State()
        self._rules = [_Rule(f"floor:{floor.group}", floor.p_milli, 1000) for floor in rerank.floors]
        if rerank.explore_every:
            self._rules.append(_Rule("explore", 1, rerank.explore_every))
        self.unmet: dict[str, int] = {}
        self.places: list[tuple[Movable, tuple[Move, ...]]] = []

    def fill(self, count: int) -> list[tuple[Movable, tuple[Move, ...]]]:
        """The first places, as many as there are works for."""
        while len(self.places) < count and self._left:
            self.places.append(self._next(len(self.places) + 1))
        return self.places[:count]

    def _next(self, place: int) -> tuple[Movable, tuple[Move, ...]]:
        best = self._best(self._left, place)
        while (rule := self._urgent(place)) is not None:
            found = self._serving(rule, place)
            if found is None:
                rule.exhausted = True
                self.unmet[rule.name] = place
                continue
            moves = () if rule.name == "explore" else self._costs(found, place)
            if found is not best:
                moves += (Move(rule.name, needed=rule.had + 1, had=rule.had, displaced=best.id),)
            self._take(found, drawn=rule.name == "explore")
            return found, moves
        moves = self._costs(best, place)
        self._take(best, drawn=False)
        return best, moves

    def _best(self, works: Sequence[Movable], place: int) -> Movable:
        """The greatest score after costs; of equal ones the first by score alone."""
        return max(works, key=lambda work: work.score - sum(move.costs for move in self._costs(work, place)))

    def _urgent(self, place: int) -> _Rule | None:
        for horizon in range(place, _MOST_PLACES + 1):
            missing = [rule.missing(horizon) for rule in self._rules]
            if sum(missing) >= horizon - place + 1:
                return min((rule for rule in self._rules if rule.missing(horizon)), key=lambda rule: rule.due)
        return None

    def _serving(self, rule: _Rule, place: int) -> Movable | None:
        if rule.name == "explore":
            seen = {work.author for work in self._state.picked}
            return next((self._same(work) for work in self._drawn if work.author not in seen), None)
        members = [work for work in self._left if rule.name in work.groups]
        return self._best(members, place) if members else None

    def _same(self, drawn: Movable) -> Movable:
        return next((work for work in self._left if work.id == drawn.id), drawn)

    def _costs(self, work: Movable, place: int) -> tuple[Move, ...]:
        rerank, state = self._rerank, self._state
        moves = []
        if rerank.author_decay and work.score >= 0:
            before = sum(each.author == work.author for each in state.picked)
            part = 16_384 + (49_152 >> before)
            costs = work.score - (work.score * part >> 16)
            moves.append(Move("author-decay", costs, before=before))
        if rerank.mmr_lambda and work.id in state.likest:
            alike, like = state.likest[work.id]
            moves.append(Move("likeness", rerank.mmr_lambda * alike, like=like, part=alike))
        if rerank.calibration_mu and work.languages:
            over = [self._over(language, place) for language in work.languages]
            worst = over.index(max(over))
            costs = rerank.calibration_mu * over[worst]
            moves.append(Move("calibration", costs, part=over[worst], language=work.languages[worst]))
        return tuple(move for move in moves if move.costs)

    def _over(self, language: str, place: int) -> int:
        due = place * self._targets.get(language, 0) + self._owed.get(language, 0)
        return max(0, self._state.shares[language] - due)

    def _take(self, work: Movable, *, drawn: bool) -> None:
        state = self._state
        state.picked.append(work)
        self._left = [each for each in self._left if each.id != work.id]
        for language in work.languages:
            state.shares[language] += ONE // len(work.languages)
        for rule in self._rules:
            rule.had += drawn if rule.name == "explore" else rule.name in work.groups
        if self._rerank.mmr_lambda:
            for each in self._left:
                alike = likeness(each.fingerprint, work.fingerprint)
                if alike > state.likest.get(each.id, (0,))[0]:
                    state.likest[each.id] = (alike, work.id)
