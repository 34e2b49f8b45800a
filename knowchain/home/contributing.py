"""Contribution: who made what others rely on, line by line, as the reader's trust weighs it.

The ledger of docs/spec/ranking.md, section 6.7, without any feed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from knowchain.home.feeding import FeedRequest, feeds_of
from knowchain.home.home import Home
from knowchain.home.names import Names, resolve_identity
from knowchain.home.viewing import human_form, title_of
from knowchain.identifiers import RecordId
from knowchain.ranking.contribution import Ledger, Line
from knowchain.ranking.numbers import ONE
from knowchain.ranking.worth import Made
from knowchain.storage.reader import Reader

__all__ = ["ContributionRequest", "Contributions", "Earned", "Earner", "contributions"]

Advance: TypeAlias = Callable[[int], None]
_SHOWN: Final = 50
"""People, or lines of one of them."""


@dataclass(frozen=True, slots=True)
class ContributionRequest:
    """Whose contributions.

    Attributes:
        who: a name or an id; None: everybody's totals, the greatest first.
        feed: the profile, whose trust and half-life count, and the moment.
    """

    who: str | None = None
    feed: FeedRequest = field(default_factory=FeedRequest)


@dataclass(frozen=True, slots=True)
class Earner:
    """What one person's records are worth to others."""

    who: RecordId
    name: str
    total: int
    """Parts of Q, after the cap of each who relies on them."""
    signal: int
    """What it gives each of their works in a feed, from 0 to Q."""
    lines: int


@dataclass(frozen=True, slots=True)
class Earned:
    """One person relies on one record."""

    record: RecordId
    title: str | None
    made: Made
    by: RecordId
    by_name: str
    use: RecordId
    """The record with which they do."""
    time: int
    amount: int


@dataclass(frozen=True, slots=True)
class Contributions:
    """A part of the ledger."""

    as_of: int
    unit: int
    """What a wholly trusted person's reliance on a review is worth on its first day."""
    cap: int
    """The total from which on the signal is full."""
    people: tuple[Earner, ...]
    """At most 50."""
    earned: tuple[Earned, ...]
    """The lines of whoever was asked for, at most 50, the greatest first."""


def contributions(
    home: Home, request: ContributionRequest, advance: Advance = lambda _records: None
) -> Contributions:
    """Who contributed what, as the reader's trust weighs it at one moment.

    Args:
        home: the open home.
        request: whose.
        advance: told how many more records were read.

    Raises:
        NotFound: nobody here has that name, or there is no such preset.
        InvalidValue: the profile or the moment break a rule.
    """
    ledger, as_of = feeds_of(home).ledger(home, request.feed, advance)
    with home.store.snapshot() as reader:
        who = None if request.who is None else resolve_identity(reader, request.who)
        names = Names(reader)
        return Contributions(
            as_of=as_of,
            unit=ONE,
            cap=ledger.cap,
            people=_people(ledger, who, names),
            earned=() if who is None else _earned(ledger, who, names, reader),
        )


def _people(ledger: Ledger, who: RecordId | None, names: Names) -> tuple[Earner, ...]:
    counts: dict[RecordId, int] = {}
    for line in ledger.lines:
        counts[line.earner] = counts.get(line.earner, 0) + 1
    wanted = sorted(ledger.totals, key=lambda each: (-ledger.totals[each], each)) if who is None else [who]
    return tuple(
        Earner(
            each,
            names.shown(each),
            ledger.totals.get(each, 0),
            ledger.signal_of(each),
            counts.get(each, 0),
        )
        for each in wanted[:_SHOWN]
    )


def _earned(ledger: Ledger, who: RecordId, names: Names, reader: Reader) -> tuple[Earned, ...]:
    lines = [line for line in ledger.lines if line.earner == who]
    lines.sort(key=lambda line: (-line.amount, line.use))
    return tuple(
        Earned(
            record=line.record,
            title=_title(reader, line),
            made=line.made,
            by=line.by,
            by_name=names.shown(line.by),
            use=line.use,
            time=line.time,
            amount=line.amount,
        )
        for line in lines[:_SHOWN]
    )


def _title(reader: Reader, line: Line) -> str | None:
    stored = reader.record(line.record)
    return None if stored is None else title_of(human_form(reader, stored))
