"""JSON lines: one object a line, nested values addressed by dotted paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from knowchain.archive.tables.row import Row, fault

__all__ = ["MAX_LINE", "read_lines"]

MAX_LINE: Final = 8 * 2**20
"""Characters of one line; a longer one is no description of one object."""
_DEPTH: Final = 16


def read_lines(lines: Iterator[str]) -> Iterator[Row]:
    """One row a line; a line that can't be read is a row with an issue and without cells."""
    number = 0
    while True:
        number += 1
        try:
            line = next(lines)
        except StopIteration:
            return
        except UnicodeDecodeError as exc:
            raise fault(
                number,
                "",
                "the bytes {value} are not UTF-8",
                exc.object[exc.start : exc.end],
                "save as UTF-8",
            ) from exc
        if line.strip():
            yield _row(number, line)


def _row(number: int, line: str) -> Row:
    try:
        if len(line) > MAX_LINE:
            raise _refused(number, "is longer than 8 MiB", line, "write one object a line")
        value = json.loads(line, parse_float=str, parse_int=str, parse_constant=_no_constant)
    except (ValueError, RecursionError) as exc:
        issue = _refused(
            number, "is not JSON ({reason})", line, "write one object a line", reason=str(exc)[:120]
        )
        return Row(number, {}, (issue,))
    if not isinstance(value, dict):
        return Row(number, {}, (_refused(number, "is {value}, not an object", line, "begin it with `{{`"),))
    return Row(number, dict(_flatten(value, "", 0)))


def _refused(number: int, template: str, line: str, remedy: str, **fields: object) -> Any:
    return fault(number, "", template, line.strip(), remedy, **fields)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _flatten(value: object, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """The leaves with their paths; null and empty text are left out, what is too deep stays JSON."""
    if value is None or value == "":
        return
    if isinstance(value, (dict, list)) and depth >= _DEPTH:
        yield path, json.dumps(value, ensure_ascii=False)
    elif isinstance(value, dict):
        for name, part in value.items():
            place = f"{path}.{name}" if path else name
            if type(part) is not str:
                yield from _flatten(part, place, depth + 1)
            elif text := part.strip():
                yield place, text
    elif isinstance(value, list):
        for position, part in enumerate(value):
            yield from _flatten(part, f"{path}[{position}]", depth + 1)
    elif text := _text(value):
        yield path, text


def _text(value: object) -> str:
    return str(value).strip() if not isinstance(value, bool) else str(value).lower()
