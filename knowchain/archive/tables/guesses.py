"""What a column may be: by its name in a handful of languages, held against what stands in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Final

from knowchain.archive.tables.leniency import dcmi_type, language_named
from knowchain.archive.tables.targets import alias_of, is_target
from knowchain.errors import InvalidValue
from knowchain.records.vocabulary import dates, languages

__all__ = ["Column", "Guess", "guess"]


Options = tuple[tuple[str, str], ...]


@dataclass
class Column:
    """A column of a sample: its name, its values, and the rows in which it has one."""

    name: str
    values: list[str] = field(default_factory=list)
    in_rows: set[int] = field(default_factory=set)
    rows: int = 0

    @cached_property
    def words(self) -> str:
        """The name as words in small letters: ``objectDate_Display`` is ``object date display``."""
        parted = re.sub(r"(?<=[a-zà-ÿ0-9])(?=[A-Z])", " ", self.name.replace("[]", " "))
        return " ".join(re.sub(r"[^\w]+|_", " ", parted).lower().split())

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own here."""
        return len(self.in_rows) == self.rows and len(set(self.values)) == len(self.values) == self.rows

    def share(self, holds: Callable[[str], object]) -> float:
        """The share of values for which ``holds`` is true."""
        return sum(bool(holds(value)) for value in self.values) / max(1, len(self.values))


@dataclass(frozen=True)
class Guess:
    """A target for a column, as it would be written into a map."""

    target: str
    score: float
    options: Options = ()

    @property
    def key(self) -> str:
        """What competes: titles in different languages don't."""
        language = dict(self.options).get("language")
        return f"{self.target}:{language}" if language and self.target == "title" else self.target

    @property
    def rule(self) -> str:
        """The right side in TOML."""
        if not self.options:
            return f'"{self.target}"'
        rest = "".join(f", {name} = {value}" for name, value in self.options)
        return f'{{ to = "{self.target}"{rest} }}'


_CHECKED: Final = frozenset(
    ["title_lang", "glottocode", "date_edtf", "spdx", "rights_uri", "event_when", "ai_train", "access"]
)
"""Targets that hold certain values only."""
_LENIENT: Final = ("lenient", "true")

_NEVER: Final = re.compile(
    r"\b(?:nationality|nationalité|nationalität|bio|biography|birth|born|death|died|gender|sort|begin|earliest"
    r"|latest|modified|updated|metadata|thumbnail|thumb|width|height|depth|weight|price|value|insurance"
    r"|current location|physical location|storage|gallery|room|highlight|timeline|sequence|version|status"
    r"|count|on view|end)\b"
)
"""Names that resemble a target and are none."""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, float], ...]:
    """The names that are known, with what they stand for and how sure that is (``column_names.toml``)."""
    listed = tomllib.loads(files(__package__).joinpath("column_names.toml").read_text("utf-8"))["names"]
    return tuple((re.compile("|".join(one["match"])), one["target"], float(one["score"])) for one in listed)


_TAGS: Final = (
    "en|eng|de|deu|ger|fr|fra|fre|es|spa|it|ita|nl|nld|pt|por|ja|jpn|zh|chi|zho|ko|kor|ru|rus|ar|ara|cy|gd|ga|eu"
    "|ca|gl|pl|cs|sv|da|fi|no|nb|nn|is|hu|el|tr|he|hi|bn|ta|mi|haw|sw"
)
_LANGUAGE_END: Final = re.compile(rf"^(?P<stem>.+?) (?P<tag>{_TAGS})$")
_NESTED: Final = re.compile(
    r"^(?:.*\b)?(?:artists?|makers?|creators?|authors?|people|constituents?|agents?)\b.* (?:name|label)$"
)


def guess(column: Column) -> list[Guess]:
    """The targets that the column may fill; empty if it resembles nothing or its values contradict it."""
    if not column.values:
        return []
    if (alias := alias_of(column.name)) is not None:
        language = (("language", f'"{alias.language}"'),) if alias.language else ()
        return _by_content(column, "type" if alias.target == "kind" else alias.target, 1.0, language)
    plain = column.name.casefold().replace(" ", "_")
    if is_target(plain):
        return _by_content(column, plain, 1.0, ())
    words = column.words
    options: Options = ()
    if ending := _LANGUAGE_END.match(words):
        tag = str(languages.canonical(ending["tag"]).tag) if _is_tag(ending["tag"]) else ending["tag"]
        words, options = ending["stem"], (("language", f'"{tag}"'),)
    if _NEVER.search(words):
        return []
    leaf = column.name.rsplit(".", 1)[-1]
    tried = [words] if leaf == column.name else [words, Column(leaf).words]
    return next((found for name in tried if (found := _by_name(column, name, options))), [])


def _by_name(column: Column, words: str, options: Options) -> list[Guess]:
    if _NESTED.match(words) and "[" in column.name:
        return _by_content(column, "creator", 0.95, ())
    for pattern, target, score in _patterns():
        if pattern.fullmatch(words):
            role = _role(words) if target == "creator" else ()
            return _by_content(column, target, score, (*options, *role))
    return []


