"""Dates as provenance writes them, at the end of a clause.

Museums' dates are read by rule, never by a guessing parser: text_to_edtf of the edtf package is wrong on
1 to 4 % of them ("c.1830–41" becomes 2041). The words are always kept; EDTF is given when one reading only
is possible.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from knowchain.archive.custody.history import CustodyDate

__all__ = ["split_date", "to_edtf"]

_MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_SEASONS: Final = {"spring": "21", "summer": "22", "autumn": "23", "fall": "23", "winter": "24"}

_MONTH: Final = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_YEAR: Final = r"(?:1\d{3}|20\d{2})"
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th)?"
_DASH: Final = r"\s*[-–—]\s*"
_DAYS: Final = rf"{_DAY}(?:{_DASH}{_DAY})?"
_PLAIN: Final = "|".join(
    (
        rf"{_MONTH}\s+{_DAYS}\s*,?\s*{_YEAR}",
        rf"{_DAYS}\s+{_MONTH}\s*,?\s*{_YEAR}",
        rf"{_MONTH}\s*,?\s*(?:of\s+)?{_YEAR}",
        rf"(?:[Ss]pring|[Ss]ummer|[Aa]utumn|[Ff]all|[Ww]inter)\s+(?:of\s+)?{_YEAR}",
        rf"{_YEAR}-\d{{2}}-\d{{2}}",
        r"\d{1,2}(?:/\d{1,2})?/(?:1[5-9]|20)\d{2}",
        r"\d{1,2}/\d{1,2}(?:-(?:\d{1,2}/)?\d{1,2})?/\d{2}(?:\d{2})?",
        rf"(?:the\s+)?(?:(?:very\s+)?(?:early|mid|late)[- ])?{_YEAR}'?s",
        rf"{_YEAR}[-–—]\d{{2}}(?!\d)",
        _YEAR,
    )
)
_CIRCA: Final = r"(?:(?:[Cc]a?\.|[Cc]irca|about|around)\s*)?"
_POINT: Final = rf"{_CIRCA}(?:{_PLAIN})\??"
_HEDGE: Final = r"(?:(?:probably|possibly|likely|presumably|perhaps)\s+)?"
_START: Final = r"(?:by|in|on|from|since|after|before|prior to|until|through|between)"
_LEAD: Final = rf"{_HEDGE}{_START}(?:\s+at least|\s+about)?\s+"
_LINK: Final = (
    r"(?:\s*,?\s+(?:but\s+)?(?:probably\s+|possibly\s+|likely\s+)?(?:until|till|to|through|by|and)"
    r"(?:\s+at least|\s+about)?\s+|\s*[-–—]\s*)"
)
_PRESENT: Final = r"(?:\s*[-–—]\s*|\s+(?:to|until)\s+)present"
_PHRASE: Final = (
    rf"(?:{_LEAD}{_POINT}|{_HEDGE}{_POINT})(?:{_LINK}{_POINT})*(?:{_PRESENT})?(?:\s+or\s+(?:before|after))?"
)
_AT_END: Final = re.compile(
    rf"(?:(?:^|,\s*|(?<=\)),?\s*|(?<=,\s[A-Z][A-Z])\s+)(?P<free>{_PHRASE})|,?\s+(?P<led>{_LEAD}{_POINT}(?:{_LINK}{_POINT})*)"
    rf"|,?\s*\((?P<round>(?:in\s+)?{_POINT})\))\s*$"
)


def split_date(clause: str) -> tuple[str, str | None]:
    """Part ``clause`` into what stands before its final date, and the words of that date.

    A date that no comma sets off must begin with a preposition, so that the year of
    "Carnegie International 1982" stays in the name.
    """
    found = _AT_END.search(clause) if clause[-1:].isdigit() or clause[-1:] in "s?)tre" else None
    if found is None:
        return clause, None
    words = found["free"] or found["led"] or found["round"]
    return clause[: found.start()].rstrip(" ,"), " ".join(words.split())


_SPAN: Final = re.compile(
    rf"(?P<by>(?:by|in|on|from|since)\s+)?(?P<one>{_POINT})(?:\s*,?\s+(?:until|till|to)\s+|\s*[-–—]\s*)(?P<two>{_POINT})"
)
_UNTIL: Final = re.compile(rf"until\s+(?P<two>{_POINT})")
_OPEN: Final = re.compile(rf"(?:(?:in|on|from|since)\s+)?(?P<one>{_POINT}){_PRESENT}")
_SINGLE: Final = re.compile(rf"(?P<lead>by|in|on)?\s*(?P<one>{_POINT})")


def to_edtf(words: str) -> CustodyDate:
    """The date with its EDTF, or without where the words leave a doubt."""
    return CustodyDate(words, _phrase(words))


def _phrase(words: str) -> str | None:
    if single := _SINGLE.fullmatch(words):
        point = _point(single["one"])
        if single["lead"] != "by" or point is None:
            return point
        return f"[..{point}]" if _is_plain(point) else None
    if until := _UNTIL.fullmatch(words):
        return _interval("", _point(until["two"]))
    if span := _SPAN.fullmatch(words):
        start = "" if (span["by"] or "").strip() == "by" else _point(span["one"])
        return _interval(start, _point(span["two"]))
    if still := _OPEN.fullmatch(words):
        return _interval(_point(still["one"]), "..")
    return None


def _interval(start: str | None, end: str | None) -> str | None:
    """An EDTF interval; None if an end is in doubt, is an interval itself, or precedes the start."""
    if start is None or end is None or "/" in start + end or "X" in start + end:
        return None
    if (
        start
        and end != ".."
        and start.rstrip("?~") > end.rstrip("?~")
        and not end.rstrip("?~").startswith(start.rstrip("?~"))
    ):
        return None
    return f"{start}/{end}"


def _is_plain(point: str) -> bool:
    return not set(point) & set("/?~X")


_TEXT_DAY: Final = re.compile(
    rf"(?:(?P<m1>{_MONTH})\s+(?P<d1>{_DAYS})|(?P<d2>{_DAYS})\s+(?P<m2>{_MONTH}))\s*,?\s*(?P<y>{_YEAR})"
)
_TEXT_MONTH: Final = re.compile(rf"(?P<m>{_MONTH})\s*,?\s*(?:of\s+)?(?P<y>{_YEAR})")
_TEXT_SEASON: Final = re.compile(rf"(?P<s>\w+)\s+(?:of\s+)?(?P<y>{_YEAR})")
_NUMERIC: Final = re.compile(r"(?:(?P<a>\d{1,2})/)?(?P<b>\d{1,2})/(?P<y>\d{4})")
_YEARS: Final = re.compile(rf"(?P<y>{_YEAR})[-–—](?P<z>\d{{2}})")


def _point(words: str) -> str | None:
    """One date as EDTF, with ``~`` for circa and ``?`` for a question mark."""
    bare = re.sub(r"^(?:ca?\.|circa|about|around)\s*", "", words, flags=re.IGNORECASE)
    doubt = ("?" if bare.endswith("?") else "") + ("~" if bare != words else "")
    plain = _certain_point(bare.rstrip("?"))
    if plain is None or (doubt and ("/" in plain or "X" in plain)):
        return None
    return plain + {"?~": "%"}.get(doubt, doubt)


def _certain_point(text: str) -> str | None:
    if re.fullmatch(_YEAR, text):
        return text
    if day := _TEXT_DAY.fullmatch(text):
        return _days(day["y"], day["m1"] or day["m2"], day["d1"] or day["d2"])
    if month := _TEXT_MONTH.fullmatch(text):
        return f"{month['y']}-{_month(month['m']):02}"
    if numeric := _NUMERIC.fullmatch(text):
        return _numeric(numeric["a"], numeric["b"], numeric["y"])
    if decade := re.fullmatch(rf"(?:the\s+)?({_YEAR})'?s", text):
        return decade[1][:3] + "X" if decade[1][3] == "0" and decade[1][2:] != "00" else None
    if years := _YEARS.fullmatch(text):
        later = years["y"][:2] + years["z"]
        return f"{years['y']}/{later}" if later > years["y"] else None
    if (season := _TEXT_SEASON.fullmatch(text)) and season["s"].lower() in _SEASONS:
        # winter spans two years: which of them is meant is in doubt
        return None if season["s"].lower() == "winter" else f"{season['y']}-{_SEASONS[season['s'].lower()]}"
    iso = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text)
    return _day(int(iso[1]), int(iso[2]), int(iso[3])) if iso else None


def _month(name: str) -> int:
    return next(i for i, full in enumerate(_MONTHS, 1) if full.startswith(name.lower().rstrip(".")[:3]))


def _days(year: str, month: str, days: str) -> str | None:
    ends = [_day(int(year), _month(month), int(d)) for d in re.findall(r"\d+", days)]
    if None in ends:
        return None
    return "/".join(end for end in ends if end) if ends == sorted(ends, key=str) else None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _numeric(first: str | None, second: str, year: str) -> str | None:
    """``8/13/1968`` has one reading; ``7/9/1963`` has two, and so none."""
    if first is None:
        return f"{year}-{int(second):02}" if 1 <= int(second) <= 12 else None
    readings = {_day(int(year), int(m), int(d)) for m, d in ((first, second), (second, first))} - {None}
    return readings.pop() if len(readings) == 1 else None
