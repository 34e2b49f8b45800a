"""Every signal at once: scoring against a bare matrix-vector product, whole feeds against a database's sort.

The world has as many evaluations as works, labels, uses, and two viewpoint groups; the profile weighs
twelve signals. Scoring takes every signal of every work at ever other moments to the scores; the yardstick
multiplies a matrix of as many columns of float32 by the weights and does nothing else. A whole feed scores,
drops, takes the best 50 and explains each with its grounds; DuckDB and polars, on one thread, take
twelve ready columns, sum them by their weights, sort, and explain nothing. Both sort whole, as "the same
weighted sort" says, and DuckDB once more with a limit of 50, which lets it keep a heap in place of a sort.
After a new record everything that rests on it is worked out anew before the feed.

Run with one thread for BLAS: OPENBLAS_NUM_THREADS=1 python -m benchmarks.signals
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median
from time import perf_counter

import duckdb
import numpy as np
import polars

from benchmarks.feed import DAY, LANGUAGES, NOW, SNAPSHOT, row, timed
from benchmarks.feed import made_world as plain_world
from benchmarks.report import Row, print_table
from knowchain.identifiers import record_id
from knowchain.ranking import Columns, Engine, Profile, Viewer, World
from knowchain.ranking.facts import Evaluation, Label, ViewpointGroup, Viewpoints

REPEATS = 31
AXES = ("truth", "beauty", "wisdom")
WEIGHTS = {
    "axis.beauty": 300,
    "axis.truth": 1000,
    "bridge": 1200,
    "contribution": 600,
    "fresh": 900,
    "label:spam": -3000,
    "lang_lift": 800,
    "novelty": 200,
    "outward": 400,
    "popularity": -100,
    "provenance": 700,
    "trust": 1500,
}


def made_world(works: int) -> World:
    """Works, and what a thousand people said of them."""
    world, chance = plain_world(works), random.Random(5)
    people = sorted({fact.author for fact in world.facts})
    names = [fact.id for fact in world.facts]
    evaluations = [
        Evaluation(
            record_id(b"evaluation %d" % n),
            chance.choice(people),
            names[chance.randrange(works)],
            NOW - chance.randrange(300 * DAY),
            chance.choice(AXES),
            chance.randint(-2, 2),
            (chance.choice(LANGUAGES),),
        )
        for n in range(works)
    ]
    labels = [
        Label(record_id(b"label %d" % n), people[0], names[chance.randrange(works)], NOW - DAY, "spam")
        for n in range(works // 100)
    ]
    groups = tuple(ViewpointGroup(tuple((who, 1000) for who in people[side::2]), 100) for side in (0, 1))
    return replace(
        world,
        facts=[fact._replace(uses=fact.sources) for fact in world.facts],
        evaluations=evaluations,
        labels=labels,
        viewpoints=[Viewpoints(record_id(b"viewpoints"), groups)],
    )


class Bench:
    """One world with one reader."""

    def __init__(self, works: int) -> None:
        self.world = made_world(works)
        self.columns = Columns.of(self.world)
        self.engine = Engine(self.columns)
        reader = self.world.facts[0].author
        people = sorted({fact.author for fact in self.world.facts})
        self.profile = Profile(
            name="all", weights=WEIGHTS, langs=("en",), labelers=(people[0],), groups=record_id(b"viewpoints")
        )
        self.viewer = Viewer(me=reader, languages=(LANGUAGES[0],))
        self._moments: Iterator[int] = iter(range(NOW, NOW + 10**9, 1000))
        self._added = iter(range(10**9))
        self._people = people

    def rank(self) -> None:
        """Every work of another moment."""
        self.engine.rank(self.profile, self.viewer, as_of=next(self._moments), snapshot=SNAPSHOT)

    def feed(self) -> None:
        """A feed of 50 of another moment."""
        moment = next(self._moments)
        ranking = self.engine.rank(self.profile, self.viewer, as_of=moment, snapshot=SNAPSHOT)
        assert len(ranking.feed(50).items) == 50

    def one_more(self) -> None:
        """A new work and a new evaluation, then a feed."""
        number = next(self._added)
        new = record_id(b"new evaluation %d" % number)
        subject = self.world.facts[number % len(self.world.facts)].id
        who = self._people[number % len(self._people)]
        self.columns.put_evaluation(new, [Evaluation(new, who, subject, NOW - 5, "truth", 1, ("cy",))])
        fact = self.world.facts[-1]._replace(id=record_id(b"new work %d" % number), time=NOW - 5)
        self.columns.put(fact)
        self.feed()


def measured(tasks: dict[str, Callable[[], object]], repeats: int = REPEATS) -> dict[str, float]:
    """Medians of processor seconds, the tasks in turn."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for task in tasks.values():
        task()
    for _ in range(repeats):
        for name, task in tasks.items():
            times[name].append(timed(task))
    return {name: median(each) for name, each in times.items()}


