"""From a clause to a step, by a closed grammar: what the grammar does not explain is not read.

A clause is taken apart from its edges inward: notes and collectors' marks, the round brackets of dealers,
words of doubt, the way of acquisition in front, lot numbers and the date at the end. What remains must be
one party, or parties joined by "from", "at" and "through".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from knowchain.archive.custody.clauses import Piece, cut, cut_notes, notes_start
from knowchain.archive.custody.dates import split_date, to_edtf
from knowchain.archive.custody.history import (
    Capacity,
    CustodyHistory,
    CustodyStep,
    Method,
    Party,
    Span,
)
from knowchain.archive.custody.parties import read_party
from knowchain.archive.custody.places import is_place
from knowchain.archive.custody.vocabulary import HEDGED, ORGANISATION

__all__ = ["read_custody"]

MAX_CLAUSE: Final = 1_000
"""Characters of the longest clause that is looked at; longer ones are prose and stay unread."""


def read_custody(text: str) -> CustodyHistory:
    """Read one custody history. Never fails: what can't be read with certainty is in ``unread``."""
    notes_at = notes_start(text)
    footnotes, notes_end = cut_notes(text, notes_at)
    steps: list[CustodyStep] = []
    unread: list[Span] = []
    separators: list[Span] = []
    previous_read = False
    for piece in cut(text, notes_at):
        stretch = text[piece.start : piece.end]
        if piece.kind == "separator":
            separators.append(Span(piece.start, piece.end, stretch))
            continue
        step = _read_clause(piece, stretch, after_step=previous_read)
        previous_read = step is not None
        if step is None:
            unread.append(Span(piece.start, piece.end, stretch))
        else:
            steps.append(step)
    if notes_end < len(text):
        unread.append(Span(notes_end, len(text), text[notes_end:]))
    return CustodyHistory(text, tuple(steps), footnotes, tuple(unread), tuple(separators))


_Part = Literal["agent", "source", "house"]


@dataclass(frozen=True, slots=True)
class _Way:
    """A way of acquisition: how its clause begins and which part the party that follows plays."""

    pattern: re.Pattern[str]
    method: Method
    part: _Part


_WHOSE: Final = r"(?:(?:his|her|their|the artist['’]s|by|as|a|an|by the artist's)\s+)?"


def _way(pattern: str, method: Method, part: _Part) -> _Way:
    return _Way(re.compile(rf"(?:{pattern})\s+(?=\S)", re.IGNORECASE), method, part)


