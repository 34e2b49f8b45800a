"""Trust on 10^5 nodes and 10^6 edges, against a scipy power iteration of as many rounds; and sybils.

Run: python -m benchmarks.trust (the sybils need KNOWCHAIN_DATA)
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from benchmarks.report import Row, print_table
from knowchain.trust import ROUNDS, TOTAL, TrustGraph

REPEATS = 7
SYBILS = 10_000
Edges = dict[tuple[bytes, bytes], int]


def random_graph(nodes: int, edges: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Distinct random edges without loops."""
    drawn = np.random.default_rng(3).integers(0, nodes, (2, edges + edges // 10))
    keys = np.unique(drawn[0] * nodes + drawn[1])
    np.random.default_rng(4).shuffle(keys)
    source, target = keys // nodes, keys % nodes
    keep = np.flatnonzero(source != target)[:edges]
    return source[keep], target[keep]


def transition(nodes: int, source: npt.NDArray[Any], target: npt.NDArray[Any]) -> sparse.csr_matrix:
    """The column-stochastic matrix of a graph, as scipy holds it."""
    degree = np.maximum(np.bincount(source, minlength=nodes), 1)
    return sparse.csr_matrix((1 / degree[source], (target, source)), shape=(nodes, nodes))


def iterated(matrix: sparse.csr_matrix, start: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The yardstick: personalised PageRank in floats."""
    held = start
    for _ in range(ROUNDS):
        held = 0.85 * (matrix @ held)
        held += (1 - held.sum()) * start
    return held


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of one run."""
    start = thread_time()
    work()
    return thread_time() - start


def speed(scale: float) -> list[Row]:
    """Both ways over one graph, unweighted, weighted with blocks, and with changes beside it."""
    nodes, edges = max(100, int(100_000 * scale)), max(500, int(1_000_000 * scale))
    source, target = random_graph(nodes, edges)
    names = [n.to_bytes(4, "big") for n in range(nodes)]
    seeds = names[:5]
    plain = TrustGraph.from_arrays(names, source, target, np.ones(len(source), np.int64))
    rng = np.random.default_rng(5)
    weights = rng.integers(1, 256, len(source)) * rng.choice([1, 1, 1, 1, 1, 1, 1, 1, 1, -1], len(source))
    weighted = TrustGraph.from_arrays(names, source, target, weights)
    changed = TrustGraph.from_arrays(names, source, target, weights)
    for n in range(1_000):
        changed.set(names[n % nodes], names[(7 * n + 1) % nodes], 1 + n % 200)
    matrix = transition(nodes, source, target)
    start = np.zeros(nodes)
    start[:5] = 0.2
    kinds = {"unweighted": plain, "weighted, 10 % blocks": weighted, "with 1,000 changes beside": changed}
    yard: list[float] = []
    ours: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(REPEATS):
        yard.append(timed(lambda: iterated(matrix, start)))
        for kind, graph in kinds.items():
            ours[kind].append(timed(lambda graph=graph: graph.trust(seeds)))  # type: ignore[misc]
    found = plain.trust(seeds).mass / TOTAL
    assert float(abs(found - iterated(matrix, start)).sum()) < 1e-4
    return [
        Row(
            f"trust: {kind} / scipy",
            median(times) * 1e3,
            median(yard) * 1e3,
            median(times) / median(yard),
            "≤ 3 ×",
            median(times) <= 3 * median(yard),
            "ms",
        )
        for kind, times in ours.items()
    ]


def web_of_trust(folder: Path) -> Edges:
    """The certifications among Debian's keys."""
    with (folder / "debian-web-of-trust.csv").open(newline="") as lines:
        pairs = {(line["signer"].encode(), line["signed"].encode()) for line in csv.DictReader(lines)}
    return {pair: 1 for pair in pairs if pair[0] != pair[1]}


def global_share(edges: Edges) -> float:
    """What the sybils get of PageRank that starts everywhere."""
    names = sorted({name for pair in edges for name in pair})
    at = {name: place for place, name in enumerate(names)}
    source, target = (np.array([at[pair[side]] for pair in edges]) for side in (0, 1))
    everywhere = np.full(len(names), 1 / len(names))
    held = iterated(transition(len(names), source, target), everywhere)
    return float(sum(held[at[name]] for name in names if name.startswith(b"sybil")))


def sybils(folder: Path) -> list[Row]:
    """A ring of sybils, each certifying the next five, behind one fooled key of median mass."""
    edges = web_of_trust(folder)
    received = Counter(target for _, target in edges)
    seeds = sorted(received, key=lambda name: (-received[name], name))[:5]
    held = TrustGraph(edges).trust(seeds).masses()
    ranked = sorted(held, key=lambda name: (-held[name], name))
    fooled = ranked[len(ranked) // 2]
    attack = {
        (b"sybil%d" % n, b"sybil%d" % ((n + k) % SYBILS)): 1 for n in range(SYBILS) for k in range(1, 6)
    }
    attacked = edges | attack | {(fooled, b"sybil0"): 1}
    after = TrustGraph(attacked).trust(seeds).masses()
    gained = sum(mass for name, mass in after.items() if name.startswith(b"sybil")) / TOTAL
    everywhere = global_share(attacked)
    name = f"sybils: {SYBILS} behind one fooled key, share of mass / of global PageRank"
    return [Row(name, 100 * gained, 100 * everywhere, gained / everywhere, "≤ .03 %", gained <= 3e-4, "%")]


def rows(scale: float = 1.0) -> list[Row]:
    """The figures; ``scale`` shrinks the random graph."""
    folder = os.environ.get("KNOWCHAIN_DATA")
    if not folder or not (Path(folder) / "debian-web-of-trust.csv").exists():
        print("sybils: not measured; KNOWCHAIN_DATA names no folder with debian-web-of-trust.csv")
        return speed(scale)
    return speed(scale) + sybils(Path(folder))


if __name__ == "__main__":
    print_table(rows())
