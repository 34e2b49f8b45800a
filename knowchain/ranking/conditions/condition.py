"""A condition that was read: its text, its line, and what it says of works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from knowchain.errors import InvalidValue
from knowchain.ranking.conditions.faults import Fault
from knowchain.ranking.conditions.grammar import Node, names_in, parse
from knowchain.ranking.conditions.masks import Column, mask_of
from knowchain.ranking.conditions.plain import Overflow, Value, evaluate

__all__ = ["MAX_LENGTH", "Condition", "compile_condition"]

MAX_LENGTH: Final = 4_096
"""Characters of one condition."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was checked: it always ends, and answers true or false of every work."""

    text: str
    line: int
    """Of the profile, counted from 1."""
    tree: Node = field(repr=False)

    @property
    def names(self) -> frozenset[str]:
        """The names that it reads, and that an environment must hold."""
        return names_in(self.tree)

    def test(self, env: Mapping[str, Value]) -> bool:
        """Whether it is true of one work; false where arithmetic leaves 64 bits."""
        try:
            return evaluate(self.tree, env) is True
        except Overflow:
            return False

    def mask(self, env: Mapping[str, Column], rows: int) -> npt.NDArray[np.bool_]:
        """Of which works it is true; the same as :meth:`test`, for all of them.

        Args:
            env: for each of :attr:`names` an array of int64 or bool, a ``Coded``, or one value for all.
            rows: how many works.
        """
        return mask_of(self.tree, env, rows)


def compile_condition(text: str, line: int, field: str = "when") -> Condition:
    """Read a condition.

    Args:
        text: what it says.
        line: where it stands in the profile.
        field: the key that it stands under.

    Raises:
        InvalidValue: with the line, the column, and a remedy.
    """
    try:
        if len(text) > MAX_LENGTH:
            raise Fault(MAX_LENGTH + 1, f"it has more than {MAX_LENGTH} characters", "split it into several")
        return Condition(text, line, parse(text))
    except Fault as fault:
        raise InvalidValue(
            "the profile, line {line}: {field}: {value}, at character {column}: {what}",
            field=field,
            value=text[:200],
            line=line,
            column=fault.column,
            what=fault.what,
            remedy="{advice}",
            advice=fault.remedy,
        ) from fault
