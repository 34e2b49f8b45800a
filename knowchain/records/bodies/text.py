"""Text in a body: in Unicode form C, bounded, without control characters, perhaps of a vocabulary."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from knowchain.errors import InvalidValue
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.values import Stored, as_json
from knowchain.records.vocabulary.suggestions import remedy_for

__all__ = ["LINE", "PROSE", "Choice", "Reader", "Text", "pattern"]

LINE: Final = 2_000
"""Characters of a name, a title, or any other line."""
PROSE: Final = 100_000
"""Characters of a description or of a note."""

Reader: TypeAlias = "Callable[..., str | tuple[str, InvalidValue | None]]"
"""A vocabulary's function: ``(text, field=…)`` to the stored form, perhaps with a warning."""

_BREAKS: Final = "\n\t"
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""The characters of the categories Cc and Cs, which Unicode will never add to."""
_CONTROLS_BUT_BREAKS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Text:
    """Text; ``reader`` holds it to a vocabulary."""

    name: str = "text"
    limit: int = LINE
    breaks: bool = False
    """Whether lines may break. Other control characters never pass."""
    blank: bool = False
    """Whether it may be empty or start and end with spaces, as a quoted passage may."""
    reader: Reader | None = None

    def compose(self, value: object, at: Place) -> str:
        if not isinstance(value, str):
            raise at.error("{value} is not text", value=value, remedy="give text, in quotes")
        text = self._clean(value, at)
        if self.reader is None:
            return text
        answer = self.reader(text, field=at.path)
        if isinstance(answer, str):
            return answer
        at.warn(answer[1])
        return answer[0]

    def view(self, stored: Stored) -> Stored:
        return stored if isinstance(stored, str) else None

    def present(self, stored: Stored) -> object:
        return as_json(stored)

    def _clean(self, value: str, at: Place) -> str:
        text = value if self.blank else value.strip()
        if text.isascii() and text.isprintable() and 0 < len(text) <= self.limit and not text.isspace():
            return text  # most text, told apart without a look at each character
        text = text if text.isascii() else unicodedata.normalize("NFC", text)
        text = text.replace("\r\n", "\n") if self.breaks else text
        if not text.strip() and not self.blank:
            raise at.error("is empty", value=value, remedy="give text, or leave the field out")
        if len(text) > self.limit:
            raise at.error(
                "has {size} characters, more than {limit}",
                value=value,
                size=len(text),
                limit=self.limit,
                remedy="shorten it, or put it into a file",
            )
        if refused := (_CONTROLS_BUT_BREAKS if self.breaks else _CONTROLS).search(text):
            raise at.error(
                "{value} holds the character U+{code}, which no text may hold here",
                value=value,
                code=f"{ord(refused[0]):04X}",
                remedy="{advice}",
                advice=self._advice(refused[0]),
            )
        return text

    def _advice(self, char: str) -> str:
        if "\x80" <= char <= "\x9f" and (meant := bytes([ord(char)]).decode("cp1252", "ignore")):
            return f"the text was read in the wrong encoding: did you mean `{meant}` (Windows-1252)"
        return "remove it" if self.breaks or char not in _BREAKS else "remove it; this text is one line"


@dataclass(frozen=True)
class Choice:
    """One of a closed list of words, as spelled; others are kept when read."""

    values: tuple[str, ...]
    refused: str = ""
    """Why the words in ``not_yet`` can't be written."""
    not_yet: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The words, as the specification lists them."""
        return " \\| ".join(f"`{value}`" for value in self.values)

    def compose(self, value: object, at: Place) -> str:
        if isinstance(value, str) and value in self.values:
            return value
        if isinstance(value, str) and value in self.not_yet:
            raise at.error(
                "{value} is refused: {reason}", value=value, reason=self.refused, remedy=self._offer()
            )
        remedy = remedy_for(value, self.values) if isinstance(value, str) else self._offer()
        raise at.error("{value} is not a choice", value=value, remedy=remedy)

    def view(self, stored: Stored) -> Stored:
        return stored if isinstance(stored, str) else None

    def present(self, stored: Stored) -> object:
        return as_json(stored)

    def _offer(self) -> str:
        return "give one of " + ", ".join(f"`{value}`" for value in self.values)


def pattern(name: str, expression: str, example: str, *, lower: bool = False, limit: int = LINE) -> Text:
    """Text that matches ``expression`` as a whole; ``lower`` stores it in small letters."""
    compiled = re.compile(expression)

    def read(text: str, *, field: str) -> str:
        form = text.lower() if lower else text
        if compiled.fullmatch(form):
            return form
        raise InvalidValue(
            "{field}: {value} is not formed like {name}",
            field=field,
            value=text,
            name=name,
            remedy="give something like `{example}`",
            example=example,
        )

    return Text(name, limit=limit, reader=read)
