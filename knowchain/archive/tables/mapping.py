"""Maps: how the columns of somebody's table become the fields of works, rights and events.

A map is TOML (docs/guide/maps.md)::

    [columns]
    "Object Title" = "title"
    "Tags" = { to = "subject", split = "|" }
    "Culture" = { to = "description", template = "Culture: {value}" }

    [templates]                      # targets made of several columns
    id = "met:{Object ID}"

    [constants]
    access = "metadata-only"
    [defaults]
    kind = "PhysicalObject"          # where a row has none

    [reading]
    windows_1252 = true              # put right what was decoded wrongly before it came here

    [ignore]
    columns = ["Gallery Number"]     # not even kept under `source`
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

from knowchain.archive.tables.targets import TARGETS, alias_of, is_target, misspelt
from knowchain.errors import InvalidValue, NotFound
from knowchain.records.vocabulary.suggestions import nearest, remedy_for

__all__ = ["Rule", "TableMap", "builtin_map", "check_columns", "read_map", "shipped_map", "shipped_maps"]


@dataclass(frozen=True)
class Rule:
    """What becomes of one column.

    Attributes:
        to: the target.
        split: characters that part several values in one cell; each value is trimmed.
        language: BCP 47 tag of the text, for titles, descriptions and events.
        role: what a creator, contributor or publisher did.
        template: text with ``{value}`` in it.
        values: a translation table; ``*`` stands for any other value, an empty translation for none.
        lenient: a value that the target can't hold is kept under ``source`` instead of failing the row.
        language_names: a language may be written by its English name.
    """

    to: str
    split: str | None = None
    language: str | None = None
    role: str | None = None
    template: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    lenient: bool = False
    language_names: bool = False


@dataclass(frozen=True)
class TableMap:
    """A whole map; ``columns`` holds one or more rules for each column."""

    columns: Mapping[str, tuple[Rule, ...]]
    templates: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    windows_1252: bool = False
    """Whether control characters U+0080 to U+009F are read as the Windows-1252 characters they once were."""


_SECTIONS: Final = ("columns", "templates", "constants", "defaults", "reading", "ignore")
_OPTIONS: Final[dict[str, type]] = {
    "to": str, "split": str, "language": str, "role": str, "template": str, "values": dict,
    "lenient": bool, "language_names": bool,
}  # fmt: skip


def read_map(text: str, name: str = "map") -> TableMap:
    """Read a map file.

    Raises:
        InvalidValue: not TOML, or a section, target or option that there is not; says which was meant.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise InvalidValue(
            "{field}: not TOML: {value}", field=name, value=str(exc), remedy="see docs/guide/maps.md"
        ) from exc
    for section in raw:
        if section not in _SECTIONS:
            raise _unknown(name, section, "section", _SECTIONS)
    columns = {column: _rules(f"columns.{column}", rule) for column, rule in _table(raw, "columns").items()}
    fixed = {section: _texts(raw, section) for section in ("templates", "constants", "defaults")}
    ignored = _table(raw, "ignore").get("columns", [])
    if not isinstance(ignored, list) or not all(isinstance(column, str) for column in ignored):
        raise InvalidValue(
            "{field}: {value} is no list of columns",
            field="ignore.columns",
            value=ignored,
            remedy='give ["A", "B"]',
        )
    return TableMap(columns, **fixed, ignored=frozenset(ignored), windows_1252=_reading(raw))


def _reading(raw: Mapping[str, Any]) -> bool:
    table = _table(raw, "reading")
    for option, value in table.items():
        if option != "windows_1252":
            raise _unknown("reading", option, "option", ["windows_1252"])
        if not isinstance(value, bool):
            raise _not("true or false", "reading.windows_1252", value)
    return bool(table.get("windows_1252", False))


