"""What is wrong with a condition, and where; :func:`compile_condition` adds line and text."""

from __future__ import annotations

__all__ = ["Fault"]


class Fault(Exception):
    """A fault at a column, counted from 1; never leaves this package."""

    def __init__(self, column: int, what: str, remedy: str) -> None:
        super().__init__(what)
        self.column, self.what, self.remedy = column, what, remedy
