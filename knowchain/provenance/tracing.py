"""Tracing: where a record comes from and what became of it, told from what is held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from knowchain.identifiers import RecordId
from knowchain.provenance.dates import edtf_key
from knowchain.provenance.describing import Describer
from knowchain.provenance.model import MOST_NODES, Direction, Edge, Omitted, Trace
from knowchain.provenance.relations import ANCESTRY, PASSED_OVER, SHOWN, down_order
from knowchain.provenance.source import Source
from knowchain.provenance.versions import REVISES, Versions
from knowchain.provenance.walking import Step, Walk, breadth_first
from knowchain.records.header import Header

__all__ = ["TraceRequest", "trace"]

_FAN: Final = 40
"""References of one relation to one record that are told; the rest is counted."""
_FollowUp = Callable[[Sequence[RecordId]], Iterable[Step[Edge, RecordId]]]


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """What to trace.

    Attributes:
        root: the record.
        direction: ``up`` to its sources, ``down`` to what became of it, or both.
        depth: references away from the root at most; None: as far as ``most`` allows.
        most: records told in each direction at most.
        languages: BCP 47 tags in which titles are preferred.
    """

    root: RecordId
    direction: Direction = "both"
    depth: int | None = None
    most: int = MOST_NODES
    languages: tuple[str, ...] = ()


def trace(source: Source, request: TraceRequest) -> Trace:
    """Trace a record that is held, or that a held one points to."""
    tracer = _Tracer(source, request.root)
    events = tracer.events() if request.direction != "up" else ()
    up = _walk(request, tracer.sources) if request.direction != "down" else None
    down = _walk(request, tracer.followers) if request.direction != "up" else None
    describe = Describer(source, tracer.versions, request.languages)
    reached = dict.fromkeys([request.root, *events, *_reached(up), *_reached(down)])
    held = source.held(request.root) is not None
    return Trace(
        root=request.root,
        direction=request.direction,
        nodes={rid: describe.node(rid) for rid in reached},
        up=tuple(up.edges) if up is not None else (),
        down=tuple(down.edges) if down is not None else (),
        events=events,
        sources=source.count_sources(request.root) if up is not None else None,
        depth=request.depth,
        deeper=any(walk.deeper for walk in (up, down) if walk is not None),
        full=any(walk.full for walk in (up, down) if walk is not None),
        omitted=tuple(tracer.omitted),
        current=tracer.versions.current(request.root).id if held else None,
    )


def _walk(request: TraceRequest, follow: _FollowUp) -> Walk[RecordId, Edge]:
    return breadth_first([request.root], follow, depth=request.depth, most=request.most)


def _reached(walk: Walk[RecordId, Edge] | None) -> Iterable[RecordId]:
    return () if walk is None else walk.distance


class _Tracer:
    """Edges around one root."""

    def __init__(self, source: Source, root: RecordId) -> None:
        self.versions = Versions(source, source.standing())
        self.omitted: list[Omitted] = []
        self._source = source
        self._root = root
        self._events: frozenset[RecordId] = frozenset()

    def events(self) -> tuple[RecordId, ...]:
        """Event records about the root, in the order in which they say that they happened."""
        about = [pointer.source for pointer in self._source.pointers(self._root, ["kc:about"])]
        found = [rid for rid in about if self._kind(rid) == "event"]
        told = sorted(found, key=self._happened)
        self._leave_out(self._root, "kc:about", "down", len(told) - _EVENTS)
        self._events = frozenset(found)
        return tuple(told[:_EVENTS])

    def _happened(self, rid: RecordId) -> tuple[bool, tuple[int, int, int], int, RecordId]:
        """By the date in its body, then by claimed time; those without a date come last."""
        fields = self._source.fields(rid) or {}
        when = fields.get("when")
        key = edtf_key(when if isinstance(when, str) else None)
        return key is None, key or (0, 0, 0), self._source.claimed(rid), rid

    def sources(self, level: Sequence[RecordId]) -> Iterator[Step[Edge, RecordId]]:
        """What the records of a level refer to."""
        for rid in level:
            header = self._source.header(rid)
            refs = header.refs if isinstance(header, Header) else ()
            told = sorted(refs, key=lambda ref: (ref.relation not in ANCESTRY, ref))
            for relation, group in groupby(told, lambda ref: ref.relation):
                if relation in PASSED_OVER:
                    continue
                targets = [ref.target for ref in group]
                self._leave_out(rid, relation, "up", len(targets) - _FAN)
                known = relation in ANCESTRY or relation in SHOWN
                for target in targets[:_FAN]:
                    yield self._edge(rid, relation, target), target, relation in ANCESTRY or not known

    def followers(self, level: Sequence[RecordId]) -> Iterator[Step[Edge, RecordId]]:
        """What points at the records of a level; events about the root are told apart."""
        for rid in level:
            pointers = [
                pointer
                for pointer in self._source.pointers(rid)
                if pointer.relation not in PASSED_OVER and pointer.source not in self._events
            ]
            ordered = sorted(pointers, key=lambda pointer: (down_order(pointer.relation), *pointer))
            for relation, group in groupby(ordered, lambda pointer: pointer.relation):
                sources = [pointer.source for pointer in group]
                self._leave_out(rid, relation, "down", len(sources) - _FAN)
                for source in sources[:_FAN]:
                    # Members of a collection have their own stories.
                    yield self._edge(source, relation, rid), source, relation not in _NOT_ITS_STORY

    def _edge(self, later: RecordId, relation: str, earlier: RecordId) -> Edge:
        official = None
        if relation == REVISES and self._source.header(earlier) is not None:
            official = self.versions.is_official(later, earlier)
        return Edge(later, relation, earlier, self._role(later, relation), official)

    def _role(self, later: RecordId, relation: str) -> str | None:
        """What the later record does by the reference, where the relation alone doesn't say."""
        kind = self._kind(later)
        if kind == "note" and relation in _SUBJECT_OF_A_NOTE:
            motivation = (self._source.fields(later) or {}).get("motivation")
            # Only words that are known: what a stranger invents is no name for what they do.
            return motivation if isinstance(motivation, str) and motivation in _MOTIVATIONS else None
        return kind if relation == "kc:about" else None

    def _kind(self, rid: RecordId) -> str | None:
        header = self._source.header(rid)
        return None if header is None else header.kind

    def _leave_out(self, rid: RecordId, relation: str, direction: Literal["up", "down"], count: int) -> None:
        if count > 0:
            self.omitted.append(Omitted(rid, relation, direction, count))


_EVENTS: Final = 200
_NOT_ITS_STORY: Final = frozenset({"dcterms:isPartOf", "dcterms:rights", "prov:wasAttributedTo"})
_MOTIVATIONS: Final = frozenset({"annotation", "review", "quote", "citation", "translation"})
_SUBJECT_OF_A_NOTE: Final = frozenset(
    {"kc:about", "prov:wasQuotedFrom", "dcterms:references", "prov:wasDerivedFrom"}
)
