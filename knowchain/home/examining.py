"""Examining a home as a whole: its records and the blocks of its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from knowchain.home.home import Home
from knowchain.home.maintenance import check

__all__ = ["Examination", "Examined", "Flaw", "examine"]


@dataclass(frozen=True, slots=True)
class Examination:
    """How closely to look: whether every block of a file is hashed again."""

    hashes: bool = True


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is not as it should be."""

    where: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found."""

    records: int
    findings: tuple[Flaw, ...]


def examine(
    home: Home, request: Examination, advance: Callable[[int], None] = lambda _records: None
) -> Examined:
    """Find every inconsistency of a home. Nothing is changed.

    Raises:
        Corruption, StorageFault: so damaged that it can't be read, or no room for the derived copy.
    """
    found = [Flaw(each.where, each.what, each.remedy) for each in check(home, advance)]
    found += _in_content(home, request) if home.layout.content.is_dir() else ()
    return Examined(home.store.reader().last_arrival(), tuple(found))


def _in_content(home: Home, request: Examination) -> Iterator[Flaw]:
    for each in home.content.fsck(hashes=request.hashes):
        where = f"pack {each.pack}, byte {each.offset}" if each.offset >= 0 else each.cid or "content"
        yield Flaw(where, f"{each.kind}: {each.detail}", each.remedy)
