"""Trust in plain integers: slow, and plain enough to be checked against the page by eye.

It is what :mod:`knowchain.trust.graph` must agree with on every bit.

Source: docs/spec/trust.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from knowchain.trust.terms import DAMPING, ROUNDS, TOTAL, check_edge, start_order


def masses(
    edges: Mapping[tuple[bytes, bytes], int], seeds: Iterable[bytes], blocked: Collection[bytes] = ()
) -> dict[bytes, int]:
    """The mass of every node that has any.

    Args:
        edges: weight by (source, target); negative for a block.
        seeds: whom the reader trusts to start with.
        blocked: whom the reader blocks: they never have mass.

    Raises:
        InvalidValue: as :func:`start_order` and :func:`check_edge`.
    """
    ordered = start_order(seeds, blocked)
    outgoing: dict[bytes, int] = defaultdict(int)
    for (source, target), weight in edges.items():
        check_edge(source, target, weight)
        outgoing[source] += abs(weight)
    mass = _with_rest({}, ordered)
    for _ in range(ROUNDS):
        gained: dict[bytes, int] = defaultdict(int)
        for (source, target), weight in edges.items():
            if weight:
                unit = mass.get(source, 0) * DAMPING[0] // (DAMPING[1] * outgoing[source])
                gained[target] += unit * weight
        kept = {node: net for node, net in gained.items() if net > 0 and node not in blocked}
        mass = _with_rest(kept, ordered)
    return {node: each for node, each in mass.items() if each}


def _with_rest(kept: dict[bytes, int], seeds: list[bytes]) -> dict[bytes, int]:
    """Give what is missing from the whole back to the seeds, odd units to the first of them."""
    share, odd = divmod(TOTAL - sum(kept.values()), len(seeds))
    for place, seed in enumerate(seeds):
        kept[seed] = kept.get(seed, 0) + share + (place < odd)
    return kept
