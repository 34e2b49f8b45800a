"""Who approves of what, as `bridge` reads it: one sign for each person and work.

Source: docs/spec/groups.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import RecordId
from knowchain.ranking.columns import Columns
from knowchain.ranking.columns.said import NEVER
from knowchain.ranking.numbers import ONE, Ints
from knowchain.ranking.readers_trust import AuthorTrust
from knowchain.records.vocabulary.axes import AXES

__all__ = ["WHOLE", "Judgements", "judgements_in"]

WHOLE: Final = 255
"""The weight of a person who is trusted wholly."""


@dataclass(frozen=True)
class Judgements:
    """Judgements of works, one entry for each person and work.

    Attributes:
        people: ascending by bytes.
        weights: of each person, 1 to WHOLE.
        works: ascending by bytes.
        person: of each entry the number of the person, ascending.
        work: the number of the work; ascending within a person.
        sign: 1 approves, −1 does not, 0 is undecided.
    """

    people: tuple[RecordId, ...]
    weights: Ints
    works: tuple[RecordId, ...]
    person: Ints
    work: Ints
    sign: Ints

    def __len__(self) -> int:
        return len(self.person)

    @classmethod
    def of(
        cls, said: Iterable[tuple[RecordId, RecordId, int]], weights: dict[RecordId, int] | None = None
    ) -> Judgements:
        """Judgements out of (person, work, sum of values); no pair twice.

        Args:
            weights: of people; who is missing, or has 0, is left out. None: everybody counts wholly.
        """
        kept = [each for each in said if weights is None or weights.get(each[0])]
        people = sorted({who for who, _, _ in kept})
        works = sorted({work for _, work, _ in kept})
        who_at = {who: number for number, who in enumerate(people)}
        work_at = {work: number for number, work in enumerate(works)}
        rows = sorted((who_at[who], work_at[work], (total > 0) - (total < 0)) for who, work, total in kept)
        person, work, sign = np.array(rows, np.int64).reshape(-1, 3).T
        mass = [WHOLE if weights is None else min(weights[who], WHOLE) for who in people]
        return cls(tuple(people), np.array(mass, np.int64), tuple(works), person, work, sign)

    def thinned(self, least: int) -> Judgements:
        """Without works that one person alone judged, which tell nothing, and then without people who judged
        fewer than ``least`` of the rest."""
        shared = np.bincount(self.work, minlength=len(self.works)) >= 2
        entries = shared[self.work]
        busy = np.bincount(self.person[entries], minlength=len(self.people)) >= least
        return self._only(entries & busy[self.person], busy)

    def _only(self, entries: npt.NDArray[np.bool_], people: npt.NDArray[np.bool_]) -> Judgements:
        judged = np.zeros(len(self.works), bool)
        judged[self.work[entries]] = True
        return Judgements(
            tuple(who for who, keep in zip(self.people, people, strict=True) if keep),
            self.weights[people],
            tuple(work for work, keep in zip(self.works, judged, strict=True) if keep),
            (np.cumsum(people) - 1)[self.person[entries]],
            (np.cumsum(judged) - 1)[self.work[entries]],
            self.sign[entries],
        )


def judgements_in(columns: Columns, vouched: AuthorTrust | None, as_of: int) -> Judgements:
    """The judgements of works at one moment, as section 6.11 counts them.

    Args:
        vouched: whose trust weighs people; who gets less than a 255th of it is left out. None: everybody
            weighs the same.
    """
    table = columns.evaluations
    shared = [number for name in AXES if (number := columns.axes.get(name)) is not None]
    heard, who, subject = table.heard(as_of), table.who.values, table.subject.values
    weights = np.full(len(columns.authors), WHOLE, np.int64)
    if vouched is not None:
        weights = vouched.signals * WHOLE // ONE
    of_work = np.zeros(len(columns.subjects), bool)
    of_work[columns.subject_of_work] = True
    keep = (heard.time < NEVER) & np.isin(table.matter.values, shared) & of_work[subject]
    keep &= (columns.subject_author[subject] != who) & (weights[who] > 0)
    pairs, at = np.unique(subject[keep] * max(len(weights), 1) + who[keep], return_inverse=True)
    totals = np.zeros(len(pairs), np.int64)
    np.add.at(totals, at, heard.value[keep])
    judged, people = np.divmod(pairs, max(len(weights), 1))
    names, subjects = columns.authors.names, columns.subjects.names
    said = zip(people.tolist(), judged.tolist(), totals.tolist(), strict=True)
    return Judgements.of(
        ((names[each], subjects[work], total) for each, work, total in said),
        {names[each]: int(weights[each]) for each in set(people.tolist())},
    )
