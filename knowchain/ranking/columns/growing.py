"""What columns are made of: numbers for names, arrays that grow, sets that many rows share."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from knowchain.ranking.numbers import Ints

__all__ = ["Column", "Groups", "Index"]

_Name = TypeVar("_Name", bound=Hashable)


class Index(Generic[_Name]):
    """Numbers for names, in the order in which they come."""

    __slots__ = ("_numbers", "names")

    def __init__(self) -> None:
        self.names: list[_Name] = []
        self._numbers: dict[_Name, int] = {}

    def __len__(self) -> int:
        return len(self.names)

    def number(self, name: _Name) -> int:
        """The number of a name, made if it is new."""
        number = self._numbers.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
        return number

    def get(self, name: _Name) -> int | None:
        """The number of a name; None if it never came."""
        return self._numbers.get(name)


class Column:
    """A column that grows."""

    __slots__ = ("_room", "size")

    def __init__(self, dtype: type[np.generic]) -> None:
        self._room: npt.NDArray[Any] = np.zeros(64, dtype)
        self.size = 0

    @classmethod
    def of(cls, values: npt.NDArray[Any]) -> Column:
        """A column that holds these for a start."""
        column = cls(values.dtype.type)
        column._room, column.size = np.append(values, np.zeros(64, values.dtype)), len(values)
        return column

    def append(self, value: int) -> None:
        if self.size == len(self._room):
            self._room = np.concatenate((self._room, np.zeros_like(self._room)))
        self._room[self.size] = value
        self.size += 1

    def __setitem__(self, at: int, value: int) -> None:
        self._room[at] = value

    @property
    def values(self) -> npt.NDArray[Any]:
        """A view of what is there."""
        return self._room[: self.size]


class Groups:
    """Sets of things that many works share, by number: each set once, each member by its number."""

    __slots__ = ("_flat", "_starts", "members")

    def __init__(self) -> None:
        self.members: list[tuple[int, ...]] = []
        self._flat = Column(np.int64)
        self._starts = Column(np.int64)

    def append(self, members: tuple[int, ...]) -> None:
        self.members.append(members)
        self._starts.append(self._flat.size)
        for member in members:
            self._flat.append(member)

    def flat_of(self, chosen: npt.NDArray[np.bool_]) -> Ints:
        """The members of the chosen sets, one after the other."""
        return self._flat.values[np.repeat(chosen, self.sizes())]

    def members_of(self, sets: Ints) -> tuple[Ints, Ints]:
        """The members of these sets, one after the other, and of each the place of its set in ``sets``."""
        sizes = self.sizes()[sets]
        place = np.repeat(np.arange(len(sets)), sizes)
        within = np.arange(len(place)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        members: Ints = self._flat.values[self._starts.values[sets][place] + within]
        return place, members

    def sizes(self) -> Ints:
        """How many members each set has."""
        return np.diff(self._starts.values, append=self._flat.size)

    def least(self, values: Ints) -> Ints:
        """For each set the least of its members' values; 0 for an empty one."""
        found = np.zeros(len(self.members), np.int64)
        some = self.sizes() > 0
        if some.any():
            found[some] = np.minimum.reduceat(values[self._flat.values], self._starts.values[some])
        return found
