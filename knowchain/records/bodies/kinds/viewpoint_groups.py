"""Viewpoint groups: who judges alike, as somebody worked it out, for readers who want to see across groups.

Whole numbers throughout, so that every peer draws the same conclusions from one record.
"""

from __future__ import annotations

from typing import Final

from knowchain.identifiers import record_id
from knowchain.limits import MAX_INT
from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.examples import IDENTITY_ID
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.terms import DESCRIPTION, IDENTITY, LINE, NAME, TITLE
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.scalars import Instant, Integer, RecordName
from knowchain.records.bodies.structures import Field, ListOf, Object
from knowchain.records.bodies.values import Stored

__all__ = ["VIEWPOINT_GROUPS"]

_MAX_MEMBERS: Final = 3_000
"""Of one group; a body of 256 KiB holds about as many."""
_MAX_GROUPS: Final = 16

_MEMBER: Final = Object(
    "member",
    (
        Field("who", IDENTITY, "who", required=True),
        Field("part", Integer(1, 1_000, "per mille"), "how far they belong to the group", required=True),
    ),
)


def _nobody_twice(stored: dict[str, Stored], at: Place) -> None:
    members = stored.get("members")
    seen = set()
    for place, member in enumerate(members if isinstance(members, list) else ()):
        who = member.get("who") if isinstance(member, dict) else None
        if who in seen:
            raise (
                at.child("members")
                .item(place)
                .error("{value} is in the group already", value=who, remedy="name everybody once in a group")
            )
        seen.add(who)


_GROUP: Final = Object(
    "viewpoint group",
    (
        Field("members", ListOf(_MEMBER, limit=_MAX_MEMBERS, distinct=False), "who is in it", required=True),
        Field(
            "minimum",
            Integer(0, 1_000_000, "per mille"),
            "the trust, in thousandths of one wholly trusted person, without which the group says nothing "
            "of a work",
            required=True,
        ),
        Field("title", TITLE, "what one may call it, by language"),
    ),
    checks=(_nobody_twice,),
)
_PARAMETER: Final = Object(
    "parameter",
    (
        Field("name", NAME, "its name", required=True),
        Field("value", Integer(-MAX_INT, MAX_INT), "its value", required=True),
    ),
)

VIEWPOINT_GROUPS: Final = Kind(
    "viewpoint-groups",
    "People who judge alike, in groups, as computed from evaluations; the signal `bridge` reads it "
    "(docs/spec/ranking.md).",
    (
        Field(
            "groups",
            ListOf(_GROUP, limit=_MAX_GROUPS, distinct=False),
            "the groups, in their order",
            required=True,
        ),
        Field("method", LINE, "the program and version that found them", required=True),
        Field("parameters", ListOf(_PARAMETER, limit=100), "what it was told, as whole numbers"),
        Field(
            "snapshot",
            RecordName("CID of a manifest"),
            "the records from which they were computed",
            required=True,
        ),
        Field("as_of", Instant(), "the moment for which they were computed", required=True),
        Field("reason", DESCRIPTION, "what they are for, by language"),
    ),
    (RefField("input", "prov:wasDerivedFrom", "records that were given beside the evaluations"), *COMMON),
    {
        "groups": [
            {"members": [{"who": IDENTITY_ID, "part": 1000}], "minimum": 500, "title": {"en": ["Readers"]}},
            {
                "members": [{"who": str(record_id(b"another identity")), "part": 750}],
                "minimum": 500,
                "title": {"en": ["Singers"]},
            },
        ],
        "method": "knowchain groups 1",
        "parameters": [{"name": "groups", "value": 2}, {"name": "seed", "value": 7}],
        "snapshot": str(record_id(b"an example of a manifest")),
        "as_of": "2026-11-01T00:00:00Z",
    },
)
