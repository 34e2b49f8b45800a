"""Parts of the places for each language, and what a feed leaves it owed for the next.

Source: docs/spec/ranking.md, section 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isqrt
from typing import Final

from knowchain.ranking.numbers import ONE

__all__ = ["MOST_OWED", "owed_after", "targets_of"]

MOST_OWED: Final = 64 * ONE
"""No language is owed more, or owes more; in parts of a place."""


def targets_of(amounts: Mapping[str, int], languages: Iterable[str]) -> dict[str, int]:
    """What part of all places each language is to have, in parts of Q.

    Args:
        amounts: A(l), the trust of those who published in a language lately.
        languages: those that are to be had.
    """
    roots = {language: isqrt(amounts.get(language, 0)) for language in sorted(set(languages))}
    total = sum(roots.values())
    return {language: ONE * root // total if total else 0 for language, root in roots.items()}


def owed_after(
    owed: Mapping[str, int], targets: Mapping[str, int], shown: Sequence[tuple[str, ...]]
) -> dict[str, int]:
    """What each language is owed once a feed was shown; those that are owed nothing are left out.

    Args:
        owed: before.
        targets: of the feed.
        shown: the languages of each of its items.
    """
    received: dict[str, int] = {}
    for languages in shown:
        for language in languages:
            received[language] = received.get(language, 0) + ONE // len(languages)
    after = {}
    for language in sorted({*owed, *targets, *received}):
        due = owed.get(language, 0) + len(shown) * targets.get(language, 0) - received.get(language, 0)
        after[language] = max(-MOST_OWED, min(MOST_OWED, due))
    return {language: due for language, due in after.items() if due}
