"""Relations as a trace uses them: which are walked, which only shown, and how each reads from both ends."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["ANCESTRY", "DEPENDENCE", "PASSED_OVER", "SHOWN", "Wording", "down_order", "wording"]


class Wording(NamedTuple):
    """A relation in plain words; templates without fields, for a catalogue."""

    up: str
    """This record … that one."""
    down: str
    """That record was … by this one."""


_WORDINGS: Final = {
    "prov:wasRevisionOf": Wording("revises", "revised by"),
    "prov:wasDerivedFrom": Wording("derived from", "source of"),
    "prov:wasQuotedFrom": Wording("quotes", "quoted by"),
    "prov:hadPrimarySource": Wording("first-hand source", "first-hand source of"),
    "prov:specializationOf": Wording("particular case of", "has the particular case"),
    "prov:alternateOf": Wording("other aspect of", "has the other aspect"),
    "prov:wasGeneratedBy": Wording("came out of", "brought forth"),
    "prov:used": Wording("used", "used by"),
    "prov:wasAttributedTo": Wording("ascribed to", "ascribed to it"),
    "dcterms:isFormatOf": Wording("format of", "has the format"),
    "dcterms:references": Wording("cites", "cited by"),
    "dcterms:rights": Wording("under the rights", "rights of"),
    "dcterms:isPartOf": Wording("part of", "has the part"),
    "kc:about": Wording("about", "subject of"),
    "kc:after": Wording("had seen", "seen by"),
    "kc:keyring": Wording("sealed under", "seals"),
    "kc:retracts": Wording("retracts", "retracted by"),
    "kc:erases": Wording("asks to erase", "to be erased by"),
    "kc:disputes": Wording("disputes", "disputed by"),
}

ANCESTRY: Final = frozenset(
    {
        "prov:wasRevisionOf",
        "prov:wasDerivedFrom",
        "prov:wasQuotedFrom",
        "prov:hadPrimarySource",
        "prov:specializationOf",
        "prov:alternateOf",
        "prov:wasGeneratedBy",
        "prov:used",
        "dcterms:isFormatOf",
        "dcterms:references",
        "kc:about",
    }
)
"""By these a record leads to its sources, and those to theirs."""

SHOWN: Final = frozenset(
    {
        "dcterms:rights",
        "dcterms:isPartOf",
        "prov:wasAttributedTo",
        "kc:retracts",
        "kc:erases",
        "kc:disputes",
    }
)
"""By these a record leads to what it is under, in, of or against: named, and not walked on from."""

PASSED_OVER: Final = frozenset({"kc:after", "kc:keyring"})
"""Witnesses and keys: no part of where something comes from."""

DEPENDENCE: Final = ANCESTRY | {"dcterms:rights", "dcterms:isPartOf", "prov:wasAttributedTo", "kc:keyring"}
"""By these a record stands on another, and may fall with it: the blast radius follows them."""

_DOWN_ORDER: Final = (
    "kc:erases",
    "kc:retracts",
    "kc:disputes",
    "prov:wasRevisionOf",
    "prov:wasDerivedFrom",
    "dcterms:isFormatOf",
    "prov:specializationOf",
    "prov:alternateOf",
    "prov:wasQuotedFrom",
    "kc:about",
    "dcterms:references",
    "prov:hadPrimarySource",
    "prov:wasGeneratedBy",
    "prov:used",
    "dcterms:rights",
    "prov:wasAttributedTo",
    "dcterms:isPartOf",
)


def wording(relation: str) -> Wording:
    """How a relation reads; one that is not known reads as it is written, with an arrow."""
    return _WORDINGS.get(relation, Wording(f"{relation} →", f"← {relation}"))


def down_order(relation: str) -> int:
    """What is told first of those that point at a record: what takes it back, then what became of it."""
    return _DOWN_ORDER.index(relation) if relation in _DOWN_ORDER else len(_DOWN_ORDER)
