"""Versions: which record stands for another today, and why.

A revision is *official* if its author acts for that of the older one (docs/spec/records.md, section 3).
Readers are led to the newest official version that stands; what was taken back leads to what its author
named in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from knowchain.chains import author_of
from knowchain.chains.holdings import WITHDRAWING, Pointer
from knowchain.chains.standing import Flag, Standing
from knowchain.identifiers import RecordId
from knowchain.records.header import AnyHeader, Header

__all__ = ["HIDING", "Current", "VersionSource", "Versions", "current_version"]

REVISES: Final = "prov:wasRevisionOf"
HIDING: Final = frozenset({Flag.RETRACTED, Flag.ERASED, Flag.REVOKED, Flag.SUPERSEDED})
"""Flags under which a record is not shown by itself: taken back, or signed without authority."""
_MOST: Final = 10_000
"""Versions that are looked at; a chain of revisions beyond that is followed no further."""

Why = Literal["itself", "revised", "replaced", "retracted", "erased", "revoked", "superseded"]


class VersionSource(Protocol):
    """What is asked of a store."""

    def standing(self) -> Standing:
        """Flags over the records held."""
        ...

    def header(self, rid: RecordId) -> AnyHeader | None:
        """The header of a held record."""
        ...

    def pointers(self, rid: RecordId, relations: Iterable[str] | None = None) -> Iterable[Pointer]:
        """The held records that refer to ``rid``."""
        ...


@dataclass(frozen=True, slots=True)
class Current:
    """What stands for a record today."""

    asked: RecordId
    id: RecordId | None
    """The record to show; None: nothing stands for it."""
    why: Why
    """``itself``; ``revised``: a newer official version; ``replaced``: what a retraction named in its
    place; else why nothing is shown."""
    by: tuple[RecordId, ...] = ()
    """The records that say so: revisions from the older to the newer, or retractions."""


class Versions:
    """Leads from records to what stands for them, over one unchanging set; remembers what it worked out.

    Args:
        source: the set.
    """

    def __init__(self, source: VersionSource, standing: Standing | None = None) -> None:
        self._source = source
        self._standing = standing or source.standing()

    def current(self, rid: RecordId) -> Current:
        """What stands for ``rid`` today."""
        path = self._newest_path(rid)
        if len(path) > 1:
            return Current(rid, path[-1], "revised", tuple(path[1:]))
        flags = self._standing.flags(rid) & HIDING
        if not flags:
            return Current(rid, rid, "itself")
        withdrawals = tuple(self.withdrawals(rid))
        for withdrawal in withdrawals:
            for target in self._replacements(withdrawal):
                if target != rid and not self._hidden(target):
                    return Current(rid, target, "replaced", (withdrawal,))
        return Current(rid, None, _why(flags), withdrawals)

    def is_official(self, newer: RecordId, older: RecordId) -> bool:
        """Whether the author of ``newer`` acts for that of ``older``."""
        ours, theirs = self._author(newer), self._author(older)
        return (
            ours is not None
            and theirs is not None
            and (ours == theirs or self._standing.acts_for(ours, theirs, firmly=False))
        )

    def official_revisions(self, rid: RecordId) -> list[RecordId]:
        """The official newer versions made right from ``rid`` that stand, in the order of their ids."""
        return [
            pointer.source
            for pointer in self._source.pointers(rid, [REVISES])
            if not self._hidden(pointer.source) and self.is_official(pointer.source, rid)
        ]

    def older(self, rid: RecordId) -> Iterator[RecordId]:
        """The records that ``rid`` officially took the place of, and those before them."""
        seen = {rid}
        todo = [rid]
        while todo and len(seen) < _MOST:
            at = todo.pop()
            header = self._source.header(at)
            for ref in header.refs if isinstance(header, Header) else ():
                if ref.relation == REVISES and ref.target not in seen and self.is_official(at, ref.target):
                    seen.add(ref.target)
                    todo.append(ref.target)
                    yield ref.target

    def withdrawals(self, rid: RecordId) -> list[RecordId]:
        """The retractions of ``rid`` that stand and whose author acts for its own."""
        return [
            pointer.source
            for pointer in self._source.pointers(rid, WITHDRAWING)
            if not self._hidden(pointer.source) and self.is_official(pointer.source, rid)
        ]

    def _newest_path(self, rid: RecordId) -> list[RecordId]:
        """From ``rid`` over official revisions to the newest: the last by claimed time, then by id.

        Their authors act for one another, so that their own word on time is good enough among them.
        """
        came_from: dict[RecordId, RecordId | None] = {rid: None}
        todo = [rid]
        ends: list[RecordId] = []
        while todo and len(came_from) < _MOST:
            at = todo.pop()
            newer = self.official_revisions(at)
            if not newer:
                ends.append(at)
            for each in newer:
                if each not in came_from:
                    came_from[each] = at
                    todo.append(each)
        newest = max(ends or [rid], key=lambda end: (self._time(end), end))
        path: list[RecordId] = []
        step: RecordId | None = newest
        while step is not None:
            path.append(step)
            step = came_from[step]
        return path[::-1]

    def _replacements(self, withdrawal: RecordId) -> Iterator[RecordId]:
        header = self._source.header(withdrawal)
        for ref in header.refs if isinstance(header, Header) else ():
            if ref.relation == "dcterms:references" and self._source.header(ref.target) is not None:
                yield ref.target

    def _hidden(self, rid: RecordId) -> bool:
        return bool(self._standing.flags(rid) & HIDING)

    def _author(self, rid: RecordId) -> RecordId | None:
        header = self._source.header(rid)
        return None if header is None else author_of(rid, header)

    def _time(self, rid: RecordId) -> int:
        header = self._source.header(rid)
        return 0 if header is None else header.time


def current_version(source: VersionSource, rid: RecordId) -> Current:
    """What stands for a record today: itself, a newer official version, a replacement, or nothing."""
    return Versions(source).current(rid)


def _why(flags: frozenset[Flag]) -> Why:
    for flag, why in _WHYS:
        if flag in flags:
            return why
    raise AssertionError("asked only where a flag hides")


_WHYS: Final[tuple[tuple[Flag, Why], ...]] = (
    (Flag.ERASED, "erased"),
    (Flag.RETRACTED, "retracted"),
    (Flag.REVOKED, "revoked"),
    (Flag.SUPERSEDED, "superseded"),
)
