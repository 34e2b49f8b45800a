"""Plain values: what a home answers, as JSON can hold it. The one place where results become documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

from knowchain.errors import InvalidValue, KnowchainError
from knowchain.identifiers import Cid, PublicKey

__all__ = ["to_document", "to_plain"]


def to_plain(value: object) -> object:
    """``value`` as JSON can hold it.

    Dataclasses become objects without the fields that are None; ids and keys their text; other bytes
    hexadecimal; paths text; warnings objects of ``field``, ``message`` and ``remedy``.
    """
    if value is None or type(value) in (str, int, bool, float):
        return value
    if isinstance(value, KnowchainError):
        return _problem(value)
    if is_dataclass(value) and not isinstance(value, type):
        items = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: to_plain(item) for name, item in items if item is not None}
    if isinstance(value, Mapping):
        return {str(to_plain(name)): to_plain(item) for name, item in value.items()}
    if isinstance(value, Cid | PublicKey | Path):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return to_plain(value.value)
    if isinstance(value, list | tuple | set | frozenset):
        plain = [to_plain(item) for item in value]
        return sorted(plain, key=str) if isinstance(value, set | frozenset) else plain
    if isinstance(value, str | int):
        return value
    raise TypeError(f"{type(value).__name__} has no plain form")


def to_document(value: object) -> dict[str, object]:
    """A dataclass as a JSON object."""
    document = to_plain(value)
    assert isinstance(document, dict), f"{type(value).__name__} is no object"
    return document


def _problem(error: KnowchainError) -> dict[str, object]:
    document: dict[str, object] = {"message": str(error), "remedy": error.remedy}
    return {"field": error.fields["field"], **document} if isinstance(error, InvalidValue) else document