_WAYS: Final = (
    _way(
        rf"{_WHOSE}(?:partial|fractional|promised)\s+(?:and promised )?gifts?\s+to(?:\s+the(?=\s))?",
        "partial-gift",
        "agent",
    ),
    _way(
        rf"{_WHOSE}(?:gift(?:ed)?(?:\s+by the artist)?|given|donated|donation|gift and bequest)\s+to"
        r"(?:\s+the(?=\s))?",
        "gift",
        "agent",
    ),
    _way(rf"{_WHOSE}(?:bequest|bequeathed|legacy)\s+to(?:\s+the(?=\s))?", "bequest", "agent"),
    _way(
        r"(?:thence\s+)?(?:by\s+)?(?:descent|decent|inheritance|succession)\s*(?:in the family\s+)?"
        r"(?:to(?:\s+the(?=\s))?|,)",
        "descent",
        "agent",
    ),
    _way(r"(?:inherited by)", "descent", "agent"),
    _way(r"(?:by\s+)?(?:purchased?|bought)\s+by(?:\s+the(?=\s[A-Z]))?", "purchase", "agent"),
    _way(r"sold\s+(?:directly\s+)?to(?:\s+the(?=\s))?", "purchase", "agent"),
    _way(r"(?:acquired|obtained)\s+by(?:\s+the(?=\s[A-Z]))?", "acquisition", "agent"),
    _way(r"commissioned\s+by(?:\s+the(?=\s[A-Z]))?", "commission", "agent"),
    _way(r"(?:on|placed on|long[- ]term)\s+loan\s+to|(?:lent|loaned)\s+to(?:\s+the(?=\s))?", "loan", "agent"),
    _way(r"consigned\s+to", "consignment", "agent"),
    _way(r"returned\s+to", "return", "agent"),
    _way(r"(?:by exchange\s*(?:,|to|with)|exchanged (?:to|with))", "exchange", "agent"),
    _way(r"trans?ferr?ed\s+to(?:\s+the(?=\s))?", "transfer", "agent"),
    _way(r"trans?ferr?ed\s+from(?:\s+the(?=\s))?", "transfer", "source"),
    _way(
        r"purchased?\s+(?:originally\s+|directly\s+)?from(?:\s+the(?=\s(?!artist|estate)))?",
        "purchase",
        "source",
    ),
    _way(
        r"(?:acquired|obtained)\s+(?:directly\s+)?from(?:\s+the(?=\s(?!artist|estate)))?",
        "acquisition",
        "source",
    ),
    _way(
        r"(?:anonymous\s+)?gift\s+(?:of|from)(?:\s+the(?=\s(?!artist|estate|architect)))?", "gift", "source"
    ),
    _way(r"bequest\s+(?:of|from)(?:\s+the(?=\s(?!artist|estate)))?", "bequest", "source"),
    _way(r"sold\s+(?:at auction,|(?:at auction )?(?:at|by))(?:\s+the(?=\s[A-Z]))?", "sale", "house"),
    _way(r"(?:his|her|their|anonymous)?\s*(?:estate\s+)?sale\s*(?:,|at)", "sale", "house"),
    _way(r"with", "unstated", "agent"),
)

_SUFFIX_WAYS: Final[dict[str, Method]] = {
    "descent": "descent", "inheritance": "descent", "exchange": "exchange", "commission": "commission",
    "bequest": "bequest", "gift": "gift", "purchase": "purchase", "transfer": "transfer",
}  # fmt: skip

_FOOTNOTE: Final = re.compile(r"\s*,?\s*\[(\d{1,3})\]")
_LUGT: Final = re.compile(r",?\s*\((?:not in |see )?(?:Lugt|L\.)[^()]*\)")
_DEALER: Final = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)(.*)", re.DOTALL)
_NUMBER: Final = r"\b\.?\s*(?:no\.?\s*)?#?\s*[A-Z]{0,2}\d[\w.-]*"
_REFERENCE: Final = re.compile(
    r",\s*(?:(?:and\s+)?(?:sale\s+)?(?:lot|no|nos|cat|stock|inv|sale|cat\. no|stock no|sale no|inv\. no)"
    rf"{_NUMBER}|#\s*\d+|lot|n\.?d|illustrated|illus\.)(?=\s*(?:,|$))",
    re.IGNORECASE,
)
_SALE_REFERENCE: Final = re.compile(r",\s*(?:sale|lot)\b", re.IGNORECASE)
_AS_AGENT: Final = re.compile(r",?\s+as agent(?=,|$)")
_IN_MEMORY: Final = re.compile(r"\s+in (?:loving )?(?:memory|honou?r) of [^,;]+")
_BY_SUFFIX: Final = re.compile(
    r",?\s+by (descent|inheritance|exchange|commission|bequest|gift|purchase|transfer)$"
)
_SALE_OF: Final = re.compile(r"(?P<of>[^,]+?(?:,\s*Jr\.)?)(?:['’]s)? sale,\s*(?P<house>.+)")
_SOLD: Final = re.compile(r"(?P<of>[^,]+) sale")
_GIVEN_BY: Final = re.compile(r"(?P<of>[A-Z][^,]+?)(?:['’]s)? (?P<what>gift|bequest) to (?:the )?(?P<to>.+)")
_BOUGHT_FROM: Final = re.compile(
    r"(?P<to>[A-Z][^,]*?) (?P<how>purchased|bought|acquired) from (?:the )?(?P<of>.+)"
)
_REFUSED: Final = re.compile(r"[\"“”«»{}<>=…*|]|\.\.|\bor\b")
_FROM: Final = re.compile(r"\s+from\s+(?:the\s+(?=[A-Z]))?")
_TO: Final = re.compile(r"\s+to\s+(?:the\s+)?")
_BY: Final = re.compile(r"\s+by\s+(?=[A-Z])")
_THROUGH: Final = re.compile(r",?\s+(?:through|via)\s+(?:the\s+(?=[A-Z]))?")
_AT: Final = re.compile(r"\s+at\s+(?:auction\s+(?:at|from)\s+)?(?:the\s+(?=[A-Z]))?")