_ROLES: Final = {
    "artist": "artist",
    "künstler": "artist",
    "kunstenaar": "artist",
    "photograph": "photographer",
    "fotograf": "photographer",
    "author": "author",
    "auteur": "author",
    "architect": "architect",
    "sculptor": "sculptor",
    "composer": "composer",
}
"""Which part of a column's name says what its people did."""


def _role(words: str) -> tuple[tuple[str, str], ...]:
    for word, role in _ROLES.items():
        if word in words:
            return (("role", f'"{role}"'),)
    return ()


def _by_content(column: Column, target: str, score: float, options: Options) -> list[Guess]:
    """Hold a guess by name against the values."""
    checked = _CONTENT.get(target)
    if checked is not None:
        return checked(column, score, options)
    if target in _CHECKED:
        options = (*options, _LENIENT)
    if target not in {"title", "description", "extent", "custody", "rights_note", "id", "accession"}:
        options = (*options, *_split(column))
    return [Guess(target, score, options)]


def _split(column: Column) -> tuple[tuple[str, str], ...]:
    """The delimiter inside cells, if a tenth of them has one."""
    for mark in ("|", ";"):
        if column.share(_has(mark)) >= 0.1:
            return (("split", f'"{mark}"'),)
    return ()


def _has(mark: str) -> Callable[[str], bool]:
    return lambda value: mark in value.strip(mark)


def _id(column: Column, score: float, _options: Options) -> list[Guess]:
    if column.is_unique and max(map(len, column.values)) <= 500:
        return [Guess("id", score)]
    return [Guess("identifier:local", score)] if column.share(_is_url) < 0.5 else []


def _accession(column: Column, score: float, _options: Options) -> list[Guess]:
    return [Guess("accession", score), *([Guess("id", 0.5)] if column.is_unique else [])]


def _date(column: Column, score: float, _options: Options) -> list[Guess]:
    found = [Guess("date_display", score)]
    if column.share(_is_edtf) >= 0.9:
        found.append(Guess("date_edtf", score, (_LENIENT,)))
    return found


def _language(column: Column, score: float, _options: Options) -> list[Guess]:
    readable = column.share(
        lambda value: any(_is_tag(part) or language_named(part) for part in _parts(value))
    )
    more = (*_split(column), _LENIENT, ("language_names", "true"))
    return [Guess("language", score, more)] if readable >= 0.3 else []


def _rights(column: Column, score: float, _options: Options) -> list[Guess]:
    if column.share(_is_url) >= 0.5:
        return [Guess("rights_uri", score, (_LENIENT,))]
    if column.share(lambda value: re.fullmatch(r"CC0-1\.0|CC-BY[A-Z0-9.-]*-\d\.\d", value)) >= 0.5:
        return [Guess("spdx", score, (_LENIENT,))]
    return [Guess("rights_note", score)]


def _type(column: Column, score: float, _options: Options) -> list[Guess]:
    if column.share(dcmi_type) >= 0.5:
        return [Guess("kind", score, (_LENIENT,))]
    return [Guess("subject", score, _split(column))]


def _filename(column: Column, score: float, _options: Options) -> list[Guess]:
    named = column.share(lambda value: re.search(r"\.[A-Za-z0-9]{2,5}$", value) and not _is_url(value))
    return [Guess("filename", score, _split(column))] if named >= 0.8 else []


def _url(column: Column, score: float, _options: Options) -> list[Guess]:
    return [Guess("identifier:url", score)] if column.share(_is_url) >= 0.8 and "[" not in column.name else []


def _custody(column: Column, score: float, options: Options) -> list[Guess]:
    return [Guess("custody", score, options)] if column.share(_is_url) < 0.1 else []


def _credit(_column: Column, score: float, _options: Options) -> list[Guess]:
    return [Guess("description", score, (("template", '"Credit line: {value}"'),))]


def _other_title(_column: Column, score: float, options: Options) -> list[Guess]:
    return [Guess("title", score, options or (("language", '"und"'),))]


_CONTENT: Final[dict[str, Callable[[Column, float, Options], list[Guess]]]] = {
    "id": _id,
    "identifier:dc": _id,
    "accession": _accession,
    "date_display": _date,
    "language": _language,
    "rights": _rights,
    "rights_note": _rights,
    "type": _type,
    "kind": _type,
    "filename": _filename,
    "url": _url,
    "custody": _custody,
    "description:credit": _credit,
    "title:other": _other_title,
}


def _parts(value: str) -> list[str]:
    return [part.strip() for part in re.split(r"[|;]", value)]


def _is_url(value: str) -> bool:
    return re.match(r"https?://", value) is not None


def _is_tag(value: str) -> bool:
    try:
        languages.canonical(value)
    except InvalidValue:
        return False
    return True


def _is_edtf(value: str) -> bool:
    try:
        dates.edtf(value)
    except InvalidValue:
        return False
    return True
