"""Viewpoint groups from 10^5 judgements, against numpy's singular value decomposition of the same table.

The yardstick decomposes the whole table in floats, once, on one thread, and finds no groups. Ours decides how
many there are, for which it looks at eight halves of the works, and gives each person their parts.

Run: python -m benchmarks.groups
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import random
from statistics import median
from time import thread_time

import numpy as np

from benchmarks.report import Row, print_table
from knowchain.identifiers import record_id
from knowchain.ranking.grouping import Judgements, grouped

REPEATS = 3


def made_judgements(people: int, works: int, each: int) -> Judgements:
    """Two camps, which agree on a third of the works; one judgement in five is a slip."""
    chance = random.Random(1)
    tastes = [[chance.choice((-1, 1)) for _ in range(works)] for _ in range(2)]
    tastes[1][::3] = tastes[0][::3]
    said = []
    for who in range(people):
        for what in chance.sample(range(works), each):
            value = tastes[who % 2][what]
            said.append(
                (
                    record_id(b"person %d" % who),
                    record_id(b"work %d" % what),
                    -value if chance.random() < 0.2 else value,
                )
            )
    return Judgements.of(said)


def rows(scale: float = 1.0) -> list[Row]:
    """At ``scale`` 1: 2,000 people, 1,000 works, 50 judgements each."""
    people = max(100, int(2_000 * scale))
    judgements = made_judgements(people, people // 2, 50)
    table = np.zeros((len(judgements.people), len(judgements.works)))
    table[judgements.person, judgements.work] = judgements.sign
    ours, yard = [], []
    for _ in range(REPEATS):
        start = thread_time()
        found = grouped(judgements)
        ours.append(thread_time() - start)
        start = thread_time()
        np.linalg.svd(table, full_matrices=False)
        yard.append(thread_time() - start)
    assert len(found.groups) == 2
    ratio = median(ours) / median(yard)
    name = f"groups: among {people:,} people, from {len(judgements):,} judgements / numpy's SVD of the table"
    return [Row(name, median(ours) * 1e3, median(yard) * 1e3, ratio, "≤ 3 ×", ratio <= 3, "ms")]


if __name__ == "__main__":
    print_table(rows())
