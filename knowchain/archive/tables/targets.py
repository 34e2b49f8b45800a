"""The fields that a column may be mapped to: the header of bulk import, and what Dublin Core calls them.

A target is a flat word, as an archivist writes it into a header; ``identifier:SCHEME`` stands for any scheme.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from knowchain.records.vocabulary.suggestions import nearest

__all__ = ["HEADER", "TARGETS", "Alias", "alias_of", "is_target", "misspelt"]

TARGETS: Final = {
    "filename": "path of a file inside the folder; several files in several cells",
    "checksum_sha256": "digest of the file named in the same row",
    "id": "the work's own lasting name: ARK, DOI or local id",
    "title": "what it is called",
    "title_lang": "BCP 47 tag of the title",
    "kind": "DCMI type: Text, StillImage, MovingImage, Sound, PhysicalObject, Collection, Dataset, …",
    "date_display": "when it was made, in words",
    "date_edtf": "the same in EDTF",
    "creator": "name of who made it",
    "creator_role": "what they did (MARC relator); `creator` if nothing is said",
    "creator_id": "an identifier of the creator",
    "contributor": "name of somebody else who took part",
    "publisher": "name of the publisher",
    "language": "BCP 47 tag of the content",
    "glottocode": "Glottocode of the content's language",
    "description": "what it is",
    "accession": "accession number",
    "part_of": "the collection or work that it belongs to",
    "place": "where it was made, or what place it is about",
    "subject": "what it is about",
    "extent": "how much and of what: pages, minutes, dimensions, material",
    "source": "the original: a shelfmark, a collection",
    "custody": "the custody history (provenance) in words; becomes events",
    "rights_uri": "a RightsStatements or licence URI",
    "spdx": "the licence, as SPDX names it",
    "rights_note": "the rights in words",
    "label_code": "code of a Notice, or of a community's Label",
    "hub_project": "project in the Local Contexts Hub",
    "community": "whose Label it is",
    "ai_train": "allow, ask or deny the training of models",
    "access": "public or metadata-only; must be said",
    "event_type": "a PREMIS event type, of an event in the row",
    "event_when": "when that was, in EDTF",
    "event_agent": "who did it",
    "event_from": "who held it before",
    "event_to": "who held it after",
    "event_detail": "what else there is to say of it",
}
"""Every target with its meaning."""

HEADER: Final = (
    "filename", "id", "title", "title_lang", "kind", "date_display", "date_edtf", "creator", "creator_role",
    "language", "glottocode", "description", "accession", "part_of", "rights_uri", "spdx", "label_code",
    "hub_project", "access", "ai_train", "checksum_sha256",
)  # fmt: skip
"""The header of a table made for this purpose."""

_SCHEME: Final = re.compile(r"identifier:[a-z][a-z0-9-]{0,31}")


def is_target(word: str) -> bool:
    """Whether a column may be mapped to ``word``."""
    return word in TARGETS or _SCHEME.fullmatch(word) is not None


class Alias(NamedTuple):
    """What a column of another standard means here."""

    target: str
    language: str | None = None
    role: str | None = None


_DUBLIN_CORE: Final = {
    "title": Alias("title"),
    "alternative": Alias("title"),
    "creator": Alias("creator"),
    "contributor": Alias("contributor"),
    "publisher": Alias("publisher"),
    "date": Alias("date_display"),
    "created": Alias("date_display"),
    "issued": Alias("date_display"),
    "description": Alias("description"),
    "abstract": Alias("description"),
    "tableofcontents": Alias("description"),
    "subject": Alias("subject"),
    "type": Alias("kind"),
    "format": Alias("extent"),
    "extent": Alias("extent"),
    "medium": Alias("extent"),
    "identifier": Alias("identifier:dc"),
    "source": Alias("source"),
    "language": Alias("language"),
    "relation": Alias("source"),
    "ispartof": Alias("part_of"),
    "coverage": Alias("place"),
    "spatial": Alias("place"),
    "rights": Alias("rights_note"),
    "rightsholder": Alias("rights_note"),
    "accessrights": Alias("rights_note"),
    "license": Alias("rights_uri"),
    "provenance": Alias("custody"),
}
_DC_NAME: Final = re.compile(
    r"(?:dc|dcterms|dublin core)\s*[.:/_]\s*([A-Za-z ]+?)(?:[.:/][A-Za-z ]+?)?"
    r"(?:\[([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)\]|@([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*))?",
    re.IGNORECASE,
)


def alias_of(column: str) -> Alias | None:
    """What ``dc.title``, ``dcterms:created``, ``Dublin Core:Creator`` or ``dc.title[cy]`` means here."""
    bare = column.removesuffix("[]")
    if not (found := _DC_NAME.fullmatch(bare.strip())):
        return None
    known = _DUBLIN_CORE.get(found[1].replace(" ", "").casefold())
    language = found[2] or found[3]
    return known._replace(language=language.replace("_", "-")) if known and language else known


def misspelt(column: str) -> str | None:
    """The target or Dublin Core name that an unknown column nearly is: ``title`` for ``tilte``."""
    prefixed = re.match(r"(?:dc|dcterms)[.:/_]", column, re.IGNORECASE)
    if prefixed:
        near = nearest(column[prefixed.end() :], _DUBLIN_CORE)
        return prefixed[0] + near if near else None
    close = nearest(column, TARGETS)
    return close if close and abs(len(close) - len(column)) <= 2 and _near(close, column.casefold()) else None


def _near(right: str, wrong: str) -> bool:
    """Whether one slip of the finger parts the two: a letter more, less, other, or two exchanged."""
    if sorted(right) == sorted(wrong):
        return True
    shorter, longer = sorted((right, wrong), key=len)
    if len(shorter) == len(longer):
        return sum(a != b for a, b in zip(right, wrong, strict=True)) == 1
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
