"""One row of somebody's table, and the fault that a reader finds in one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from knowchain.errors import InvalidValue

__all__ = ["Columns", "Row", "column_of", "fault", "mended"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number as a spreadsheet shows it (the header is row 1), and its cells.

    Attributes:
        number: 1-based; of JSON lines, the line.
        fields: text by column, without empty cells. A column that stands twice, or a list in JSON, is
            ``subject[0]``, ``subject[1]``; an object in JSON is addressed by dots: ``creator[0].name``.
        issues: what is wrong with the row as a row; it was read as far as possible.
    """

    number: int
    fields: Mapping[str, str]
    issues: tuple[InvalidValue, ...] = ()


_INDEX: Final = re.compile(r"\[\d+\]")


@lru_cache(maxsize=4_096)
def column_of(name: str) -> str:
    """The column without positions: ``creator[0].name`` belongs to ``creator[].name``."""
    return _INDEX.sub("[]", name) if "[" in name else name


class Columns:
    """The cells of a row by column; ``subject`` finds ``subject[0]`` and ``subject[1]`` too."""

    def __init__(self, row: Row) -> None:
        self._cells: dict[str, list[tuple[str, str]]] = {}
        for name, text in row.fields.items():
            self._cells.setdefault(column_of(name), []).append((name, text))

    def cells(self, column: str) -> list[tuple[str, str]]:
        """The (name, text) of every cell of ``column``, in the order of the row."""
        own = self._cells.get(column_of(column), [])
        if column != column_of(column):  # one place of a list, such as ``creator[0].name``
            return [(name, text) for name, text in own if name == column]
        return own + self._cells.get(f"{column}[]", [])


_WRONGLY_DECODED: Final = re.compile(r"[\x80-\x9f]")


def mended(row: Row) -> Row:
    """The row with the Windows-1252 characters that stand in it as control characters (’ as U+0092)."""
    fields = {
        name: text if text.isascii() else _WRONGLY_DECODED.sub(_as_windows, text)
        for name, text in row.fields.items()
    }
    return Row(row.number, fields, row.issues)


def _as_windows(match: re.Match[str]) -> str:
    return match[0].encode("latin-1").decode("cp1252", "replace")


def fault(row: int, column: str, template: str, value: object, remedy: str, **fields: object) -> InvalidValue:
    """An error that names row, column and remedy; ``template`` may use {value} and ``fields``."""
    where = "row {row}, column {field}: " if column else "row {row}: "
    return InvalidValue(where + template, field=column, value=value, remedy=remedy, row=row, **fields)
