"""Reading bodies: open to whatever a newer version, or a careless one, has written.

Nothing here enters a verdict. A body is never refused; what a reader can't rely on is set apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from knowchain.errors import InvalidValue
from knowchain.records.bodies.composing import ENVELOPE, validate
from knowchain.records.bodies.kinds import KINDS
from knowchain.records.bodies.place import Findings, Place
from knowchain.records.bodies.presenting import EXTRA, present
from knowchain.records.bodies.values import Stored

__all__ = ["Body", "read_body"]


@dataclass(frozen=True)
class Body:
    """A body as a reader may use it."""

    kind: str
    stored: Mapping[str, Stored]
    """All fields as they are, without salt and author."""
    fields: Mapping[str, Stored]
    """The defined fields, held to their shapes: a list holds only elements, and an object only fields,
    of the types that the specification promises. Words may be outside their vocabularies."""
    extra: Mapping[str, Stored]
    """Fields that the kind doesn't define, or whose shape is another; kept, and opaque."""

    @cached_property
    def issues(self) -> tuple[InvalidValue, ...]:
        """What a writer would have been told: unknown fields, missing ones, unknown words.

        Worked out when first asked, as it consults the vocabularies.
        """
        findings = Findings()
        if self.kind not in KINDS:
            unknown = InvalidValue(
                "{field}: {value} is not known to this version",
                field="kind",
                value=self.kind,
                remedy="a newer version may show more",
            )
            return (unknown,)
        human = present(self.kind, self.stored)
        extra = human.pop(EXTRA, {})
        validate(KINDS[self.kind], {**human, **dict(extra)}, Place(findings), complete=False)  # type: ignore[call-overload]
        return (*findings.errors, *findings.warnings)


def read_body(kind: str, value: Mapping[str, Stored]) -> Body:
    """Read the fields of a body.

    Args:
        kind: the record's kind; an unknown one has no defined fields.
        value: the decoded body, with or without salt and author.
    """
    known = KINDS.get(kind)
    types = known.body_types if known is not None else {}
    stored = {name: field for name, field in value.items() if name not in ENVELOPE}
    fields: dict[str, Stored] = {}
    extra: dict[str, Stored] = {}
    for name, field in stored.items():
        part = types[name].view(field) if name in types else None
        if part is None:
            extra[name] = field
        else:
            fields[name] = part
    return Body(kind, stored, fields, extra)
