"""What evaluations, labels and viewpoint groups of a home say, as ranking takes it in.

The rules are those of docs/spec/ranking.md, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.identifiers import RecordId, parse_record_id
from knowchain.ranking.facts import USES, Evaluation, Label, ViewpointGroup, Viewpoints
from knowchain.records import Header
from knowchain.records.bodies import KINDS
from knowchain.records.bodies.values import Stored

__all__ = ["evaluations_of", "labels_of", "uses_of", "view", "viewpoints_of"]

_ABOUT: Final = "kc:about"
_TAKING_UP: Final = frozenset({"collection", "note", "work"})
"""Kinds whose references take something up for others."""


def view(kind: str, fields: Mapping[str, Stored], name: str) -> Stored | None:
    """One defined field, held to its shape."""
    types = KINDS[kind].body_types if kind in KINDS else {}
    return types[name].view(fields[name]) if name in types and name in fields else None


def uses_of(header: Header, fields: Mapping[str, Stored]) -> tuple[RecordId, ...]:
    """What a record takes up for others."""
    if header.kind in _TAKING_UP:
        return tuple(sorted({ref.target for ref in header.refs if ref.relation in USES}))
    if header.kind == "event" and fields.get("event") == "accession":
        return _subjects(header)
    return ()


def evaluations_of(rid: RecordId, header: Header, fields: Mapping[str, Stored]) -> tuple[Evaluation, ...]:
    """What an evaluation says of each of its subjects; nothing, if it lacks an axis or a value."""
    axis, value = (view("evaluation", fields, name) for name in ("axis", "value"))
    if not isinstance(axis, str) or not isinstance(value, int):
        return ()
    tags = view("evaluation", fields, "languages")
    languages = tuple(sorted({str(tag) for tag in tags})) if isinstance(tags, list) else ()
    return tuple(
        Evaluation(rid, header.author, subject, header.time, axis, value, languages)
        for subject in _subjects(header)
    )


def labels_of(rid: RecordId, header: Header, fields: Mapping[str, Stored]) -> tuple[Label, ...]:
    """What a moderation label says of each of its subjects."""
    label, until, negated = (
        view("moderation-label", fields, name) for name in ("label", "expires", "negated")
    )
    if not isinstance(label, str):
        return ()
    ends = until if isinstance(until, int) else None
    return tuple(
        Label(rid, header.author, subject, header.time, label, negated is True, ends)
        for subject in _subjects(header)
    )


def viewpoints_of(rid: RecordId, fields: Mapping[str, Stored]) -> Viewpoints | None:
    """The groups of a record; None if it has none that can be read."""
    groups = view("viewpoint-groups", fields, "groups")
    if not isinstance(groups, list) or not groups:
        return None
    return Viewpoints(rid, tuple(_group(each) for each in groups if isinstance(each, dict)))


def _group(group: Mapping[str, Stored]) -> ViewpointGroup:
    """Of somebody who is named twice the greater part counts."""
    parts: dict[RecordId, int] = {}
    members = group["members"]
    for member in members if isinstance(members, list) else ():
        if isinstance(member, dict):
            who, part = _identity(member["who"]), member["part"]
            if who is not None and isinstance(part, int):
                parts[who] = max(parts.get(who, 0), part)
    minimum = group["minimum"]
    return ViewpointGroup(tuple(sorted(parts.items())), minimum if isinstance(minimum, int) else 0)


def _identity(text: Stored) -> RecordId | None:
    try:
        return parse_record_id(text) if isinstance(text, str) else None
    except InvalidValue:
        return None


def _subjects(header: Header) -> tuple[RecordId, ...]:
    return tuple(sorted({ref.target for ref in header.refs if ref.relation == _ABOUT}))
