"""Follows: whom and what somebody wants to hear from. Private unless its owner publishes it.

What is followed is named in the body, not in refs: so all of it disappears when the body is erased.
"""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.examples import COLLECTION_ID, IDENTITY_ID
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.terms import IDENTITY, LINE, TAGS
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.scalars import RecordName
from knowchain.records.bodies.structures import Field, ListOf
from knowchain.records.bodies.values import Stored

__all__ = ["FOLLOW"]


def _follows_something(stored: dict[str, Stored], at: Place) -> None:
    if not stored:
        raise at.error(
            "follows nothing",
            value="",
            remedy="name `people`, `collections`, `languages` or `topics`",
        )


FOLLOW: Final = Kind(
    "follow",
    "Whom and what the signer follows, as a whole list: the latest one counts. Private unless published.",
    (
        Field("people", ListOf(IDENTITY, limit=2_000), "identities"),
        Field("collections", ListOf(RecordName("collection id")), "collections"),
        Field("languages", TAGS, "languages, each with what is narrower"),
        Field("topics", ListOf(LINE), "topics, as works name their subjects"),
    ),
    COMMON,
    {
        "people": [IDENTITY_ID],
        "collections": [COLLECTION_ID],
        "languages": ["cy", "br"],
        "topics": ["folk song"],
    },
    checks=(_follows_something,),
)
