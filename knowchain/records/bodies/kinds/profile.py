"""Profiles: how an identity describes itself. The newest one that stands gives its display name."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.terms import LINE, TAGS
from knowchain.records.bodies.structures import Field, ListOf

__all__ = ["PROFILE"]

PROFILE: Final = Kind(
    "profile",
    "How the signing identity describes itself: its display name, and what else it wants known.",
    (
        Field("name", LINE, "the display name", required=True),
        Field("description", LINE, "a line about it"),
        Field("languages", TAGS, "languages that it reads and writes"),
        Field("links", ListOf(LINE, limit=20), "addresses of pages about it"),
    ),
    COMMON,
    {"name": "Arkhiv Velmora", "description": "The village archive of Velmora", "languages": ["en"]},
)
