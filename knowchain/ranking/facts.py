"""What ranking knows of records: plain values, the same on every peer that holds the same blocks.

Whoever keeps the records works these out (standing, bodies, membership); the engines see nothing else.

Source: docs/spec/ranking.md, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from knowchain.identifiers import Cid, RecordId

__all__ = [
    "CANDIDATE_KIND",
    "LINEAGE",
    "UNFIT_AS_SOURCE",
    "USES",
    "Drop",
    "Evaluation",
    "Fact",
    "Label",
    "Statement",
    "Viewer",
    "ViewpointGroup",
    "Viewpoints",
    "World",
]

CANDIDATE_KIND: Final = "work"
"""The kind of records that a feed shows."""

LINEAGE: Final = frozenset(
    {
        "prov:wasDerivedFrom",
        "prov:wasRevisionOf",
        "prov:wasQuotedFrom",
        "prov:hadPrimarySource",
        "prov:wasGeneratedBy",
        "dcterms:isFormatOf",
    }
)
"""Relations that claim where something comes from: each distinct target is one hop."""

USES: Final = (LINEAGE - {"prov:wasGeneratedBy"}) | {"dcterms:references"}
"""Relations by which a work, a note or a collection takes something up for others."""


class Drop(StrEnum):
    """Why a work is not in a feed. The first that applies, in this order, is the reason."""

    ERASED = "erased"
    RETRACTED = "retracted"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    REVISED = "revised"
    BODY_ABSENT = "body-absent"
    UNREADABLE = "unreadable"
    FUTURE = "future"
    BLOCKED_AUTHOR = "blocked-author"
    BLOCKED_LANGUAGE = "blocked-language"
    NO_SOURCE = "no-source"
    FILTER = "filter"
    BELOW_SCORE = "below-score-min"


UNFIT_AS_SOURCE: Final = frozenset(
    {Drop.ERASED, Drop.RETRACTED, Drop.REVOKED, Drop.SUPERSEDED, Drop.BODY_ABSENT, Drop.UNREADABLE}
)
"""A record dropped for one of these verifies no hop; an earlier version, ``revised``, does."""


class Fact(NamedTuple):
    """One ordinary record."""

    id: RecordId
    kind: str
    author: RecordId
    time: int
    """As its author claims it, milliseconds since 1970."""
    drop: Drop | None = None
    """Why no feed shows it, whoever asks; one of the first seven."""
    sources: tuple[RecordId, ...] = ()
    """What it claims to come from: the targets of LINEAGE refs, each once, ascending."""
    languages: tuple[str, ...] = ()
    """BCP 47 tags, or Glottocodes where there is no tag; each once, ascending. Of a note, the language into
    which it translates."""
    collections: tuple[RecordId, ...] = ()
    """The collections that took it; each once, ascending."""
    topics: tuple[str, ...] = ()
    """What it is about, case-folded, in NFC; each once, ascending."""
    uses: tuple[RecordId, ...] = ()
    """What it takes up for others: the targets of USES refs of a work, a note or a collection, and what an
    accession takes in; each once, ascending."""


class Statement(NamedTuple):
    """A standing trust record without a scope."""

    id: RecordId
    author: RecordId
    subject: RecordId
    time: int
    weight: int
    """From −255 to 255; 0 takes an earlier one back."""
    block: bool = False
    """Whether it blocks: whose reader's own it is, shows nothing of the subject."""
    until: int | None = None
    """From when on it counts no more; None: for ever."""


class Evaluation(NamedTuple):
    """What an evaluation says of one record; it has no drop."""

    id: RecordId
    author: RecordId
    subject: RecordId
    time: int
    axis: str
    value: int
    """From −2 to 2."""
    languages: tuple[str, ...] = ()
    """In which the evaluator took it in: tags, each once, ascending."""


class Label(NamedTuple):
    """What a moderation label says of one record or identity; it has no drop."""

    id: RecordId
    author: RecordId
    subject: RecordId
    time: int
    label: str
    negated: bool = False
    """Whether it takes the author's earlier label of that name back."""
    until: int | None = None
    """From when on it counts no more; None: for ever."""


class ViewpointGroup(NamedTuple):
    """People who judge alike."""

    members: tuple[tuple[RecordId, int], ...]
    """Identities, ascending, with how far each belongs to the group, in thousandths."""
    minimum: int
    """The trust, in thousandths of a wholly trusted person, without which the group says nothing."""


class Viewpoints(NamedTuple):
    """A published record of groups; it stands."""

    id: RecordId
    groups: tuple[ViewpointGroup, ...]


@dataclass(frozen=True)
class Viewer:
    """The private inputs of a feed: who reads, and what they follow."""

    me: RecordId | None = None
    people: frozenset[RecordId] = frozenset()
    collections: frozenset[RecordId] = frozenset()
    languages: tuple[str, ...] = ()
    topics: frozenset[str] = frozenset()
    """Case-folded, in NFC."""
    history: Mapping[RecordId, int] = field(default_factory=dict)
    """How often each work was shown to them."""
    salt: bytes = b""
    """What their history is committed to with, so that nobody can guess it from its hash."""
    owed: Mapping[str, int] = field(default_factory=dict)
    """What earlier feeds left each language owed, in parts of a place."""


@dataclass(frozen=True)
class World:
    """All that a feed is made from, beside the profile, the viewer and the moment."""

    facts: Sequence[Fact]
    statements: Sequence[Statement]
    snapshot: Cid
    evaluations: Sequence[Evaluation] = ()
    labels: Sequence[Label] = ()
    viewpoints: Sequence[Viewpoints] = ()
    fingerprints: Mapping[RecordId, int] = field(default_factory=dict)
    """Of works whose texts have one; 64 bits."""
