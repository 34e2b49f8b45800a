"""Works at their places, with all that is said of them.

Source: docs/spec/ranking.md, section 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from knowchain.ranking.columns import Columns
from knowchain.ranking.facts import Viewer
from knowchain.ranking.feed import Contribution, Evidence, Move, Placed
from knowchain.ranking.numbers import ONE
from knowchain.ranking.opinions import OpinionsAt
from knowchain.ranking.profile import SOURCES, Profile
from knowchain.ranking.readers_trust import NO_HOP, AuthorTrust
from knowchain.ranking.sourcing import Sourced
from knowchain.ranking.valuing import Valuing

__all__ = ["Place", "Placer"]


class Place(NamedTuple):
    """Where a work stands: its row, its rank by score, its place in the feed, and what moved it."""

    row: int
    rank: int
    place: int | None
    moves: tuple[Move, ...]


class Placer:
    """Says of works what one ranking made of them.

    Args:
        boosted: by name of a boost, of which works its condition is true.
    """

    def __init__(
        self,
        columns: Columns,
        profile: Profile,
        viewer: Viewer,
        as_of: int,
        vouched: AuthorTrust,
        opinions: OpinionsAt,
        sourced: Sourced,
        values: Valuing,
        scores: npt.NDArray[np.float64],
        boosted: Mapping[str, npt.NDArray[np.bool_]],
    ) -> None:
        self._columns, self._profile, self._viewer, self._as_of = columns, profile, viewer, as_of
        self._vouched, self._opinions, self._sourced = vouched, opinions, sourced
        self._values, self._scores, self._boosted = values, scores, boosted

    def placed(self, places: Sequence[Place]) -> tuple[Placed, ...]:
        """Works with all that is said of them, in their order."""
        columns = self._columns
        at = np.array([each.row for each in places], np.intp)
        names = columns.works.names
        facts = [columns.facts[names[each.row]] for each in places]
        hops: list[int] = self._vouched.hops[columns.author[at]].tolist()
        sources, scores = self._sources_of(at, hops), self._scores[at].tolist()
        everything = zip(
            places, facts, scores, self._contributions(at), sources, self._evidence(at, hops), strict=True
        )
        return tuple(
            Placed(
                fact.id,
                fact.author,
                int(score),
                each.rank,
                contributions,
                given,
                evidence,
                each.place,
                each.moves,
            )
            for each, fact, score, contributions, given, evidence in everything
        )

    def _contributions(self, at: npt.NDArray[np.intp]) -> list[tuple[Contribution, ...]]:
        columns = [
            [Contribution(name, value, weight, value * weight) for value in self._values.signal(name).of(at)]
            for name, weight in self._profile.weights.items()
        ]
        for boost in self._profile.boosts:
            values = [ONE if met else 0 for met in self._boosted[boost.name][at].tolist()]
            columns.append([Contribution(boost.name, each, boost.add, each * boost.add) for each in values])
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