def _read_clause(piece: Piece, raw: str, after_step: bool) -> CustodyStep | None:
    if len(raw) > MAX_CLAUSE:
        return None
    read = _understood(raw)
    if read is None:
        return None
    return CustodyStep(
        text=raw,
        start=piece.start,
        end=piece.end,
        agent=read.agent,
        method=read.method,
        date=to_edtf(read.date) if read.date else None,
        source=read.source,
        through=read.through,
        capacity=read.capacity,
        direct=piece.semicolon and after_step,
        footnotes=tuple(int(number) for number in _FOOTNOTE.findall(raw)),
        certain=not read.doubtful,
    )


@lru_cache(maxsize=16_384)
def _understood(raw: str) -> _Event | None:
    """What a clause says, wherever it stands; a collection repeats its clauses thousands of times."""
    composed = unicodedata.normalize("NFC", raw)
    bare = " ".join(_LUGT.sub("", _FOOTNOTE.sub("", composed)).split())
    text, capacity = _without_dealer_brackets(bare.replace(" ,", ",").strip(" ,"))
    if text is None or not _is_balanced(bare) or _REFUSED.search(text):
        return None
    text, certain = _without_hedge(text)
    read = _read_event(text)
    if read is not None:
        read.doubtful |= not certain
        read.capacity = "agent" if read.as_agent else capacity
    return read


def _is_balanced(text: str) -> bool:
    return text.count("(") == text.count(")") and text.count("[") == text.count("]")


def _without_dealer_brackets(text: str) -> tuple[str | None, Capacity]:
    """ "(Galerie X, Paris)" and "(Galerie X), Paris, 2003" name a dealer."""
    if not text.startswith("("):
        return text, "holder"
    found = _DEALER.fullmatch(text)
    if found is None or (found[2] and not found[2].startswith((",", " until", " by", " in "))):
        return None, "dealer"
    return (found[1].strip() + found[2]).strip(), "dealer"


def _without_hedge(text: str) -> tuple[str, bool]:
    found = HEDGED.match(text)
    return (text[found.end() :], False) if found else (text, True)


@dataclass(slots=True)
class _Event:
    """What a clause says, while it is being read."""

    method: Method
    agent: Party | None = None
    source: Party | None = None
    through: tuple[Party, ...] = ()
    date: str | None = None
    as_agent: bool = False
    capacity: Capacity = "holder"
    doubtful: bool = False


def _without_references(text: str) -> str:
    """``text`` without lot, sale and stock numbers that stand between commas."""
    return _REFERENCE.sub("", text)


_SOURCE_NOTE: Final = re.compile(r"\s*\(source:[^()]*\)$", re.IGNORECASE)
_OBJECT: Final = re.compile(
    r"(?:(?:the|this)\s+)?(?:set|print|work|object|painting|drawing)\s+(?=acquired|purchased|bought)",
    re.IGNORECASE,
)
_PURCHASE: Final = re.compile(r"(?:museum )?purchased?", re.IGNORECASE)


def _read_event(text: str) -> _Event | None:
    text = _OBJECT.sub("", _SOURCE_NOTE.sub("", text))
    bare = _AS_AGENT.sub("", text)
    as_agent = bare != text
    bare = _IN_MEMORY.sub("", bare)
    plain = _without_references(bare)
    rest, date = split_date(plain)
    rest = _without_references(rest)
    if _PURCHASE.fullmatch(rest):
        agent = Party(rest.split()[0]) if " " in rest else None
        return _Event("purchase", agent=agent, date=date)
    event = _Event("unstated", date=date, as_agent=as_agent)
    event.doubtful = bool(date and re.search(r"probabl|possib|likely|perhaps|presumab", date))
    if _SALE_REFERENCE.search(bare) and plain != bare:
        event.method = "sale"
    return _read_parties(rest, event)


