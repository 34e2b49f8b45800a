"""What a custody history says, as frozen values that point back into the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Capacity",
    "CustodyDate",
    "CustodyHistory",
    "CustodyStep",
    "Footnote",
    "Method",
    "Party",
    "Span",
]

Method = Literal[
    "unstated",
    "acquisition",
    "purchase",
    "sale",
    "gift",
    "partial-gift",
    "bequest",
    "descent",
    "exchange",
    "transfer",
    "return",
    "commission",
    "consignment",
    "loan",
]
"""How the object came to the agent, as far as the text *says* it.

``unstated``: a holder is named and nothing more. ``acquisition``: "acquired", by whatever means.
``sale``: the agent is the house or dealer where it was sold, not who bought it.
"""

Capacity = Literal["holder", "dealer", "agent"]
"""``dealer``: named in round brackets, as dealers and auction houses are; ``agent``: "as agent"."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text, ``start`` inclusive and ``end`` exclusive, in characters."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Footnote:
    """A note below the history, or the heading that introduces the notes (``number`` is then None)."""

    number: int | None
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Party:
    """A person, family or institution as the text names it.

    Attributes:
        name: as written, without life dates, collectors' marks and other names.
        place: as written, such as ``Pittsburgh, PA``.
        life: the life dates as written, one for each person who has them.
        also: other names, such as ``born Rebecca Huebley Jones``.
        relation: to the previous holder or the artist, such as ``his wife``.
    """

    name: str
    place: str | None = None
    life: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class CustodyDate:
    """The words of a date as written, and the same as EDTF (ISO 8601-2) only where there is no doubt.

    ``edtf`` of "until 1903" is ``/1903`` (the start is unknown), of "by 1903" ``[..1903]``, of
    "1900 until 1903" ``1900/1903``. It is None for 7/9/1963, which two countries read in two ways.
    """

    words: str
    edtf: str | None


@dataclass(frozen=True, slots=True)
class CustodyStep:
    """One event: the object came to ``agent``, or left ``source``.

    Attributes:
        text, start, end: the clause as written and its bounds in the history.
        agent: who held or received it; None where only the giver is named ("Gift of Mary Smith").
        source: from whom, when the clause itself says so.
        through: the houses, dealers or agents by whose hands, when the clause says so.
        direct: the writer joined this step to the one before with a semicolon: no gap between them.
        footnotes: the numbers of the notes that the clause cites.
        certain: False when the writer hedged ("possibly", "?"); what was *read* is certain in any case.
    """

    text: str
    start: int
    end: int
    agent: Party | None
    method: Method
    date: CustodyDate | None = None
    source: Party | None = None
    through: tuple[Party, ...] = ()
    capacity: Capacity = "holder"
    direct: bool = False
    footnotes: tuple[int, ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True)
class CustodyHistory:
    """A whole text: its steps, its notes, what was not read, and what stands between them.

    The spans of ``steps``, ``footnotes``, ``unread`` and ``separators`` tile the text: every character
    belongs to exactly one of them.
    """

    text: str
    steps: tuple[CustodyStep, ...]
    footnotes: tuple[Footnote, ...]
    unread: tuple[Span, ...]
    separators: tuple[Span, ...]
