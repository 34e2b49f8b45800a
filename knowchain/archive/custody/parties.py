"""Reading one party: name, place, life dates, other names and relation; or refusing to.

A stretch is a party only if every word of it has been accounted for. Whatever is left over means that
the bounds of the name are in doubt, and then nothing is read.
"""

from __future__ import annotations

import re
from typing import Final

from knowchain.archive.custody.history import Party
from knowchain.archive.custody.names import SMALL_NAMES, SUFFIX, is_name
from knowchain.archive.custody.places import count_name_segments, is_place, is_region
from knowchain.archive.custody.vocabulary import (
    HIERARCHY,
    NOBLE,
    ORGANISATION,
    RELATIVES,
)

__all__ = ["read_party"]

_CIRCA: Final = r"(?:c\.?a?\.?\s*)?"
_LIFE: Final = re.compile(
    r"\s*[\[(]\s*(?:"
    rf"{_CIRCA}\d{{4}}\??\s*[-–]\s*(?:{_CIRCA}\d{{4}}\??)?"  # 1830-1903, 1830-
    rf"|[-–]\s*{_CIRCA}\d{{4}}\??"  # -1903
    rf"|(?:born|died|b\.|d\.)\s*{_CIRCA}(?:[A-Z][a-z]+\s+(?:\d{{1,2}},\s*)?)?\d{{4}}\??"
    r")\s*[\])]"
)
_MARKS: Final = re.compile(
    r"\s*\((?:not in |see )?(?:Lugt|L\.)[^()]*\)|,\s*(?:see )?Lugt,?\s*(?:[Ss]uppl\w*[.,]?\s*)?\d+\s?[a-z]?\b"
)
_ALSO: Final = re.compile(
    r"\s*\(((?:born|née|nee|formerly|also known as|a\.k\.a\.)\s[^()\[\]]*|Mrs?\.\s[^()\[\]]*)\)(?=\s*(?:,|$))"
)
_RELATION: Final = re.compile(
    rf"(?:(?:his|her|their|the (?:artist|sitter|donor|architect|photographer)['’]s)\s+(?:{RELATIVES})"
    r"|(?:the|The) (?:artist|architect|photographer|sitter|donor))\b",
    re.IGNORECASE,
)
_OF_COLLECTION: Final = re.compile(
    r"^(?:(?:ex|former)[- ](?:coll(?:ection|\.)?)\s*[:.]?|(?:private\s+)?collections?(?:\s+of|:)?"
    r"|source:|from the collection of)\s+(?=\S)",
    re.IGNORECASE,
)
_FIRM: Final = re.compile(r"[A-ZÀ-Þ][\w'’-]+ (?:&|and|And) [A-ZÀ-Þ][\w'’.-]+(?: (?:Ltd|Inc|Co)\.?)?")
_ONE_NAME: Final = re.compile(r"[A-ZÀ-Þ][\w'’-]+")
_NUMBERED: Final = re.compile(
    r"(?:subsequently |later )?(?:\d{1,2}(?:st|nd|rd|th)|[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth|[Ff]ifth)\s"
)


def read_party(text: str) -> Party | None:
    """The party that ``text`` names, or None if any of its words is left unexplained."""
    marked = _MARKS.sub("", text)
    life = tuple(m.strip()[1:-1].strip() for m in _LIFE.findall(marked))
    rest = " ".join(_LIFE.sub("", marked).split()).replace(" ,", ",").replace(",,", ",").strip(" ,")
    also = tuple(_ALSO.findall(rest))
    rest = _OF_COLLECTION.sub("", _ALSO.sub("", rest), count=1)
    segments = [segment.strip() for segment in rest.split(",")]
    segments, relation = _without_relations(segments)
    if not segments or not all(segments):
        return None
    count = count_name_segments(segments)
    name = _name(segments[:count]) if count else None
    if name is None:
        return None
    if _may_be_town_of(segments, count) and _is_town_perhaps(name, life, relation):
        return None
    name, place, other = _without_bracket(name)
    if not _is_whole_name(name):
        return None
    place = ", ".join(segments[count:]) or place
    return Party(name, place or None, life, (*also, *([other] if other else [])), relation)


def _is_whole_name(name: str) -> bool:
    first, *more = name.split(", ")
    return is_name(first) and all(is_name(p) or SUFFIX.fullmatch(p) or _is_rank(p) for p in more)


def _is_town_perhaps(name: str, life: tuple[str, ...], relation: str | None) -> bool:
    """Before a region: the town of "the artist", or, as one word without life dates, no party at all."""
    role = relation is not None and relation[:4].lower() == "the "
    return role or (" " not in name and not life and not SMALL_NAMES.fullmatch(name))


def _may_be_town_of(segments: list[str], count: int | None) -> bool:
    """ "The artist, Beverly Shore, Indiana" may name the artist or the artist's town."""
    return count == 1 < len(segments) and is_region(segments[1])


def _without_relations(segments: list[str]) -> tuple[list[str], str | None]:
    """Take out "his wife", standing alone or before a name; "the artist" stays if it is all there is."""
    kept: list[str] = []
    relations: list[str] = []
    for i, segment in enumerate(segments):
        found = _RELATION.match(segment)
        rest = segment[found.end() :].strip() if found else segment
        if found is None or (rest and not rest[0].isupper()):
            kept.append(segment)
        elif rest:
            relations.append(found[0])
            kept.append(rest)
        elif not kept and not _is_named(segments[i + 1 :]):
            kept.append(segment)
        else:
            relations.append(segment)
    return kept, ", ".join(relations) or None


def _is_named(following: list[str]) -> bool:
    """Whether "the artist" is named next: not in "The artist, New York", nor in "The artist, Elyria, OH"."""
    if not following or is_place(following[0]):
        return False
    return " " in following[0] or not (len(following) > 1 and is_place(following[1]))


def _name(segments: list[str]) -> str | None:
    """Join the segments of a name; None if they might be two parties or a name and something else."""
    belong = all(_belongs(segments[:i], segment) for i, segment in enumerate(segments) if i)
    return ", ".join(segments) if belong else None


def _belongs(before: list[str], segment: str) -> bool:
    """Whether ``segment`` continues the name: "Jr.", "5th Earl Ferrers", "Manson & Woods"."""
    if SUFFIX.fullmatch(segment) or _is_rank(segment):
        return True
    if _FIRM.fullmatch(segment) and all(_ONE_NAME.fullmatch(part) for part in before):
        return True
    part_of = before[0].lower().startswith(HIERARCHY) and bool(set(segment.lower().split()) & ORGANISATION)
    return len(before) == 1 and part_of


def _is_rank(segment: str) -> bool:
    """A title of nobility after the name: "5th Earl Ferrers", "Lord Northbrook", "Duc d'Avaray"."""
    bare = _NUMBERED.sub("", segment)
    return bool(bare) and bare.split()[0].lower() in NOBLE and is_name(bare)


_BRACKET: Final = re.compile(r"(?P<name>[^()]+?)\s*\((?P<inside>[^()]+)\)")


def _without_bracket(name: str) -> tuple[str, str | None, str | None]:
    """Part "Wols (Alfred Schulze)" and "Yamanaka & Co. (New York)" into name, place and other name."""
    found = _BRACKET.fullmatch(name)
    if found is None:
        return name, None, None
    inside = found["inside"]
    if all(is_place(part.strip()) for part in inside.split(",")):
        return found["name"], inside, None
    if inside[:1].isupper() and is_name(inside):
        return found["name"], None, inside
    return name, None, None
