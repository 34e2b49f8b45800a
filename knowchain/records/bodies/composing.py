"""Composing: what a person wrote becomes a body's fields and a header's references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from knowchain.errors import InvalidBody, InvalidValue
from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds import KINDS
from knowchain.records.bodies.place import Findings, Place
from knowchain.records.bodies.references import EXTRA_REFS, compose_refs
from knowchain.records.bodies.structures import compose_fields, run_checks
from knowchain.records.bodies.values import Stored
from knowchain.records.header import IDENTITY, Ref
from knowchain.records.vocabulary.suggestions import remedy_for

__all__ = ["ENVELOPE", "Draft", "compose", "find_kind", "validate"]

ENVELOPE: Final = ("salt", "author")
"""Fields of every body that the envelope writes, not the person."""

_NOT_WRITTEN: Final = {
    IDENTITY: "an identity record has no body; its operations stand in the header",
    "keyring": "it is reserved until encryption exists",
}


@dataclass(frozen=True)
class Draft:
    """A record that is ready for an envelope and a signature."""

    kind: str
    body: dict[str, Stored]
    refs: tuple[Ref, ...]
    warnings: tuple[InvalidValue, ...] = ()
    """What was accepted, but stored otherwise than written, or may be a mistake."""


def compose(kind: str, human: Mapping[str, object]) -> Draft:
    """Check what a person wrote, strictly, and put it into the form in which it is stored.

    Args:
        kind: one of :data:`~knowchain.records.bodies.KINDS`.
        human: fields as people write them (docs/spec/bodies.md), such as JSON holds; links are text.

    Raises:
        InvalidBody: rules are broken; it holds every error, not only the first.
        InvalidValue: ``kind`` can't be written.
    """
    findings = Findings()
    body, refs = validate(find_kind(kind), human, Place(findings))
    if findings.errors:
        raise InvalidBody(kind, findings.errors)
    return Draft(kind, body, refs, tuple(findings.warnings))


def find_kind(name: str) -> Kind:
    """The kind of that name.

    Raises:
        InvalidValue: there is none, or it has no body to write.
    """
    if name in KINDS:
        return KINDS[name]
    if name in _NOT_WRITTEN:
        raise InvalidValue(
            "{field}: {value} can't be written: {reason}",
            field="kind",
            value=name,
            reason=_NOT_WRITTEN[name],
            remedy="choose another kind",
        )
    raise InvalidValue(
        "{field}: {value} is unknown", field="kind", value=name, remedy="{near}", near=remedy_for(name, KINDS)
    )


def validate(
    kind: Kind, human: Mapping[str, object], at: Place, *, complete: bool = True
) -> tuple[dict[str, Stored], tuple[Ref, ...]]:
    """Compose what can be composed; every problem goes to ``at``.

    Args:
        complete: whether required references must be there; a body read alone has none.
    """
    written: Mapping[Any, object] = human
    for name in ENVELOPE:
        if name in written:
            at.report(at.child(name).error("is written by the envelope", value=name, remedy="leave it out"))
    if kind.prepare is not None:
        written = kind.prepare(written, at)
    names = [each.name for each in kind.refs]
    body = compose_fields(kind.fields, written, at, also=(*names, EXTRA_REFS, *ENVELOPE))
    refs = compose_refs(kind.refs, written, body, at, kind.name, complete=complete)
    run_checks(kind.checks, body, at)
    return body, refs
