"""Notes: what people write about, quote from, cite, review and translate.

Source for motivations and selectors: W3C Web Annotation Data Model, sections 3.3.5 and 4.2.4.
"""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies import file_paths
from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.examples import WORK_ID
from knowchain.records.bodies.kinds.links import COMMON, LINEAGE
from knowchain.records.bodies.kinds.made_with import MADE_WITH
from knowchain.records.bodies.kinds.terms import DESCRIPTION, LINE, SEALED, TAG, TITLE
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.structures import Field, Object
from knowchain.records.bodies.text import Choice, Text
from knowchain.records.bodies.values import Stored

__all__ = ["NOTE"]

_RELATIONS: Final = {
    "annotation": "kc:about",
    "review": "kc:about",
    "quote": "prov:wasQuotedFrom",
    "citation": "dcterms:references",
    "translation": "prov:wasDerivedFrom",
}

_NEEDED: Final = {
    "annotation": ("text",),
    "review": ("text",),
    "quote": ("selector",),
    "citation": (),
    "translation": ("translation", "text"),
}

_PASSAGE: Final = Text("text", limit=20_000, breaks=True, blank=True)

_SELECTOR: Final = Object(
    "selector",
    (
        Field("exact", Text("text", limit=20_000, breaks=True), "the passage, word for word", required=True),
        Field("prefix", _PASSAGE, "some of the text before it"),
        Field("suffix", _PASSAGE, "some of the text after it"),
        Field("language", TAG, "the language of the passage"),
        Field("path", Text("path", reader=file_paths.canonical, blank=True), "in which file of the work"),
        Field("locator", LINE, "a page, folio, line or time, as the field cites it"),
    ),
)

_TRANSLATION: Final = Object(
    "translation",
    (
        Field("from", TAG, "the language of the original", required=True),
        Field("to", TAG, "the language of `text`", required=True),
    ),
)


def _motivation_has_its_fields(stored: dict[str, Stored], at: Place) -> None:
    motivation = str(stored.get("motivation"))
    for name in _NEEDED.get(motivation, ()):
        if name not in stored:
            at.report(
                at.child(name).error(
                    "is missing",
                    value="",
                    remedy="a {motivation} needs `{name}`",
                    motivation=motivation,
                    name=name,
                )
            )


def _translation_is_in_its_language(stored: dict[str, Stored], at: Place) -> None:
    translation, text = stored.get("translation"), stored.get("text")
    if not isinstance(translation, dict) or "to" not in translation:
        return
    place, target = at.child("translation").child("to"), translation["to"]
    if translation.get("from") == target:
        raise place.error("{value} is the language of the original", value=target, remedy="name another")
    if isinstance(text, dict) and target not in text:
        raise place.error(
            "{value} is not a language of `text`", value=target, remedy="put the translation under its tag"
        )


NOTE: Final = Kind(
    "note",
    "What somebody writes about a record, or takes from it: a comment, a quotation, a citation, a review, "
    "a translation. Plain text, without markup.",
    (
        Field("motivation", Choice(tuple(_RELATIONS)), "what the note does", required=True),
        Field("title", TITLE, "a heading, by language"),
        Field("text", DESCRIPTION, "the words of the note, by language"),
        Field("selector", _SELECTOR, "which passage; required for a `quote`"),
        Field("translation", _TRANSLATION, "from and to which language; required for a `translation`"),
        Field("locator", LINE, "for a `citation`: a page, folio, line or time"),
        MADE_WITH,
        SEALED,
    ),
    (
        RefField(
            "subject",
            "kc:about",
            "the records it is about, quoted, cited or translated; the relation follows from `motivation`",
            required=True,
            by=("motivation", _RELATIONS),
        ),
        *LINEAGE,
        *COMMON,
    ),
    {
        "motivation": "translation",
        "subject": [WORK_ID],
        "translation": {"from": "cy", "to": "en"},
        "text": {"en": ["Three things it is easy to love: the sea, the sky, and an old song."]},
        "made_with": [
            {"tool": "a language model", "kind": "ai-model", "role": "translated", "human": "edited"}
        ],
    },
    checks=(_motivation_has_its_fields, _translation_is_in_its_language),
)
