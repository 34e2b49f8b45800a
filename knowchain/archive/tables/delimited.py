"""Comma-, semicolon-, tab- and bar-separated tables, as catalogues export them (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final

from knowchain.archive.tables.row import Row, fault
from knowchain.errors import InvalidValue

__all__ = ["DELIMITERS", "as_row", "read_header", "read_rows", "sniff"]

DELIMITERS: Final = (",", ";", "\t", "|")
_SAMPLED: Final = 20


def sniff(head: str, complete: bool) -> str:
    """The delimiter that cuts the first rows most evenly into most cells; a comma if there is one column.

    Args:
        complete: whether ``head`` is the whole table; else its last row may be cut off and is not counted.
    """
    return max(DELIMITERS, key=lambda delimiter: _evenness(head, delimiter, complete))


def _evenness(head: str, delimiter: str, complete: bool) -> tuple[float, int]:
    try:
        rows = [row for row in _sample(head, delimiter) if any(row)]
    except csv.Error:
        return 0.0, 0
    rows = rows if complete or len(rows) < 2 or len(rows) == _SAMPLED else rows[:-1]
    if not rows or len(rows[0]) < 2:
        return 0.0, 0
    width = len(rows[0])
    return sum(len(row) == width for row in rows) / len(rows), width


def _sample(head: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    return [row for row, _ in zip(reader, range(_SAMPLED), strict=False)]


def read_header(cells: list[str]) -> list[str]:
    """The names of the columns: trimmed, repeated ones numbered, unnamed ones named by position.

    Raises:
        InvalidValue: there is no name at all.
    """
    names = [cell.strip().strip("\ufeff") for cell in cells]
    if not any(names):
        raise InvalidValue(
            "row 1: the table has no header",
            field="header",
            value=",".join(cells),
            remedy="write the names of the columns into the first row",
        )
    counts, seen = Counter(names), Counter[str]()
    header: list[str] = []
    for position, name in enumerate(names, 1):
        if not name:
            header.append(f"column {position}")
        elif counts[name] == 1:
            header.append(name)
        else:
            header.append(f"{name}[{seen[name]}]")
            seen[name] += 1
    return header


def read_rows(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    """The raw rows, header included.

    Raises:
        InvalidValue: the text is not in the encoding that its beginning promised, or not a table.
    """
    reader = csv.reader(lines, delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except UnicodeDecodeError as exc:
            raise fault(
                number,
                "",
                "or below: the bytes {value} are not {encoding}",
                exc.object[exc.start : exc.end],
                "save the table as “CSV UTF-8”",
                encoding=exc.encoding,
            ) from exc
        except csv.Error as exc:
            raise fault(
                number,
                "",
                "can't be read as a table ({reason})",
                delimiter,
                "check that every quotation mark is closed and doubled inside a value",
                reason=str(exc),
            ) from exc
        yield cells


def as_row(number: int, header: list[str], cells: list[str]) -> Row:
    """One row by its columns; cells beyond the header are an issue, missing ones are empty."""
    values = [cell.strip() for cell in cells]
    fields = {name: value for name, value in zip(header, values, strict=False) if value}
    if not any(values[len(header) :]):
        return Row(number, fields)
    issue = fault(
        number,
        "",
        "has {count} cells, the header has {width}; the first too many is {value}",
        values[len(header)],
        "put a value that contains the delimiter into quotation marks",
        count=len(values),
        width=len(header),
    )
    return Row(number, fields, (issue,))
