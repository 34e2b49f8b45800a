"""Viewpoint groups in another language, from docs/spec/groups.md alone: the same parts."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from groups_vectors import answered
from ranking_worlds import rid

Run = Callable[[Path], subprocess.CompletedProcess[str]]


def drawn(seed: int) -> dict[str, Any]:
    """People of up to four tastes, who judge by them more or less; and what groups they make."""
    chance = random.Random(f"groups {seed}")
    people, works = chance.choice([3, 4, 6, 12, 25, 40]), chance.choice([2, 5, 9, 16, 33])
    tastes = [[chance.choice((-1, 1)) for _ in range(works)] for _ in range(chance.randint(1, 4))]
    slips, share = chance.choice([0, 0.1, 0.3, 0.5]), chance.choice([0.2, 0.5, 0.9, 1])

    def judged(x: int) -> int | None:
        if chance.random() >= share:
            return None
        return chance.choice((-x, 0, 0)) if chance.random() < slips else x

    case: dict[str, Any] = {
        "name": f"seed {seed}",
        "people": [str(rid("person", number)) for number in range(people)],
        "weights": [chance.choice([1, 3, 40, 255, 255]) for _ in range(people)],
        "works": [str(rid("work", number)) for number in range(works)],
        "judgements": [[judged(x) for x in tastes[number % len(tastes)]] for number in range(people)],
        "judgements-least": chance.choice([1, 2, 5]),
        "asked-groups": chance.choice([0, 0, 0, 0, 1, 2, 3, 4, 5]),
    }
    return {**case, **answered(case)}


def hold_to_drawn(folder: Path, run: Run, seeds: Sequence[int]) -> None:
    """Draw judgements, and hold the engine to the groups that plain integers find."""
    cases = [drawn(seed) for seed in seeds]
    assert {len(case["groups"]) for case in cases} == {0, 1, 2, 3, 4, 5}
    (folder / "groups.json").write_text(json.dumps({"cases": cases}), encoding="utf-8")
    done = run(folder)
    assert (done.returncode, done.stdout) == (0, f"groups {len(seeds)}\n"), done.stdout + done.stderr


def test_drawn_judgements_make_the_same_groups_in_another_language(run: Run, tmp_path: Path) -> None:
    hold_to_drawn(tmp_path, run, range(60))


@pytest.mark.slow
def test_thousands_of_drawn_judgements_make_the_same_groups(run: Run, tmp_path: Path) -> None:
    hold_to_drawn(tmp_path, run, range(1_000, 4_000))
