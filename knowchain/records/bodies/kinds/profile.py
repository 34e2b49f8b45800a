"""Profiles: what an identity says of itself. The newest one that stands is shown."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.terms import DESCRIPTION, LINE, TAGS
from knowchain.records.bodies.scalars import FileLink
from knowchain.records.bodies.structures import Field, ListOf
from knowchain.records.bodies.text import Choice, Text

__all__ = ["PROFILE"]

PROFILE: Final = Kind(
    "profile",
    "What the signer says of itself: its display name above all. Names are not unique, and prove nothing.",
    (
        Field("name", Text(limit=200), "the display name", required=True),
        Field(
            "is", Choice(("person", "community", "institution", "software")), "what the identity stands for"
        ),
        Field("description", DESCRIPTION, "about it, by language"),
        Field("languages", TAGS, "the languages that it reads and writes, the preferred first"),
        Field(
            "links",
            ListOf(LINE, limit=20),
            "addresses of pages about it, or to reach it at, for anybody to see",
        ),
        Field("picture", FileLink(), "a published picture"),
    ),
    COMMON,
    {
        "name": "Archif Cwm Dychmygol",
        "is": "institution",
        "description": {"cy": ["Archif gymunedol."], "en": ["A community archive."]},
        "languages": ["cy", "en"],
        "links": ["mailto:archif@example.org"],
    },
)
