"""What a condition says of one work, in plain Python values.

As in CEL, arithmetic beyond 64 bits is an error, and an error counts only if it matters:
``false && error`` is false, ``true || error`` is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from knowchain.ranking.conditions.grammar import Literal, Name, Node

__all__ = ["Overflow", "Value", "evaluate"]

Value: TypeAlias = "int | str | bool | tuple[str, ...] | tuple[Value, ...]"


class Overflow(ArithmeticError):
    """A number beyond 64 bits; :class:`Condition` answers it with false."""


def evaluate(node: Node, env: Mapping[str, Value]) -> Value:
    """The value of a tree.

    Raises:
        Overflow: a number beyond 64 bits that matters.
    """
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Name):
        return env[node.name]
    if node.operator in ("&&", "||"):
        return _joined(node.operands, env, decides=node.operator == "||")
    return _applied(node.operator, [evaluate(each, env) for each in node.operands])


def _joined(operands: tuple[Node, ...], env: Mapping[str, Value], *, decides: bool) -> bool:
    error: Overflow | None = None
    for each in operands:
        try:
            if evaluate(each, env) is decides:
                return decides
        except Overflow as exc:
            error = exc
    if error is not None:
        raise error
    return not decides


def _applied(operator: str, values: list[Value]) -> Value:
    left: object = values[0]
    right: object = values[-1]
    if operator == "[]":
        return tuple(values)
    if operator == "in":
        assert isinstance(right, tuple)
        return left in right
    if operator == "!":
        return not left
    if operator in ("==", "!="):
        return (left == right) is (operator == "==")
    if isinstance(left, str) and isinstance(right, str):
        return left + right if operator == "+" else _ordered(operator, (left > right) - (left < right))
    assert isinstance(left, int)
    assert isinstance(right, int)
    if operator in ("<", "<=", ">", ">="):
        return _ordered(operator, (left > right) - (left < right))
    return _within(_reckoned(operator, left, right))


def _ordered(operator: str, order: int) -> bool:
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]


def _reckoned(operator: str, left: int, right: int) -> int:
    if operator == "neg":
        return -left
    return {"+": left + right, "-": left - right, "*": left * right}[operator]


def _within(number: int) -> int:
    if not -(2**63) <= number < 2**63:
        raise Overflow
    return number
