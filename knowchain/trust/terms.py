"""The constants of trust, and what is computed from masses the same way in both engines.

Source: docs/spec/trust.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from knowchain.errors import InvalidValue

TOTAL: Final = 2**40
"""M, the mass that is shared out; the masses of all nodes sum to it exactly."""
DAMPING: Final = (85, 100)
"""The part of its mass that a node passes on, as a fraction."""
ROUNDS: Final = 20
"""The rounds are part of the definition, not an approximation of a limit."""
MAX_WEIGHT: Final = 255
"""Greatest magnitude of an edge's weight."""
ONE: Final = 65_536
"""Q, the signal of full trust."""


def start_order(seeds: Iterable[bytes], blocked: Collection[bytes]) -> list[bytes]:
    """The seeds in the order in which odd units of mass are handed out: ascending by bytes.

    Raises:
        InvalidValue: no seed, or a seed that the reader blocks.
    """
    ordered = sorted(set(seeds))
    if not ordered:
        raise InvalidValue(
            "trust has no seed to start from",
            field="seeds",
            value="",
            remedy="name at least one identity that you trust, your own for a start",
        )
    for each in ordered:
        if each in blocked:
            raise InvalidValue(
                "{value} is a seed of trust and blocked at once",
                field="seeds",
                value=each,
                remedy="remove it from one of the two",
            )
    return ordered


def check_edge(source: bytes, target: bytes, weight: int) -> None:
    """Refuse an edge that trust does not know.

    Raises:
        InvalidValue: a node that trusts itself, or a weight beyond ±255.
    """
    if source == target:
        raise InvalidValue(
            "{value} can't trust or block itself",
            field="edge",
            value=source,
            remedy="leave the edge out",
        )
    if not -MAX_WEIGHT <= weight <= MAX_WEIGHT:
        raise InvalidValue(
            "the weight {value} is beyond ±{most}",
            field="weight",
            value=weight,
            most=MAX_WEIGHT,
            remedy="give an integer from -{most} to {most}; 0 removes the edge",
        )


def cap_of(masses: Iterable[int]) -> int:
    """p_cap: the 95th percentile of the masses that are not zero, by nearest rank."""
    ordered = sorted(mass for mass in masses if mass)
    return ordered[(95 * len(ordered) + 99) // 100 - 1]


def signal_of(mass: int, cap: int) -> int:
    """The trust signal of a mass, from 0 to Q."""
    return min(ONE, ONE * mass // cap)
