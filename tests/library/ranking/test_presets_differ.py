"""The presets are six different things: over one made society each is best at what it is for. `make evaluate`
prints that, and what attackers gain, the same on every machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from knowchain.ranking.presets import PRESETS

ROOT = Path(__file__).parents[3]


def evaluated(*words: str, seed: str = "0") -> str:
    """What a process of its own prints; strings hash by ``seed`` in it."""
    environment = {name: value for name, value in os.environ.items() if name != "KNOWCHAIN_DATA"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.evaluate", "--made", *words],
        cwd=ROOT,
        env=environment | {"PYTHONHASHSEED": seed},
        capture_output=True,
        timeout=200,
        check=True,
    )
    return done.stdout.decode("utf-8")


@pytest.fixture(scope="module")
def society() -> Any:
    return json.loads(evaluated("--part", "presets", "--json"))["a made society"]


@pytest.fixture(scope="module")
def figures(society: Any) -> Any:
    return society["presets"]


def test_no_two_presets_fill_a_page_with_the_same(society: Any) -> None:
    for one, other in combinations(PRESETS, 2):
        assert society["alike"][one][other] <= 0.6, (one, other)


def best(figures: Any, measure: str, *, least: bool = False) -> str:
    """The one preset that has the most of something."""
    values = {name: each["signals"].get(measure, each.get(measure)) for name, each in figures.items()}
    name = min(values, key=values.__getitem__) if least else max(values, key=values.__getitem__)
    assert list(values.values()).count(values[name]) == 1, values
    return name


@pytest.mark.parametrize(
    ("measure", "least", "name"),
    [
        ("trust", False, "balanced"),
        ("unordered", True, "chronological"),
        ("days", True, "chronological"),
        ("provenance", False, "scholarship"),
        ("contribution", False, "scholarship"),
        ("axis.truth", False, "scholarship"),
        ("per_hundred", False, "small-languages"),
        ("rare", False, "small-languages"),
        ("languages", True, "small-languages"),
        ("outward", False, "wide"),
    ],
)
def test_each_preset_is_best_at_what_it_is_for(figures: Any, measure: str, least: bool, name: str) -> None:
    assert best(figures, measure, least=least) == name


def test_chronological_is_in_the_order_of_time_for_everybody(figures: Any) -> None:
    assert figures["chronological"]["unordered"] == 0
    assert figures["chronological"]["alike"] == 1


def test_plain_knows_nothing_of_the_reader_and_finds_the_better_sourced(figures: Any) -> None:
    alike = {name for name, each in figures.items() if each["alike"] == 1}
    assert alike == {"chronological", "plain"}
    sourced = {name: figures[name]["signals"]["provenance"] for name in alike}
    assert sourced["plain"] > sourced["chronological"] + 0.2


def test_every_preset_that_trusts_finds_more_of_what_is_good_than_time_does(figures: Any) -> None:
    for name in set(PRESETS) - {"chronological", "plain"}:
        assert figures[name]["ndcg"] > 2 * figures["chronological"]["ndcg"], name


def test_attacks_are_measured_and_printed_the_same_whatever_the_process() -> None:
    words = ("--part", "attacks", "--scale", "0.1", "--most", "100")
    found = json.loads(evaluated(*words, "--json", seed="1"))["a made society"]["gains"]
    printed = evaluated(*words, seed="2")
    after = {(each["attack"], each["profile"]): each["after"]["share"] for each in found}
    sybils = "100 sybils behind one fooled key"
    assert after[sybils, "most heads"] > 0.5, "an undefended feed is theirs"
    for name in ("balanced", "scholarship", "small-languages", "bridging"):
        assert after[sybils, name] <= 0.1, name
    for each in found:
        cell = f"{100 * each['before']['share']:.1f} → {100 * each['after']['share']:.1f}"
        assert any(cell in line for line in printed.splitlines() if line.startswith(each["attack"]))
        if each["attack"].endswith("then revoked"):
            assert each["after"]["share"] == 0
