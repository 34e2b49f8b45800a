"""Types of fields that several kinds share."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kinds.links import COMMON, LINEAGE
from knowchain.records.bodies.scalars import RecordName, Reserved
from knowchain.records.bodies.structures import Field, LanguageMap, ListOf, Object
from knowchain.records.bodies.text import Choice, Text, pattern
from knowchain.records.vocabulary import dates, languages

__all__ = [
    "ACCESS",
    "COMMON",
    "DATE",
    "DESCRIPTION",
    "DIGEST_SHA256",
    "IDENTITY",
    "LINE",
    "LINEAGE",
    "NAME",
    "PARTY",
    "SEALED",
    "TAG",
    "TITLE",
]

LINE: Final = Text()
TITLE: Final = LanguageMap(limit=2_000, breaks=False)
DESCRIPTION: Final = LanguageMap()
TAG: Final = Text("BCP 47 tag", reader=languages.canonical)
DATE: Final = Text("EDTF date", reader=dates.edtf)
IDENTITY: Final = RecordName("identity id")
DIGEST_SHA256: Final = pattern("SHA-256 in hex", r"[0-9a-f]{64}", "e3b0c442…b855 (64 digits)", lower=True)
NAME: Final = pattern("a name", r"[a-z][a-z0-9-]{0,31}", "wide-river")

PARTY: Final = Object(
    "party",
    (
        Field("name", LINE, "the name of a person, a community or an institution", required=True),
        Field("role", LINE, "in which capacity"),
        Field("id", LINE, "an identifier: a record id, ORCID, ISNI, QID or URI"),
    ),
    shorthand="name",
)
"""Who did or holds something."""

_SEALING: Final = "it would publish restricted material in the clear, until encryption exists"

ACCESS: Final = Choice(
    ("public", "metadata-only"), refused=_SEALING, not_yet=("community", "restricted", "sealed")
)
"""Who may see the files. Words for closed access are kept when read, and refused when written."""

SEALED: Final = Field(
    "sealed",
    Reserved("nothing can be sealed until encryption exists"),
    "an encrypted part; reserved (records.md section 7)",
)

TAGS: Final = ListOf(TAG)
