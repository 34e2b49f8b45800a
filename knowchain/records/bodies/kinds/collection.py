"""Collections: what belongs together, who curates it, and whose records it takes."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.examples import IDENTITY_ID, RIGHTS_ID
from knowchain.records.bodies.kinds.links import COMMON, LINEAGE
from knowchain.records.bodies.kinds.terms import DESCRIPTION, IDENTITY, LINE, NAME, TAGS, TITLE
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.structures import Field, ListOf, Object
from knowchain.records.bodies.text import Choice
from knowchain.records.bodies.values import Stored

__all__ = ["COLLECTION"]


def _invited_are_named(stored: dict[str, Stored], at: Place) -> None:
    named = "invited" in stored
    if (stored.get("rule") == "invited") != named:
        raise at.child("invited").error(
            "goes with the rule `invited`, and that rule with it",
            value=stored.get("rule", ""),
            remedy="name whom the rule `invited` takes, and nobody under another rule",
        )


_ACCEPTANCE: Final = Object(
    "acceptance rule",
    (
        Field(
            "rule",
            Choice(("open", "invited", "curators")),
            "`open` takes every record that points here; `invited` those of the invited and the curators; "
            "`curators` theirs only. Under each, a curator's `accession` event takes one more",
            required=True,
        ),
        Field("invited", ListOf(IDENTITY), "who is invited; with the rule `invited` only"),
        Field("kinds", ListOf(NAME), "kinds of records that are taken; absent: all"),
        Field("languages", TAGS, "languages that are taken, each with what is narrower; absent: all"),
    ),
    shorthand="rule",
    checks=(_invited_are_named,),
)

COLLECTION: Final = Kind(
    "collection",
    "What belongs together. A member points to its collection; the acceptance rule says whether it is one.",
    (
        Field("title", TITLE, "what it is called, by language", required=True),
        Field("acceptance", _ACCEPTANCE, "whose records it takes", required=True),
        Field("description", DESCRIPTION, "what it is, by language"),
        Field("curators", ListOf(IDENTITY), "identities that decide beside its author, who always does"),
        Field("languages", TAGS, "the languages of what is in it"),
        Field("id", LINE, "its own lasting name, such as an accession or fonds number"),
    ),
    (RefField("rights", "dcterms:rights", "the rights records that it is under"), *LINEAGE, *COMMON),
    {
        "title": {"cy": ["Casgliad Cwm Dychmygol"], "en": ["The Cwm Dychmygol collection"]},
        "curators": [IDENTITY_ID],
        "acceptance": {"rule": "invited", "invited": [IDENTITY_ID], "languages": ["cy"]},
        "rights": [RIGHTS_ID],
    },
)
