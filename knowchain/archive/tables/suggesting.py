"""Drafting a map for a table nobody has described: by the names of its columns and what stands in them.

The draft works as it stands: values that a field can't hold go to ``source`` (``lenient``), and what is not
recognised is listed as a comment, to be mapped by somebody who knows the collection.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from knowchain.archive.tables.guesses import Column, Guess, guess
from knowchain.archive.tables.row import Row, column_of

__all__ = ["suggest"]

_SINGLE: Final = frozenset(["id", "kind", "date_display", "date_edtf", "custody", "spdx", "filename"])
"""Targets that one column only may fill; the best guess has it."""


def suggest(rows: Iterable[Row], name: str = "table") -> str:
    """Draft a map as TOML text from sample rows (a few hundred are enough)."""
    columns = _columns(rows)
    guesses = [(column, guess(column)) for column in columns]
    chosen = _choose(guesses)
    identity = _identity(columns, chosen)
    return _written(name, columns, chosen, identity)


def _columns(rows: Iterable[Row]) -> list[Column]:
    """The columns with their values, in the order in which they first stand."""
    found: dict[str, Column] = {}
    count = 0
    for row in rows:
        count += 1
        for name, text in row.fields.items():
            column = found.setdefault(column_of(name), Column(column_of(name)))
            column.values.append(text)
            column.in_rows.add(row.number)
    for column in found.values():
        column.rows = count
    return list(found.values())


@dataclass(slots=True)
class _Choice:
    column: Column
    guesses: list[Guess] = field(default_factory=list)


def _choose(guesses: Sequence[tuple[Column, list[Guess]]]) -> list[_Choice]:
    """Give each target that only one column may fill to the best guess."""
    best: dict[str, Column] = {}
    scores: dict[str, float] = {}
    for column, found in guesses:
        for one in found:
            key = _contested(column, one)
            if key and one.score > scores.get(key, 0.0):
                best[key], scores[key] = column, one.score
    return [
        _Choice(column, [kept for one in found if (kept := _kept(column, one, best))])
        for column, found in guesses
    ]


def _kept(column: Column, one: Guess, best: dict[str, Column]) -> Guess | None:
    """The guess, unless another column has its target; the name of a thing is then what it is about."""
    if best.get(_contested(column, one), column) is column:
        return one
    return Guess("subject", one.score) if one.key == "title" else None


def _contested(column: Column, one: Guess) -> str:
    """What only one column may have: a single target, or the name of one entry of a list; else empty."""
    if one.target == "creator" and "." in column.name:
        return f"creator of {column.name.rpartition('.')[0]}"
    return one.key if one.key in _SINGLE or one.key == "title" else ""


def _identity(columns: Sequence[Column], chosen: Sequence[_Choice]) -> str | None:
    """The column that identifies a row: the one that was guessed, else the first whose values all differ."""
    for choice in chosen:
        if any(one.target == "id" for one in choice.guesses):
            return choice.column.name
    fitting = (c for c in columns if c.is_unique and "[" not in c.name and max(map(len, c.values)) <= 120)
    return next((column.name for column in fitting), None)


def _written(name: str, columns: Sequence[Column], chosen: Sequence[_Choice], identity: str | None) -> str:
    mapped = [choice for choice in chosen if choice.guesses or choice.column.name == identity]
    lines = [
        f"# A draft for {_comment(name)}, to be checked by somebody who knows the collection.",
        "",
        "[columns]",
    ]
    for choice in mapped:
        rules = [one.rule for one in choice.guesses if one.target != "id"]
        rules += ['"id"'] if choice.column.name == identity else []
        shown = rules[0] if len(rules) == 1 else f"[{', '.join(rules)}]"
        lines.append(f"{_key(choice.column.name)} = {shown}")
    if identity is None:
        lines += ["", "# No column is different in every row: make an `id` out of several before publishing.",
                  "# [templates]", '# id = "{…}-{…}"']  # fmt: skip
    lines += ["", "[constants]", "# `public` publishes the files too", 'access = "metadata-only"']
    lines += ["", "[reading]", "# Windows’ quotation marks, read as control characters, are put right"]
    lines += ["windows_1252 = true"]
    lines += ["", "[defaults]", f'kind = "{_default_kind(chosen)}"', ""]
    unmapped = [column for column in columns if all(column is not choice.column for choice in mapped)]
    if unmapped:
        lines.append(
            "# Not recognised, and kept under `source`; to map one, move it to [columns] and name a target:"
        )
        lines += [
            f'# {_key(column.name)} = ""  # such as {_comment(column.values[0])}' for column in unmapped
        ]
    return "\n".join(lines).rstrip() + "\n"


def _default_kind(chosen: Sequence[_Choice]) -> str:
    """What most tables of this shape are lists of: pictures, things or texts."""
    targets = {one.target for choice in chosen for one in choice.guesses}
    names = " ".join(choice.column.words for choice in chosen)
    if "photo" in names:
        return "StillImage"
    if "extent" in targets and any(
        word in names for word in ("medium", "material", "dimension", "techni", "object")
    ):
        return "PhysicalObject"
    if any(word in names for word in ("author", "isbn", "pages", "publisher", "shelf", "auteur", "autor")):
        return "Text"
    return "PhysicalObject"


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in text)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
