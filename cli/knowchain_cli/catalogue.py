"""The catalogue: every text that the command shows passes here, so that another language can take its place.

A :class:`Message` is an English template with ``{name}`` fields, kept in :mod:`knowchain_cli.messages`;
the errors of the library are such templates too (:mod:`knowchain.errors`). A language is a TOML file of
``"English template" = "translated template"``; what it lacks is shown in English. docs/guide/command.md
says how to make one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Final

from knowchain.errors import InvalidValue, NotFound
from knowchain_cli.terminal_text import safe

__all__ = ["ENGLISH", "Catalogue", "Message", "Word", "chosen_catalogue", "fields_of", "read_catalogue"]

_LANGUAGES: Final = Path(__file__).parent / "languages"


class Message(str):
    """An English template with named fields. Only these, and errors, can be shown."""

    __slots__ = ()


class Word(str):
    """A word of the formats, such as a kind or a field's name: translated where a language has it."""

    __slots__ = ()


class Catalogue:
    """Templates in one language.

    Args:
        translations: template by English template; the fields of both are the same.
        isolate: whether text that runs from right to left is set apart, as a terminal needs it.
    """

    def __init__(self, translations: Mapping[str, str] | None = None) -> None:
        self._translations = translations or {}
        self.isolate = False

    def template(self, english: str) -> str:
        """The template in this language, or the English one."""
        return self._translations.get(english, english)

    def text(self, english: str, /, **fields: object) -> str:
        """A message filled in. Values are data: made safe for a terminal, never read as templates.

        A value that is a :class:`Message` is translated too.
        """
        template = self.template(english)
        if not fields:
            return template
        return template.format_map({name: self.value(value) for name, value in fields.items()})

    def value(self, value: object) -> str:
        """One value as it may stand in a line."""
        if isinstance(value, Message):
            return self.template(value)
        if isinstance(value, Word):
            return safe(self.template(value))
        return safe(str(value), isolate=self.isolate)


ENGLISH: Final = Catalogue()


def chosen_catalogue(environment: Mapping[str, str] = os.environ) -> Catalogue:
    """The catalogue that the environment asks for.

    ``KNOWCHAIN_CATALOGUE`` names a file, for translators; else the usual variables name a language, which
    is used if it ships with the command.

    Raises:
        NotFound, InvalidValue: the named file does not exist, or is no catalogue.
    """
    named = environment.get("KNOWCHAIN_CATALOGUE")
    if named:
        return read_catalogue(Path(named))
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        for wanted in environment.get(variable, "").split(":"):
            tag = wanted.partition(".")[0].partition("@")[0].replace("_", "-")
            for name in (tag, tag.partition("-")[0]):
                if name and name.replace("-", "").isalnum() and (_LANGUAGES / f"{name}.toml").is_file():
                    return read_catalogue(_LANGUAGES / f"{name}.toml")
    return ENGLISH


def read_catalogue(path: Path) -> Catalogue:
    """Read a language from its file.

    Raises:
        NotFound, InvalidValue: there is no such file, or a translation has other fields than its template.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise NotFound("there is no catalogue {path}", remedy="check KNOWCHAIN_CATALOGUE", path=path) from exc
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise InvalidValue(
            "{field}: {value} can't be read: {why}",
            field="KNOWCHAIN_CATALOGUE",
            value=path,
            why=str(exc),
            remedy="give a TOML file in UTF-8",
        ) from exc
    for english, translated in document.items():
        _check_fields(english, translated)
    return Catalogue(document)


def fields_of(template: str) -> frozenset[str]:
    """The names of a template's fields.

    Raises:
        ValueError: a brace that is not closed.
    """
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def _check_fields(english: str, translated: object) -> None:
    try:
        good = isinstance(translated, str) and fields_of(translated) <= fields_of(english)
    except ValueError:
        good = False
    if not good:
        raise InvalidValue(
            "{field}: the translation {value} does not fit its template",
            field="KNOWCHAIN_CATALOGUE",
            value=translated,
            remedy="use the fields of the template, in braces, and no others",
        )
