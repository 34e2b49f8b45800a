"""Which works may move: the best by score, the best of each group that is owed places, and those drawn.

Source: docs/spec/ranking.md, section 7.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import RecordId
from knowchain.ranking.columns import Columns
from knowchain.ranking.debts import targets_of
from knowchain.ranking.facts import Viewer
from knowchain.ranking.opinions import OpinionsAt
from knowchain.ranking.profile import MAX_PAGE, OUTWARD_LEAST, Profile
from knowchain.ranking.readers_trust import AuthorTrust
from knowchain.ranking.reranking import Pool
from knowchain.ranking.salts import Salts
from knowchain.ranking.sourcing import Sourced
from knowchain.ranking.valuing import Valuing

__all__ = ["Pooling"]

_Rows = npt.NDArray[np.intp]
_MOST: Final = 500


class Pooling:
    """The pool of one ranking.

    Args:
        best: the first of some rows, by score, then by salt.
        ordered: rows in that order.
    """

    def __init__(
        self,
        columns: Columns,
        profile: Profile,
        viewer: Viewer,
        vouched: AuthorTrust,
        opinions: OpinionsAt,
        sourced: Sourced,
        values: Valuing,
        salts: Salts,
        scores: npt.NDArray[np.float64],
        candidates: _Rows,
        best: Callable[[int, _Rows], list[int]],
        ordered: Callable[[_Rows], list[int]],
    ) -> None:
        self._columns, self._profile = columns, profile
        self._vouched, self._opinions, self._values = vouched, opinions, values
        self._known: dict[int, tuple[str, ...]] = {}
        groups = {f"floor:{floor.group}": self._group(floor.group) for floor in profile.rerank.floors}
        first = best(_MOST, candidates)
        self.ranks = {row: rank for rank, row in enumerate(first, 1)}
        """Of the best by score."""
        rows = set(first)
        if len(candidates) > _MOST:
            for mask in groups.values():
                rows.update(best(_MOST, candidates[mask[candidates]]))
        extra = len(rows) > len(first)
        at = np.array(ordered(np.array(sorted(rows), np.intp)) if extra else first, np.intp)
        calibrates = bool(profile.rerank.calibration_mu)
        languages = [self.languages_of(row) for row in at.tolist()] if calibrates else []
        self.pool = Pool(
            rows=at,
            scores=scores[at].astype(np.int64),
            authors=columns.author[at],
            languages=languages,
            groups=groups,
            drawn=self._drawn(sourced, candidates, salts),
            targets=self._targets(languages),
            owed=viewer.owed,
            ids=lambda row: columns.works.names[row],
            author_of=lambda row: int(columns.author[row]),
            fingerprint_of=self._fingerprint_of,
            languages_of=self.languages_of,
        )

    def languages_of(self, row: int) -> tuple[str, ...]:
        """The languages of a work, ascending."""
        number = int(self._columns.language_set[row])
        known = self._known.get(number)
        if known is None:
            names, members = self._columns.languages.names, self._columns.set_languages.members
            known = self._known[number] = tuple(sorted(names[each] for each in members[number]))
        return known

    def _fingerprint_of(self, row: int) -> int | None:
        name: RecordId = self._columns.works.names[row]
        return self._columns.fingerprint_of(name)

    def _group(self, name: str) -> npt.NDArray[np.bool_]:
        """Which works a floor can be kept with."""
        columns = self._columns
        if name == "outward":
            carried: npt.NDArray[np.bool_] = self._opinions.outward() >= OUTWARD_LEAST
            return carried.take(columns.subject_of_work)
        # Few works are in a small language: only of those it is asked who wrote them.
        rows = np.flatnonzero(self._values.at_least("lang_lift", self._profile.rerank.lift_min))
        members = np.zeros(len(columns), bool)
        members[rows[self._vouched.signals[columns.author[rows]] > 0]] = True
        return members

    def _drawn(self, sourced: Sourced, candidates: _Rows, salts: Salts) -> list[int]:
        """What `explore` gave, by salt; more than can be drawn and passed over are not asked for."""
        if not self._profile.rerank.explore_every:
            return []
        return salts.least(candidates[sourced.given["explore"][candidates]], 2 * MAX_PAGE)

    def _targets(self, languages: list[tuple[str, ...]]) -> dict[str, int]:
        if not languages:
            return {}
        names, amounts = self._columns.languages, self._values.amounts
        wanted = set().union(*languages)
        found = {name: int(amounts[number]) for name in wanted if (number := names.get(name)) is not None}
        return targets_of(found, wanted)