def scoring(bench: Bench, works: int) -> list[Row]:
    """Scoring beside a matrix-vector product; and a feed after a new record beside building the columns."""
    matrix = np.random.default_rng(2).random((works, len(WEIGHTS)), dtype=np.float32)
    weights = np.ones(len(WEIGHTS), np.float32)
    found = measured({"scores": bench.rank, "bare": lambda: matrix @ weights})
    start = perf_counter()
    Columns.of(bench.world)
    built = perf_counter() - start
    after = measured({"one more": bench.one_more}, 9)["one more"]
    name = f"signals: {len(WEIGHTS)} signals of {works:,}"
    return [
        row(f"{name}, dropped, sourced, scored / float32 matrix · vector", found["scores"], found["bare"], 3),
        row(f"{name}, feed after a new work and evaluation / columns built", after, built, 0.05),
    ]


def against_databases(bench: Bench, works: int) -> list[Row]:
    """A whole feed beside a sort of ready columns."""
    names = ", ".join(f"s{n} bigint" for n in range(len(WEIGHTS)))
    values = ", ".join(f"(hash(range + {n} * 1000003) % 65536)::bigint" for n in range(len(WEIGHTS)))
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(f"create table works (id bigint, salt bigint, {names})")
    connection.execute(
        f"insert into works select range, (hash(range) >> 2)::bigint, {values} from range({works})"
    )
    summed = " + ".join(f"{weight} * s{n}" for n, weight in enumerate(WEIGHTS.values()))
    query = f"select id, {summed} as score from works order by score desc, salt"
    columns = connection.execute("select * from works").fetchnumpy()
    frame = polars.DataFrame({name: np.asarray(column) for name, column in columns.items()})
    score = sum(
        (polars.col(f"s{n}") * weight for n, weight in enumerate(WEIGHTS.values())), polars.lit(0)
    ).alias("score")
    in_order = frame.lazy().select("id", "salt", score).sort(["score", "salt"], descending=[True, False])
    # The databases work in threads of their own, so that the wall's clock has to do.
    found = walled(
        {
            "feed": bench.feed,
            "duckdb": lambda: connection.execute(query).fetchmany(50),
            "duckdb limit": lambda: connection.execute(query + " limit 50").fetchall(),
            "polars": lambda: in_order.collect().head(50),
        }
    )
    name = f"signals: feed of 50 of {works:,}, explained"
    return [
        row(f"{name} / DuckDB's weighted sort", found["feed"], found["duckdb"], 0.2),
        row(f"{name} / DuckDB's weighted sort, limit 50", found["feed"], found["duckdb limit"], 0.2),
        row(f"{name} / polars' weighted sort", found["feed"], found["polars"], 0.2),
    ]


def walled(tasks: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Medians of seconds on the wall, the tasks in turn."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for task in tasks.values():
        task()
    for _ in range(REPEATS):
        for name, task in tasks.items():
            start = perf_counter()
            task()
            times[name].append(perf_counter() - start)
    return {name: median(each) for name, each in times.items()}


def rows(scale: float = 1.0) -> list[Row]:
    """10^5 and 10^6 works at ``scale`` 1."""
    works = max(5_000, int(100_000 * scale))
    bench = Bench(works)
    found = against_databases(bench, works) + scoring(bench, works)
    many = max(10_000, int(1_000_000 * scale))
    return found + scoring(Bench(many), many)


if __name__ == "__main__":
    print_table(rows())
