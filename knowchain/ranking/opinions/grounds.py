"""Which records the values of a work rest on, remembered from feed to feed.

A value is asked for its grounds only where it is shown, so that these are sought work by work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from knowchain.ranking.columns import Columns, Heard, Said, Slots
from knowchain.ranking.days import DAY, day_of, faded, faded_column
from knowchain.ranking.facts import Viewpoints
from knowchain.ranking.feed import SHOWN_RECORDS, Ground, strongest
from knowchain.ranking.numbers import Ints
from knowchain.ranking.profile import Profile
from knowchain.ranking.readers_trust import AuthorTrust
from knowchain.ranking.signals import AXIS, LABEL

__all__ = ["Grounds", "GroundsKept", "Moment"]

_Rows: TypeAlias = npt.NDArray[np.intp]
_KEPT: Final = 20_000
"""Grounds of one signal that are remembered."""


class Moment(Protocol):
    """What counts for one reader at one moment."""

    @property
    def profile(self) -> Profile:
        """The rules."""

    @property
    def vouched(self) -> AuthorTrust:
        """The reader's trust."""

    @property
    def as_of(self) -> int:
        """The moment."""

    @property
    def day(self) -> int:
        """The day that it lies in."""

    @property
    def viewpoints(self) -> Viewpoints | None:
        """The groups, if they are held."""

    def heard_evaluations(self) -> Heard:
        """The evaluations by now."""

    def heard_uses(self) -> Heard:
        """The uses by now."""

    def counting(self, slots: _Rows, table: Slots, heard: Heard) -> _Rows:
        """Those of some slots that count."""

    def labelled(self, name: str) -> _Rows:
        """The slots in which a label stands."""


@dataclass
class _Found:
    key: tuple[object, ...]
    version: int = 0
    by_number: dict[int, Ground] = field(default_factory=dict)


class GroundsKept:
    """Grounds by signal, and by number of a subject or an author, as long as they hold."""

    def __init__(self) -> None:
        self._found: dict[str, _Found] = {}

    def of(
        self, name: str, key: tuple[object, ...], changed: Sequence[int], number_of: Callable[[int], int]
    ) -> dict[int, Ground]:
        """What is known of one signal still.

        Args:
            key: what it rests on beside what was said.
            changed: the subjects of all that was ever said, in the order of hearing.
            number_of: the number under which a subject is found.
        """
        found = self._found.get(name)
        if found is None or found.key != key or len(found.by_number) > _KEPT:
            found = self._found[name] = _Found(key, len(changed))
        for subject in changed[found.version :]:
            found.by_number.pop(number_of(subject), None)
        found.version = len(changed)
        return found.by_number


