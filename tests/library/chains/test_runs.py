"""Runs: ancestry in a chain with many forks, more than are remembered at once."""

from __future__ import annotations

import random

from knowchain.chains import Place, Run, Runs
from knowchain.identifiers import record_id

AUTHOR = record_id(b"author")


def runs_of(parents: dict[int, tuple[tuple[int, int], ...]], length: int = 3) -> Runs:
    listed = []
    for run, places in parents.items():
        start = 1 + max((seq for _, seq in places), default=-1)
        listed.append(Run(run, AUTHOR, start, start + length - 1, tuple(Place(*place) for place in places)))
    return Runs(listed)


def test_a_run_covers_its_own_past() -> None:
    runs = runs_of({0: ()})
    assert runs.covers(Place(0, 2), Place(0, 2))
    assert runs.covers(Place(0, 2), Place(0, 0))
    assert not runs.covers(Place(0, 1), Place(0, 2))
    assert runs.before(0) == {}


def test_a_fork_covers_what_lies_before_it() -> None:
    runs = runs_of({0: (), 1: ((0, 1),)})
    assert runs.covers(Place(1, 2), Place(0, 1))
    assert not runs.covers(Place(1, 2), Place(0, 2))
    assert not runs.covers(Place(0, 2), Place(1, 2))


def test_a_merge_covers_the_furthest_of_every_way() -> None:
    runs = runs_of({0: (), 1: ((0, 0),), 2: ((1, 3), (0, 2))})
    assert runs.before(2) == {0: 2, 1: 3}
    late_first = runs_of({0: (), 1: ((0, 0),), 2: ((0, 2), (1, 3))})
    assert late_first.before(2) == {0: 2, 1: 3}


def test_more_forks_than_are_remembered_are_answered_alike() -> None:
    rnd = random.Random(5)
    parents: dict[int, tuple[tuple[int, int], ...]] = {0: ()}
    for run in range(1, 400):
        chosen = rnd.sample(range(run), min(run, rnd.choice((1, 1, 2))))
        starts = runs_of(parents)
        parents[run] = tuple((one, rnd.randint(starts[one].start, starts[one].end)) for one in sorted(chosen))
    runs, reach = runs_of(parents), dict[int, dict[int, int]]()
    for run, places in parents.items():
        reach[run] = {}
        for one, seq in places:
            for earlier, end in [*reach[one].items(), (one, seq)]:
                reach[run][earlier] = max(end, reach[run].get(earlier, -1))
    for _ in range(2):
        assert {run: runs.before(run) for run in parents} == reach
    assert len(runs._reach) <= 256
    assert len(runs) == 400
    assert len(list(runs)) == 400
