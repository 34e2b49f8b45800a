"""Remarks: the flags of a record, and what lacks of it, with the reason in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from knowchain.chains.holdings import DISPUTES
from knowchain.chains.standing import Flag
from knowchain.identifiers import RecordId
from knowchain.provenance.dates import day
from knowchain.provenance.model import Remark, RemarkName
from knowchain.provenance.source import Source
from knowchain.provenance.versions import HIDING, Versions

__all__ = ["TEMPLATES", "missing", "remarks_of"]

TEMPLATES: Final = {
    "missing": "not held here; a peer or an import may bring it",
    "body-missing": "its words have not come here yet",
    "body-erased": "its words were destroyed here",
    "unreadable": "its words can't be read by this version",
    "retracted": "{who} took it back on {day}: {reason}",
    "erased": "{who} had its words erased on {day}: {reason}",
    "disputed": "{who} disputes it",
    "superseded": "signed under a branch of {author}'s identity that a higher key outweighs",
    "revoked": "{author} has disavowed the key that signed it",
    "contested": "{author}'s identity is contested: its keys disagree about this record",
    "forked": "its key signed another record in the same place: a theft, or a restored copy",
    "merged": "its key signed another record in the same place; a later one joins both",
    "replaced": "{who} put a newer version in its place on {day}: {title}",
}
"""Every remark in English, for a catalogue."""
_NAMES_SHOWN: Final = 3
_OF_AUTHORITY: Final[tuple[tuple[Flag, RemarkName], ...]] = (
    (Flag.REVOKED, "revoked"),
    (Flag.SUPERSEDED, "superseded"),
    (Flag.CONTESTED, "contested"),
)
_OF_FORKS: Final[tuple[tuple[Flag, RemarkName], ...]] = ((Flag.FORKED, "forked"), (Flag.MERGED, "merged"))


def missing() -> Remark:
    """Of a record that is not held."""
    return Remark("missing", TEMPLATES["missing"])


def remarks_of(
    source: Source,
    versions: Versions,
    rid: RecordId,
    flags: frozenset[Flag],
    headline: Callable[[RecordId], str],
) -> Iterator[Remark]:
    """What must be said of a held record, the weightiest first.

    Args:
        source: what is held.
        versions: over the same.
        rid: the record.
        flags: its standing.
        headline: the words by which another record is known.
    """
    author = source.name(source.author(rid))
    if Flag.RETRACTED in flags or Flag.ERASED in flags:
        yield _withdrawn(source, versions, rid, flags, headline)
    for flag, name in _OF_AUTHORITY:
        if flag in flags:
            yield Remark(name, TEMPLATES[name], {"author": author})
    for flag, name in _OF_FORKS:
        if flag in flags:
            rivals = tuple(rival for rival in source.beside(rid) if rival != rid)
            yield Remark(name, TEMPLATES[name], {}, rivals)
    if Flag.DISPUTED in flags:
        disputing = tuple(
            pointer.source
            for pointer in source.pointers(rid, [DISPUTES])
            if not source.standing().flags(pointer.source) & HIDING
        )
        yield Remark("disputed", TEMPLATES["disputed"], {"who": _authors(source, disputing)}, disputing)
    current = versions.current(rid)
    if current.why == "revised" and current.id is not None:
        newest = current.id
        fields = {
            "who": source.name(source.author(newest)),
            "day": day(source.claimed(newest)),
            "title": headline(newest),
        }
        yield Remark("replaced", TEMPLATES["replaced"], fields, current.by)


def _withdrawn(
    source: Source,
    versions: Versions,
    rid: RecordId,
    flags: frozenset[Flag],
    headline: Callable[[RecordId], str],
) -> Remark:
    name: RemarkName = "erased" if Flag.ERASED in flags else "retracted"
    relation = "kc:erases" if name == "erased" else "kc:retracts"
    withdrawals = versions.withdrawals(rid)
    saying = [one for one in withdrawals if _points(source, rid, one, relation)] or withdrawals
    fields = {"who": source.name(source.author(rid)), "day": "?", "reason": "?"}
    if saying:
        first = min(saying, key=lambda one: (source.claimed(one), one))
        fields = {
            "who": source.name(source.author(first)),
            "day": day(source.claimed(first)),
            "reason": source.reason(first) or headline(first),
        }
    return Remark(name, TEMPLATES[name], fields, tuple(saying))


def _points(source: Source, rid: RecordId, by: RecordId, relation: str) -> bool:
    return any(pointer.source == by for pointer in source.pointers(rid, [relation]))


def _authors(source: Source, records: tuple[RecordId, ...]) -> str:
    names = list(dict.fromkeys(source.name(source.author(rid)) for rid in records))
    more = f" +{len(names) - _NAMES_SHOWN}" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
