"""Opening other people's tables: any delimiter, any of the usual encodings, a row at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from knowchain.archive.tables.delimited import as_row, read_header, read_rows, sniff
from knowchain.archive.tables.encoding import HEAD, Prepended, detect
from knowchain.archive.tables.jsonl import read_lines
from knowchain.archive.tables.row import Row
from knowchain.errors import InvalidValue

__all__ = ["Table", "open_table"]


@dataclass(frozen=True)
class Table:
    """A table that is being read.

    Attributes:
        columns: the header, for delimited tables; empty for JSON lines, whose columns show row by row.
        rows: an iterator that reads as it goes, so that a table of any size fits into memory.
    """

    columns: tuple[str, ...]
    rows: Iterator[Row]
    encoding: str
    delimiter: str | None


def open_table(stream: BinaryIO, name: str) -> Table:
    """Begin to read a table.

    Args:
        stream: its bytes; read forward only, in pieces, and not closed.
        name: the file's name; ``.jsonl``, ``.ndjson`` and ``.json`` are JSON lines, ``.tsv`` has tabs, any
            other is looked at.

    Raises:
        InvalidValue: it is empty, has no header, or isn't text. Faults of single rows are in
            ``Row.issues``; what makes the rest unreadable is raised by the iterator.
    """
    head = stream.read(HEAD)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\x00 \r\n\t"):
        raise InvalidValue(
            "{field}: {value} is empty",
            field="table",
            value=name,
            remedy="give a table with a header and rows",
        )
    encoding = detect(head)
    text = io.TextIOWrapper(io.BufferedReader(Prepended(head, stream)), encoding, newline="")
    if name.lower().endswith((".jsonl", ".ndjson", ".json")):
        return Table((), read_lines(text), encoding, None)
    sample = head.decode(encoding, "ignore")
    tabs = name.lower().endswith((".tsv", ".tab"))
    delimiter = "\t" if tabs else sniff(sample, complete=len(head) < HEAD)
    raw = read_rows(text, delimiter)
    header = read_header(next(raw))
    return Table(tuple(header), _numbered(raw, header), encoding, delimiter)


def _numbered(raw: Iterator[list[str]], header: list[str]) -> Iterator[Row]:
    for number, cells in enumerate(raw, 2):
        if any(cell.strip() for cell in cells):
            yield as_row(number, header, cells)
