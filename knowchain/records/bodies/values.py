"""The values that a body may hold, and how a value looks in JSON where no schema knows it.

Source: docs/spec/records.md section 1 (``val``); DAG-JSON for what JSON has no form of.
"""

from __future__ import annotations

import base64
from typing import Protocol, TypeAlias

from knowchain.codec import Value
from knowchain.identifiers import Cid
from knowchain.records.bodies.place import Place

__all__ = ["FieldType", "Stored", "as_json"]

Stored: TypeAlias = Value
"""An int below 2^53, text, bytes, bool, link, list, or map with text keys: no float and no null."""


class FieldType(Protocol):
    """What a field may hold: strict when written, lenient when read."""

    @property
    def name(self) -> str:
        """What the specification calls it."""

    def compose(self, value: object, at: Place) -> Stored:
        """What is stored for ``value``, which a person wrote.

        Raises:
            InvalidValue: the value as a whole can't be stored. Errors inside it go to ``at``.
        """

    def view(self, stored: Stored) -> Stored:
        """The part of a stored value that has the promised shape; None when nothing has."""

    def present(self, stored: Stored) -> object:
        """A stored value as JSON; :meth:`compose` reads it back if it was composed."""


def as_json(stored: Stored) -> object:
    """A value as DAG-JSON: a link is ``{"/": "bafy…"}``, bytes are ``{"/": {"bytes": "…"}}``."""
    if isinstance(stored, Cid):
        return {"/": str(stored)}
    if isinstance(stored, bytes):
        return {"/": {"bytes": base64.b64encode(stored).decode().rstrip("=")}}
    if isinstance(stored, list):
        return [as_json(item) for item in stored]
    if isinstance(stored, dict):
        return {name: as_json(item) for name, item in stored.items()}
    return stored
