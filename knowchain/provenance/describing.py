"""Describing: one record of a trace, with what must be known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from knowchain.chains.standing import Flag
from knowchain.identifiers import RecordId
from knowchain.provenance.headlines import headline, texts_by_language
from knowchain.provenance.model import BodyState, Event, Node, Receipt, Remark, Tool
from knowchain.provenance.remarks import TEMPLATES, missing, remarks_of
from knowchain.provenance.source import Held, Source
from knowchain.provenance.versions import Versions
from knowchain.records.bodies.values import Stored

__all__ = ["Describer", "short_id"]

_SHORT_ID: Final = 15
_CLOSED: Final = frozenset({Flag.RETRACTED, Flag.ERASED})
_STATES: Final[Mapping[str, BodyState]] = {
    "none": "none",
    "held": "held",
    "missing": "missing",
    "erased": "erased",
}


def short_id(rid: RecordId) -> str:
    """The beginning of an id, long enough to name it to the command."""
    return str(rid)[:_SHORT_ID]


class Describer:
    """Describes records of one set.

    Args:
        source: the set.
        versions: over the same.
        languages: BCP 47 tags in which titles are preferred.
    """

    def __init__(self, source: Source, versions: Versions, languages: Sequence[str]) -> None:
        self._source = source
        self._versions = versions
        self._languages = languages

    def node(self, rid: RecordId) -> Node:
        """What a trace tells of ``rid``."""
        held = self._source.held(rid)
        if held is None:
            return Node(rid, verified=False, remarks=(missing(),))
        flags = self._source.standing().flags(rid)
        closed = bool(flags & _CLOSED)
        fields = None if closed else self._source.fields(rid)
        author = self._source.author(rid)
        name = self._source.name(author)
        return Node(
            id=rid,
            verified=True,
            kind=held.header.kind,
            title=name
            if held.header.kind == "identity"
            else headline(held.header.kind, fields or {}, self._languages),
            titles=tuple(texts_by_language((fields or {}).get("title"))),
            author=author,
            author_name=name,
            key=held.header.key,
            seq=held.header.seq,
            claimed=held.header.time,
            proven=self._source.proven(rid),
            received=_receipt(held),
            body="withheld" if closed and held.body_state == "held" else _STATES[held.body_state],
            made_with=tuple(_tools((fields or {}).get("made_with"))),
            event=_event(fields or {}) if held.header.kind == "event" else None,
            remarks=(*self._body_remarks(held, fields, closed=closed), *self._remarks(rid, flags)),
        )

    def headline(self, rid: RecordId) -> str:
        """The words by which a record is known, or the beginning of its id."""
        header = self._source.header(rid)
        if header is None or self._source.standing().flags(rid) & _CLOSED:
            return short_id(rid)
        return headline(header.kind, self._source.fields(rid) or {}, self._languages) or short_id(rid)

    def _remarks(self, rid: RecordId, flags: frozenset[Flag]) -> Iterator[Remark]:
        return remarks_of(self._source, self._versions, rid, flags, self.headline)

    def _body_remarks(
        self, held: Held, fields: Mapping[str, Stored] | None, *, closed: bool
    ) -> Iterator[Remark]:
        name: Literal["body-missing", "body-erased", "unreadable"] | None = None
        if held.body_state == "missing":
            name = "body-missing"
        elif held.body_state == "erased":
            name = "body-erased"
        elif held.body_state == "held" and fields is None and not closed:
            name = "unreadable"
        if name is not None:
            yield Remark(name, TEMPLATES[name])


def _receipt(held: Held) -> Receipt:
    way, _, rest = held.source.partition(":")
    if way == "local":
        return Receipt(held.received, "local", "")
    if way in ("import", "peer"):
        return Receipt(held.received, "import" if way == "import" else "peer", rest)
    return Receipt(held.received, "other", held.source)


def _tools(stored: Stored) -> Iterator[Tool]:
    for each in stored if isinstance(stored, list) else ():
        if isinstance(each, dict) and isinstance(each.get("tool"), str):
            kind, role, human, version, provider = (
                value if isinstance(value := each.get(name), str) else None
                for name in ("kind", "role", "human", "version", "provider")
            )
            yield Tool(str(each["tool"]), kind, role, human, version, provider)


def _event(fields: Mapping[str, Stored]) -> Event:
    return Event(
        event=_text(fields.get("event")),
        when=_text(fields.get("when")),
        agent=_party(fields.get("agent")),
        outcome=_text(fields.get("outcome")),
        giver=_party(fields.get("from")),
        taker=_party(fields.get("to")),
    )


def _text(stored: Stored) -> str | None:
    return stored if isinstance(stored, str) else None


def _party(stored: Stored) -> str | None:
    return _text(stored.get("name")) if isinstance(stored, dict) else _text(stored)
