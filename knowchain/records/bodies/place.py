"""Where in a body we are, and what was found there: every error and warning, not only the first."""

from __future__ import annotations

from dataclasses import dataclass, field

from knowchain.errors import InvalidValue

__all__ = ["Findings", "Place"]


@dataclass
class Findings:
    """What is wrong, and what is worth saying, about one body."""

    errors: list[InvalidValue] = field(default_factory=list)
    warnings: list[InvalidValue] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
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
            "{field}: " + template, field=self.path or "body", value=value, remedy=remedy, **fields
        )

    def report(self, problem: InvalidValue) -> None:
        """Keep an error, and go on."""
        self.findings.errors.append(problem)

    def warn(self, warning: InvalidValue | None) -> None:
        """Keep a warning; None is none."""
        if warning is not None:
            self.findings.warnings.append(warning)
