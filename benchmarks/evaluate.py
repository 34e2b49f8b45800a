"""What the presets show, and what attackers gain: ``python -m benchmarks.evaluate`` (or ``make evaluate``).

Made societies, with seeds; and, where KNOWCHAIN_DATA names the folder with real material, the web of trust of
Debian's keys and the votes of vTaiwan. The same figures on every machine. docs/evaluation.md reads them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.evaluation import bridging, real_material
from benchmarks.evaluation.manipulation import Exposure, Gain, gains
from benchmarks.evaluation.measures import Measures, Reading, Shown, mean, overlap, presets
from benchmarks.evaluation.society import Society, made
from benchmarks.evaluation.tables import print_table

SYBILS = (10, 100, 1_000, 10_000)
PARTS = ("presets", "attacks")


def measured(society: Society, readers: int) -> tuple[dict[str, Measures], dict[str, dict[str, float]]]:
    """The figures of each preset; and how much of a page any two have in common."""
    reading = Reading(society, readers)
    shown = {name: reading.shown(profile) for name, profile in presets().items()}
    figures = {name: reading.measured(each) for name, each in shown.items()}
    return figures, {one: {other: _alike(shown[one], shown[other]) for other in shown} for one in shown}


def _alike(one: Sequence[Shown], other: Sequence[Shown]) -> float:
    return mean(overlap(mine.page, theirs.page) for mine, theirs in zip(one, other, strict=True))


def print_measures(title: str, figures: dict[str, Measures]) -> None:
    """One row for each figure, one column for each preset."""
    rows = [
        ("relevance found, nDCG@20", [f"{each.ndcg:.2f}" for each in figures.values()]),
        ("exposure over authors, Gini", [f"{each.authors:.2f}" for each in figures.values()]),
        ("exposure over languages, Gini", [f"{each.languages:.2f}" for each in figures.values()]),
        ("distance from the reader's languages", [f"{each.calibration:.2f}" for each in figures.values()]),
        ("languages in 100 items", [f"{each.per_hundred:.1f}" for each in figures.values()]),
        ("places for non-speakers' languages", [f"{each.beyond:.0%}" for each in figures.values()]),
        ("places for the rarer half of languages", [f"{each.rare:.0%}" for each in figures.values()]),
        ("two readers' pages alike", [f"{each.alike:.0%}" for each in figures.values()]),
        ("age, days, median", [f"{each.days:.1f}" for each in figures.values()]),
        ("neighbours not from newer to older", [f"{each.unordered:.0%}" for each in figures.values()]),
    ]
    for signal in next(iter(figures.values())).signals:
        rows.append((f"signal {signal}, mean", [f"{each.signals[signal]:.2f}" for each in figures.values()]))
    print_table(title, ["", *figures], [[name, *cells] for name, cells in rows])


def print_gains(title: str, found: Sequence[Gain]) -> None:
    """A row for each attack, a column for each profile: places before → after in per cent, the best one."""
    profiles = list(dict.fromkeys(gain.profile for gain in found))
    by_attack: dict[str, dict[str, Gain]] = {}
    for gain in found:
        by_attack.setdefault(gain.attack, {})[gain.profile] = gain
    rows = [
        [name, *(_cell(cells[profile].before, cells[profile].after) for profile in profiles)]
        for name, cells in by_attack.items()
    ]
    print_table(title, ["", *profiles], rows)


def _cell(before: Exposure, after: Exposure) -> str:
    best = "–" if after.best is None else f"#{after.best}"
    return f"{100 * before.share:.1f} → {100 * after.share:.1f} {best}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluate", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the sizes (default 1)")
    parser.add_argument("--json", action="store_true", help="one JSON document and no tables")
    parser.add_argument("--made", action="store_true", help="the made society alone")
    parser.add_argument(
        "--most", type=int, default=10_000, help="the most accounts or works that an attacker makes (10000)"
    )
    parser.add_argument("--part", choices=PARTS, help="presets or attacks alone")
    chosen = parser.parse_args(arguments)
    societies = {"a made society": made(people=int(300 * chosen.scale), works=int(3_000 * chosen.scale))}
    place = None if chosen.made else real_material.folder()
    if place is not None:
        societies["Debian's web of trust"] = real_material.debian(place, works=int(6_000 * chosen.scale))
    document: dict[str, Any] = {}
    for name, society in societies.items():
        document[name] = {}
        if chosen.part != "attacks":
            document[name] |= _presets(name, society, chosen.scale, quiet=chosen.json)
        if chosen.part != "presets":
            document[name] |= _attacks(name, society, chosen.scale, chosen.most, quiet=chosen.json)
    if place is not None and (place / bridging.VOTES).exists():
        document["vTaiwan"] = bridging.measured(place, quiet=chosen.json)
    elif not chosen.made and not chosen.json:
        print("\nKNOWCHAIN_DATA names no folder with real material: nothing was measured on it")
    if chosen.json:
        json.dump(document, sys.stdout, indent=1)
        print()
    return 0


def _presets(name: str, society: Society, scale: float, *, quiet: bool) -> dict[str, Any]:
    readers = _readers(scale)
    figures, alike = measured(society, readers)
    if not quiet:
        size = f"{len(society.members):,} people, {len(society.world.facts):,} works"
        print_measures(f"What the presets show: {name}, {size}, {readers} readers", figures)
        rows = [[one, *(f"{others[each]:.0%}" for each in alike)] for one, others in alike.items()]
        print_table("The part of a page that two presets share", ["", *alike], rows)
    return {"presets": {each: asdict(measures) for each, measures in figures.items()}, "alike": alike}


def _attacks(name: str, society: Society, scale: float, most: int, *, quiet: bool) -> dict[str, Any]:
    sybils = [each for each in SYBILS if each <= most]
    found = gains(society, readers=max(3, _readers(scale) // 2), sybils=sybils, flood=most)
    if not quiet:
        print_gains(
            f"What attackers gain: {name}. Their part of all places before → after, in per cent; their best "
            "place after",
            found,
        )
    return {"gains": [asdict(gain) for gain in found]}


def _readers(scale: float) -> int:
    return max(4, int(24 * min(scale, 1)))


if __name__ == "__main__":
    sys.exit(main())
