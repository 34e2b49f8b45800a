"""The operator's settings: a TOML file, the environment and the command line become one frozen value, once.

Pure steps: :func:`read_file` finds what a document says and where, :func:`read_environment` what variables
say, and :func:`settled` checks everything and lets the later source win: default, file, environment, line.
docs/guide/operating.md lists the settings.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from knowchain.errors import InvalidValue, KnowchainError
from knowchain_node.settings import SETTINGS, PeerConfig, Setting, composed

__all__ = ["Effective", "Given", "Row", "read_environment", "read_file", "read_line", "settled"]

_PREFIX: Final = "KNOWCHAIN_"
_BY_KEY: Final[Mapping[str, Setting]] = {setting.key: setting for setting in SETTINGS}
_TABLES: Final = sorted({setting.key.rpartition(".")[0] for setting in SETTINGS})
_VARIABLES: Final = {_PREFIX + key.replace(".", "_").upper(): key for key in _BY_KEY}
_AT: Final = re.compile(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.S
)


@dataclass(frozen=True, slots=True)
class Given:
    """A setting that somebody gave.

    Attributes:
        value: as TOML holds it, or text from the environment or the command line.
        origin: where: ``config.toml:12:1``, ``KNOWCHAIN_API_PORT``, ``--set api.port``.
    """

    key: str
    value: object
    origin: str
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the effective settings, for people."""

    key: str
    value: object
    origin: str
    """``default``, or where it was given."""
    what: str


@dataclass(frozen=True, slots=True)
class Effective:
    """The settings in force, and where each comes from."""

    config: PeerConfig
    rows: tuple[Row, ...]


def settled(*sources: Sequence[Given]) -> Effective:
    """Check what was given, the later source winning.

    Raises:
        InvalidValue: a setting that does not exist or a value that won't do; names place, key and remedy.
    """
    given = {one.key: one for source in sources for one in source}
    values: dict[str, Any] = {}
    rows = []
    for setting in SETTINGS:
        one = given.get(setting.key)
        values[setting.key] = setting.default if one is None else _checked(setting, one)
        origin = "default" if one is None else one.origin
        rows.append(Row(setting.key, values[setting.key], origin, setting.what))
    try:
        config = composed(values)
    except InvalidValue as exc:
        raise _placed(exc, given) from exc
    return Effective(config, tuple(rows))


def _checked(setting: Setting, one: Given) -> object:
    try:
        return setting.kind.read_text(str(one.value)) if one.is_text else setting.kind.read(one.value)
    except ValueError as exc:
        raise InvalidValue(
            "{origin}: {field} = {value} is not {wanted}",
            field=setting.key,
            value=setting.kind.shown(one.value),
            origin=one.origin,
            wanted=str(exc),
            remedy="give {wanted}; {what}",
            what=setting.what,
        ) from exc


def _placed(exc: InvalidValue, given: Mapping[str, Given]) -> InvalidValue:
    """An error of two settings together, with the place of the one that was given."""
    field = str(exc.fields["field"])
    limits = [one for key, one in given.items() if key.startswith("network.limits.")]
    one = given.get(f"network.limits.{field}") or next(iter(limits), None)
    return InvalidValue(
        "{origin}: {why}",
        field=one.key if one else field,
        value=exc.fields["value"],
        origin=one.origin if one else "default",
        why=str(exc),
        remedy="{advice}",
        advice=exc.remedy,
    )


# --- the file ------------------------------------------------------------------------------------------


