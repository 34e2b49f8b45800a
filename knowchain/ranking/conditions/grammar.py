"""The grammar: a recursive descent with a bound on depth and nodes, which checks types as it goes.

``a && b && c`` is one node, so that a long list of conditions is no deep one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from knowchain.ranking.conditions.faults import Fault
from knowchain.ranking.conditions.names import DECLARED, Type, type_of
from knowchain.ranking.conditions.tokens import Token, tokens
from knowchain.records.vocabulary.suggestions import nearest

__all__ = ["MAX_DEPTH", "MAX_NODES", "Literal", "Name", "Node", "Operation", "names_in", "parse"]

MAX_DEPTH: Final = 32
MAX_NODES: Final = 512
_LEAST: Final = -(2**63)
_MOST: Final = 2**63 - 1
_RELATIONS: Final = ("==", "!=", "<", "<=", ">", ">=", "in")


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is written out."""

    value: int | str | bool
    type: Type
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Name:
    """A declared name."""

    name: str
    type: Type
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator and its operands: ``&&`` and ``||`` two or more, ``!`` and ``neg`` one, ``[]`` any number
    but none, all others two."""

    operator: str
    operands: tuple[Node, ...]
    type: Type
    depth: int


Node: TypeAlias = Literal | Name | Operation


def parse(text: str) -> Node:
    """The tree of a condition, of type bool.

    Raises:
        Fault: it breaks the grammar, a type, or a bound.
    """
    return _Parser(text).condition()


def names_in(node: Node) -> frozenset[str]:
    """The names that a tree reads."""
    if isinstance(node, Literal):
        return frozenset()
    if isinstance(node, Name):
        return frozenset((node.name,))
    return frozenset().union(*map(names_in, node.operands))


class _Parser:
    def __init__(self, text: str) -> None:
        self._words = tokens(text)
        self._next = next(self._words)
        self._open = self._nodes = 0

    def condition(self) -> Node:
        start = self._next
        node = self._either()
        if self._next.kind != "end":
            raise Fault(
                self._next.column, f"{self._next.text} is not expected here", "join conditions by && or ||"
            )
        return self._typed(node, "bool", start)

    # --- levels, the loosest first -----------------------------------------------------------------

    def _either(self) -> Node:
        self._open += 1
        if self._open > MAX_DEPTH:
            raise self._too_deep(self._next)
        node = self._joined("||")
        self._open -= 1
        return node

    def _joined(self, sign: str) -> Node:
        start, operands = self._next, [self._level(sign)]
        while self._taken(sign) is not None:
            self._typed(operands[0], "bool", start)
            right = self._next
            operands.append(self._typed(self._level(sign), "bool", right))
        return operands[0] if len(operands) == 1 else self._node(sign, operands, "bool", start)

    def _level(self, sign: str) -> Node:
        return self._joined("&&") if sign == "||" else self._relation()

    def _relation(self) -> Node:
        left = self._sum()
        while (at := self._taken(*_RELATIONS)) is not None:
            if at.text == "in":
                right = self._list()
                wanted = f"list({left.type})"
            else:
                right, wanted = self._sum(), left.type
            ordered = at.text in ("<", "<=", ">", ">=")
            if right.type != wanted or left.type.startswith("list") or (ordered and left.type == "bool"):
                raise Fault(
                    at.column,
                    f"{at.text} can't stand between {left.type} and {right.type}",
                    "compare a number with a number, a text with a text; `in` asks for an entry of a list",
                )
            left = self._node(at.text, [left, right], "bool", at)
        return left

    def _sum(self) -> Node:
        left = self._product()
        while (at := self._taken("+", "-")) is not None:
            right = self._product()
            texts = at.text == "+" and left.type == right.type == "string"
            left = self._arithmetic(at, left, right, "string" if texts else "int")
        return left

    def _product(self) -> Node:
        left = self._unary()
        while (at := self._taken("*")) is not None:
            left = self._arithmetic(at, left, self._unary(), "int")
        return left

    def _unary(self) -> Node:
        signs: list[Token] = []
        while (at := self._taken("!", "-")) is not None:
            signs.append(at)
            if len(signs) > MAX_DEPTH:
                raise self._too_deep(at)
        negative = bool(signs) and signs[-1].text == "-" and self._next.kind == "int"
        node = self._primary(negative=negative)
        for at in reversed(signs[:-1] if negative else signs):
            wanted: Type = "bool" if at.text == "!" else "int"
            self._typed(node, wanted, at)
            node = self._node("!" if at.text == "!" else "neg", [node], wanted, at)
        return node

    def _primary(self, *, negative: bool = False) -> Node:
        at = self._advance()
        if at.kind == "int":
            assert isinstance(at.value, int)
            value = -at.value if negative else at.value
            if not _LEAST <= value <= _MOST:
                raise Fault(at.column, "the number does not fit into 64 bits", "give a smaller one")
            return self._counted(Literal(value, "int"), at)
        if at.kind == "string":
            return self._counted(Literal(at.value, "string"), at)
        if at.kind == "name":
            return self._counted(self._named(at), at)
        if at.text == "(" and at.kind == "sign":
            node = self._either()
            self._expect(")", at)
            return node
        raise Fault(at.column, f"{at.text} is not expected here", "give a name, a number, a text or ( )")

    def _named(self, at: Token) -> Node:
        if at.text in ("true", "false"):
            return Literal(at.text == "true", "bool")
        kind = type_of(at.text)
        if kind is None:
            near = nearest(at.text, DECLARED)
            raise Fault(
                at.column,
                f"{at.text} is no name here",
                f"did you mean `{near}`?" if near else "give a signal, or one of " + ", ".join(DECLARED),
            )
        return Name(at.text, kind)

    def _list(self) -> Node:
        at = self._taken("[")
        if at is None:
            return self._sum()
        entries = [self._either()]
        while self._taken(",") is not None:
            entries.append(self._typed(self._either(), entries[0].type, at))
        self._expect("]", at)
        kinds: dict[Type, Type] = {"int": "list(int)", "string": "list(string)", "bool": "list(bool)"}
        if entries[0].type not in kinds:
            raise Fault(at.column, "a list can't be an entry of a list", "list numbers or texts")
        return self._node("[]", entries, kinds[entries[0].type], at)

    # --- words ---------------------------------------------------------------------------------------

    def _advance(self) -> Token:
        at = self._next
        if at.kind != "end":
            self._next = next(self._words)
        return at

    def _taken(self, *signs: str) -> Token | None:
        if self._next.kind in ("sign", "name") and self._next.text in signs:
            return self._advance()
        return None

    def _expect(self, sign: str, opened: Token) -> None:
        if self._taken(sign) is None:
            raise Fault(
                opened.column, f"{opened.text} is not closed before {self._next.text}", f"write {sign}"
            )

    # --- nodes -----------------------------------------------------------------------------------------

    def _arithmetic(self, at: Token, left: Node, right: Node, kind: Type) -> Node:
        for each in (left, right):
            self._typed(each, kind, at)
        return self._node(at.text, [left, right], kind, at)

    def _node(self, operator: str, operands: list[Node], kind: Type, at: Token) -> Node:
        depth = 1 + max(each.depth for each in operands)
        if depth > MAX_DEPTH:
            raise self._too_deep(at)
        return self._counted(Operation(operator, tuple(operands), kind, depth), at)

    def _counted(self, node: Node, at: Token) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise Fault(at.column, f"it has more than {MAX_NODES} parts", "split it into several conditions")
        return node

    def _typed(self, node: Node, wanted: Type, at: Token) -> Node:
        if node.type != wanted:
            raise Fault(
                at.column,
                f"{wanted} is needed here, not {node.type}",
                "compare it with something: age < 3600",
            )
        return node

    def _too_deep(self, at: Token) -> Fault:
        return Fault(
            at.column, f"it is nested more than {MAX_DEPTH} deep", "split it into several conditions"
        )
