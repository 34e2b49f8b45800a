"""Moderation labels: advice about a record, which each reader weighs by whom it comes from."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.examples import WORK_ID
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.terms import DESCRIPTION
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.scalars import Flag, Instant
from knowchain.records.bodies.structures import Field
from knowchain.records.bodies.text import Text
from knowchain.records.vocabulary import moderation

__all__ = ["MODERATION_LABEL"]

MODERATION_LABEL: Final = Kind(
    "moderation-label",
    "A label on a record or an identity. It hides nothing by itself: readers choose whose labels count.",
    (
        Field(
            "label",
            Text("moderation label", reader=moderation.canonical),
            "a shared label, or one of one's own that begins with `x-`",
            required=True,
        ),
        Field("negated", Flag(), "true: takes back the signer's own earlier label of that name"),
        Field("reason", DESCRIPTION, "why, by language"),
        Field("expires", Instant(), "until when; absent: until it is taken back"),
    ),
    (RefField("subject", "kc:about", "what is labelled", required=True), *COMMON),
    {
        "label": "fabricated-source",
        "subject": [WORK_ID],
        "reason": {"en": ["No such manuscript is in the catalogue that it cites."]},
        "expires": "2027-01-31T00:00:00Z",
    },
)
