"""What a feed is asked with: who reads, a work by its id, and numbers within their bounds."""

from __future__ import annotations

from knowchain.errors import InvalidValue, NotAllowed, NotFound
from knowchain.home.following import follows_in
from knowchain.home.gathering import folded
from knowchain.home.home import Home
from knowchain.home.names import resolve_record
from knowchain.home.seen import seen_in
from knowchain.identifiers import RecordId, parse_record_id
from knowchain.ranking.facts import Viewer
from knowchain.storage.reader import Reader

__all__ = ["bounded", "viewer_of", "work_named"]


def viewer_of(home: Home, reader: Reader) -> Viewer:
    """Who reads, with all that only this home knows of them."""
    follows, seen = follows_in(reader), seen_in(reader)
    return Viewer(
        me=home.identity if home.has_identity else None,
        people=frozenset(map(parse_record_id, follows.people)),
        collections=frozenset(map(parse_record_id, follows.collections)),
        languages=follows.languages,
        topics=frozenset(folded(topic) for topic in follows.topics),
        history=seen.times,
        salt=seen.salt,
        owed=seen.owed,
    )


def bounded(field: str, value: int | None, least: int, most: int) -> int | None:
    """A number within bounds, or none.

    Raises:
        InvalidValue: it is out of range.
    """
    if value is not None and not least <= value <= most:
        raise InvalidValue(
            "{field}: {value} is out of range",
            field=field,
            value=value,
            least=least,
            most=most,
            remedy="give {least} to {most}",
        )
    return value


def work_named(reader: Reader, text: str) -> RecordId:
    """A held work, by its id or the beginning of it.

    Raises:
        NotFound: it is not held.
        NotAllowed: it is no work, so that no feed shows it.
    """
    rid = resolve_record(reader, text)
    stored = reader.record(rid)
    if stored is None:
        raise NotFound(
            "the record {id} is not held here",
            remedy="import it, or let a peer fetch it; `knowchain stats` says what is held",
            id=str(rid),
        )
    kind = stored.block.header.kind
    if kind != "work":
        raise NotAllowed(
            "{id} is a record of kind {kind}; a feed shows works",
            remedy="`knowchain show {id}` shows it, and what it points at",
            id=str(rid),
            kind=kind,
        )
    return rid
