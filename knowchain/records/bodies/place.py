"""Where in a body we are, and what was found there: every error and warning, not only the first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from knowchain.errors import InvalidValue

__all__ = ["Findings", "Place"]

_WHOLE: Final = "body"
"""What a message calls the body itself."""


@dataclass
class Findings:
    """What is wrong, and what is worth saying, about one body."""

    errors: list[InvalidValue] = field(default_factory=list)
    warnings: list[InvalidValue] = field(default_factory=list)


class Place(NamedTuple):
    """A place in a body, as people write it: ``agents[2].role``. Empty: the body itself."""

    findings: Findings
    path: str = ""

    def child(self, name: str) -> Place:
        """The field ``name`` of what is here."""
        return Place(self.findings, f"{self.path}.{name}" if self.path else name)

    def item(self, position: int) -> Place:
        """The element at ``position``, from 0, of what is here."""
        return Place(self.findings, f"{self.path}[{position}]")

    def error(self, template: str, *, value: object, remedy: str, **fields: object) -> InvalidValue:
        """An error about this place; the caller raises it, or gives it to :meth:`report`."""
        return InvalidValue(
            "{field}: " + template, field=self.path or _WHOLE, value=value, remedy=remedy, **fields
        )

    def report(self, problem: InvalidValue) -> None:
        """Keep an error, and go on.

        A rule across fields that fails only because a part of it was refused adds nothing: an error
        about a place is left out when there is one about that place, or inside it, already.
        """
        place = str(problem.fields["field"])
        if not any(_is_within(str(each.fields["field"]), place) for each in self.findings.errors):
            self.findings.errors.append(problem)

    def warn(self, warning: InvalidValue | None) -> None:
        """Keep a warning; None is none."""
        if warning is not None:
            self.findings.warnings.append(warning)


def _is_within(path: str, outer: str) -> bool:
    return outer == _WHOLE or path == outer or path.startswith((f"{outer}.", f"{outer}["))
