"""A door whose clock is set by hand; the makers of vectors and of worlds are shared with their own tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
sys.path.append(str(TESTS / "vectors"))
sys.path.append(str(TESTS / "library" / "chains"))

from knowchain.admission import Admission, Parking  # noqa: E402
from knowchain.storage.store import RecordStore  # noqa: E402


@dataclass
class Clock:
    """Milliseconds that move when they are told to."""

    now: int = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    with RecordStore(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture
def door(store: RecordStore, clock: Clock) -> Iterator[Admission]:
    with Admission(store, network="main", clock=clock, parking=Parking()) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Admission]:
    """A door for many cases that leave each other alone."""
    with (
        RecordStore(tmp_path_factory.mktemp("store") / "store.db") as opened,
        Admission(opened, network="main", clock=lambda: 1) as door,
    ):
        yield door
