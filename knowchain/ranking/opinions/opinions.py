"""Opinions at one moment for one reader, by columns, remembered as long as nothing that they rest on changes.

When something new was said, only its subjects are worked out anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from knowchain.identifiers import RecordId
from knowchain.ranking.columns import Columns, Heard, Said, Slots
from knowchain.ranking.columns.said import NEVER
from knowchain.ranking.days import DAY, day_of, faded
from knowchain.ranking.facts import ViewpointGroup, Viewpoints
from knowchain.ranking.feed import Ground, strongest
from knowchain.ranking.numbers import ONE, Ints
from knowchain.ranking.opinions import judged as judging
from knowchain.ranking.opinions import relied
from knowchain.ranking.opinions.judged import Judged, Membership
from knowchain.ranking.opinions.relied import Used
from knowchain.ranking.profile import Profile
from knowchain.ranking.readers_trust import AuthorTrust
from knowchain.records.vocabulary.axes import AXES

__all__ = ["Opinions", "OpinionsAt"]

_Rows: TypeAlias = npt.NDArray[np.intp]
_Mask: TypeAlias = npt.NDArray[np.bool_]
_Compute: TypeAlias = Callable[[_Rows, int], tuple[_Rows, Ints]]


@dataclass
class _Kept:
    key: tuple[object, ...]
    version: int
    values: Ints


class Opinions:
    """What was said of the works of some columns."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._kept: dict[str, _Kept] = {}

    def at(self, profile: Profile, vouched: AuthorTrust, as_of: int) -> OpinionsAt:
        """What counts for one reader at one moment."""
        return OpinionsAt(self, profile, vouched, as_of)

    def by_subject(
        self,
        name: str,
        slots: Slots,
        key: tuple[Hashable, ...],
        values_of: Callable[[_Rows, npt.NDArray[np.intp] | None], Ints],
    ) -> Ints:
        """A signal by subject; only of those that changed it is worked out.

        Args:
            key: what it rests on beside what was said.
            values_of: given slots, and the ascending numbers of the subjects that are asked for (None: all of
                them), their values.
        """
        known, version = self._kept.get(name), len(slots.changed)
        size = len(self.columns.subjects)
        if known is None or known.key != key:
            values = values_of(np.arange(len(slots)), None)
        else:
            values = known.values
            if len(values) < size:
                values = np.concatenate((values, np.zeros(size - len(values), np.int64)))
            touched = set(slots.changed[known.version :])
            if touched:
                at = np.array(sorted(touched), np.intp)
                # Not in place: what rests on the older values keeps them.
                values = values.copy()
                values[at] = values_of(slots.slots_of(touched), at)
        self._kept[name] = _Kept(key, version, values)
        return values

    def by_author(
        self, name: str, slots: Slots, key: tuple[Hashable, ...], values: Callable[[], Ints]
    ) -> Ints:
        """A signal by author, worked out when anything changed."""
        known, version = self._kept.get(name), len(slots.changed)
        if (
            known is None
            or (known.key, known.version) != (key, version)
            or len(known.values) < len(self.columns.authors)
        ):
            known = self._kept[name] = _Kept(key, version, values())
        return known.values


