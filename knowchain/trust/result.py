"""What a computation of trust found: masses, and the signals made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from knowchain.trust.terms import ONE


class Trust:
    """The masses that followed from a reader's seeds at one moment.

    Args:
        names: the nodes, in the order of the masses.
        index: position by name; may have grown since.
        mass: one entry a node; sums to M.
    """

    __slots__ = ("_index", "_names", "cap", "mass")

    def __init__(
        self, names: Sequence[bytes], index: Mapping[bytes, int], mass: npt.NDArray[np.int64]
    ) -> None:
        self._names = names
        self._index = index
        self.mass = mass
        self.mass.flags.writeable = False
        some = mass[mass > 0]
        rank = (95 * len(some) + 99) // 100 - 1
        self.cap = int(np.partition(some, rank)[rank])
        """p_cap: the 95th percentile of the masses that are not zero, by nearest rank."""

    def mass_of(self, name: bytes) -> int:
        """The mass of a node, from 0 to M."""
        place = self._index.get(name)
        return int(self.mass[place]) if place is not None and place < len(self.mass) else 0

    def signal_of(self, name: bytes) -> int:
        """The trust signal of a node, from 0 to Q."""
        return min(ONE, ONE * self.mass_of(name) // self.cap)

    def signals(self, names: Iterable[bytes]) -> npt.NDArray[np.int64]:
        """The trust signals of many nodes, in the order given (Q·M < 2^56, so int64 is exact)."""
        count = len(self.mass)
        places = np.fromiter((self._index.get(name, count) for name in names), np.intp)
        masses = np.append(self.mass, 0)[np.minimum(places, count)]
        signals: npt.NDArray[np.int64] = np.minimum(ONE, ONE * masses // self.cap)
        return signals

    def masses(self) -> dict[bytes, int]:
        """The mass of every node that has any."""
        held = np.flatnonzero(self.mass)
        return {self._names[place]: int(self.mass[place]) for place in held.tolist()}
