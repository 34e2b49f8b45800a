"""The trace as a value: what was asked, the records around it, and how they hang together.

Three times are kept apart: ``claimed`` is what the author wrote, ``proven`` what evidence bounds, and
``received`` when this peer took the record in. All are milliseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from knowchain.identifiers import PublicKey, RecordId

__all__ = [
    "BodyState",
    "Direction",
    "Edge",
    "Event",
    "Node",
    "Omitted",
    "Proven",
    "Receipt",
    "Remark",
    "RemarkName",
    "Tool",
    "Trace",
]

Direction: TypeAlias = Literal["up", "down", "both"]
BodyState: TypeAlias = Literal["none", "held", "missing", "erased", "withheld"]
"""``withheld``: here, and closed, since the record was retracted."""
RemarkName: TypeAlias = Literal[
    "missing",
    "body-missing",
    "body-erased",
    "unreadable",
    "retracted",
    "erased",
    "disputed",
    "superseded",
    "revoked",
    "contested",
    "forked",
    "merged",
    "replaced",
]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a reader must know of a record before relying on it."""

    name: RemarkName
    template: str
    """The reason in plain words, with named fields."""
    fields: Mapping[str, str] = field(default_factory=dict)
    by: tuple[RecordId, ...] = ()
    """The records that make it so."""

    @property
    def text(self) -> str:
        """The reason in English; the values in it come from records."""
        return self.template.format_map(self.fields)


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a record came to this peer."""

    time: int
    """By this machine's clock."""
    way: Literal["local", "import", "peer", "other"]
    source: str
    """The file or peer, as far as it is known; as it was written down on arrival."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Bounds of when a record was made, from evidence that was checked; None where there is none."""

    not_before: int | None = None
    not_after: int | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A model, program or instrument that took part."""

    tool: str
    kind: str | None = None
    role: str | None = None
    human: str | None = None
    """What a person did to its output."""
    version: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What an event record says happened."""

    event: str | None
    when: str | None
    """An EDTF date, as its author wrote it."""
    agent: str | None = None
    outcome: str | None = None
    giver: str | None = None
    taker: str | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One record of a trace, held or not."""

    id: RecordId
    verified: bool
    """Held, and so its form, signature and chain were checked when it came in."""
    kind: str | None = None
    title: str | None = None
    titles: tuple[tuple[str, str], ...] = ()
    """(BCP 47 tag, title), the preferred of each language first."""
    author: RecordId | None = None
    author_name: str | None = None
    key: PublicKey | None = None
    seq: int | None = None
    claimed: int | None = None
    proven: Proven | None = None
    received: Receipt | None = None
    body: BodyState | None = None
    made_with: tuple[Tool, ...] = ()
    event: Event | None = None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A reference between two records: the later one points to the earlier."""

    later: RecordId
    relation: str
    earlier: RecordId
    role: str | None = None
    """What a note does by it: ``review``, ``translation``, ``quote``, …; the kind of a judging record."""
    official: bool | None = None
    """Of a revision: whether its author acts for that of the older version."""


@dataclass(frozen=True, slots=True)
class Omitted:
    """References that a bound left out."""

    record: RecordId
    relation: str
    direction: Literal["up", "down"]
    count: int


MOST_NODES: Final = 200
"""Records of a trace, unless more are asked for."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a record comes from and what became of it, as far as this peer holds it."""

    root: RecordId
    direction: Direction
    nodes: Mapping[RecordId, Node]
    up: tuple[Edge, ...] = ()
    """Breadth first: an edge's later end is the root, or the earlier end of an edge before."""
    down: tuple[Edge, ...] = ()
    """Breadth first: an edge's earlier end is the root, or the later end of an edge before."""
    events: tuple[RecordId, ...] = ()
    """What happened to the root, custody above all: in the order in which it is said to have happened."""
    sources: int | None = None
    """How many records the root leads to, those beyond the bounds included; None if down only."""
    depth: int | None = None
    """How far was asked for; None: as far as the bounds allow."""
    deeper: bool = False
    """Whether something lies beyond the depth that was asked for."""
    full: bool = False
    """Whether the bound on records left something out."""
    omitted: tuple[Omitted, ...] = ()
    current: RecordId | None = None
    """What stands for the root today; None: nothing does."""
