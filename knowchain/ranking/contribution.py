"""Contribution: a public ledger of works, translations and reviews that others relied on.

A pure function of records and trust, line by line: who earned what, for which record, because who took
it up. It can be worked out and printed without any feed.

Source: docs/spec/ranking.md, section 6.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from knowchain.identifiers import RecordId
from knowchain.ranking.days import day_of, faded
from knowchain.ranking.facts import UNFIT_AS_SOURCE, Fact
from knowchain.ranking.numbers import ONE, ilog2q
from knowchain.ranking.worth import WORTH, Made, made_of
from knowchain.trust.terms import cap_of

__all__ = ["PERSON_CAP", "Ledger", "Line", "ledger_of", "uses_at"]

PERSON_CAP: Final = 8
"""What one person's reliance on another can be worth in all, in their own trust."""


class Line(NamedTuple):
    """One person relies on one record."""

    earner: RecordId
    record: RecordId
    made: Made
    by: RecordId
    """Who relies on it."""
    use: RecordId
    """The record with which they do."""
    time: int
    """Of that record, as claimed."""
    amount: int
    """Parts of Q, before the cap of one person."""


@dataclass(frozen=True)
class Ledger:
    """All lines, and what they sum to."""

    lines: tuple[Line, ...]
    """Ascending by earner, record and who relies on it; without those that are worth nothing."""
    totals: Mapping[RecordId, int]
    """c, by earner; none is 0."""
    cap: int
    """c_cap, the 95th percentile of the totals; 0: there are none."""

    def signal_of(self, who: RecordId) -> int:
        """The signal of an author's works, from 0 to Q."""
        total = self.totals.get(who, 0)
        if not total:
            return 0
        return min(ONE, ONE * _whole(total) // max(_whole(self.cap), 1))


def _whole(amount: int) -> int:
    return ilog2q(ONE + amount) - 16 * ONE


def uses_at(facts: Mapping[RecordId, Fact], as_of: int) -> dict[tuple[RecordId, RecordId], Fact]:
    """The use that counts, by who uses what: their latest that stands and is not of the future."""
    found: dict[tuple[RecordId, RecordId], Fact] = {}
    for fact in facts.values():
        if fact.drop in UNFIT_AS_SOURCE or fact.time > as_of:
            continue
        for target in fact.uses:
            known = found.get((fact.author, target))
            if known is None or (known.time, known.id) < (fact.time, fact.id):
                found[fact.author, target] = fact
    return found


def ledger_of(
    facts: Mapping[RecordId, Fact], trust: Mapping[bytes, int], *, as_of: int, half_life_s: int
) -> Ledger:
    """The ledger for one reader at one moment.

    Args:
        facts: of all records, by id.
        trust: the reader's trust signals, from 0 to Q; who is missing has none.
        as_of: milliseconds since 1970.
        half_life_s: after how many seconds a contribution counts half.
    """
    lines = sorted(
        line
        for (by, target), use in uses_at(facts, as_of).items()
        if (line := _line(facts.get(target), facts, use, trust.get(by, 0), as_of, half_life_s)) is not None
    )
    totals = _totals(lines, trust)
    return Ledger(tuple(lines), totals, cap_of(totals.values()) if totals else 0)


def _line(
    fact: Fact | None,
    facts: Mapping[RecordId, Fact],
    use: Fact,
    trust: int,
    as_of: int,
    half_life_s: int,
) -> Line | None:
    if fact is None or fact.author == use.author or (made := made_of(fact, facts)) is None:
        return None
    amount = faded(trust * WORTH[made], day_of(as_of) - day_of(use.time), half_life_s)
    return Line(fact.author, fact.id, made, use.author, use.id, use.time, amount) if amount else None


def _totals(lines: Iterable[Line], trust: Mapping[bytes, int]) -> dict[RecordId, int]:
    """By earner, where nobody's reliance counts beyond its cap."""
    pairs: dict[tuple[RecordId, RecordId], int] = {}
    for line in lines:
        pairs[line.earner, line.by] = pairs.get((line.earner, line.by), 0) + line.amount
    totals: dict[RecordId, int] = {}
    for (earner, by), amount in pairs.items():
        totals[earner] = totals.get(earner, 0) + min(amount, PERSON_CAP * trust[by])
    return totals
