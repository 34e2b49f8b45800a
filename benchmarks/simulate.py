"""A community over a year, by each preset: ``python -m benchmarks.simulate`` (or ``make simulate``).

Who is seen, who stays, which languages live, and how contributions come and fade, if everybody reads by the
same preset. All of it is made, from a seed; docs/evaluation.md reads the figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict

from benchmarks.evaluation.community import Community, Month
from benchmarks.evaluation.measures import presets
from benchmarks.evaluation.tables import print_table

FIGURES: dict[str, Callable[[Month], str]] = {
    "People": lambda month: str(month.people),
    "Languages that somebody writes in": lambda month: str(month.languages),
    "People who write in the rarer half of languages": lambda month: str(month.rare),
    "Quality of what is shown, 0 to 3": lambda month: f"{month.found:.2f}",
    "Exposure over authors, Gini": lambda month: f"{month.authors:.2f}",
    "Places for those who came within three months": lambda month: f"{month.newcomers:.1%}",
    "Places for non-speakers' languages": lambda month: f"{month.beyond:.0%}",
    "People whose contribution counts": lambda month: str(month.earning),
    "Contribution of those who left, against when they left": lambda month: f"{month.faded:.2f}",
    "Places that languages are owed, by reader": lambda month: f"{month.owed:.1f}",
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulate", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the number of people (default 1)")
    parser.add_argument("--months", type=int, default=12, help="how many (default 12)")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins from (default 1)")
    parser.add_argument("--json", action="store_true", help="one JSON document and no tables")
    chosen = parser.parse_args(arguments)
    lived: dict[str, list[Month]] = {}
    for name, profile in presets().items():
        print(f"living by {name} …", file=sys.stderr, flush=True)
        community = Community(
            profile,
            people=max(20, int(120 * chosen.scale)),
            works=max(100, int(900 * chosen.scale)),
            seed=chosen.seed,
        )
        lived[name] = [community.live() for _ in range(chosen.months)]
    if chosen.json:
        json.dump(
            {name: [asdict(month) for month in months] for name, months in lived.items()},
            sys.stdout,
            indent=1,
        )
        print()
        return 0
    told = sorted({1, *range(3, chosen.months + 1, 3), chosen.months})
    for title, figure in FIGURES.items():
        rows = [[name, *(figure(months[at - 1]) for at in told)] for name, months in lived.items()]
        print_table(title, ["month", *map(str, told)], rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
