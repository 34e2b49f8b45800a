"""Whether a stretch of words is a plain name of a person, family or institution."""

from __future__ import annotations

import re
from typing import Final

from knowchain.archive.custody.vocabulary import (
    NOT_IN_NAMES,
    ORGANISATION,
    PARTICLES,
    RELATIVES,
    SUFFIXES,
    TITLES,
)

__all__ = ["SMALL_NAMES", "SUFFIX", "is_name"]

SUFFIX: Final = re.compile(
    r"(?:Jr|Sr|Inc|Ltd|LTD|LLC|L\.L\.C|Esq|Co|Corp|S\.A|M\.P|M\.D|Ph\.D|D\.D|GmbH|LLP|A\.G|AG|II|III|IV|Inc|Incorporated|Limited)\.?"
)
_INITIALS: Final = re.compile(r"(?:[A-ZÀ-Þ]\.-?)+[A-ZÀ-Þ]?\.?|[A-ZÀ-Þ]")
_WORD: Final = re.compile(r"\(?(?:[dlDL]['’])?[^\W\d_][\w'’&-]*(?:\.[A-Z][\w.]*)?\)?")
_SMALL_START: Final = frozenset({"the", "de", "van", "von", "la", "le", "da", "di", "du", "del", "der"})
SMALL_NAMES: Final = re.compile(
    r"(?:(?:private|anonymous|unknown|unidentified|unnamed|family|former|by)\s)?"
    r"(?:(?:private|american|european|english|french|german|swiss|japanese)\s)?"
    r"(?:(?:antiques?|art|book|print)\s)?"
    r"(?:collection|collector|owner|donor|dealer|source|artist|family|person|estate)|museum|anonymous|"
    r"(?:the|his|her|their)\s(?:artist|architect|photographer|sitter|donor|museum|estate|family|maker|publisher|author|children|heirs)|"
    r"(?:the|his|her|their)\sartist['’]s\s(?:estate|family|studio|widow|wife|son|daughter|brother|sister|heirs)|"
    rf"(?:his|her|their|the artist['’]s)\s(?:{RELATIVES})",
    re.IGNORECASE,
)
_ESTATE_OF: Final = re.compile(
    r"(?:the\s)?(?:estate|collection|family|heirs|studio|descendants|workshop) of (?=\S)", re.IGNORECASE
)


def is_name(text: str) -> bool:
    """Whether ``text`` is a plain name: capitalised words, initials, particles, and nothing else."""
    if SMALL_NAMES.fullmatch(text):
        return True
    bare = _ESTATE_OF.sub("", text)
    if bare != text and SMALL_NAMES.fullmatch(bare):
        return True
    if SUFFIX.fullmatch(bare) or bare.lower() in {"hotel", "unknown", "unidentified"}:
        return False
    bare = re.sub(r"\s(?:estate|family|families|studio|collection)$", "", bare)
    words = bare.split()
    if (
        not 0 < len(words) <= 14
        or words[-1] in PARTICLES
        or (words[0] in PARTICLES and words[0] not in _SMALL_START)
    ):
        return False
    if "for" in words and not {w.lower() for w in words[: words.index("for")]} & ORGANISATION:
        return False  # "Sessler for Charles Rosenbloom" are two parties
    organisation = any(w.lower().strip(".,") in ORGANISATION for w in words)
    return any(w[0].isupper() for w in words) and all(
        _is_name_word(w, i == len(words) - 1, organisation) for i, w in enumerate(words)
    )


def _is_name_word(word: str, last: bool, organisation: bool) -> bool:
    low = word.lower().strip("().,")
    if low in NOT_IN_NAMES or low.endswith(("gift", "bequest")):
        return False
    if word in PARTICLES or _INITIALS.fullmatch(word):
        return True
    if word.isdigit():
        return organisation and len(word) <= 3
    if word.endswith("."):
        return low in TITLES or (last and low in SUFFIXES) or _INITIALS.fullmatch(word[:-1]) is not None
    if word.startswith("(") and low in PARTICLES:
        return True
    capital = _CAPITAL.match(word)
    return (
        capital is not None
        and not capital["first"].islower()
        and _WORD.fullmatch(word.rstrip(",")) is not None
    )


_CAPITAL: Final = re.compile(r"\(?(?:[dDlL]['’]|d[aeiu]|l[ae]|v[ao]n|mac|mc|al|el)?(?P<first>[^\W\d_a-z])")
