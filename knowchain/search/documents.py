"""Documents: which words of a body stand in which field of the index.

Kinds that this version knows are read by the meaning of their fields; of any other kind every text is
indexed as plain text, so that what a newer version writes is found, too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import metadata
from typing import Final

from knowchain.errors import InvalidRecord
from knowchain.records import body as envelope
from knowchain.records.bodies import KINDS, read_body
from knowchain.records.bodies.values import Stored
from knowchain.records.header import Header

__all__ = ["COLUMNS", "Document", "document_of", "index_version"]

COLUMNS: Final = ("title", "names", "subjects", "ids", "languages", "text")
"""The fields of the index that hold people's words, in their order."""

_RULES: Final = 1
"""Raised whenever what this module or :mod:`~knowchain.search.text` makes of a body changes."""

_COLUMN_OF_FIELD: Final = {
    "title": "title",
    "name": "title",
    "agents": "names",
    "agent": "names",
    "from": "names",
    "to": "names",
    "asserted_by": "names",
    "made_with": "names",
    "authority": "names",
    "places": "subjects",
    "subjects": "subjects",
    "topics": "subjects",
    "id": "ids",
    "identifiers": "ids",
    "files": "text",
    "languages": "languages",
    "translation": "languages",
}
_COLUMN_OF_PART: Final = {
    "id": "ids",
    "value": "ids",
    "sha256": "ids",
    "tag": "languages",
    "glottocode": "languages",
    "language": "languages",
}
"""Where a part of an object stands, whatever field it is in."""
_NO_WORDS: Final = frozenset(
    """
    acceptance access act addresses aes alg axes axis basis bytes cid code collections curators edtf edtf_by
    enc event expected geo human invited is kind kinds mime motivation observed outcome parts peer_id people
    profile prompt_cid pronom role rule scheme scope sha512 when
    """.split()  # noqa: SIM905 - a list of so many words reads better as text
)
"""Fields and parts whose texts are codes: they narrow or decide something, and nobody searches them."""

_LANGUAGE_MAPS: Final = frozenset({"title", "description", "text", "detail", "reason", "low", "high"})
"""Fields that hold texts by language; their keys are tags and no words."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a body says in words, by field of the index, as people wrote it."""

    fields: Mapping[str, tuple[str, ...]]
    languages: frozenset[str]
    """Tags of the languages that it is in or about."""

    def text(self, column: str) -> str:
        """All texts of one field, one a line."""
        return "\n".join(self.fields.get(column, ()))


@dataclass(slots=True)
class _Gathered:
    fields: dict[str, list[str]] = field(default_factory=dict)
    languages: set[str] = field(default_factory=set)

    def add(self, column: str, text: str) -> None:
        texts = self.fields.setdefault(column, [])
        if text not in texts:
            texts.append(text)


def document_of(header: Header, data: bytes) -> Document:
    """The document of a record.

    Args:
        header: of the record.
        data: its body as it is kept.
    """
    try:
        value = envelope.read_body(data, header, header.author).fields
    except InvalidRecord:
        return Document({}, frozenset())
    gathered = _Gathered()
    body = read_body(header.kind, value)
    for name, stored in body.fields.items():
        if name not in _NO_WORDS:
            _walk(gathered, _COLUMN_OF_FIELD.get(name, "text"), name, stored)
    for stored in body.extra.values():
        # A field of another shape than the kind's, or of a kind that is not known: words all the same.
        for text in _texts(stored):
            gathered.add("text", text)
    if header.kind in KINDS:
        _name_languages(gathered)
    return Document(
        {name: tuple(texts) for name, texts in gathered.fields.items()}, frozenset(gathered.languages)
    )


def _walk(gathered: _Gathered, column: str, part: str, stored: Stored) -> None:
    """Add the words of a field, or of a part of one; the schema bounds how deep that goes."""
    if isinstance(stored, str):
        # A reason that is a word of a list, not a text by language, is a code.
        if part != "reason":
            gathered.add(_COLUMN_OF_PART.get(part, column), stored)
    elif isinstance(stored, list):
        for item in stored:
            _walk(gathered, column, part, item)
    elif isinstance(stored, dict) and part in _LANGUAGE_MAPS:
        gathered.languages.update(tag for tag in stored if tag != "und")
        for texts in stored.values():
            for text in _texts(texts):
                gathered.add(column, text)
    elif isinstance(stored, dict):
        for name, item in stored.items():
            if name not in _NO_WORDS:
                _walk(gathered, column, name, item)


def _texts(stored: Stored) -> Iterator[str]:
    todo = [stored]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            todo.extend(reversed(item))
        elif isinstance(item, dict):
            todo.extend(reversed(list(item.values())))


def _name_languages(gathered: _Gathered) -> None:
    """Tags are languages to narrow by, and the names of the languages are words to search."""
    for text in list(gathered.fields.get("languages", ())):
        names = _language_names(text)
        if names is not None:
            gathered.languages.add(text)
            for name in names:
                gathered.add("languages", name)


@lru_cache(maxsize=4096)
def _language_names(tag: str) -> tuple[str, ...] | None:
    """The English names of the language of a tag; None if the text is no tag of a known language."""
    from iso639 import Language, LanguageNotFoundError

    primary, _, _ = tag.partition("-")
    if not (2 <= len(primary) <= 3 and primary.isascii() and primary.isalpha() and primary.islower()):
        return None
    try:
        language = Language.from_part1(primary) if len(primary) == 2 else Language.from_part3(primary)
    except LanguageNotFoundError:
        return None
    others = [name.print for name in language.other_names or ()]
    return tuple(dict.fromkeys([language.name, *others]))


def index_version() -> str:
    """What the words of an index depend on beside the bodies; an index of another version is made anew."""
    return f"{_RULES}/{unicodedata.unidata_version}/{metadata.version('python-iso639')}"
