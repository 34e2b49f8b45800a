"""The graph of trust, kept ready for computing: edges by target, changes beside them.

Exactness in int64: masses p are not negative and sum to M = 2^40, so p·85 < 2^47. With n < 2^31 nodes
a node's outgoing weight W ≤ 255·n, so 100·W < 2^46. The unit u = ⌊85·p / 100·W⌋ is at most p, since
W ≥ 1 where it counts; so the units of all nodes sum to at most M. What a target gains is a sum of
u·w over different nodes with |w| ≤ 255: every partial sum, in any order, lies within ±255·M < 2^48.
A change kept beside the sorted edges corrects a weight by at most 510, and these corrections lie
within ±510·M < 2^49 likewise. Nothing comes near 2^63.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from knowchain.errors import InvalidValue
from knowchain.trust.result import Trust
from knowchain.trust.terms import DAMPING, MAX_WEIGHT, ROUNDS, TOTAL, check_edge, start_order

_Ints: TypeAlias = npt.NDArray[np.int64]

_LEAST_MERGE: Final = 4_096
"""Changes that are kept beside the sorted edges before these are sorted anew, at least."""


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Edges by target, then source: a compressed sparse matrix, read by rows."""

    keys: _Ints
    """target · 2^32 + source, ascending; how one edge is found."""
    source: npt.NDArray[np.intp]
    weight: _Ints
    uniform: bool
    """All weights are 1, so that there is nothing to multiply."""
    targets: npt.NDArray[np.intp]
    """Each target once."""
    starts: npt.NDArray[np.intp]
    """Where the edges of each target begin."""

    @classmethod
    def of(cls, keys: _Ints, weight: _Ints) -> _Sorted:
        """From keys that ascend strictly."""
        target = (keys >> 32).astype(np.intp)
        first = np.ones(len(keys), bool)
        first[1:] = target[1:] != target[:-1]
        starts = np.flatnonzero(first)
        source = (keys & 0xFFFFFFFF).astype(np.intp)
        return cls(keys, source, weight, bool((weight == 1).all()), target[starts], starts)


