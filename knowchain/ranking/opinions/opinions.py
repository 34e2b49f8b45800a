"""Opinions at one moment for one reader, by columns, remembered as long as nothing that they rest on changes.

When something new was said, only its subjects are worked out anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from knowchain.ranking.columns import Columns, Heard, Slots
from knowchain.ranking.columns.said import NEVER
from knowchain.ranking.days import DAY, day_of
from knowchain.ranking.facts import ViewpointGroup, Viewpoints
from knowchain.ranking.feed import Ground
from knowchain.ranking.numbers import ONE, Ints
from knowchain.ranking.opinions import judged as judging
from knowchain.ranking.opinions import relied
from knowchain.ranking.opinions.grounds import Grounds, GroundsKept
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
        self.grounds = GroundsKept()
        self._bearing: dict[str, tuple[tuple[int, bytes], _Mask]] = {}

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

    def bearing(self, name: str, slots: _Rows) -> _Mask:
        """Which works bear a label that stands in these slots, by row: they or their authors."""
        key = self.columns.version, slots.tobytes()
        known = self._bearing.get(name)
        if known is None or known[0] != key:
            known = self._bearing[name] = (key, self._borne(slots))
        return known[1]

    def _borne(self, slots: _Rows) -> _Mask:
        columns = self.columns
        said = np.zeros(len(columns.subjects), bool)
        said[columns.labels.subject.values[slots]] = True
        people = np.zeros(len(columns.authors), bool)
        for subject in np.flatnonzero(said).tolist():
            at = columns.authors.get(columns.subjects.names[subject])
            if at is not None:
                people[at] = True
        found: _Mask = said.take(columns.subject_of_work) | people.take(columns.author)
        return found

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
        self._opinions, self._columns = opinions, opinions.columns
        self.profile, self.vouched, self.as_of, self.day = profile, vouched, as_of, day_of(as_of)
        self._evaluations: Heard | None = None
        self._uses: Heard | None = None

    # --- signals -------------------------------------------------------------------------------------

    def axis(self, name: str) -> Ints:
        """How people judge on one axis, by subject."""
        number = self._columns.axes.get(name)
        if number is None:
            return self._nothing()
        half_life, kappa = self.profile.axis_half_life_s, ONE * self.profile.axis_kappa // 1000

        def values(slots: _Rows, asked: _Rows | None) -> Ints:
            judged, size = self._judged(
                slots, asked, self._columns.evaluations.matter.values[slots] == number
            )
            return judging.axis(judged, size, half_life_s=half_life, kappa=max(kappa, 1))

        return self._by_subject(f"axis.{name}", (self.day, half_life, kappa), values)

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
        heard = self.heard_uses()

        def values(slots: _Rows, asked: _Rows | None) -> Ints:
            used = self._used(slots)
            if asked is None:
                return relied.popularity(used, len(self._columns.subjects))
            return relied.popularity(used._replace(subject=np.searchsorted(asked, used.subject)), len(asked))

        key = (self.vouched.trust, heard.mark)
        return self._opinions.by_subject("popularity", self._columns.uses, key, values)

    def contribution(self) -> Ints:
        """What people made that others rely on, by author."""
        half_life = self.profile.contribution_half_life_s
        heard = self.heard_uses()
        key = (self.vouched.trust, heard.mark, self.day, half_life)
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
        return self._opinions.bearing(name, self.labelled(name))

    @property
    def viewpoints(self) -> Viewpoints | None:
        """The record of groups that the profile names, if it is held."""
        named = self.profile.groups
        return None if named is None else self._columns.viewpoints.get(named)

    def grounds(self, signals: Iterable[str], rows: _Rows) -> list[dict[str, Ground]]:
        """What the signals of some works rest on, by signal."""
        return Grounds(self._columns, self, self._opinions.grounds).of(signals, rows)

    # --- what counts ---------------------------------------------------------------------------------

    def _nothing(self) -> Ints:
        return np.zeros(len(self._columns.subjects), np.int64)

    def _by_subject(
        self, name: str, key: tuple[Hashable, ...], values: Callable[[_Rows, _Rows | None], Ints]
    ) -> Ints:
        whole = (self.vouched.trust, self.heard_evaluations().mark, *key)
        return self._opinions.by_subject(name, self._columns.evaluations, whole, values)

    def heard_evaluations(self) -> Heard:
        if self._evaluations is None:
            self._evaluations = self._columns.evaluations.heard(self.as_of)
        return self._evaluations

    def heard_uses(self) -> Heard:
        if self._uses is None:
            self._uses = self._columns.uses.heard(self.as_of)
        return self._uses

    def counting(self, slots: _Rows, table: Slots, heard: Heard) -> _Rows:
        """Of some slots those in which somebody said something of another's record, whom trust reaches."""
        columns = self._columns
        who = table.who.values[slots]
        keep = heard.time[slots] < NEVER
        keep &= columns.subject_author[table.subject.values[slots]] != who
        keep &= self.vouched.signals[who] > 0
        counting: _Rows = slots[keep]
        return counting

    def _judged(self, slots: _Rows, asked: _Rows | None, chosen: _Mask | None = None) -> tuple[Judged, int]:
        columns, heard, table = self._columns, self.heard_evaluations(), self._columns.evaluations
        slots = self.counting(slots if chosen is None else slots[chosen], table, heard)
        who, subject = table.who.values[slots], table.subject.values[slots]
        judged = Judged(
            subject if asked is None else np.searchsorted(asked, subject),
            who,
            table.matter.values[slots],
            self.day - heard.time[slots] // DAY,
            heard.value[slots],
            heard.extra[slots],
            self.vouched.signals[who],
        )
        return judged, len(columns.subjects) if asked is None else len(asked)

    def _used(self, slots: _Rows) -> Used:
        columns, heard, table = self._columns, self.heard_uses(), self._columns.uses
        slots = self.counting(slots, table, heard)
        who, subject = table.who.values[slots], table.subject.values[slots]
        return Used(
            subject,
            who,
            self.day - heard.time[slots] // DAY,
            self.vouched.signals[who],
            columns.subject_author[subject],
            columns.worth[subject],
        )

    def labelled(self, name: str) -> _Rows:
        """The slots of a label that its labelers set and that stands."""
        columns, table = self._columns, self._columns.labels
        number = columns.label_names.get(name)
        labelers = [at for each in self.profile.labelers if (at := columns.authors.get(each)) is not None]
        if number is None or not labelers:
            return np.zeros(0, np.intp)
        slots = np.flatnonzero(table.matter.values == number)
        slots = slots[np.isin(table.who.values[slots], labelers)]
        heard = table.heard(self.as_of)
        keep = (heard.time[slots] < NEVER) & (heard.value[slots] == 1) & (heard.extra[slots] > self.as_of)
        standing: _Rows = slots[keep]
        return standing

    def _membership(self, group: ViewpointGroup) -> Membership:
        parts = np.zeros(len(self._columns.authors), np.int64)
        for who, part in group.members:
            at = self._columns.authors.get(who)
            if at is not None:
                parts[at] = part
        return Membership(parts, group.minimum)
