"""What it is worth when others rely on a record: works, translations, and reviews.

Source: docs/spec/ranking.md, section 6.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from knowchain.identifiers import RecordId
from knowchain.ranking.facts import CANDIDATE_KIND, UNFIT_AS_SOURCE, Fact
from knowchain.ranking.signals import language_key

__all__ = ["REVIEWS", "WORTH", "Made", "made_of", "worth_of"]

Made: TypeAlias = Literal["review", "work", "translation"]

WORTH: Final[Mapping[Made, int]] = {"review": 1, "work": 2, "translation": 3}
"""In wholly trusted people who rely on it."""
REVIEWS: Final = frozenset({"evaluation", "note"})
"""Kinds of records that say something about others."""


def made_of(fact: Fact, facts: Mapping[RecordId, Fact]) -> Made | None:
    """What a record contributes; None if it is of another kind, or doesn't stand.

    A translation is in other languages than a held work that it was made out of.
    """
    if fact.drop in UNFIT_AS_SOURCE:
        return None
    if fact.kind not in (*REVIEWS, CANDIDATE_KIND):
        return None
    own = _languages(fact)
    sources = (facts[each] for each in fact.sources if each in facts)
    theirs = (_languages(source) for source in sources if source.kind == CANDIDATE_KIND)
    if own and any(each and own.isdisjoint(each) for each in theirs):
        return "translation"
    return "review" if fact.kind in REVIEWS else "work"


def worth_of(fact: Fact, facts: Mapping[RecordId, Fact]) -> int:
    """The worth of a record; 0 if it contributes nothing."""
    made = made_of(fact, facts)
    return 0 if made is None else WORTH[made]


def _languages(fact: Fact) -> set[str]:
    return {key for tag in fact.languages if (key := language_key(tag)) is not None}
