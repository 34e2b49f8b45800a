"""Retractions: the author takes a record back, or has its body erased; and reinstatements."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.examples import WORK_ID
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.terms import DESCRIPTION
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.structures import Field
from knowchain.records.bodies.text import Choice

__all__ = ["RETRACTION"]

_SCOPES: Final = {"retract": "kc:retracts", "erase": "kc:erases"}
_REASONS: Final = (
    "mistake",
    "superseded",
    "duplicate",
    "rights",
    "privacy",
    "community-request",
    "court-order",
    "safety",
    "stolen-key",
    "reinstatement",
    "other",
)

RETRACTION: Final = Kind(
    "retraction",
    "The signer takes back records of their own. To retract a retraction reinstates what it took back.",
    (
        Field(
            "scope",
            Choice(tuple(_SCOPES)),
            "`retract`: list and serve it no more; `erase`: delete its body too",
            required=True,
        ),
        Field("reason", Choice(_REASONS), "why", required=True),
        Field("detail", DESCRIPTION, "what else there is to say, by language"),
    ),
    (
        RefField(
            "subject",
            "kc:retracts",
            "the records taken back; the relation follows from `scope`",
            required=True,
            by=("scope", _SCOPES),
        ),
        RefField("replacement", "dcterms:references", "what to use in its place"),
        *(ref for ref in COMMON if ref.name != "references"),
    ),
    {
        "scope": "retract",
        "reason": "mistake",
        "subject": [WORK_ID],
        "detail": {"en": ["The pages were scanned in the wrong order."]},
    },
)
