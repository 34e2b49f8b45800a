"""`make simulate` in small: a community lives by each preset, and chance begins from a seed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from knowchain.ranking.presets import PRESETS

ROOT = Path(__file__).parents[3]
MONTHS = 3


@pytest.fixture(scope="module")
def lived() -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.simulate", "--scale", "0.2", "--months", str(MONTHS), "--json"],
        cwd=ROOT,
        capture_output=True,
        timeout=200,
        check=True,
    )
    return json.loads(done.stdout)


def test_every_preset_lives_as_long_and_begins_with_the_same_people(lived: Any) -> None:
    assert set(lived) == set(PRESETS)
    assert {len(months) for months in lived.values()} == {MONTHS}
    assert len({months[0]["people"] for months in lived.values()}) == 1


def test_only_a_preset_that_calibrates_owes_languages_places(lived: Any) -> None:
    owing = {name for name, months in lived.items() if months[-1]["owed"] > 0}
    assert owing == {"small-languages"}


def test_what_is_shown_differs_by_preset(lived: Any) -> None:
    last = {name: months[-1] for name, months in lived.items()}
    assert last["scholarship"]["found"] > last["chronological"]["found"]
    assert last["small-languages"]["beyond"] > last["balanced"]["beyond"]
