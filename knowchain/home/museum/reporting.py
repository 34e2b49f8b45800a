"""What there is to say of an import: every row's problems in a file, and the same in short for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from knowchain.errors import StorageFault
from knowchain.home.museum.plans import Problem

__all__ = ["Report", "Tally"]

_TALLIES: Final = 200
"""Kinds of problems that are counted apart; the rest is one."""
_ROWS_SHOWN: Final = 5
_OTHERS: Final = "other"


@dataclass
class Tally:
    """How often one kind of problem was found.

    Attributes:
        example: the message for the first row that had it.
        rows: the first rows that had it.
    """

    severity: str
    column: str
    example: str
    remedy: str
    count: int = 0
    rows: list[int] = field(default_factory=list)


class Report:
    """Problems, written down as they come: after Ctrl-C the file says what was found so far.

    Args:
        path: JSON lines, one object for each problem and a summary at the end; beside it, with ``.txt`` added
            to its name, the summary for people. None for no file.

    Raises:
        StorageFault: it can't be written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path: Final = path
        self._tallies: dict[tuple[str, str, str], Tally] = {}
        self._file: TextIO | None = None
        if path is not None:
            try:
                self._file = path.open("w", encoding="utf-8")
            except OSError as exc:
                raise _not_written(path, exc) from exc

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """The kinds of problems, errors first, the most frequent first."""
        return tuple(sorted(self._tallies.values(), key=lambda each: (each.severity, -each.count)))

    def add(self, problem: Problem) -> None:
        """Write down a problem."""
        self._write(problem._asdict())
        key = (problem.severity, problem.column, problem.remedy)
        if key not in self._tallies and len(self._tallies) >= _TALLIES:
            key = (problem.severity, _OTHERS, "")
        tally = self._tallies.setdefault(
            key, Tally(problem.severity, key[1], problem.message, problem.remedy)
        )
        tally.count += 1
        if len(tally.rows) < _ROWS_SHOWN:
            tally.rows.append(problem.row)

    def conclude(self, summary: Mapping[str, object], lines: list[str]) -> None:
        """Write the end of the file, and the page for people."""
        self._write({"summary": dict(summary)})
        if self.path is None:
            return
        page = self.path.with_name(self.path.name + ".txt")
        try:
            page.write_text("\n".join([*lines, "", *self.told()]) + "\n", encoding="utf-8")
        except OSError as exc:
            raise _not_written(page, exc) from exc

    def told(self) -> list[str]:
        """The kinds of problems in words."""
        lines = []
        for tally in self.tallies:
            rows = ", ".join(map(str, tally.rows)) + (", …" if tally.count > len(tally.rows) else "")
            lines.append(f"{tally.severity}, {tally.count} times (rows {rows}): {tally.example}")
            if tally.remedy:
                lines.append(f"    {tally.remedy}")
        return lines

    def _write(self, line: Mapping[str, object]) -> None:
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as exc:
            assert self.path is not None
            raise _not_written(self.path, exc) from exc


def _not_written(path: Path, exc: OSError) -> StorageFault:
    return StorageFault(
        "the report {path} can't be written: {why}",
        remedy="name another place with --report",
        path=path,
        why=exc.strerror or str(exc),
    )
