"""A kind of body: its fields, the references it uses, the rules across them, and an example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from knowchain.records.bodies.place import Place
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.structures import Check, Field
from knowchain.records.bodies.values import FieldType

__all__ = ["Kind"]


@dataclass(frozen=True)
class Kind:
    """What one kind of record says in its body."""

    name: str
    """As it stands in a header."""
    summary: str
    fields: tuple[Field, ...]
    """What stands in the body."""
    refs: tuple[RefField, ...]
    """What stands in the header's refs under a name of its own."""
    example: Mapping[str, Any]
    """A human form that composes without errors or warnings."""
    checks: tuple[Check, ...] = ()
    prepare: Callable[[Mapping[object, object], Place], Mapping[object, object]] | None = None
    """Completes what a person wrote with what follows from it."""

    @cached_property
    def body_types(self) -> Mapping[str, FieldType]:
        """The type of everything that may stand in the body."""
        types = {each.name: each.type for each in self.fields}
        return types | {each.name: each.body_type for each in self.refs if each.body_type is not None}
