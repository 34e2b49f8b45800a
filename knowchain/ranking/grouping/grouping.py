"""Viewpoint groups: people who judge alike, found from what they judged, the same by everybody.

Source: docs/spec/groups.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from knowchain.errors import InvalidValue
from knowchain.identifiers import RecordId
from knowchain.ranking.grouping.differing import Approval, approvals
from knowchain.ranking.grouping.directions import MAX_ENTRIES, coordinates
from knowchain.ranking.grouping.foretelling import foretold
from knowchain.ranking.grouping.judgements import Judgements
from knowchain.ranking.grouping.parting import parted, parts_of
from knowchain.ranking.numbers import Ints

__all__ = ["COUNTS", "MAX_MEMBERS", "METHOD", "FoundGroup", "Grouping", "grouped"]

METHOD: Final = "knowchain groups 1"
"""As the record names it: another way to find groups gets another number."""
COUNTS: Final = (2, 3, 4, 5)
"""How many groups there may be."""
MAX_MEMBERS: Final = 3_000
"""Memberships of all groups together; a body holds about as many."""
_FEWEST: Final = 4
"""People among whom groups are looked for."""
_PRICES: Final = {1: 0, 2: 15, 3: 40, 4: 65, 5: 90}
"""Thousandths more that so many groups must foretell than one: fewer are easier to understand."""
_RIGHT: Final = 550
"""Thousandths that must be foretold at all: more than a coin would."""


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """People who judge alike.

    Attributes:
        members: ascending, with how far each belongs to it, in thousandths.
        nearest: how many people are nearer to it than to any other group.
    """

    members: tuple[tuple[RecordId, int], ...]
    nearest: int


@dataclass(frozen=True, slots=True)
class Grouping:
    """What was found.

    Attributes:
        groups: the weightiest first; one that holds everybody, if people don't fall into groups; none, if
            too few judged.
        people: how many were looked at.
        works: that at least two of these judged.
        judgements: of these works by them.
        too_few: people who judged fewer works than were asked for.
        unnamed: people who were looked at, but for whom a record has no room.
        foretold: by number of groups, up to those asked for, how many of a thousand judgements they foretell
            that were not looked at.
        approvals: how the groups judge each work of which all have an opinion.
    """

    groups: tuple[FoundGroup, ...]
    people: int
    works: int
    judgements: int
    too_few: int
    unnamed: int
    foretold: Mapping[int, int]
    approvals: tuple[Approval, ...]


def grouped(judgements: Judgements, *, count: int | None = None, least: int = 5) -> Grouping:
    """Find groups.

    Args:
        count: how many, of COUNTS; None: as many as tell most about judgements that were not looked at, or
            one.
        least: how many works somebody must have judged.

    Raises:
        InvalidValue: ``count`` or ``least`` is out of range, or there are too many judgements.
    """
    _check(judgements, count, least)
    kept = judgements.thinned(least)
    too_few = len(judgements.people) - len(kept.people)
    if len(kept.people) < _FEWEST:
        return Grouping((), len(kept.people), len(kept.works), len(kept), too_few, 0, {}, ())
    told = foretold(kept, tuple(range(1, (count or COUNTS[-1]) + 1)))
    chosen = _best(told) if count is None else count
    groups, parts = _of_so_many(kept, chosen)
    named = _named(kept, parts)
    found = [
        FoundGroup(
            tuple((kept.people[row], int(parts[row, group])) for row in named if parts[row, group]),
            int(np.count_nonzero(groups == group)),
        )
        for group in range(parts.shape[1])
    ]
    return Grouping(
        tuple(found),
        len(kept.people),
        len(kept.works),
        len(kept),
        too_few,
        len(kept.people) - len(named),
        told,
        tuple(approvals(kept, list(parts.T))),
    )


def _check(judgements: Judgements, count: int | None, least: int) -> None:
    if count is not None and count not in COUNTS:
        raise InvalidValue(
            "{field}: {value} is out of range",
            field="groups",
            value=count,
            remedy="give 2 to 5, or leave it out",
        )
    if not 2 <= least <= 1_000:
        raise InvalidValue(
            "{field}: {value} is out of range", field="judgements", value=least, remedy="give 2 to 1000"
        )
    if len(judgements) > MAX_ENTRIES:
        raise InvalidValue(
            "{value} judgements are more than the {most} that groups are found from",
            field="judgements",
            value=len(judgements),
            most=MAX_ENTRIES,
            remedy="look only at people whom your trust reaches",
        )


def _best(told: Mapping[int, int]) -> int:
    """The number of groups that tells most, each further one something worth telling."""
    best = 1
    for count in sorted(told.keys() - {1}):
        gained, price = told[count] - told[best], _PRICES[count] - _PRICES[best]
        if gained >= price and told[count] >= _RIGHT:
            best = count
    return best


def _of_so_many(judgements: Judgements, count: int) -> tuple[Ints, Ints]:
    """The group of each person, and how far each belongs to each; everybody in one, if they don't part."""
    everything = np.ones(len(judgements), bool)
    places = coordinates(judgements, everything, count - 1)
    groups = parted(places, judgements.weights, count) if places.shape[1] and count > 1 else None
    if groups is None:
        nobody_apart = np.zeros(len(judgements.people), np.int64)
        return nobody_apart, np.full((len(judgements.people), 1), 1000, np.int64)
    parts = np.array(parts_of(groups, places, judgements.weights, count), np.int64)
    order = _weightiest_first(judgements, groups, count)
    return np.argsort(order)[groups], parts[:, order]


def _weightiest_first(judgements: Judgements, groups: Ints, count: int) -> list[int]:
    """Numbers of groups by weight; of equal ones, that with the least first person."""
    mass = np.zeros(count, np.int64)
    np.add.at(mass, groups, judgements.weights)
    first = [int(np.argmax(groups == group)) for group in range(count)]
    return sorted(range(count), key=lambda group: (-int(mass[group]), first[group]))


def _named(judgements: Judgements, parts: Ints) -> list[int]:
    """The people for whom a record has room, ascending: those with the most weight, then most judgements."""
    judged = np.bincount(judgements.person, minlength=len(judgements.people))
    order = np.lexsort((np.arange(len(judged)), -judged, -judgements.weights))
    room = np.cumsum(np.count_nonzero(parts[order], axis=1)) <= MAX_MEMBERS
    return sorted(order[room].tolist())
