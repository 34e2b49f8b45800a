"""Every benchmark in one table: ``python -m benchmarks [NAME …] [--scale FACTOR]``.

A module of this folder that has ``rows(scale)`` takes part; ``evaluate`` and ``simulate`` are no benchmarks.
Ratios are to a yardstick measured in the same run; a figure says nothing without it.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

from benchmarks.report import Row, print_table

NOT_BENCHMARKS = {"__main__", "evaluate", "evaluation", "report", "simulate"}


def names() -> list[str]:
    """The benchmarks of this folder: modules that have ``rows``."""
    found = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return sorted(name for name in found if name not in NOT_BENCHMARKS)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all by default")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the sizes (default 1)")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.names) - set(names()))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}: choose from {', '.join(names())}")
    rows: list[Row] = []
    for name in chosen.names or names():
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"benchmarks.{name}").rows(chosen.scale)
    print_table(rows)
    print(f"{sum(row.ok for row in rows)} of {len(rows)} targets kept")
    return 0


if __name__ == "__main__":
    sys.exit(main())
