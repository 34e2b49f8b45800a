"""Telling the place at the end of "Mary Boone Gallery, New York, NY" from the name before it."""

from __future__ import annotations

import re
from typing import Final

from knowchain.archive.custody.vocabulary import (
    GIVEN_NAMES,
    NOT_IN_NAMES,
    ORGANISATION,
    PREMISES,
    REGIONS,
    TOWNS,
    folded,
)

__all__ = ["count_name_segments", "is_place", "is_region"]

_AND: Final = re.compile(r"\s+(?:and|&)\s+|\s*/\s*")
_TOWN_WORD: Final = r"[A-ZÀ-Þ][\w'’-]*"
_TOWN: Final = re.compile(
    rf"(?:{_TOWN_WORD}|St\.|Mt\.|Ft\.)"
    rf"(?:[\s-](?:{_TOWN_WORD}|of|on|upon|de|la|le|les|sur|am|an|der|bei|del|di|in|den|im))*"
)


def count_name_segments(segments: list[str]) -> int | None:
    """How many of the comma-parted ``segments`` come before the place; None when that is in doubt.

    A country, region or well-known town is a place by itself. Any other town is believed only beside its
    region ("Saco, ME" or, as card files put it, "ME, Saco").
    """
    count = len(segments)
    while count > 1:
        last = segments[count - 1]
        after = segments[count] if count < len(segments) else None
        if is_place(last) or _is_premises(last) or (after and _before_region(last, after)):
            count -= 1
        elif count == len(segments) and count > 2 and _is_inverted(segments[count - 2], last):
            count -= 2
            break
        else:
            break
    if is_place(segments[0]) or (count == 1 < len(segments) and _may_be_person(segments)):
        return None
    return None if _runs_on(segments[count - 1], segments[count:]) else count


def _runs_on(name: str, place: list[str]) -> bool:
    """A comma is missing, as in "Carnegie Institute Pittsburgh, PA" and not in "Library of Pittsburgh, PA".

    Nor can the name of "Christie's New York" be told from its branch.
    """
    words = name.split()
    tails = (" ".join(words[-n:]) for n in (1, 2) if len(words) > n and words[-n - 1].lower() not in _JOINS)
    return not (place and _is_town(place[0])) and any(_is_town(tail) for tail in tails)


_JOINS: Final = frozenset(["of", "at", "in", "for", "the", "de", "and", "&", "von", "van"])


def _may_be_person(segments: list[str]) -> bool:
    """ "Adams, Virginia" is a card file's way to write a person as much as a holder in Virginia."""
    return len(segments) == 2 and " " not in segments[0] and folded(segments[1]) in GIVEN_NAMES


def is_place(segment: str) -> bool:
    """Whether the segment names known places and nothing else: "Pittsburgh", "PA and Nice", "New York NY"."""
    return all(_is_known(part) for part in _AND.split(segment))


def _is_known(part: str) -> bool:
    if is_region(part) or _is_town(part):
        return True
    words = part.split()
    return any(
        _is_town(" ".join(words[:-n])) and is_region(" ".join(words[-n:])) for n in (1, 2) if len(words) > n
    )


def _is_town(part: str) -> bool:
    return folded(part) in TOWNS and (part[:1].isupper() or part.startswith("the "))


def is_region(part: str) -> bool:
    """Postal codes are capitals ("PA") or abbreviations ("Pa."): "ca" is circa, not California."""
    short = len(part) == 2
    return folded(part) in REGIONS and (
        part.isupper() if short else part[:1].isupper() or part.startswith("the ")
    )


def _before_region(segment: str, following: str) -> bool:
    """An unknown town whose region follows: "Belmont" of "Belmont, MA", "PA and Oakmont" of "…, PA"."""
    *known, town = _AND.split(segment)
    first = _AND.split(following)[0]
    return is_region(first) and all(_is_known(part) for part in known) and _may_be_town(town)


def _is_inverted(region: str, town: str) -> bool:
    return len(region) == 2 and is_region(region) and _may_be_town(town)


def _may_be_town(text: str) -> bool:
    words = text.lower().removesuffix(" center").split()
    return (
        len(words) <= 4
        and _TOWN.fullmatch(text) is not None
        and not any(
            w in ORGANISATION or w in NOT_IN_NAMES or w in PREMISES or w in _ABBREVIATED for w in words
        )
    )


_ABBREVIATED: Final = frozenset(["jr", "sr", "ii", "iii", "iv", "llc", "ltd", "inc", "dr", "mr", "mrs"])


def _is_premises(segment: str) -> bool:
    """A building as a place: "Plaza Hotel", "Schloss Jaispitz"."""
    words = segment.lower().split()
    return (
        1 < len(words) <= 4
        and (words[0] in PREMISES or words[-1] in PREMISES)
        and not any(word in ORGANISATION for word in words)
        and all(w[0].isupper() or w in {"de", "la", "du", "of"} for w in segment.split())
    )