def _read_parties(rest: str, event: _Event) -> _Event | None:
    if suffix := _BY_SUFFIX.search(rest):
        event.method = _SUFFIX_WAYS[suffix[1]]
        rest = rest[: suffix.start()]
        return None if _way_of(rest) else _read_way(rest, "agent", event)
    if found := _way_of(rest):
        way, tail = found
        event.method = way.method
        return _read_way(tail, way.part, event)
    return _read_phrase(rest, event)


def _way_of(rest: str) -> tuple[_Way, str] | None:
    """The way of acquisition with which ``rest`` begins, and what follows it."""
    matches = ((way, way.pattern.match(rest)) for way in _WAYS)
    return next(((way, rest[m.end() :]) for way, m in matches if m), None)


def _read_phrase(rest: str, event: _Event) -> _Event | None:
    """A clause that begins with a party: "Watson sale, …", "Noble bequest to …", or the party alone."""
    if sale := _SALE_OF.fullmatch(rest):
        return _read_sale_of(sale["of"], sale["house"], event)
    if event.date and (sold := _SOLD.fullmatch(rest)):
        event.method = "sale"
        return event if _set(event, "source", sold["of"]) else None
    if given := _GIVEN_BY.fullmatch(rest):
        event.method = "gift" if given["what"] == "gift" else "bequest"
        return event if _set(event, "source", given["of"]) and _set(event, "agent", given["to"]) else None
    if bought := _BOUGHT_FROM.fullmatch(rest):
        event.method = "acquisition" if bought["how"] == "acquired" else "purchase"
        return event if _set(event, "agent", bought["to"]) and _set(event, "source", bought["of"]) else None
    return _read_way(rest, "agent", event)


def _read_sale_of(whose: str, house: str, event: _Event) -> _Event | None:
    """ "Watson sale, American Art Association, New York", or "American Art Association sale, New York"."""
    event.method = "sale"
    if all(is_place(segment.strip()) for segment in house.split(",")):
        words = {word.lower() for word in whose.split()}
        return event if words & ORGANISATION and _set(event, "agent", f"{whose}, {house}") else None
    return event if _set(event, "source", whose) and _set(event, "agent", house) else None


def _read_way(rest: str, part: _Part, event: _Event) -> _Event | None:
    """Read the parties of the tail: "A from B", "A at C", "A through C", "of B to A"."""
    rest, *channels = _THROUGH.split(rest)
    if part == "agent":
        rest, *sources = _FROM.split(rest)
        rest, *places = _AT.split(rest)
        channels = [*places, *channels]
        agents = [rest]
    elif part == "house":
        agents, sources = [rest], []
    else:
        giving = event.method in {"gift", "bequest"}
        rest, *agents = (_TO if giving else _BY).split(rest)
        sources = [rest]
    if len(agents) > 1 or len(sources) > 1 or len(channels) > 2:
        return None
    through = [_party(text, event) for text in channels]
    event.through = tuple(party for party in through if party)
    read = [_set(event, "agent", text) for text in agents] + [_set(event, "source", text) for text in sources]
    return event if all(read) and len(event.through) == len(channels) else None


def _set(event: _Event, part: Literal["agent", "source"], text: str) -> bool:
    party = _party(text, event)
    if part == "agent":
        event.agent = party
    else:
        event.source = party
    return party is not None


def _party(text: str, event: _Event) -> Party | None:
    """Read a party; a question mark after its name is the writer's doubt, not part of the name."""
    plain = re.sub(r"(?<=\w)\?(?=\s*(?:,|\[|$))", "", text)
    if plain != text:
        event.doubtful = True
    if event.date is None:
        plain, event.date = split_date(_without_references(plain))
    return read_party(plain.strip(" ,")) if plain else None