def read_file(text: str, name: str) -> list[Given]:
    """What a TOML document says, each setting with its line and column.

    Args:
        text: the document.
        name: its path, for messages.

    Raises:
        InvalidValue: no TOML, or a setting that does not exist.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise _broken(exc, text, name) from exc
    found = []
    for key, value in _leaves(document, ""):
        origin = f"{name}:{_place(text, key)}"
        if key not in _BY_KEY:
            raise _unknown(key, value, origin)
        found.append(Given(key, value, origin))
    return found


def _broken(exc: tomllib.TOMLDecodeError, text: str, name: str) -> KnowchainError:
    found = _AT.fullmatch(str(exc))
    line, column, what = (found["line"], found["column"], found["what"]) if found else (None, None, str(exc))
    if line is None:
        lines = text.splitlines() or [""]
        line, column = str(len(lines)), str(len(lines[-1]) + 1)
    return InvalidValue(
        "{origin}: this is no TOML: {why}",
        field=name,
        value=text.splitlines()[int(line) - 1] if text.splitlines()[int(line) - 1 :] else "",
        origin=f"{name}:{line}:{column}",
        why=what[0].lower() + what[1:],
        remedy="write `key = value`, text in quotes, lists in [brackets]",
    )


def _leaves(table: Mapping[str, object], above: str) -> Iterator[tuple[str, object]]:
    """Every setting in a document; a table that is no known one is a setting that does not exist."""
    for name, value in table.items():
        key = f"{above}.{name}" if above else name
        if isinstance(value, dict) and any(known == key or known.startswith(f"{key}.") for known in _TABLES):
            yield from _leaves(value, key)
        else:
            yield key, value


def _place(text: str, key: str) -> str:
    """``line:column`` of a key.

    The parser keeps no places. But a document that is cut after a line either parses, with the key or
    without it, or breaks off within a value; so the key begins after the last cut that parses without it.
    """
    lines = text.splitlines(keepends=True)
    begin = 0
    for n in range(1, len(lines) + 1):
        try:
            document: object = tomllib.loads("".join(lines[:n]))
        except tomllib.TOMLDecodeError:
            continue
        if _holds(document, key.split(".")):
            break
        begin = n
    word = re.compile(rf"(?<![\w-])[\"']?{re.escape(key.rpartition('.')[2])}[\"']?(?![\w-])")
    for n in range(begin, len(lines)):
        found = word.search(lines[n])
        if found is not None:
            return f"{n + 1}:{found.start() + 1}"
    return f"{begin + 1}:1"


def _holds(document: object, path: Sequence[str]) -> bool:
    for name in path:
        if not isinstance(document, dict) or name not in document:
            return False
        document = document[name]
    return True


def _unknown(key: str, value: object, origin: str) -> InvalidValue:
    near = _nearest(key, list(_BY_KEY))
    return InvalidValue(
        "{origin}: there is no setting {field}",
        field=key,
        value=value,
        origin=origin,
        remedy="did you mean {near}?" if near else "`knowchain node config` lists all settings",
        near=near,
    )


def _nearest(key: str, known: Sequence[str]) -> str:
    """The setting that was probably meant: spelled alike, or of the same name in another table."""
    same = [each for each in known if each.rpartition(".")[2] == key.rpartition(".")[2]]
    found = get_close_matches(key, known, 1, 0.75) or same[:1]
    last = {each.rpartition(".")[2]: each for each in known}
    found = found or [last[each] for each in get_close_matches(key.rpartition(".")[2], list(last), 1, 0.75)]
    return found[0] if found else ""


# --- the environment and the command line ---------------------------------------------------------------


def read_environment(environment: Mapping[str, str]) -> list[Given]:
    """What variables say: ``KNOWCHAIN_API_PORT`` is ``api.port``; lists are divided by commas.

    Raises:
        InvalidValue: a variable of a section's name that is no setting.
    """
    sections = tuple({f"{_PREFIX}{key.partition('.')[0].upper()}_" for key in _BY_KEY})
    found = []
    for variable in sorted(environment):
        if variable in _VARIABLES:
            found.append(Given(_VARIABLES[variable], environment[variable], variable, is_text=True))
        elif variable.startswith(sections):
            near = get_close_matches(variable, list(_VARIABLES), 1, 0.75)
            raise InvalidValue(
                "{origin}: there is no setting of that name",
                field=variable,
                value=environment[variable],
                origin=variable,
                remedy="did you mean {near}?" if near else "`knowchain node config` lists all settings",
                near=near[0] if near else "",
            )
    return found


def read_line(settings: Sequence[str]) -> list[Given]:
    """What ``--set KEY=VALUE`` says.

    Raises:
        InvalidValue: no ``=``, or a setting that does not exist.
    """
    found = []
    for text in settings:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals:
            raise InvalidValue(
                "{field}: {value} is no setting",
                field="--set",
                value=text,
                remedy="write --set api.port=7484, for instance",
            )
        if key not in _BY_KEY:
            raise _unknown(key, value, f"--set {key}")
        found.append(Given(key, value.strip(), f"--set {key}", is_text=True))
    return found
