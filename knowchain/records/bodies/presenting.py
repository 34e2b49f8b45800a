"""Presenting: a body and its references as people read them, ready for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from knowchain.identifiers import RecordId
from knowchain.records.bodies.composing import ENVELOPE
from knowchain.records.bodies.kinds import KINDS
from knowchain.records.bodies.references import present_refs
from knowchain.records.bodies.values import Stored, as_json

__all__ = ["EXTRA", "present"]

EXTRA: Final = "extra"
"""Under which name fields are shown that the kind doesn't define."""


def present(
    kind: str, body: Mapping[str, Stored], refs: Iterable[tuple[str, RecordId]] = ()
) -> dict[str, object]:
    """The human form of a record: what :func:`compose` would read, if it was composed.

    Never refuses: what the kind doesn't define, or of another shape, stands under ``extra`` as
    DAG-JSON; references without a name of their own stand under ``refs``.

    Args:
        kind: the record's kind, known or not.
        body: its fields, with or without salt and author.
        refs: (relation, id of the target).
    """
    known = KINDS.get(kind)
    types = known.body_types if known is not None else {}
    named = known.refs if known is not None else ()
    shown: dict[str, object] = {}
    rest: dict[str, object] = {}
    for name in (*types, *(name for name in body if name not in types)):
        if name not in body or name in ENVELOPE:
            continue
        if name in types and types[name].view(body[name]) is not None:
            shown[name] = types[name].present(body[name])
        else:
            rest[name] = as_json(body[name])
    fitting = {name: body[name] for name in shown}
    shown |= present_refs(named, fitting, list(refs))
    return {**shown, EXTRA: rest} if rest else shown
