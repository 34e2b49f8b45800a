"""The values that a map takes out of one row, by target, in the order of the columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from knowchain.archive.tables.mapping import Rule, TableMap
from knowchain.archive.tables.row import Columns, Row, column_of

__all__ = ["Cell", "Cells", "fill", "gather"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: its text, the column that it comes from ("" for a constant), and the rule that took it.

    ``position`` is the place in a list: values of ``creator[1].name`` and ``creator[1].role`` go together.
    """

    text: str
    column: str
    rule: Rule
    position: int = 0


@dataclass(slots=True)
class Cells:
    """The values of a row by target, and the cells that nobody asked for."""

    by_target: dict[str, list[Cell]] = field(default_factory=dict)
    unmapped: dict[str, str] = field(default_factory=dict)

    def all(self, target: str) -> list[Cell]:
        """Every value of ``target``."""
        return self.by_target.get(target, [])

    def first(self, target: str) -> Cell | None:
        """The first value of ``target``, or None."""
        return next(iter(self.all(target)), None)

    def text(self, target: str) -> str | None:
        """The first value's text, or None."""
        cell = self.first(target)
        return cell.text if cell else None

    def keep(self, cell: Cell) -> None:
        """Put a value that its target can't hold among those that nobody asked for."""
        self.by_target[cell.rule.to] = [other for other in self.all(cell.rule.to) if other is not cell]
        self.unmapped[cell.column or cell.rule.to] = cell.text


_FIRST_INDEX: Final = re.compile(r"\[(\d+)\]")
_BRACES: Final = re.compile(r"\{([^{}]+)\}")


def gather(table_map: TableMap, row: Row) -> Cells:
    """Apply the rules, templates and constants of a map to a row."""
    cells = Cells()
    columns = Columns(row)
    taken: set[str] = set()
    for column, rules in table_map.columns.items():
        for name, text in columns.cells(column):
            taken.add(name)
            for rule in rules:
                for cell in _values(rule, name, text):
                    cells.by_target.setdefault(rule.to, []).append(cell)
    for target, template in table_map.templates.items():
        used, filled = _filled(template, columns)
        taken |= used
        if filled is not None:
            cells.by_target[target] = [Cell(filled, "", Rule(target))]
    for target, text in table_map.constants.items():
        cells.by_target[target] = [Cell(text, "", Rule(target))]
    ignored = table_map.ignored
    cells.unmapped |= {
        name: text
        for name, text in row.fields.items()
        if name not in taken and name not in ignored and column_of(name) not in ignored
    }
    return cells


def fill(table_map: TableMap, cells: Cells) -> None:
    """Put the defaults of a map where the row has nothing that its target can hold."""
    for target, text in table_map.defaults.items():
        if not cells.all(target):
            cells.by_target[target] = [Cell(text, "", Rule(target))]


_BLOCKS: Final = frozenset(["description", "extent", "rights_note", "event_detail", "custody"])
"""Targets in whose text lines may break; others are one line."""


def _values(rule: Rule, column: str, text: str) -> Iterator[Cell]:
    parts = re.split(f"[{re.escape(rule.split)}]", text) if rule.split else [text]
    index = _FIRST_INDEX.search(column)
    for offset, part in enumerate(parts):
        value = part.strip() if rule.to in _BLOCKS else " ".join(part.split())
        value = rule.values.get(value, rule.values.get("*", value)) if rule.values else value
        if value:
            filled = rule.template.replace("{value}", value) if rule.template else value
            yield Cell(filled, column, rule, int(index[1]) if index else offset)


def _filled(template: str, columns: Columns) -> tuple[set[str], str | None]:
    """The template with the row's values; None if one of its columns is empty here."""
    names = set(_BRACES.findall(template))
    found = {name: next((text for _, text in columns.cells(name)), None) for name in names}
    if None in found.values():
        return names, None
    return names, _BRACES.sub(lambda match: found[match[1]] or "", template)
