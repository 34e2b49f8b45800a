"""Relations of a record to earlier ones: what each says, and from what to what it makes sense.

A relation always points from this, the later record, to that, the earlier one; there are no inverse
terms. Which kinds use a relation is advice when writing, and never part of a verdict.
Source: docs/spec/records.md section 8.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["ANY", "RELATIONS", "Relation", "advice"]

ANY: Final[frozenset[str]] = frozenset()
"""No restriction of kinds."""


class Relation(NamedTuple):
    """A relation that records may have."""

    meaning: str
    sources: frozenset[str] = ANY
    """Kinds of the record that points; empty: any."""
    targets: frozenset[str] = ANY
    """Kinds of the record pointed to; empty: any."""


_MADE: Final = frozenset({"work", "note", "collection"})
_WORK: Final = frozenset({"work"})
_IDENTITY: Final = frozenset({"identity"})
_OPINIONS: Final = frozenset({"event", "evaluation", "note", "trust", "moderation-label"})
_RETRACTION: Final = frozenset({"retraction"})

RELATIONS: Final = {
    "prov:wasDerivedFrom": Relation("was made out of it", _MADE | {"ranking-profile", "viewpoint-groups"}),
    "prov:wasRevisionOf": Relation("is a new version of it; official if its author acts for that author"),
    "prov:wasQuotedFrom": Relation("repeats part of it", frozenset({"work", "note"})),
    "prov:hadPrimarySource": Relation("has it as its first-hand source", _MADE),
    "prov:specializationOf": Relation("is a particular case or copy of it", _MADE),
    "prov:alternateOf": Relation("is the same thing in another aspect", _MADE),
    "prov:used": Relation("made use of it", frozenset({"event"})),
    "prov:wasGeneratedBy": Relation("came out of that event", _MADE, frozenset({"event"})),
    "prov:wasAttributedTo": Relation("is ascribed to that identity", _MADE | {"event", "rights"}, _IDENTITY),
    "dcterms:isPartOf": Relation("is a member or part of it", targets=frozenset({"collection", "work"})),
    "dcterms:isFormatOf": Relation("is the same content in another format", _WORK, _WORK),
    "dcterms:references": Relation("cites or points to it"),
    "dcterms:rights": Relation("is under those rights", _MADE, frozenset({"rights"})),
    "kc:about": Relation("says something about it", _OPINIONS),
    "kc:after": Relation("had seen it when it was signed"),
    "kc:keyring": Relation("is encrypted under that ring of keys"),
    "kc:retracts": Relation("asks not to list and serve it any more", _RETRACTION),
    "kc:erases": Relation("asks to delete its body", _RETRACTION),
    "kc:disputes": Relation("contradicts it"),
}
"""Every relation of version 1. Others are kept and forwarded, and mean nothing here."""


def advice(relation: str, kind: str) -> str | None:
    """Why a record of ``kind`` should not have ``relation``; None when it may, or the relation is unknown."""
    known = RELATIONS.get(relation)
    if known is None or not known.sources or kind in known.sources:
        return None
    return f"{relation} is for {', '.join(sorted(known.sources))}"
