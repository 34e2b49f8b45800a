"""Ancestry and the blast radius on a loaded store, against a plain breadth-first walk over integers.

The graph has 78,000 ancestors of one record, three or four sources each, among records of others. The
yardstick walks the same graph, as a dict of lists of integers that somebody has built for it already.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Row, print_table
from knowchain.identifiers import RecordId, record_id
from knowchain.provenance.blast import blast
from knowchain.provenance.relations import ANCESTRY, DEPENDENCE
from knowchain.storage.graph import Graph
from knowchain.storage.store import RecordStore

_RELATIONS = ("prov:wasDerivedFrom", "prov:wasQuotedFrom", "dcterms:isPartOf", "dcterms:rights", "kc:about")
_ROUNDS = 7


def fill(store: RecordStore, ancestors: int, others: int) -> tuple[RecordId, RecordId, dict[int, list[int]]]:
    """Write the graph into the tables of references, as so many records would; no more of them is read.

    Returns the newest record, the oldest one, and the graph of sources by number.
    """
    rnd = random.Random(7)
    total = ancestors + 1 + others
    numbers = list(range(1, total + 1))
    lineage = sorted(rnd.sample(numbers, ancestors + 1))
    sources: dict[int, list[int]] = {lineage[0]: []}
    refs: list[tuple[int, int, int]] = []
    for at, number in enumerate(lineage[1:], 1):
        found = {lineage[at - 1]}
        found |= {lineage[max(0, at - 1 - int(rnd.expovariate(1 / 2000)))] for _ in range(3)}
        sources[number] = sorted(found)
        refs += [(target, 1 + (target & 1), number) for target in found]
    apart = sorted(set(numbers) - set(lineage))
    refs += [(total + 1 + rnd.randrange(1 + others // 100), 3 + k, n) for n in apart for k in range(3)]
    with store.derive() as connection:
        connection.executemany("INSERT INTO relations VALUES (?, ?)", enumerate(_RELATIONS, 1))
        digests = ((n, record_id(b"%d" % n)[4:]) for n in range(1, total + others // 100 + 3))
        connection.executemany("INSERT INTO cids VALUES (?, ?)", digests)
        refs.sort(key=lambda ref: ref[2])  # by record: so they come
        for at in range(0, len(refs), 5000):
            connection.executemany(
                "INSERT OR IGNORE INTO refs VALUES (?, ?, ?)", sorted(refs[at : at + 5000])
            )
    return record_id(b"%d" % lineage[-1]), record_id(b"%d" % lineage[0]), sources


def walk(graph: dict[int, list[int]], start: int) -> int:
    """The yardstick: how many are reached."""
    seen, todo = {start}, deque([start])
    while todo:
        for node in graph.get(todo.popleft(), ()):
            if node not in seen:
                seen.add(node)
                todo.append(node)
    return len(seen) - 1


def turned(graph: dict[int, list[int]]) -> dict[int, list[int]]:
    """The same graph seen from the other side."""
    found: dict[int, list[int]] = {}
    for record, targets in graph.items():
        for target in targets:
            found.setdefault(target, []).append(record)
    return found


def interleaved(
    work: Callable[[], int], yardstick: Callable[[], int], expected: int
) -> tuple[float, float, float]:
    """(ratio, seconds, seconds of the yardstick), medians of rounds in turn."""
    ours, bare = [], []
    for _ in range(_ROUNDS):
        for times, run in ((bare, yardstick), (ours, work)):
            start = time.perf_counter()
            count = run()
            times.append(time.perf_counter() - start)
            assert count == expected, (count, expected)
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    return ratio, statistics.median(ours), statistics.median(bare)


def rows(scale: float = 1.0) -> list[Row]:
    """Ancestors counted and listed, and all that stands on the first record; ``scale`` 1 is full size."""
    ancestors, others = max(500, int(78_000 * scale)), max(1000, int(400_000 * scale))
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, RecordStore(Path(folder) / "graph.sqlite") as store:
        newest, oldest, graph = fill(store, ancestors, others)
        back = turned(graph)
        with store.snapshot() as reader:
            asked = Graph(reader)
            first, last = reader.row_id(oldest), reader.row_id(newest)
            assert first is not None
            assert last is not None

            def count() -> int:
                return asked.count_ancestors(newest, ANCESTRY)

            def listed() -> int:
                return len(list(asked.ancestors(newest, ANCESTRY)))

            def radius() -> int:
                found = blast([first], lambda level: asked.pointing_at(level, DEPENDENCE))
                return len(found.distance)

            name = f"{ancestors:,} ancestors among {ancestors + others:,}"
            for label, work, start, side, target in (
                (f"{name}, counted", count, last, graph, 4.0),
                (f"{name}, listed", listed, last, graph, 4.0),
                (f"{ancestors:,} in a blast radius, with distances", radius, first, back, 15.0),
            ):
                ratio, ours, bare = interleaved(work, lambda s=start, g=side: walk(g, s), ancestors)
                found.append(Row(label, ours * 1e3, bare * 1e3, ratio, f"<= {target}", ratio <= target, "ms"))
    return found


if __name__ == "__main__":
    print(f"SQLite {sqlite3.sqlite_version}", file=sys.stderr)
    print_table(rows(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
