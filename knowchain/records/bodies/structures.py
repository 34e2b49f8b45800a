"""Lists, objects and language maps in a body."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias, cast

from knowchain.errors import InvalidValue
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.text import PROSE, Text
from knowchain.records.bodies.values import FieldType, Stored, as_json
from knowchain.records.vocabulary import languages
from knowchain.records.vocabulary.suggestions import remedy_for

__all__ = ["Check", "Field", "LanguageMap", "ListOf", "Object", "compose_fields"]

Check: TypeAlias = "Callable[[dict[str, Stored], Place], None]"
"""A rule across fields: reports or raises what contradicts; may put a field into canonical form."""


@dataclass(frozen=True)
class Field:
    """A field of an object or of a body."""

    name: str
    type: FieldType
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class ListOf:
    """A list of at least one element, in the order written."""

    of: FieldType
    limit: int = 1_000
    distinct: bool = True
    """Whether an element may stand there once only."""

    @property
    def name(self) -> str:
        """What it is a list of."""
        return f"list of {self.of.name}"

    def compose(self, value: object, at: Place) -> Stored:
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
            raise at.error("{value} is not a list", value=value, remedy="give a list: […]")
        if not 1 <= len(value) <= self.limit:
            raise at.error(
                "has {count} elements; 1 to {limit} are allowed",
                value=value,
                count=len(value),
                limit=self.limit,
                remedy="leave the field out if there are none",
            )
        stored: list[Stored] = []
        for position, item in enumerate(value):
            self._add(item, at.item(position), stored)
        return stored

    def _add(self, item: object, at: Place, stored: list[Stored]) -> None:
        try:
            element = self.of.compose(item, at)
        except InvalidValue as problem:
            at.report(problem)
            return
        if self.distinct and element in stored:
            at.report(at.error("{value} stands there twice", value=item, remedy="name it once"))
        stored.append(element)

    def view(self, stored: Stored) -> Stored:
        if not isinstance(stored, list):
            return None
        return [part for item in stored if (part := self.of.view(item)) is not None]

    def present(self, stored: Stored) -> object:
        return [self.of.present(item) for item in stored] if isinstance(stored, list) else as_json(stored)


@dataclass(frozen=True)
class Object:
    """An object of named fields; ``shorthand`` is the field that plain text stands for."""

    name: str
    fields: tuple[Field, ...]
    shorthand: str = ""
    checks: tuple[Check, ...] = field(default=())

    def compose(self, value: object, at: Place) -> Stored:
        if self.shorthand and isinstance(value, str):
            value = {self.shorthand: value}
        if not isinstance(value, Mapping):
            names = ", ".join(each.name for each in self.fields if each.required) or self.fields[0].name
            raise at.error(
                "{value} is not a {what}", value=value, what=self.name, remedy=f"give {names} in an object"
            )
        stored = compose_fields(self.fields, value, at)
        run_checks(self.checks, stored, at)
        return cast(Stored, stored)

    def view(self, stored: Stored) -> Stored:
        if not isinstance(stored, dict):
            return None
        seen: dict[str, Stored] = {}
        for each in self.fields:
            part = each.type.view(stored[each.name]) if each.name in stored else None
            if part is not None:
                seen[each.name] = part
            elif each.required:
                return None
        return seen

    def present(self, stored: Stored) -> object:
        if not isinstance(stored, dict):
            return as_json(stored)
        types = {each.name: each.type for each in self.fields}
        return {
            name: types[name].present(value) if name in types else as_json(value)
            for name, value in stored.items()
        }


def compose_fields(
    fields: Sequence[Field], human: Mapping[object, object], at: Place, *, also: Sequence[str] = ()
) -> dict[str, Stored]:
    """Compose the fields of an object; every problem goes to ``at``.

    Args:
        also: names that somebody else composes, so that they are not unknown.
    """
    wanted = [each for each in fields if each.required or each.name in human]
    if len(human) != len(wanted) or not all(each.name in human for each in wanted):
        _report_unknown([each.name for each in fields], human, at, also)
    stored: dict[str, Stored] = {}
    for each in wanted:
        value = human.get(each.name)
        if value is None and not each.required:
            continue
        place = at.child(each.name)
        if value is None:
            place.report(_missing(each, place))
            continue
        try:
            stored[each.name] = each.type.compose(value, place)
        except InvalidValue as problem:
            place.report(problem)
    return stored


def _report_unknown(
    names: Sequence[str], human: Mapping[object, object], at: Place, also: Sequence[str]
) -> None:
    known = frozenset((*names, *also))
    for name in human:
        if name not in known:
            at.report(_unknown(name, [*names, *also], at))


def run_checks(checks: Sequence[Check], stored: dict[str, Stored], at: Place) -> None:
    """Run rules across fields; each may raise one problem, or report several."""
    for check in checks:
        try:
            check(stored, at)
        except InvalidValue as problem:
            at.report(problem)


def _unknown(name: object, known: Sequence[str], at: Place) -> InvalidValue:
    place = at.child(str(name))
    return place.error("unknown", value=name, remedy="{advice}", advice=remedy_for(str(name), known))


def _missing(each: Field, place: Place) -> InvalidValue:
    return place.error(
        "is missing", value="", remedy="give {name}: {meaning}", name=each.name, meaning=each.meaning
    )


@cache
def _texts(limit: int, breaks: bool) -> ListOf:
    """The texts of one language."""
    return ListOf(Text(limit=limit, breaks=breaks), limit=100)


@dataclass(frozen=True)
class LanguageMap:
    """Text in one or more languages: a BCP 47 tag to a list of texts, the first one preferred."""

    limit: int = PROSE
    breaks: bool = True
    name: str = "language map"

    def compose(self, value: object, at: Place) -> Stored:
        if not isinstance(value, Mapping) or not value:
            raise at.error(
                "{value} does not say its language",
                value=value,
                remedy='give {{"cy": ["…"]}}; `und` when the language is not known',
            )
        stored: dict[str, Stored] = {}
        for tag, texts in value.items():
            self._add(tag, texts, at.child(str(tag)), stored)
        return stored

    def _add(self, tag: object, texts: object, at: Place, stored: dict[str, Stored]) -> None:
        try:
            language, warning = languages.canonical(str(tag), field=at.path)
            at.warn(warning)
            if language in stored:
                raise at.error("{value} stands there twice", value=tag, remedy="join the two lists")
            items = [texts] if isinstance(texts, str) else texts
            stored[language] = _texts(self.limit, self.breaks).compose(items, at)
        except InvalidValue as problem:
            at.report(problem)

    def view(self, stored: Stored) -> Stored:
        if not isinstance(stored, dict):
            return None
        kept: dict[str, Stored] = {}
        for tag, texts in stored.items():
            if isinstance(texts, list) and (lines := [text for text in texts if isinstance(text, str)]):
                kept[tag] = cast(Stored, lines)
        return kept or None

    def present(self, stored: Stored) -> object:
        return as_json(stored)
