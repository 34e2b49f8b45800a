"""Items of a feed as people read them: title, author, flags, and what added to the score, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from knowchain.chains import Flag
from knowchain.home.names import Names
from knowchain.home.viewing import human_form, title_of
from knowchain.identifiers import RecordId
from knowchain.ranking.feed import Move, Placed
from knowchain.ranking.profile import Profile
from knowchain.ranking.reasons import Because, because, why_moved
from knowchain.storage.reader import Reader

__all__ = ["Adds", "FeedItem", "Moved", "Shower"]

_TOLD: Final = (Flag.CONTESTED, Flag.DISPUTED, Flag.FORKED)
"""Flags of records that are shown all the same, and said beside them."""


@dataclass(frozen=True, slots=True)
class Adds:
    """What one signal adds to a score, and why it has that value."""

    signal: str
    value: int
    weight: int
    adds: int
    because: str
    reason: Because
    evidence: tuple[RecordId, ...] = ()
    """Records that it rests on, at most three, those with the most weight first."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A rule that had a say in an item's place, beside its score, and why.

    Attributes:
        costs: what it took from the score for this place.
        like: the work that it is most like.
        displaced: the work that would have had this place.
        needed: how many places the rule must have had by now.
        had: and how many it had.
    """

    rule: str
    costs: int
    because: str
    reason: Because
    like: RecordId | None = None
    displaced: RecordId | None = None
    needed: int = 0
    had: int = 0


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An item, as people read it."""

    item: RecordId
    rank: int
    score: int
    title: str | None
    author: RecordId
    author_name: str
    time: int
    languages: tuple[str, ...]
    contributions: tuple[Adds, ...]
    """They sum to the score, exactly."""
    sources: tuple[str, ...]
    flags: tuple[Flag, ...]
    place: int | None = None
    """In the feed; the same as the rank unless rules move works. None: at none of the 500 places."""
    moves: tuple[Moved, ...] = ()


class Shower:
    """Items as people read them, over one state of the store."""

    def __init__(self, reader: Reader, profile: Profile) -> None:
        self._reader, self._profile = reader, profile
        self._names, self._standing = Names(reader), reader.standing()

    def title(self, item: RecordId) -> str | None:
        """The title of a held work."""
        stored = self._reader.record(item)
        assert stored is not None, "what is ranked is held"
        return title_of(human_form(self._reader, stored))

    def item(self, placed: Placed) -> FeedItem:
        """An item with its reasons."""
        stored = self._reader.record(placed.id)
        assert stored is not None, "what is ranked is held"
        flags = self._standing.flags(placed.id)
        return FeedItem(
            item=placed.id,
            rank=placed.rank,
            score=placed.score,
            title=title_of(human_form(self._reader, stored)),
            author=placed.author,
            author_name=self._names.shown(placed.author),
            time=stored.block.header.time,
            languages=placed.evidence.languages,
            contributions=tuple(self._adds(placed)),
            sources=placed.sources,
            flags=tuple(flag for flag in _TOLD if flag in flags),
            place=placed.place,
            moves=tuple(map(_moved, placed.moves)),
        )

    def _adds(self, placed: Placed) -> list[Adds]:
        found = []
        for each in placed.contributions:
            reason = because(each, placed.evidence, self._profile)
            ground = placed.evidence.grounds.get(each.signal)
            records = () if ground is None else ground.records
            found.append(Adds(each.signal, each.value, each.weight, each.adds, str(reason), reason, records))
        return found


def _moved(move: Move) -> Moved:
    reason = why_moved(move)
    return Moved(move.rule, move.costs, str(reason), reason, move.like, move.displaced, move.needed, move.had)