class Grounds:
    """The grounds of works at one moment."""

    def __init__(self, columns: Columns, moment: Moment, kept: GroundsKept) -> None:
        self._columns, self._moment, self._kept = columns, moment, kept

    def of(self, signals: Iterable[str], rows: _Rows) -> list[dict[str, Ground]]:
        """By work, what each signal rests on, of those that rest on what people said."""
        found: list[dict[str, Ground]] = [{} for _ in rows]
        for name in signals:
            for each, ground in zip(found, self._of(name, rows), strict=False):
                each[name] = ground
        return found

    def _of(self, name: str, rows: _Rows) -> Iterable[Ground]:
        columns = self._columns
        if name.startswith(AXIS) or name in ("outward", "popularity"):
            subjects: list[int] = columns.subject_of_work[rows].tolist()
            return self._by_subject(name, subjects)
        if name == "contribution":
            authors: list[int] = columns.author[rows].tolist()
            return self._by_author(authors)
        if name == "bridge":
            held = self._moment.viewpoints
            return [Ground(0, ()) if held is None else Ground(len(held.groups), (held.id,))] * len(rows)
        if name.startswith(LABEL):
            return self._bearing(name.removeprefix(LABEL), rows.tolist())
        return ()

    def _by_subject(self, name: str, subjects: Sequence[int]) -> list[Ground]:
        moment = self._moment
        table = self._columns.uses if name == "popularity" else self._columns.evaluations
        heard = moment.heard_uses() if name == "popularity" else moment.heard_evaluations()
        key = (moment.vouched.trust, heard.mark, moment.day, moment.profile.axis_half_life_s)
        known = self._kept.of(name, key, table.changed, lambda subject: subject)
        for subject in subjects:
            if subject not in known:
                known[subject] = self._ground(name, list(self._counting_in(table, heard, subject)))
        return [known[subject] for subject in subjects]

    def _ground(self, name: str, said: list[tuple[int, Said, int]]) -> Ground:
        """The ground of a signal, from the slots that count, what is said there, and the trust behind it."""
        if name == "popularity":
            return strongest((trust, each.id) for _, each, trust in said)
        if name == "outward":
            sets = self._columns.set_languages.members
            pleased = [(trust, each) for _, each, trust in said if each.value > 0 and sets[each.extra]]
            ground = strongest((trust, each.id) for trust, each in pleased)
            return ground._replace(total=len({key for _, each in pleased for key in sets[each.extra]}))
        number, half_life = (
            self._columns.axes.get(name.removeprefix(AXIS)),
            self._moment.profile.axis_half_life_s,
        )
        matter, day = self._columns.evaluations.matter.values, self._moment.day
        return strongest(
            (faded(trust, day - day_of(each.time), half_life), each.id)
            for slot, each, trust in said
            if matter[slot] == number
        )

    def _counting_in(self, table: Slots, heard: Heard, subject: int) -> Iterator[tuple[int, Said, int]]:
        slots = table.of_subject.get(subject)
        if not slots:
            return
        for slot in self._moment.counting(np.array(slots, np.intp), table, heard).tolist():
            yield slot, self._said(table, slot), int(self._moment.vouched.signals[table.who.values[slot]])

    def _said(self, table: Slots, slot: int) -> Said:
        said = table.counting(slot, self._moment.as_of)
        assert said is not None, "a slot without a word doesn't count"
        return said

    def _by_author(self, authors: Sequence[int]) -> list[Ground]:
        columns, moment = self._columns, self._moment
        heard, half_life = moment.heard_uses(), moment.profile.contribution_half_life_s
        earner = columns.subject_author
        known = self._kept.of(
            "contribution",
            (moment.vouched.trust, heard.mark, moment.day, half_life),
            columns.uses.changed,
            lambda subject: int(earner[subject]),
        )
        missing = sorted({each for each in authors if each not in known})
        if missing:
            known.update(zip(missing, self._earned(missing, heard, half_life), strict=True))
        return [known[each] for each in authors]

    def _earned(self, authors: Sequence[int], heard: Heard, half_life: int) -> Iterator[Ground]:
        columns, moment, table = self._columns, self._moment, self._columns.uses
        slots = np.flatnonzero(np.isin(columns.subject_author[table.subject.values], authors))
        slots = moment.counting(slots, table, heard)
        subjects, trust = table.subject.values[slots], moment.vouched.signals[table.who.values[slots]]
        days = moment.day - heard.time[slots] // DAY
        amounts = faded_column(trust * columns.worth[subjects], days, half_life)
        earners = columns.subject_author[subjects]
        for author in authors:
            own = np.flatnonzero((earners == author) & (amounts > 0))
            yield self._greatest(table, slots[own], amounts[own])

    def _greatest(self, table: Slots, slots: _Rows, amounts: Ints) -> Ground:
        """The ground that many lines are: only those with the greatest amounts are looked at closer."""
        total = len(slots)
        if total > SHOWN_RECORDS:
            least = np.partition(amounts, total - SHOWN_RECORDS)[total - SHOWN_RECORDS]
            slots, amounts = slots[amounts >= least], amounts[amounts >= least]
        lines = zip(amounts.tolist(), slots.tolist(), strict=True)
        return strongest((amount, self._said(table, slot).id) for amount, slot in lines)._replace(total=total)

    def _bearing(self, name: str, rows: Sequence[int]) -> list[Ground]:
        columns, table = self._columns, self._columns.labels
        standing = np.zeros(len(table), bool)
        standing[self._moment.labelled(name)] = True
        at = np.asarray(rows, np.intp)
        works: list[int] = columns.subject_of_work[at].tolist()
        authors: list[int] = columns.author[at].tolist()
        names, number_of, of_subject = columns.authors.names, columns.subjects.get, table.of_subject
        found = []
        for work, author in zip(works, authors, strict=True):
            person = number_of(names[author])
            about = (work,) if person is None else (work, person)
            slots = [slot for each in about for slot in of_subject.get(each, ()) if standing[slot]]
            found.append(strongest((1, self._said(table, slot).id) for slot in slots))
        return found
