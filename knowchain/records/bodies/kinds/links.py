"""Names for the references that kinds share (docs/spec/records.md section 8)."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.references import RefField

__all__ = ["COMMON", "LINEAGE", "PART_OF", "REVISES"]

PART_OF: Final = RefField("part_of", "dcterms:isPartOf", "the collections or works that it belongs to")
REVISES: Final = RefField("revises", "prov:wasRevisionOf", "the versions that it takes the place of")

COMMON: Final = (
    PART_OF,
    REVISES,
    RefField("references", "dcterms:references", "records that it cites or points to"),
    RefField("disputes", "kc:disputes", "records that it contradicts"),
    RefField("after", "kc:after", "records that had been seen when it was signed"),
)
"""What any record may say of earlier ones."""

LINEAGE: Final = (
    RefField("derived_from", "prov:wasDerivedFrom", "what it was made out of"),
    RefField("quoted_from", "prov:wasQuotedFrom", "what it repeats a part of"),
    RefField("primary_source", "prov:hadPrimarySource", "its first-hand sources"),
    RefField("specialization_of", "prov:specializationOf", "what it is a particular case or copy of"),
    RefField("alternate_of", "prov:alternateOf", "the same thing in another aspect"),
    RefField("generated_by", "prov:wasGeneratedBy", "the events that it came out of"),
    RefField("attributed_to", "prov:wasAttributedTo", "the identities that it is ascribed to"),
)
"""Where something made comes from."""
