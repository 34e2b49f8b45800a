"""Which files of a folder the rows of a table name, told by a listing of the folder alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from knowchain.archive.tables.row import fault
from knowchain.errors import InvalidValue
from knowchain.records.bodies import file_paths
from knowchain.records.vocabulary.suggestions import nearest

__all__ = ["FolderMatch", "match_files"]


@dataclass(frozen=True)
class FolderMatch:
    """The outcome of holding the files that rows name against those that are there.

    Attributes:
        found: for each row, (path as the row writes it, path as the folder has it).
        extra: paths of the folder that no row names, sorted.
        issues: files that are missing, named twice, or outside the folder.
    """

    found: Mapping[int, Sequence[tuple[str, str]]] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    issues: tuple[InvalidValue, ...] = ()


def match_files(named: Iterable[tuple[int, str]], listing: Iterable[str]) -> FolderMatch:
    """Match files by path, compared in Unicode form C.

    Args:
        named: (row, path) for every file that a row names; backslashes are read as Windows means them.
        listing: the relative paths of the files in the folder, steps joined by ``/``.
    """
    there: dict[str, str] = {}
    for path in listing:
        there.setdefault(_form_c(path), path)
    by_case = {path.casefold(): path for path in there}
    found: dict[int, list[tuple[str, str]]] = {}
    owners: dict[str, int] = {}
    issues: list[InvalidValue] = []
    for row, path in named:
        try:
            wanted = file_paths.canonical(
                path.strip().replace("\\", "/").removeprefix("./"), field="filename"
            )
            _refuse_missing(row, path, wanted, there, by_case)
        except InvalidValue as exc:
            issues.append(_at(row, exc))
            continue
        if owners.setdefault(wanted, row) != row:
            issues.append(
                fault(row, "filename", "{value} is named by row {other} too", path, "name each file once",
                      other=owners[wanted])
            )  # fmt: skip
            continue
        found.setdefault(row, []).append((path, there[wanted]))
    extra = tuple(sorted(original for path, original in there.items() if path not in owners))
    return FolderMatch(found, extra, tuple(issues))


def _form_c(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _at(row: int, problem: InvalidValue) -> InvalidValue:
    """The problem with its row; one that knows its row already stays as it is."""
    if "row" in problem.fields:
        return problem
    value = problem.fields["value"]
    return fault(row, "filename", "{value} must be a relative path inside the folder", value, problem.remedy)


def _refuse_missing(
    row: int, path: str, wanted: str, there: Mapping[str, str], by_case: Mapping[str, str]
) -> None:
    if wanted in there:
        return
    near = by_case.get(wanted.casefold()) or nearest(wanted, there)
    remedy = "did you mean `{near}`" if near else "put the file into the folder, or correct the path"
    raise fault(row, "filename", "{value} is not in the folder", path, remedy, near=near or "")
