"""Columns: the facts of works, kept ready for ranking, and brought up to date record by record.

What depends on the reader or the moment is not here; all of it can be built again from the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import RecordId
from knowchain.ranking.columns.growing import Column, Groups, Index
from knowchain.ranking.columns.said import NEVER, Said, Slots
from knowchain.ranking.facts import (
    CANDIDATE_KIND,
    UNFIT_AS_SOURCE,
    Drop,
    Evaluation,
    Fact,
    Label,
    Statement,
    Viewpoints,
    World,
)
from knowchain.ranking.lineage import Hops, descendants, hops_of
from knowchain.ranking.numbers import Ints
from knowchain.ranking.signals import language_key
from knowchain.ranking.worth import worth_of

__all__ = ["DROPS", "Columns"]

DROPS: Final = tuple(Drop)
"""A drop's number in the column is its place here plus one; 0 is none."""
_NUMBER: Final = {drop: number for number, drop in enumerate(DROPS, 1)}


def _nothing(_work: RecordId) -> None:
    """Of no work anything is known."""


class Columns:
    """Works as columns, and the trust statements beside them."""

    def __init__(self) -> None:
        self.facts: dict[RecordId, Fact] = {}
        self.statements: dict[RecordId, Statement] = {}
        self.statements_version = 0
        """Grows when a statement comes, goes, or changes."""
        self.works: Index[RecordId] = Index()
        self.authors: Index[RecordId] = Index()
        self.language_sets: Index[tuple[str, ...]] = Index()
        self.interest_sets: Index[frozenset[RecordId | str]] = Index()
        """What one may follow beside people and languages: collections and topics."""
        self.languages: Index[str] = Index()
        """Languages that have a lift."""
        self.set_languages = Groups()
        """By number of a set of tags: its languages."""
        self.users: Index[tuple[int, int]] = Index()
        """(author, language)"""
        self.user_author, self.user_language = Column(np.int64), Column(np.int64)
        self.publishings: Index[tuple[int, int]] = Index()
        """(author, set of tags)"""
        self.publishing_users = Groups()
        self._publishing_author, self._publishing_set = Column(np.intp), Column(np.intp)
        self.version = 0
        """Grows when anything is learnt of a record."""
        self._time_float = Column(np.float64)
        self._time, self._author, self._drop = Column(np.int64), Column(np.intp), Column(np.uint8)
        self._language_set, self._interest_set = Column(np.intp), Column(np.intp)
        self._publishing, self._provenance = Column(np.intp), Column(np.int64)
        self._claimed, self._verified = Column(np.int64), Column(np.int64)
        self._latest = Column(np.int64)
        self._latest_stale = False
        self.newest = -1
        """The latest claimed time of any work."""
        self._cited_by: dict[RecordId, list[RecordId]] = {}
        self._stale: set[RecordId] = set()
        self.subjects: Index[RecordId] = Index()
        """What anything was said of; and every work."""
        self.evaluations, self.labels, self.uses = Slots(), Slots(), Slots()
        self.axes: Index[str] = Index()
        self.label_names: Index[str] = Index()
        self.viewpoints: dict[RecordId, Viewpoints] = {}
        self._using: set[RecordId] = set()
        self.fingerprint_of: Callable[[RecordId], int | None] = _nothing
        """Of a work: what it says, as a fingerprint. Asked for the few that a feed is made of."""
        self._subject_of_work = Column(np.intp)
        self._subject_author, self._worth = Column(np.intp), Column(np.int64)

    @classmethod
    def of(cls, world: World) -> Columns:
        """Columns of a whole world."""
        columns = cls()
        for fact in world.facts:
            columns.put(fact)
        for statement in world.statements:
            columns.put_statement(statement)
        for evaluation in world.evaluations:
            columns.put_evaluation(evaluation.id, (evaluation,))
        for label in world.labels:
            columns.put_label(label.id, (label,))
        for viewpoints in world.viewpoints:
            columns.put_viewpoints(viewpoints)
        columns.fingerprint_of = world.fingerprints.get
        return columns

    # --- bringing up to date -------------------------------------------------------------------------

    def put(self, fact: Fact) -> None:
        """Add a record, or replace what was known of it."""
        known = self.facts.get(fact.id)
        if known == fact:
            return
        self.version += 1
        self.facts[fact.id] = fact
        for gone in set(known.sources if known else ()) - set(fact.sources):
            self._cited_by[gone].remove(fact.id)
        for source in set(fact.sources) - set(known.sources if known else ()):
            self._cited_by.setdefault(source, []).append(fact.id)
        self._stale.add(fact.id)
        if fact.id in self._cited_by:
            self._stale |= descendants(fact.id, self._cited_by)
        if fact.kind == CANDIDATE_KIND:
            self._put_work(fact)
        self._put_uses(fact)
        self._put_worth(fact)
        for child in self._cited_by.get(fact.id, ()):
            self._put_worth(self.facts[child])

    def put_statement(self, statement: Statement) -> None:
        """Add a trust statement, or replace it."""
        if self.statements.get(statement.id) != statement:
            self.statements[statement.id] = statement
            self.statements_version += 1

    def remove_statement(self, rid: RecordId) -> None:
        """A trust statement no longer stands."""
        if self.statements.pop(rid, None) is not None:
            self.statements_version += 1

    def put_evaluation(self, rid: RecordId, evaluations: Sequence[Evaluation]) -> None:
        """What an evaluation says, of each of its subjects; nothing: it stands no more."""
        self.evaluations.put(
            rid,
            [
                (
                    (
                        self.authors.number(each.author),
                        self._subject(each.subject),
                        self.axes.number(each.axis),
                    ),
                    Said(each.time, rid, each.value, self._set_number(each.languages)),
                )
                for each in evaluations
            ],
        )

    def put_label(self, rid: RecordId, labels: Sequence[Label]) -> None:
        """What a moderation label says, of each of its subjects; nothing: it stands no more."""
        self.labels.put(
            rid,
            [
                (
                    (
                        self.authors.number(each.author),
                        self._subject(each.subject),
                        self.label_names.number(each.label),
                    ),
                    Said(each.time, rid, int(not each.negated), NEVER if each.until is None else each.until),
                )
                for each in labels
            ],
        )

    def put_viewpoints(self, viewpoints: Viewpoints) -> None:
        """Add a record of viewpoint groups, or replace it."""
        self.viewpoints[viewpoints.id] = viewpoints

    def remove_viewpoints(self, rid: RecordId) -> None:
        """A record of viewpoint groups no longer stands."""
        self.viewpoints.pop(rid, None)

    def _subject(self, rid: RecordId) -> int:
        number = self.subjects.number(rid)
        if number == self._subject_author.size:
            fact = self.facts.get(rid)
            self._subject_author.append(-1 if fact is None else self.authors.number(fact.author))
            self._worth.append(0 if fact is None else worth_of(fact, self.facts))
        return number

    def _put_uses(self, fact: Fact) -> None:
        used = () if fact.drop in UNFIT_AS_SOURCE else fact.uses
        if used or fact.id in self._using:
            who = self.authors.number(fact.author)
            self.uses.put(
                fact.id, [((who, self._subject(each), 0), Said(fact.time, fact.id, 1)) for each in used]
            )
            (self._using.add if used else self._using.discard)(fact.id)

    def _put_worth(self, fact: Fact) -> None:
        """What is known of a subject's author and worth."""
        subject = self.subjects.get(fact.id)
        if subject is None:
            return
        author, worth = self.authors.number(fact.author), worth_of(fact, self.facts)
        if (author, worth) != (self._subject_author.values[subject], self._worth.values[subject]):
            self._subject_author[subject], self._worth[subject] = author, worth
            self.evaluations.touch(subject)
            self.uses.touch(subject)

    def _put_work(self, fact: Fact) -> None:
        row, new = self.works.number(fact.id), len(self.works) > self._time.size
        author = self.authors.number(fact.author)
        tags = self._set_number(fact.languages)
        values = (
            (self._time, fact.time),
            (self._time_float, fact.time),
            (self._author, author),
            (self._drop, 0 if fact.drop is None else _NUMBER[fact.drop]),
            (self._language_set, tags),
            (self._interest_set, self.interest_sets.number(frozenset((*fact.collections, *fact.topics)))),
            (self._publishing, self._publishing_number(author, tags)),
        )
        for column, value in values:
            if new:
                column.append(value)
            else:
                column[row] = value
        self._latest_stale |= not new
        if new:
            for column in (self._provenance, self._claimed, self._verified):
                column.append(0)
            self._subject_of_work.append(self._subject(fact.id))
        self.newest = max(self.newest, fact.time)
        if not self._latest_stale:
            self._published(int(self._publishing.values[row]), fact)

    def _published(self, publishing: int, fact: Fact) -> None:
        if publishing == self._latest.size:
            self._latest.append(-1)
        if fact.drop is None and fact.time > self._latest.values[publishing]:
            self._latest[publishing] = fact.time

    def _set_number(self, tags: tuple[str, ...]) -> int:
        number = self.language_sets.number(tags)
        if number == len(self.set_languages.members):
            keys = sorted({key for tag in tags if (key := language_key(tag)) is not None})
            self.set_languages.append(tuple(self.languages.number(key) for key in keys))
        return number

    def _publishing_number(self, author: int, tags: int) -> int:
        number = self.publishings.number((author, tags))
        if number == len(self.publishing_users.members):
            self._publishing_author.append(author)
            self._publishing_set.append(tags)
            self.publishing_users.append(
                tuple(self._user_number(author, each) for each in self.set_languages.members[tags])
            )
        return number

    def _user_number(self, author: int, language: int) -> int:
        number = self.users.number((author, language))
        if number == self.user_author.size:
            self.user_author.append(author)
            self.user_language.append(language)
        return number

    def _settle(self) -> None:
        """Count the hops anew of whatever may have changed."""
        for rid in self._stale:
            row = self.works.get(rid)
            if row is not None:
                fact = self.facts[rid]
                hops = hops_of(rid, self.facts) if fact.sources else Hops(0, 0)
                self._claimed[row], self._verified[row] = hops
                self._provenance[row] = hops.signal
        self._stale.clear()

    # --- reading ---------------------------------------------------------------------------------------

    def __len__(self) -> int:
        """How many works there are."""
        return len(self.works)

    @property
    def time(self) -> Ints:
        """Claimed times, milliseconds."""
        return self._time.values

    @property
    def time_float(self) -> npt.NDArray[np.float64]:
        """The same as floats, which hold them exactly."""
        return self._time_float.values

    @property
    def author(self) -> npt.NDArray[np.intp]:
        """Numbers of authors."""
        return self._author.values

    @property
    def drop(self) -> npt.NDArray[np.uint8]:
        """Numbers of drops; 0 is none."""
        return self._drop.values

    @property
    def language_set(self) -> npt.NDArray[np.intp]:
        """Numbers of sets of tags."""
        return self._language_set.values

    @property
    def interest_set(self) -> npt.NDArray[np.intp]:
        """Numbers of sets of collections and topics."""
        return self._interest_set.values

    @property
    def publishing(self) -> npt.NDArray[np.intp]:
        """Numbers of pairs of an author and a set of tags."""
        return self._publishing.values

    @property
    def publishing_author(self) -> npt.NDArray[np.intp]:
        """By number of such a pair: the number of the author."""
        return self._publishing_author.values

    @property
    def publishing_set(self) -> npt.NDArray[np.intp]:
        """By number of such a pair: the number of the set of tags."""
        return self._publishing_set.values

    @property
    def subject_of_work(self) -> npt.NDArray[np.intp]:
        """Numbers of works among subjects."""
        return self._subject_of_work.values

    @property
    def subject_author(self) -> npt.NDArray[np.intp]:
        """By number of a subject: the number of its author; −1 while it is not held."""
        return self._subject_author.values

    @property
    def worth(self) -> Ints:
        """By number of a subject: its worth to those who rely on it."""
        return self._worth.values

    @property
    def provenance(self) -> Ints:
        """The signal, up to date."""
        if self._stale:
            self._settle()
        return self._provenance.values

    def hops(self, row: int) -> Hops:
        """The hops of one work, up to date."""
        if self._stale:
            self._settle()
        return Hops(int(self._claimed.values[row]), int(self._verified.values[row]))

    @property
    def latest(self) -> Ints:
        """For each pair of an author and a set of tags: the time of the latest such work that stands; −1
        for none. Up to date."""
        if self._latest_stale:
            latest = np.full(len(self.publishings), -1, np.int64)
            stands = self.drop == 0
            np.maximum.at(latest, self.publishing[stands], self.time[stands])
            self._latest = Column.of(latest)
            self._latest_stale = False
        return self._latest.values