def _table(raw: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    value = raw.get(section, {})
    if not isinstance(value, dict):
        raise InvalidValue(
            "{field}: {value} is no table", field=section, value=value, remedy="begin it with [{field}]"
        )
    return value


def _texts(raw: Mapping[str, Any], section: str) -> dict[str, str]:
    table = _table(raw, section)
    for target, value in table.items():
        _check_target(f"{section}.{target}", target)
        if not isinstance(value, str):
            raise _not("text", f"{section}.{target}", value)
    return dict(table)


def _rules(where: str, raw: object) -> tuple[Rule, ...]:
    if isinstance(raw, list):
        return tuple(rule for one in raw for rule in _rules(where, one))
    if isinstance(raw, str):
        raw = {"to": raw}
    if not isinstance(raw, dict):
        raise _not("a target, or a table with `to`", where, raw)
    for option, value in raw.items():
        if option not in _OPTIONS:
            raise _unknown(where, option, "option", _OPTIONS)
        if not isinstance(value, _OPTIONS[option]):
            raise _not({str: "text", bool: "true or false"}.get(_OPTIONS[option], "a table"), where, value)
    if "to" not in raw:
        raise InvalidValue("{field}: `to` is missing", field=where, remedy="name the target")
    _check_target(where, raw["to"])
    values = raw.get("values", {})
    if not all(isinstance(value, str) for value in values.values()):
        raise _not("a table of texts", f"{where}.values", values)
    return (Rule(**raw),)


def _check_target(where: str, target: str) -> None:
    if not is_target(target):
        raise _unknown(where, target, "target", TARGETS)


def _unknown(where: str, word: str, what: str, known: Iterable[str]) -> InvalidValue:
    return InvalidValue(
        "{field}: {value} is no {what}", field=where, value=word, what=what, remedy=remedy_for(word, known)
    )


def _not(what: str, where: str, value: object) -> InvalidValue:
    return InvalidValue(
        "{field}: {value} is not {what}", field=where, value=value, what=what, remedy="give {what}"
    )


_SYNONYMS: Final = {"provenance_text": "custody", "provenance": "custody"}
"""What museums call a custody history; here, provenance is wider."""


def builtin_map(columns: Iterable[str]) -> tuple[TableMap, list[InvalidValue]]:
    """The map of a table that has the header of bulk import, or Dublin Core.

    Returns the map, and a fault for each column whose name is a slip ("tilte"). A column that resembles
    nothing has no rule, and so is kept under ``source``.
    """
    rules: dict[str, tuple[Rule, ...]] = {}
    issues: list[InvalidValue] = []
    for column in columns:
        word = column.strip()
        alias = alias_of(word)
        plain = word.removesuffix("[]").casefold().replace(" ", "_")
        plain = _SYNONYMS.get(plain, plain)
        if is_target(plain):
            rules[column] = (Rule(plain, split="|"),)
        elif alias is not None:
            rules[column] = (Rule(alias.target, split="|", language=alias.language, role=alias.role),)
        elif near := misspelt(word):
            issues.append(
                InvalidValue(
                    "row 1: column {value} is unknown",
                    field=column,
                    value=column,
                    remedy="did you mean `{near}`; a map file can keep it as it is",
                    near=near,
                )
            )
    return TableMap(rules), issues


def check_columns(table_map: TableMap, columns: Iterable[str]) -> list[InvalidValue]:
    """A fault for each column that the map speaks of and the table does not have."""
    present = set(columns)
    known = present | {column.removesuffix("[]") for column in present}
    named = {*table_map.columns, *table_map.ignored}
    return [
        InvalidValue(
            "the map names the column {value}, which the table does not have",
            field=column,
            value=column,
            remedy="did you mean `{near}`"
            if (near := nearest(column, present))
            else "take it out of the map",
            near=near or "",
        )
        for column in sorted(named - known)
    ]


def shipped_maps() -> tuple[str, ...]:
    """The names of the maps that come with this package."""
    entries = files(__package__).joinpath("maps").iterdir()
    return tuple(sorted(e.name.removesuffix(".toml") for e in entries if e.name.endswith(".toml")))


def shipped_map(name: str) -> str:
    """The text of a map that comes with this package.

    Raises:
        NotFound: there is none of that name.
    """
    if name not in shipped_maps():
        raise NotFound("no map is called {name}", name=name, remedy=remedy_for(name, shipped_maps()))
    return files(__package__).joinpath("maps", f"{name}.toml").read_text("utf-8")
