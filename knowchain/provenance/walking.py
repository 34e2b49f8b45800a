"""Walking a graph of references: breadth first, each node once, within bounds that are reported.

Ids exclude cycles, but not that a node is reached by exponentially many ways; and a hostile graph can be
as wide as it likes. So every walk keeps what it visited, and stops at a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Step", "Walk", "breadth_first"]

N = TypeVar("N", bound=Hashable)
E = TypeVar("E")
Step = tuple[E, N, bool]
"""An edge, the node that it leads to, and whether the walk goes on from there."""


@dataclass(slots=True)
class Walk(Generic[N, E]):
    """What a walk found."""

    distance: dict[N, int] = field(default_factory=dict)
    """Of every node reached, in the order of reaching; the starts have 0."""
    edges: list[E] = field(default_factory=list)
    """Every edge that was followed, those to nodes reached before included."""
    full: bool = False
    """Whether the bound on nodes left something out."""
    deeper: bool = False
    """Whether the bound on depth did."""


def breadth_first(
    starts: Collection[N],
    follow: Callable[[Sequence[N]], Iterable[Step[E, N]]],
    *,
    depth: int | None = None,
    most: int | None = None,
) -> Walk[N, E]:
    """Walk from ``starts``, level by level.

    Args:
        starts: at distance 0.
        follow: the edges from the nodes of one level; asked once for each level.
        depth: edges from a start at most; None: no bound.
        most: nodes at most, the starts included; None: no bound.
    """
    walk: Walk[N, E] = Walk(dict.fromkeys(starts, 0))
    level = list(walk.distance)
    reached = 0
    while level:
        beyond = depth is not None and reached >= depth
        reached += 1
        ahead: list[N] = []
        for edge, node, goes_on in follow(level):
            if node not in walk.distance:
                if beyond:
                    walk.deeper = True
                    continue
                if most is not None and len(walk.distance) >= most:
                    walk.full = True
                    continue
                walk.distance[node] = reached
                if goes_on:
                    ahead.append(node)
            if not beyond:
                walk.edges.append(edge)
        level = ahead
    return walk
