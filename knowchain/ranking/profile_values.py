"""The values of a profile's text, each read with the line that it stands on.

Whatever is not as it should be is refused with line, key, value and remedy.

Source: docs/spec/ranking.md, section 5.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from knowchain.errors import InvalidValue
from knowchain.ranking.profile import MAX_ENTRIES, MAX_TEXT
from knowchain.ranking.toml_lines import line_of
from knowchain.records.vocabulary.suggestions import nearest

__all__ = ["Path", "ProfileValues", "choice"]

Path = tuple[str, ...]
"""A key, after the table that it stands in, if it stands in one."""
_MAX_LINE: Final = 2_000
_BREAKS: Final = ("Cc", "Cs")
"""What no line holds. Signs that join or part letters, which many scripts need, are no such thing."""


class ProfileValues:
    """A text that is TOML, and its values by their keys.

    Args:
        text: the profile.

    Raises:
        InvalidValue: it is too long, or not TOML.
    """

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TEXT:
            raise InvalidValue(
                "the profile has {value} characters, more than {most}",
                field="profile",
                value=len(text),
                most=MAX_TEXT,
                remedy="shorten its lists",
            )
        self._text = text
        try:
            self._values: dict[str, Any] = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as exc:
            raise InvalidValue(
                "the profile is not TOML: {why}",
                field="profile",
                value="",
                why=str(exc) or "nested too deep",
                remedy="correct that line; text stands in quotes, lists in [ ]",
            ) from exc

    # --- where things are ----------------------------------------------------------------------------

    def line(self, path: Path, nth: int = 1) -> int:
        """The line on which a key stands, counted from 1; in the ``nth`` table of that name."""
        return line_of(self._text, path, nth)

    def table(self, name: str) -> dict[str, Any]:
        """A table; an empty one if it is not there. Without a name: the whole text."""
        if not name:
            return self._values
        found = self._values.get(name, {})
        if not isinstance(found, dict):
            raise self.fault(
                (name,),
                found,
                "the profile, line {line}: {field}: {value} is no table",
                remedy="write [{table}] on a line of its own",
                table=name,
            )
        return found

    def get(self, path: Path) -> object:
        """What stands under a key; None: nothing."""
        return self.table(path[0] if len(path) == 2 else "").get(path[-1])

    def only(
        self, table: Mapping[str, object], known: tuple[str, ...], path: Path = (), nth: int = 1
    ) -> None:
        """Refuse keys that have no meaning here."""
        for key in table:
            if key not in known:
                raise self.fault(
                    (*path, key),
                    key,
                    "the profile, line {line}: {field}: {value} is no key here",
                    remedy="{near}",
                    nth=nth,
                    near=choice(key, known),
                )

    def within(self, path: Path, known: tuple[str, ...], *, many: bool = True) -> list[dict[str, Any]]:
        """Tables with these keys, each of which must be there: a list of them, or a single one."""
        found = self.get(path)
        listed: list[Any] = found if many and isinstance(found, list) else [] if found is None else [found]
        if many and listed and not isinstance(found, list):
            raise self.fault(
                path,
                found,
                "the profile, line {line}: {field}: {value} is no list of tables",
                remedy="write it in two pairs of brackets, [[ ]], or as a list",
            )
        if len(listed) > MAX_ENTRIES:
            raise self._too_many(path, len(listed))
        for nth, each in enumerate(listed, 1):
            if not isinstance(each, dict) or set(known) - set(each):
                raise self.fault(
                    path,
                    each,
                    "the profile, line {line}: {field}: {value} lacks what belongs there",
                    remedy="write {keys}",
                    nth=nth,
                    keys=" and ".join(f"{key} = …" for key in known),
                )
            self.only(each, known, path, nth)
        return listed

    # --- values --------------------------------------------------------------------------------------

    def whole(self, path: Path, least: int, most: int, default: int) -> int:
        """A whole number in a range."""
        found = self.get(path)
        return default if found is None else self.in_range(path, found, least, most)

    def in_range(self, path: Path, found: object, least: int, most: int, nth: int = 1) -> int:
        """A value that is a whole number in a range."""
        if type(found) is not int or not least <= found <= most:
            raise self.fault(
                path,
                found,
                "the profile, line {line}: {field}: {value} is not a whole number in range",
                remedy="give {least} to {most}, or leave it out",
                nth=nth,
                least=least,
                most=most,
            )
        return found

    def truth(self, path: Path) -> bool:
        """``true`` or ``false``; without it, false."""
        found = self.get(path)
        if not isinstance(found, bool | None):
            raise self.fault(
                path,
                found,
                "the profile, line {line}: {field}: {value} is neither true nor false",
                remedy="write {key} = true",
                key=path[-1],
            )
        return bool(found)

    def words(self, path: Path, *, required: bool = False) -> str:
        """One line of text; empty if it is not there."""
        found = self.get(path)
        if found is None and not required:
            return ""
        text = unicodedata.normalize("NFC", found).strip() if isinstance(found, str) else ""
        if not text or len(text) > _MAX_LINE or any(unicodedata.category(each) in _BREAKS for each in text):
            raise self.fault(
                path,
                found,
                "the profile, line {line}: {field}: {value} is not one line of text",
                remedy='write {key} = "…"',
                key=path[-1],
            )
        return text

    def texts(self, path: Path) -> list[str]:
        """A list of texts, none of them twice; empty if it is not there."""
        found = self.get(path)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise self.fault(
                path,
                found,
                "the profile, line {line}: {field}: {value} is not a list of texts",
                remedy='write {key} = ["…", "…"]',
                key=path[-1],
            )
        if len(found) > MAX_ENTRIES:
            raise self._too_many(path, len(found))
        for at, each in enumerate(found):
            if each in found[:at]:
                raise self.fault(
                    path,
                    each,
                    "the profile, line {line}: {field}: {value} stands there twice",
                    remedy="remove one of the two",
                )
        return [unicodedata.normalize("NFC", each) for each in found]

    # --- faults --------------------------------------------------------------------------------------

    def _too_many(self, path: Path, count: int) -> InvalidValue:
        return self.fault(
            path,
            count,
            "the profile, line {line}: {field}: {value} entries are more than {most}",
            remedy="shorten the list",
            most=MAX_ENTRIES,
        )

    def fault(
        self, path: Path, value: object, template: str, *, remedy: str, nth: int = 1, **fields: object
    ) -> InvalidValue:
        """The error for a value, with the line of its key in the ``nth`` table of that name."""
        return InvalidValue(
            template,
            field=".".join(path),
            value="nothing" if value is None else value,
            line=self.line(path, nth),
            remedy=remedy,
            **fields,
        )


def choice(word: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """The remedy for a word that is not among those known."""
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else "give one of " + ", ".join(known)
