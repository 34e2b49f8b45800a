"""Tracing in a home: where a record comes from, and what became of it (``trace``)."""

from __future__ import annotations

from dataclasses import dataclass

from knowchain.errors import InvalidValue, NotFound
from knowchain.home.home import Home
from knowchain.home.names import resolve_identity, resolve_record
from knowchain.home.records_seen import RecordsSeen
from knowchain.identifiers import RecordId
from knowchain.provenance import TraceRequest, trace
from knowchain.provenance.model import MOST_NODES, Direction, Trace
from knowchain.storage.reader import Reader

__all__ = ["TraceQuestion", "resolve_traced", "trace_record"]


@dataclass(frozen=True, slots=True)
class TraceQuestion:
    """What to trace, in plain values.

    Attributes:
        record: an id, the beginning of one, or a person's name.
        direction: ``up``, ``down`` or ``both``.
        depth: references away at most.
        most: records told in each direction at most.
        languages: in which titles are preferred.
    """

    record: str
    direction: Direction = "both"
    depth: int | None = None
    most: int = MOST_NODES
    languages: tuple[str, ...] = ()


def trace_record(home: Home, question: TraceQuestion) -> Trace:
    """Where a record comes from, and what became of it.

    Raises:
        NotFound: neither held nor mentioned here.
        InvalidValue: a bound that bounds nothing, or no id.
    """
    for field, value, least in (("depth", question.depth, 0), ("most", question.most, 1)):
        if value is not None and value < least:
            raise InvalidValue(
                "{field}: {value} is too small",
                field=field,
                value=value,
                remedy="give at least {least}",
                least=least,
            )
    with home.store.snapshot() as reader:
        root = resolve_traced(reader, question.record)
        request = TraceRequest(root, question.direction, question.depth, question.most, question.languages)
        return trace(RecordsSeen(reader), request)


def resolve_traced(reader: Reader, text: str) -> RecordId:
    """The record that a text names: an id, its beginning, or a person's name for their first record.

    It need not be held: a gap that held records point to can be traced, too.

    Raises:
        NotFound: nothing here has that name, or the record is neither held nor mentioned.
        InvalidValue: the text is no id.
    """
    root = resolve_record(reader, text) if text.startswith("bafy") else resolve_identity(reader, text)
    if root not in reader and not reader.pointers(root):
        raise NotFound(
            "the record {id} is neither held nor mentioned here",
            remedy="import it, or let a peer fetch it",
            id=str(root),
        )
    return root