class TrustGraph:
    """Weighted edges between identities, and the masses that follow from a reader's seeds.

    An edge with a positive weight trusts, one with a negative weight blocks; there is at most one
    from a node to another. Nodes are named by bytes (the id of an identity).

    Args:
        edges: weight by (source, target).

    Raises:
        InvalidValue: an edge from a node to itself, or a weight beyond ±255.
    """

    def __init__(self, edges: Mapping[tuple[bytes, bytes], int] | None = None) -> None:
        self._names: list[bytes] = []
        self._index: dict[bytes, int] = {}
        self._outgoing: _Ints = np.zeros(0, np.int64)
        self._changes: dict[int, int] = {}
        self._edges = 0
        self._sorted = _Sorted.of(np.zeros(0, np.int64), np.zeros(0, np.int64))
        if edges:
            self._load(edges)

    @classmethod
    def from_arrays(
        cls,
        names: Sequence[bytes],
        source: npt.NDArray[np.integer],
        target: npt.NDArray[np.integer],
        weight: npt.NDArray[np.integer],
    ) -> TrustGraph:
        """From columns, for a whole graph at once.

        Args:
            names: the nodes, each once; edges point at positions in it.
            source, target, weight: one entry an edge, no pair twice, no weight 0.

        Raises:
            InvalidValue: columns that break one of these rules.
        """
        graph = cls()
        for name in names:
            graph._place(name)
        keys = target.astype(np.int64) << 32 | source.astype(np.int64)
        order = np.argsort(keys, kind="stable")
        keys, weights = keys[order], weight[order].astype(np.int64)
        columns = (
            ("names", len(graph._names) == len(names), "names are given twice"),
            ("source", _within(source, len(names)), "a source is no position in the names"),
            ("target", _within(target, len(names)), "a target is no position in the names"),
            ("edge", not bool((source == target).any()), "an edge leads from a node to itself"),
            ("edge", bool((keys[1:] > keys[:-1]).all()), "an edge is given twice"),
            (
                "weight",
                bool(((weights != 0) & (abs(weights) <= MAX_WEIGHT)).all()),
                "a weight is 0 or beyond ±255",
            ),
        )
        for field, good, why in columns:
            if not good:
                raise InvalidValue("{why}", field=field, why=why, remedy="correct the columns of the graph")
        graph._adopt(keys, weights)
        return graph

    def __len__(self) -> int:
        """How many edges there are."""
        return self._edges

    def weight(self, source: bytes, target: bytes) -> int:
        """The weight of an edge; 0 where there is none."""
        places = self._index.get(source), self._index.get(target)
        if places[0] is None or places[1] is None:
            return 0
        key = places[1] << 32 | places[0]
        return self._changes.get(key, self._settled(key))

    def set(self, source: bytes, target: bytes, weight: int) -> None:
        """Set the weight of an edge; 0 removes it.

        Raises:
            InvalidValue: an edge from a node to itself, or a weight beyond ±255.
        """
        check_edge(source, target, weight)
        key = self._place(target) << 32 | self._place(source)
        settled = self._settled(key)
        before = self._changes.get(key, settled)
        if weight == settled:
            self._changes.pop(key, None)
        else:
            self._changes[key] = weight
        self._grow()
        self._outgoing[key & 0xFFFFFFFF] += abs(weight) - abs(before)
        self._edges += (weight != 0) - (before != 0)
        if len(self._changes) > max(_LEAST_MERGE, len(self._sorted.keys) // 16):
            self._merge()

    def trust(self, seeds: Iterable[bytes], blocked: Collection[bytes] = ()) -> Trust:
        """The masses that follow from these seeds.

        Args:
            seeds: whom the reader trusts to start with; they need no edges.
            blocked: whom the reader blocks: they never have mass, and pass none on.

        Raises:
            InvalidValue: no seed, or a seed that is blocked.
        """
        ordered = start_order(seeds, blocked)
        places = np.array([self._place(each) for each in ordered], np.intp)
        shut = np.array([self._index[each] for each in blocked if each in self._index], np.intp)
        self._grow()
        mass = self._computed(places, shut)
        return Trust(self._names[: len(mass)], self._index, mass)

    def _computed(self, seeds: npt.NDArray[np.intp], shut: npt.NDArray[np.intp]) -> _Ints:
        edges, nodes = self._sorted, len(self._names)
        # Nodes without edges pass nothing on: any divisor above their mass makes their unit 0.
        outgoing = self._outgoing[:nodes]
        divisor = np.where(outgoing > 0, DAMPING[1] * outgoing, np.int64(2**62))
        source, target, change = self._overlay()
        mass = _give_rest(np.zeros(nodes, np.int64), seeds)
        for _ in range(ROUNDS):
            unit = mass * DAMPING[0] // divisor
            flow = unit.take(edges.source)
            if not edges.uniform:
                flow *= edges.weight
            mass = np.zeros(nodes, np.int64)
            if len(flow):
                mass[edges.targets] = np.add.reduceat(flow, edges.starts)
            np.add.at(mass, target, unit[source] * change)
            np.maximum(mass, 0, out=mass)
            mass[shut] = 0
            _give_rest(mass, seeds)
        return mass

    def _overlay(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], _Ints]:
        """Sources, targets, and by how much the weights differ from the sorted edges."""
        keys = np.fromiter(self._changes.keys(), np.int64, len(self._changes))
        weights = np.fromiter(self._changes.values(), np.int64, len(self._changes))
        weights -= self._settled_all(keys)
        return (keys & 0xFFFFFFFF).astype(np.intp), (keys >> 32).astype(np.intp), weights

    def _settled_all(self, keys: _Ints) -> _Ints:
        edges = self._sorted
        if not len(edges.keys):
            return np.zeros(len(keys), np.int64)
        at = np.minimum(np.searchsorted(edges.keys, keys), len(edges.keys) - 1)
        return np.where(edges.keys[at] == keys, edges.weight[at], 0)

    def _settled(self, key: int) -> int:
        """The weight among the sorted edges."""
        keys = self._sorted.keys
        at = int(np.searchsorted(keys, key))
        return int(self._sorted.weight[at]) if at < len(keys) and keys[at] == key else 0

    def _merge(self) -> None:
        """Sort the changes in: linear in the edges, and rare."""
        changed = np.fromiter(self._changes.keys(), np.int64, len(self._changes))
        weights = np.fromiter(self._changes.values(), np.int64, len(self._changes))
        kept = ~np.isin(self._sorted.keys, changed)
        keys = np.concatenate((self._sorted.keys[kept], changed[weights != 0]))
        weights = np.concatenate((self._sorted.weight[kept], weights[weights != 0]))
        order = np.argsort(keys, kind="stable")
        self._adopt(keys[order], weights[order])

    def _load(self, edges: Mapping[tuple[bytes, bytes], int]) -> None:
        keys: list[int] = []
        weights: list[int] = []
        for (source, target), weight in edges.items():
            check_edge(source, target, weight)
            if weight:
                keys.append(self._place(target) << 32 | self._place(source))
                weights.append(weight)
        order = np.argsort(np.array(keys, np.int64), kind="stable")
        self._adopt(np.array(keys, np.int64)[order], np.array(weights, np.int64)[order])

    def _adopt(self, keys: _Ints, weights: _Ints) -> None:
        self._sorted = _Sorted.of(keys, weights)
        self._changes = {}
        self._edges = len(keys)
        self._outgoing = np.zeros(len(self._names), np.int64)
        np.add.at(self._outgoing, self._sorted.source, abs(weights))

    def _place(self, name: bytes) -> int:
        """The position of a node, made if it is new."""
        place = self._index.setdefault(name, len(self._names))
        if place == len(self._names):
            self._names.append(name)
        return place

    def _grow(self) -> None:
        missing = len(self._names) - len(self._outgoing)
        if missing > 0:
            room = max(missing, len(self._outgoing) // 8)
            self._outgoing = np.concatenate((self._outgoing, np.zeros(room, np.int64)))


def _give_rest(mass: _Ints, seeds: npt.NDArray[np.intp]) -> _Ints:
    """Give what is missing from the whole back to the seeds, odd units to the first of them."""
    share, odd = divmod(TOTAL - int(mass.sum()), len(seeds))
    mass[seeds] += share
    mass[seeds[:odd]] += 1
    return mass


def _within(places: npt.NDArray[np.integer], size: int) -> bool:
    return not len(places) or bool(places.min() >= 0 and places.max() < size)
