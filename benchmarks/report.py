"""One figure of a benchmark, always beside a yardstick that was measured in the same run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure, its yardstick, and whether their ratio keeps to the target."""

    name: str
    value: float
    yardstick: float
    ratio: float
    target: str
    ok: bool
    unit: str = ""


def print_table(rows: Iterable[Row]) -> None:
    """Print rows as aligned text, one a line; a missed target is marked."""
    listed = list(rows)
    width = max((len(row.name) for row in listed), default=0)
    for row in listed:
        mark = "ok  " if row.ok else "MISS"
        print(
            f"{mark}  {row.name:<{width}}  {row.value:>14,.4g} {row.unit:<6} "
            f"yardstick {row.yardstick:>12,.4g}  ratio {row.ratio:>8.3f}  {row.target}"
        )
