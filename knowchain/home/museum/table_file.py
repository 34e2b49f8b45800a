"""A table on the disk: opened, unpacked if it is compressed, and given the map that fits it."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from knowchain.archive.tables import (
    Row,
    Table,
    TableMap,
    builtin_map,
    check_columns,
    open_table,
    read_map,
    shipped_map,
    shipped_maps,
)
from knowchain.archive.tables.row import column_of
from knowchain.errors import InvalidValue
from knowchain.home.given_files import open_given

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["TableFile", "map_named", "opened"]

_SAMPLE: Final = 200
"""Rows that tell which columns a table of JSON lines has."""
_LONGEST_MAP: Final = 2**20
_OTHER_FORMATS: Final = {
    b"PK\x03\x04": "a workbook (.xlsx, .ods) or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "a workbook (.xls) or a document of old Office programs",
    b"%PDF": "a PDF",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLite f": "a database",
}
"""By their first bytes."""


class TableFile(NamedTuple):
    """An open table."""

    rows: Iterator[Row]
    columns: tuple[str, ...]
    size: int
    """Bytes of the file."""
    place: _Counted

    @property
    def done(self) -> int:
        """Bytes of the file that are read."""
        return self.place.count


class _Counted(io.RawIOBase):
    """A file that counts what was read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.count = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read, and count."""
        view = memoryview(buffer).cast("B")
        data = self._file.read(len(view))
        view[: len(data)] = data
        self.count += len(data)
        return len(data)


@contextmanager
def opened(path: Path) -> Iterator[TableFile]:
    """Open a table; gzip is unpacked on the way.

    Raises:
        InvalidValue: there is none, it can't be read, or it is no table. Whatever makes the rest of it
            unreadable is raised by ``rows``.
    """
    with open_given(path, "--metadata") as file:
        counted = _Counted(file)
        source = io.BufferedReader(counted, 2**16)
        name = path.name
        head = source.peek(8)[:8]
        _refuse_other_formats(path, head)
        packed = head.startswith(b"\x1f\x8b")
        if packed:
            name = name.removesuffix(".gz").removesuffix(".GZ")
        with _damage_named(path):
            stream = io.BufferedReader(gzip.GzipFile(fileobj=source)) if packed else source
            table = open_table(stream, name)
            rows = _rows(table, path)
            first = list(islice(rows, _SAMPLE)) if not table.columns else []
        columns = table.columns or tuple(
            dict.fromkeys(column_of(name) for row in first for name in row.fields)
        )
        yield TableFile(chain(first, rows), columns, path.stat().st_size, counted)


def _refuse_other_formats(path: Path, head: bytes) -> None:
    """Name the usual mistakes: a workbook of a spreadsheet program, an archive, a page."""
    kind = next((kind for magic, kind in _OTHER_FORMATS.items() if head.startswith(magic)), None)
    if kind is not None:
        raise InvalidValue(
            "{field}: {value} is {kind}, not a table",
            field="--metadata",
            value=path,
            kind=kind,
            remedy="save the sheet as CSV (in UTF-8), and give that file",
        )


def _rows(table: Table, path: Path) -> Iterator[Row]:
    with _damage_named(path):
        yield from table.rows


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as exc:
        raise InvalidValue(
            "{field}: {value} can't be read to its end: {why}",
            field="--metadata",
            value=path,
            why=str(exc),
            remedy="bring it anew: it was cut off or damaged on its way",
        ) from exc


def map_named(name: str | None, table: TableFile, stated: Mapping[str, str]) -> tuple[TableMap, list[str]]:
    """The map for a table, and what there is to say of it.

    Args:
        name: a map file, or the name of a map that comes with the program; None for the header of bulk
            import and Dublin Core.
        stated: targets that hold in every row for which the table says nothing, such as ``access``.

    Raises:
        InvalidValue: a slip in the header, no map of that name, or nothing says who may see the works.
    """
    remarks: list[str] = []
    if name is None:
        found, slips = builtin_map(table.columns)
        if slips:
            raise slips[0]
        if not found.columns:
            raise InvalidValue(
                "none of the columns is known: {value}",
                field="--map",
                value=", ".join(table.columns),
                remedy="draft a map with `knowchain map suggest FILE`, look it over, and name it with --map",
            )
    else:
        found = read_map(_map_text(name), name)
        remarks += [str(each) for each in check_columns(found, table.columns)]
        if len(remarks) == len({*found.columns, *found.ignored}) > 0:
            raise InvalidValue(
                "the map {value} speaks of no column that this table has",
                field="--map",
                value=name,
                remedy="draft one with `knowchain map suggest FILE`",
            )
    defaults = {**found.defaults, **{each: text for each, text in stated.items() if text}}
    found = replace(found, defaults=defaults)
    _check_access(found)
    return found, remarks


def _check_access(found: TableMap) -> None:
    targets = {rule.to for rules in found.columns.values() for rule in rules}
    if "access" not in targets | {*found.constants, *found.defaults, *found.templates}:
        raise InvalidValue(
            "{field} is missing: who may see the works must be said",
            field="--access",
            remedy="add --access public, or --access metadata-only; or say it in a column or in the map",
        )


def _map_text(name: str) -> str:
    if name in shipped_maps():
        return shipped_map(name)
    path = Path(name)
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_MAP).decode("utf-8-sig")
    except OSError as exc:
        raise InvalidValue(
            "{field}: there is no map {value}",
            field="--map",
            value=name,
            remedy="name a file, or one of those that come with the program: {known}",
            known=", ".join(shipped_maps()),
        ) from exc
    except UnicodeDecodeError as exc:
        raise InvalidValue(
            "{field}: {value} is not UTF-8", field="--map", value=name, remedy="save it as UTF-8"
        ) from exc
