"""Viewpoint groups of a home: found from the evaluations that are held, published, and shown.

How they are found stands in docs/spec/groups.md; here they get names and titles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from knowchain.chains import author_of
from knowchain.errors import InvalidValue, NotAllowed, NotFound
from knowchain.home.feeding import FeedRequest, feeds_of
from knowchain.home.held import Held
from knowchain.home.home import Home
from knowchain.home.names import Names, resolve_record
from knowchain.home.saying import Said, Saying, say
from knowchain.home.viewing import human_form, title_of
from knowchain.identifiers import Cid, RecordId
from knowchain.ranking.facts import ViewpointGroup
from knowchain.ranking.grouping import (
    METHOD,
    Approval,
    Grouping,
    Judgements,
    approvals,
    grouped,
    judgements_in,
    most_divided,
    most_united,
)
from knowchain.ranking.numbers import Ints
from knowchain.storage.reader import Reader

__all__ = [
    "FoundGroups",
    "GroupMember",
    "GroupShown",
    "GroupsRequest",
    "GroupsShown",
    "JudgedWork",
    "PublishedGroups",
    "ShowGroups",
    "compute_groups",
    "publish_groups",
    "show_groups",
]

Advance: TypeAlias = Callable[[int], None]
_KIND: Final = "viewpoint-groups"
_SHOWN_WORKS: Final = 8
_SHOWN_MEMBERS: Final = 5


@dataclass(frozen=True, slots=True)
class GroupsRequest:
    """Which groups to look for.

    Attributes:
        groups: how many, 2 to 5; None: as many as tell most, or one.
        judgements: how many works somebody must have judged, at least; 2 to 1,000.
        minimum: the trust, in thousandths of a wholly trusted person, without which `bridge` takes a group to
            say nothing of a work; 0 to 1,000,000.
        everybody: look at everybody alike, and not only at whom the reader's trust reaches.
        feed: the profile whose trust weighs people, and the moment.
    """

    groups: int | None = None
    judgements: int = 5
    minimum: int = 100
    everybody: bool = False
    feed: FeedRequest = field(default_factory=FeedRequest)


@dataclass(frozen=True, slots=True)
class ShowGroups:
    """Which record of groups; ``feed``: the moment whose judgements it is set beside."""

    record: str
    feed: FeedRequest = field(default_factory=FeedRequest)


@dataclass(frozen=True, slots=True)
class GroupMember:
    """Somebody in a group; ``part``: how far, in thousandths."""

    who: RecordId
    name: str
    part: int


@dataclass(frozen=True, slots=True)
class GroupShown:
    """A group, as people read it.

    Attributes:
        size: how many are named in it.
        nearest: how many are in it more than in any other group.
        members: at most five, those who belong to it most first.
    """

    title: str | None
    size: int
    nearest: int
    minimum: int
    members: tuple[GroupMember, ...]


@dataclass(frozen=True, slots=True)
class JudgedWork:
    """A work, and how surely somebody of each group approves of it, in thousandths.

    Attributes:
        judged: by how many people.
    """

    work: RecordId
    title: str | None
    milli: tuple[int, ...]
    judged: int


@dataclass(frozen=True, slots=True)
class FoundGroups:
    """What was found.

    Attributes:
        groups: the weightiest first; one, if people don't fall into groups; none, if too few judged.
        people: how many were looked at.
        works: that at least two of these judged.
        judgements: of these works by these people.
        too_few: people who judged fewer works than was asked for.
        unnamed: people for whom the record has no room.
        foretold: how often, of a thousand times, the others of a person's group foretell a judgement of a
            work that was not looked at; by number of groups, from one to those asked for, or five.
        divided: the works that the groups judge most differently.
        united: the works of which all groups approve most surely.
        fields: the record in the human form; None, unless there are two groups or more.
    """

    snapshot: Cid
    as_of: int
    groups: tuple[GroupShown, ...]
    people: int
    works: int
    judgements: int
    too_few: int
    unnamed: int
    foretold: tuple[int, ...]
    divided: tuple[JudgedWork, ...]
    united: tuple[JudgedWork, ...]
    fields: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class PublishedGroups:
    """Groups, and the record that was signed of them."""

    found: FoundGroups
    said: Said


@dataclass(frozen=True, slots=True)
class GroupsShown:
    """A published record of groups, set beside the judgements that are held here.

    Attributes:
        judging: how many of its members judged anything that is held here.
        divided: the works that its groups judge most differently, everybody weighing the same.
    """

    id: RecordId
    author: RecordId
    author_name: str
    method: str
    snapshot: str
    as_of: str
    reason: str | None
    parameters: Mapping[str, int]
    groups: tuple[GroupShown, ...]
    judging: int
    divided: tuple[JudgedWork, ...]
    united: tuple[JudgedWork, ...]


def compute_groups(
    home: Home, request: GroupsRequest, advance: Advance = lambda _records: None
) -> FoundGroups:
    """Find viewpoint groups among the people whose evaluations are held.

    Args:
        home: the open home.
        request: which.
        advance: told how many more records were read.

    Raises:
        InvalidValue: a number is out of range, or the profile or the moment break a rule.
        NotFound: there is no such preset.
    """
    if not 0 <= request.minimum <= 1_000_000:
        raise InvalidValue(
            "{field}: {value} is out of range",
            field="minimum",
            value=request.minimum,
            remedy="give 0 to 1000000: thousandths of a wholly trusted person",
        )
    with feeds_of(home).held(home, request.feed, advance) as held:
        judgements = judgements_in(held.columns, None if request.everybody else held.vouched, held.as_of)
        snapshot, as_of = held.snapshot, held.as_of
    found = grouped(judgements, count=request.groups, least=request.judgements)
    with home.store.snapshot() as reader:
        return _told(reader, request, found, snapshot, as_of)


def publish_groups(
    home: Home, request: GroupsRequest, advance: Advance = lambda _records: None
) -> PublishedGroups:
    """Find viewpoint groups and sign a record of them, which a profile can name; arguments as above.

    Raises:
        NotAllowed: there are no groups to publish, or this device may not sign now.
        InvalidValue, NotFound: as :func:`compute_groups`.
    """
    found = compute_groups(home, request, advance)
    if found.fields is None:
        raise NotAllowed(
            "there is nothing to publish: no groups were found among {people} people",
            remedy="`knowchain groups compute` tells why",
            people=found.people,
        )
    return PublishedGroups(found, say(home, Saying(_KIND, found.fields)))


def show_groups(home: Home, request: ShowGroups, advance: Advance = lambda _records: None) -> GroupsShown:
    """A published record of groups, and what sets these apart; arguments as above.

    Raises:
        NotFound: it is not held.
        NotAllowed: it is no record of groups, does not stand, or its body is not here.
    """
    with home.store.snapshot() as reader:
        rid = resolve_record(reader, request.record)
        if reader.record(rid) is None:
            raise NotFound(
                "the record {id} is not held here",
                remedy="import it, or let a peer fetch it; `knowchain stats` says what is held",
                id=str(rid),
            )
    with feeds_of(home).held(home, request.feed, advance) as held:
        return _shown(home, held, rid)


# --- parts -----------------------------------------------------------------------------------------


def _told(reader: Reader, request: GroupsRequest, found: Grouping, snapshot: Cid, as_of: int) -> FoundGroups:
    names = Names(reader)
    groups = tuple(_group(names, each.members, each.nearest, request.minimum, None) for each in found.groups)
    several = len(groups) > 1
    return FoundGroups(
        snapshot=snapshot,
        as_of=as_of,
        groups=groups,
        people=found.people,
        works=found.works,
        judgements=found.judgements,
        too_few=found.too_few,
        unnamed=found.unnamed,
        foretold=tuple(each for _, each in sorted(found.foretold.items())),
        divided=_works(reader, most_divided(found.approvals, _SHOWN_WORKS)) if several else (),
        united=_works(reader, most_united(found.approvals, _SHOWN_WORKS)),
        fields=_fields(request, found, snapshot, as_of) if several else None,
    )


def _fields(request: GroupsRequest, found: Grouping, snapshot: Cid, as_of: int) -> dict[str, object]:
    """The record in the human form. All that the groups follow from, beside the records, is stated."""
    told = {
        "asked-groups": request.groups or 0,
        "judgements": request.judgements,
        "everybody": int(request.everybody),
        "people": found.people,
        "foretold": found.foretold.get(len(found.groups), 0),
        "foretold-by-all": found.foretold[1],
    }
    return {
        "groups": [
            {
                "members": [{"who": str(who), "part": part} for who, part in each.members],
                "minimum": request.minimum,
                "title": {"en": [f"Group {number}"]},
            }
            for number, each in enumerate(found.groups, 1)
        ],
        "method": METHOD,
        "parameters": [{"name": name, "value": value} for name, value in told.items()],
        "snapshot": str(snapshot),
        "as_of": as_of,
    }


def _group(
    names: Names, members: Sequence[tuple[RecordId, int]], nearest: int, minimum: int, title: str | None
) -> GroupShown:
    first = sorted(members, key=lambda each: (-each[1], each[0]))[:_SHOWN_MEMBERS]
    told = tuple(GroupMember(who, names.shown(who), part) for who, part in first)
    return GroupShown(title, len(members), nearest, minimum, told)


def _works(reader: Reader, found: Sequence[Approval]) -> tuple[JudgedWork, ...]:
    return tuple(JudgedWork(each.work, _title(reader, each.work), each.milli, each.judged) for each in found)


def _title(reader: Reader, work: RecordId) -> str | None:
    stored = reader.record(work)
    return None if stored is None else title_of(human_form(reader, stored))


def _shown(home: Home, held: Held, rid: RecordId) -> GroupsShown:
    with home.store.snapshot() as reader:
        stored, viewpoints = reader.record(rid), held.columns.viewpoints.get(rid)
        human = None if stored is None else human_form(reader, stored)
        if stored is None or viewpoints is None or human is None:
            raise NotAllowed(
                "{id} holds no viewpoint groups that count: it is another kind of record, was taken back, or "
                "its text is not here",
                remedy="`knowchain show {id}` shows what it is",
                id=str(rid),
            )
        names = Names(reader)
        judgements = judgements_in(held.columns, None, held.as_of)
        found = approvals(judgements, [_parts(judgements, each) for each in viewpoints.groups])
        named = {who for each in viewpoints.groups for who, _ in each.members}
        author = author_of(rid, stored.block.header)
        return GroupsShown(
            id=rid,
            author=author,
            author_name=names.shown(author),
            method=str(human.get("method", "")),
            snapshot=str(human.get("snapshot", "")),
            as_of=str(human.get("as_of", "")),
            reason=title_of({"reason": human.get("reason")}),
            parameters=_parameters(human.get("parameters")),
            groups=_groups(names, viewpoints.groups, human.get("groups")),
            judging=len(named & set(judgements.people)),
            divided=_works(reader, most_divided(found, _SHOWN_WORKS)),
            united=_works(reader, most_united(found, _SHOWN_WORKS)),
        )


def _groups(names: Names, groups: Sequence[ViewpointGroup], told: object) -> tuple[GroupShown, ...]:
    titles = [title_of(each) if isinstance(each, Mapping) else None for each in _listed(told)]
    nearest = dict[RecordId, tuple[int, int]]()
    for number, group in enumerate(groups):
        for who, part in group.members:
            nearest[who] = max(nearest.get(who, (0, 0)), (part, -number))
    counts = Counter(-number for _, number in nearest.values())
    titles += [None] * (len(groups) - len(titles))
    return tuple(
        _group(names, group.members, counts[number], group.minimum, title)
        for number, (group, title) in enumerate(zip(groups, titles, strict=False))
    )


def _listed(told: object) -> list[object]:
    return told if isinstance(told, list) else []


def _parts(judgements: Judgements, group: ViewpointGroup) -> Ints:
    parts = dict(group.members)
    return np.array([parts.get(who, 0) for who in judgements.people], np.int64)


def _parameters(told: object) -> dict[str, int]:
    found = {}
    for each in _listed(told):
        if isinstance(each, Mapping) and isinstance(each.get("value"), int):
            found[str(each.get("name"))] = int(each["value"])
    return found
