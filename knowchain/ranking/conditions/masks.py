"""What a condition says of many works at once: arrays of values, and of where arithmetic overflowed.

Texts and lists come as :class:`Coded`: each distinct value is looked at once, however many works have it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from knowchain.ranking.conditions.grammar import Literal, Name, Node, Operation, names_in
from knowchain.ranking.conditions.plain import Value, evaluate

__all__ = ["Coded", "Column", "mask_of"]

_Mask: TypeAlias = npt.NDArray[np.bool_]
_LIMIT: Final = 2**63


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts or lists: of each row the number of its value."""

    numbers: npt.NDArray[np.intp]
    values: Sequence[Value]


Column: TypeAlias = "npt.NDArray[Any] | Coded | Value"


class _Found(NamedTuple):
    values: npt.NDArray[Any]
    failed: _Mask


def mask_of(node: Node, env: Mapping[str, Column], rows: int) -> _Mask:
    """Of which of ``rows`` works a tree of type bool is true; where arithmetic overflows it is false.

    Args:
        node: the tree.
        env: for each name arrays of int64 or bool, :class:`Coded`, or one value for all works.
        rows: how many works.
    """
    found = _Masking(env, rows).found(node)
    mask: _Mask = found.values & ~found.failed
    return mask


class _Masking:
    def __init__(self, env: Mapping[str, Column], rows: int) -> None:
        self._env, self._rows = env, rows
        self._none = np.zeros(rows, bool)

    def found(self, node: Node) -> _Found:
        if isinstance(node, Literal):
            return self._same(node.value)
        if isinstance(node, Name):
            column = self._env[node.name]
            return _Found(column, self._none) if isinstance(column, np.ndarray) else self._same(column)
        if node.operator in ("&&", "||"):
            return self._joined(node)
        left = node.operands[0]
        if left.type == "string":
            return self._of_texts(node)
        if node.operator == "in":
            return self._among(left, node.operands[1])
        return self._applied(node.operator, [self.found(each) for each in node.operands])

    def _same(self, value: object) -> _Found:
        kind = bool if isinstance(value, bool) else np.int64
        return _Found(np.full(self._rows, value, kind), self._none)

    def _joined(self, node: Operation) -> _Found:
        """Kleene's logic: what decides does so whatever failed elsewhere."""
        decides = node.operator == "||"
        decided, failed = self._none.copy(), self._none.copy()
        for each in node.operands:
            found = self.found(each)
            decided |= (found.values == decides) & ~found.failed
            failed |= found.failed
        return _Found(decided if decides else ~decided, failed & ~decided)

    def _among(self, needle: Node, entries: Node) -> _Found:
        assert isinstance(entries, Operation), "only lists of texts have names"
        wanted = self.found(needle)
        equal, failed = self._none.copy(), wanted.failed.copy()
        for each in entries.operands:
            found = self.found(each)
            equal |= wanted.values == found.values
            failed |= found.failed
        return _Found(equal, failed)

    def _of_texts(self, node: Operation) -> _Found:
        """Evaluate once for each combination of texts and lists that occurs."""
        coded = {
            name: column for name in sorted(names_in(node)) if isinstance(column := self._env[name], Coded)
        }
        plain = {name: self._env[name] for name in names_in(node) - coded.keys()}
        numbers = np.zeros(self._rows, np.intp)
        for column in coded.values():
            # Dense again after every column, so that the product never leaves 64 bits.
            numbers = np.unique(numbers * len(column.values) + column.numbers, return_inverse=True)[1]
        _, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
        answers = [
            evaluate(node, {**plain, **{name: c.values[int(c.numbers[row])] for name, c in coded.items()}})  # type: ignore[dict-item]
            for row in first.tolist()
        ]
        return _Found(np.array(answers, bool)[inverse], self._none)

    def _applied(self, operator: str, found: list[_Found]) -> _Found:
        left, right = found[0].values, found[-1].values
        failed = found[0].failed | found[-1].failed
        if operator == "!":
            return _Found(~left, failed)
        compared = {
            "==": np.equal,
            "!=": np.not_equal,
            "<": np.less,
            "<=": np.less_equal,
            ">": np.greater,
            ">=": np.greater_equal,
        }.get(operator)
        if compared is not None:
            return _Found(compared(left, right), failed)
        return self._reckoned(operator, left, right, failed)

    def _reckoned(
        self, operator: str, left: npt.NDArray[Any], right: npt.NDArray[Any], failed: _Mask
    ) -> _Found:
        if operator == "neg":
            left, right, operator = np.zeros(self._rows, np.int64), left, "-"
        reckon = {"+": np.add, "-": np.subtract, "*": np.multiply}[operator]
        most, other = _magnitude(left), _magnitude(right)
        if (most * other if operator == "*" else most + other) < _LIMIT:
            return _Found(reckon(left, right), failed)
        exact = reckon(left.astype(object), right.astype(object))
        beyond = np.array([not -_LIMIT <= each < _LIMIT for each in exact], bool)
        return _Found(np.where(beyond, 0, exact).astype(np.int64), failed | beyond)


def _magnitude(column: npt.NDArray[Any]) -> int:
    return max(-int(column.min(initial=0)), int(column.max(initial=0)))
