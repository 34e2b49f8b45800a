"""A home, and people who write into it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "search_index"))

from people_writing import Clock, Person

from knowchain.home import Home, begin


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(tmp_path: Path, clock: Clock) -> Iterator[Home]:
    begin(tmp_path / "home", name="Reader", recovery_file=tmp_path / "recovery.txt", clock=clock)
    with Home.open(tmp_path / "home", clock=clock) as opened:
        yield opened


@pytest.fixture
def mari(home: Home) -> Person:
    return Person(home, "Mari Ellis")


@pytest.fixture
def ifor(home: Home) -> Person:
    return Person(home, "Ifor Rees")
