"""Maps: drafted from a table, checked against one, listed and shown. None of it needs a home."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from knowchain.archive.tables import shipped_map, shipped_maps, suggest
from knowchain.home.museum.planning import Planner
from knowchain.home.museum.plans import Problem
from knowchain.home.museum.reporting import Report, Tally
from knowchain.home.museum.table_file import map_named, opened
from knowchain.identifiers import DAG_CBOR, RecordId, cid_of

__all__ = ["MapCheck", "check_map", "draft_map", "list_maps", "show_map"]

_SAMPLE: Final = 500
"""Rows that a draft is made from, and that a map is tried on."""
_NOBODY: Final = RecordId(cid_of(b"\xa0", DAG_CBOR))


@dataclass(frozen=True)
class MapCheck:
    """How a map does on the first rows of a table."""

    rows: int
    good: int
    remarks: tuple[str, ...]
    """Columns that the map names and the table lacks."""
    problems: tuple[Tally, ...]


def draft_map(table: str) -> str:
    """A map for a table, as TOML that works as it stands.

    Raises:
        InvalidValue: the table can't be read.
    """
    path = Path(table)
    with opened(path) as found:
        return suggest(islice(found.rows, _SAMPLE), path.name)


def check_map(name: str, table: str, *, access: str | None = None) -> MapCheck:
    """Try a map on the first rows of a table.

    Args:
        name: a map file, or one that comes with the program.
        access: who may see the works, where neither the map nor the table says it.

    Raises:
        InvalidValue: the map or the table can't be read, or the one isn't for the other.
    """
    with opened(Path(table)) as found:
        table_map, remarks = map_named(name, found, {"access": access or ""})
        planner, report = Planner(table_map, "trial", _NOBODY), Report(None)
        plans = planner.plan(islice(found.rows, _SAMPLE))
    problems: list[Problem] = [problem for plan in plans for problem in plan.problems]
    for problem in problems:
        report.add(problem)
    good = sum(plan.work is not None for plan in plans)
    return MapCheck(len(plans), good, tuple(remarks), report.tallies)


def list_maps() -> tuple[str, ...]:
    """The names of the maps that come with the program."""
    return shipped_maps()


def show_map(name: str) -> str:
    """The text of a map that comes with the program.

    Raises:
        NotFound: there is none of that name.
    """
    return shipped_map(name)