class OpinionsAt:
    """What counts at one moment for one reader."""

    def __init__(self, opinions: Opinions, profile: Profile, vouched: AuthorTrust, as_of: int) -> None:
        self._opinions, self._columns, self._profile = opinions, opinions.columns, profile
        self._vouched, self._as_of, self._day = vouched, as_of, day_of(as_of)
        self._evaluations: Heard | None = None
        self._uses: Heard | None = None

    # --- signals -------------------------------------------------------------------------------------

    def axis(self, name: str) -> Ints:
        """How people judge on one axis, by subject."""
        number = self._columns.axes.get(name)
        if number is None:
            return self._nothing()
        half_life, kappa = self._profile.axis_half_life_s, ONE * self._profile.axis_kappa // 1000

        def values(slots: _Rows, asked: _Rows | None) -> Ints:
            judged, size = self._judged(
                slots, asked, self._columns.evaluations.matter.values[slots] == number
            )
            return judging.axis(judged, size, half_life_s=half_life, kappa=max(kappa, 1))

        return self._by_subject(f"axis.{name}", (self._day, half_life, kappa), values)

    def outward(self) -> Ints:
        """Over how many languages those are spread who found something in it, by subject."""

        def values(slots: _Rows, asked: _Rows | None) -> Ints:
            judged, size = self._judged(slots, asked)
            columns = self._columns
            return judging.outward(judged, size, columns.set_languages, len(columns.languages))

        return self._by_subject("outward", (), values)

    def bridge(self) -> Ints:
        """Whether all groups of viewpoints approve, by subject."""
        viewpoints = self.viewpoints
        if viewpoints is None:
            return self._nothing()
        shared = [number for name in AXES if (number := self._columns.axes.get(name)) is not None]

        def values(slots: _Rows, asked: _Rows | None) -> Ints:
            chosen = np.isin(self._columns.evaluations.matter.values[slots], shared)
            judged, size = self._judged(slots, asked, chosen)
            return judging.bridge(judged, size, [self._membership(each) for each in viewpoints.groups])

        return self._by_subject("bridge", (viewpoints, len(shared)), values)

    def popularity(self) -> Ints:
        """How much trust took it up for others, by subject."""
        heard = self._heard_uses()

        def values(slots: _Rows, asked: _Rows | None) -> Ints:
            used = self._used(slots)
            if asked is None:
                return relied.popularity(used, len(self._columns.subjects))
            return relied.popularity(used._replace(subject=np.searchsorted(asked, used.subject)), len(asked))

        key = (self._vouched.trust, heard.mark)
        return self._opinions.by_subject("popularity", self._columns.uses, key, values)

    def contribution(self) -> Ints:
        """What people made that others rely on, by author."""
        half_life = self._profile.contribution_half_life_s
        heard = self._heard_uses()
        key = (self._vouched.trust, heard.mark, self._day, half_life)
        slots = self._columns.uses
        return self._opinions.by_author(
            "contribution",
            slots,
            key,
            lambda: relied.contribution(
                self._used(np.arange(len(slots))), len(self._columns.authors), half_life_s=half_life
            ),
        )

    def label(self, name: str) -> _Mask:
        """Which works bear a label, by row: they or their authors, by any labeler of the profile."""
        columns = self._columns
        said = np.zeros(len(columns.subjects), bool)
        said[columns.labels.subject.values[self._labelled(name)]] = True
        if not said.any():
            return np.zeros(len(columns), bool)
        people = np.zeros(len(columns.authors), bool)
        for subject in np.flatnonzero(said).tolist():
            at = columns.authors.get(columns.subjects.names[subject])
            if at is not None:
                people[at] = True
        found: _Mask = said.take(columns.subject_of_work) | people.take(columns.author)
        return found

    @property
    def viewpoints(self) -> Viewpoints | None:
        """The record of groups that the profile names, if it is held."""
        named = self._profile.groups
        return None if named is None else self._columns.viewpoints.get(named)

    # --- what counts ---------------------------------------------------------------------------------

    def _nothing(self) -> Ints:
        return np.zeros(len(self._columns.subjects), np.int64)

    def _by_subject(
        self, name: str, key: tuple[Hashable, ...], values: Callable[[_Rows, _Rows | None], Ints]
    ) -> Ints:
        whole = (self._vouched.trust, self._heard_evaluations().mark, *key)
        return self._opinions.by_subject(name, self._columns.evaluations, whole, values)

    def _heard_evaluations(self) -> Heard:
        if self._evaluations is None:
            self._evaluations = self._columns.evaluations.heard(self._as_of)
        return self._evaluations

    def _heard_uses(self) -> Heard:
        if self._uses is None:
            self._uses = self._columns.uses.heard(self._as_of)
        return self._uses

    def _counting(self, slots: _Rows, table: Slots, heard: Heard) -> _Rows:
        """Of some slots those in which somebody said something of another's record, whom trust reaches."""
        columns = self._columns
        who = table.who.values[slots]
        keep = heard.time[slots] < NEVER
        keep &= columns.subject_author[table.subject.values[slots]] != who
        keep &= self._vouched.signals[who] > 0
        counting: _Rows = slots[keep]
        return counting

    def _judged(self, slots: _Rows, asked: _Rows | None, chosen: _Mask | None = None) -> tuple[Judged, int]:
        columns, heard, table = self._columns, self._heard_evaluations(), self._columns.evaluations
        slots = self._counting(slots if chosen is None else slots[chosen], table, heard)
        who, subject = table.who.values[slots], table.subject.values[slots]
        judged = Judged(
            subject if asked is None else np.searchsorted(asked, subject),
            who,
            table.matter.values[slots],
            self._day - heard.time[slots] // DAY,
            heard.value[slots],
            heard.extra[slots],
            self._vouched.signals[who],
        )
        return judged, len(columns.subjects) if asked is None else len(asked)

    def _used(self, slots: _Rows) -> Used:
        columns, heard, table = self._columns, self._heard_uses(), self._columns.uses
        slots = self._counting(slots, table, heard)
        who, subject = table.who.values[slots], table.subject.values[slots]
        return Used(
            subject,
            who,
            self._day - heard.time[slots] // DAY,
            self._vouched.signals[who],
            columns.subject_author[subject],
            columns.worth[subject],
        )

    def _labelled(self, name: str) -> _Rows:
        """The slots of a label that its labelers set and that stands."""
        columns, table = self._columns, self._columns.labels
        number = columns.label_names.get(name)
        labelers = [at for each in self._profile.labelers if (at := columns.authors.get(each)) is not None]
        if number is None or not labelers:
            return np.zeros(0, np.intp)
        slots = np.flatnonzero(table.matter.values == number)
        slots = slots[np.isin(table.who.values[slots], labelers)]
        heard = table.heard(self._as_of)
        keep = (heard.time[slots] < NEVER) & (heard.value[slots] == 1) & (heard.extra[slots] > self._as_of)
        standing: _Rows = slots[keep]
        return standing

    def _membership(self, group: ViewpointGroup) -> Membership:
        parts = np.zeros(len(self._columns.authors), np.int64)
        for who, part in group.members:
            at = self._columns.authors.get(who)
            if at is not None:
                parts[at] = part
        return Membership(parts, group.minimum)

    # --- grounds -------------------------------------------------------------------------------------

    def grounds(self, signals: Iterable[str], rows: Sequence[int]) -> list[dict[str, Ground]]:
        """What the signals of some works rest on, by signal."""
        found: list[dict[str, Ground]] = [{} for _ in rows]
        for name in signals:
            if (grounds := self._grounds(name, rows)) is not None:
                for each, ground in zip(found, grounds, strict=True):
                    each[name] = ground
        return found

    def _grounds(self, name: str, rows: Sequence[int]) -> list[Ground] | None:
        columns = self._columns
        subjects = columns.subject_of_work[np.array(rows, np.intp)].tolist()
        if name.startswith("axis."):
            number, half_life = columns.axes.get(name[5:]), self._profile.axis_half_life_s
            return [
                strongest(
                    (faded(trust, self._day - day_of(said.time), half_life), said.id)
                    for slot, said, trust in self._evaluated(subject)
                    if columns.evaluations.matter.values[slot] == number
                )
                for subject in subjects
            ]
        if name == "outward":
            return [self._spread(subject) for subject in subjects]
        if name == "popularity":
            return [strongest((trust, said.id) for _, said, trust in self._taken(each)) for each in subjects]
        if name == "bridge":
            held = self.viewpoints
            return [Ground(0, ()) if held is None else Ground(len(held.groups), (held.id,)) for _ in rows]
        if name == "contribution":
            return self._earned(columns.author[np.array(rows, np.intp)].tolist())
        if name.startswith("label:"):
            return self._bearing(name[6:], rows)
        return None

    def _evaluated(self, subject: int) -> Iterator[tuple[int, Said, int]]:
        return self._counting_in(self._columns.evaluations, subject)

    def _taken(self, subject: int) -> Iterator[tuple[int, Said, int]]:
        return self._counting_in(self._columns.uses, subject)

    def _counting_in(self, table: Slots, subject: int) -> Iterator[tuple[int, Said, int]]:
        """The slots of one subject that count, with what is said there and the trust in who says it."""
        slots = np.array(table.of_subject.get(subject, ()), np.intp)
        heard = self._heard_evaluations() if table is self._columns.evaluations else self._heard_uses()
        for slot in self._counting(slots, table, heard).tolist():
            said = table.counting(slot, self._as_of)
            assert said is not None, "a slot without a word doesn't count"
            yield slot, said, int(self._vouched.signals[table.who.values[slot]])

    def _spread(self, subject: int) -> Ground:
        sets, pleased = self._columns.set_languages.members, []
        languages: set[int] = set()
        for _, said, trust in self._evaluated(subject):
            if said.value > 0 and sets[said.extra]:
                pleased.append((trust, said.id))
                languages.update(sets[said.extra])
        return strongest(pleased)._replace(total=len(languages))

    def _earned(self, authors: Sequence[int]) -> list[Ground]:
        columns, half_life = self._columns, self._profile.contribution_half_life_s
        table = columns.uses
        earners = columns.subject_author[table.subject.values]
        slots = self._counting(np.flatnonzero(np.isin(earners, authors)), table, self._heard_uses())
        lines: dict[int, list[tuple[int, RecordId]]] = {}
        for slot in slots.tolist():
            subject, said = int(table.subject.values[slot]), table.counting(slot, self._as_of)
            assert said is not None, "a slot without a word doesn't count"
            trust = int(self._vouched.signals[table.who.values[slot]])
            amount = faded(trust * int(columns.worth[subject]), self._day - day_of(said.time), half_life)
            lines.setdefault(int(earners[slot]), []).append((amount, said.id))
        return [strongest(lines.get(each, ())) for each in authors]

    def _bearing(self, name: str, rows: Sequence[int]) -> list[Ground]:
        columns, table = self._columns, self._columns.labels
        said: dict[int, list[RecordId]] = {}
        for slot in self._labelled(name).tolist():
            counting = table.counting(slot, self._as_of)
            assert counting is not None, "a slot without a word doesn't count"
            said.setdefault(int(table.subject.values[slot]), []).append(counting.id)
        found = []
        for row in rows:
            person = columns.subjects.get(columns.authors.names[columns.author[row]])
            ids = [*said.get(int(columns.subject_of_work[row]), ())]
            ids += [] if person is None else said.get(person, [])
            found.append(strongest((1, each) for each in ids))
        return found
