"""Headlines: the words by which people know a record, from its body alone, in the language they prefer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from knowchain.records.bodies.values import Stored
from knowchain.records.vocabulary.languages import matches

__all__ = ["first_text", "headline", "texts_by_language"]

_LONGEST: Final = 300
_TEXTS: Final = ("title", "name", "text", "description", "reason", "detail")
"""Fields that may say in words what a record is, the best first."""


def headline(kind: str, fields: Mapping[str, Stored], languages: Sequence[str] = ()) -> str | None:
    """One line that names a record; None if its body says nothing that could.

    Args:
        kind: its kind.
        fields: of its body, held to their shapes (:func:`knowchain.records.bodies.read_body`).
        languages: BCP 47 tags, the preferred one first; a title in none of them is given all the same.
    """
    codes = _CODES.get(kind)
    if codes is not None:
        coded = " ".join(_coded(fields, codes))
        return coded or None
    for name in _TEXTS:
        text = first_text(fields.get(name), languages)
        if text:
            return _line(text)
    passage = fields.get("selector")
    exact = passage.get("exact") if isinstance(passage, dict) else None
    return _line(exact) if isinstance(exact, str) else None


def _line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]


def first_text(value: Stored, languages: Sequence[str] = ()) -> str | None:
    """The text of a language map in the best language, or a plain text."""
    if isinstance(value, str):
        return value
    texts = list(texts_by_language(value))
    for wanted in languages:
        for tag, text in texts:
            if matches(tag, wanted):
                return text
    return texts[0][1] if texts else None


def texts_by_language(value: Stored) -> Iterator[tuple[str, str]]:
    """(tag, text) of a language map, each language's preferred text first."""
    if isinstance(value, dict):
        for tag, texts in value.items():
            for text in texts if isinstance(texts, list) else ():
                if isinstance(text, str):
                    yield tag, text


_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "event": ("event", "outcome", "from", "to"),
    "evaluation": ("axis", "value"),
    "retraction": ("scope", "reason"),
    "trust": ("level", "mass", "block"),
    "rights": ("spdx", "uri", "label", "basis"),
    "moderation-label": ("label", "value"),
    "node": ("peer_id",),
}
"""Kinds whose records are known by codes; the fields that name them."""


def _coded(fields: Mapping[str, Stored], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        value = fields.get(name)
        if name == "outcome" and value == "success":
            continue  # the usual
        if name == "to" and isinstance(value, dict):
            yield "→"
        text = _code(value, signed=name in ("value", "level"))
        if text:
            yield text
        if text and name in ("spdx", "uri", "label"):
            return  # the first ground says it


def _code(value: Stored, *, signed: bool) -> str:
    if value is True:
        return "block"
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return f"{value:+d}" if signed and value else str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return str(value.get("name") or value.get("code") or "")
    return ""
