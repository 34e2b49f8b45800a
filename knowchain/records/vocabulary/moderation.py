"""Moderation labels: a shared list, and labels of one's own that begin with ``x-``."""

from __future__ import annotations

import re
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.records.vocabulary.suggestions import remedy_for

__all__ = ["LABELS", "canonical"]

LABELS: Final = {
    "spam": "unwanted bulk or advertising",
    "impersonation": "pretends to be somebody else",
    "misleading": "states or implies what is not so",
    "fabricated-source": "a source, quotation or document that does not exist",
    "undisclosed-ai": "made by a machine without saying so",
    "personal-data": "exposes a person's private data",
    "harassment": "attacks a person",
    "hate": "attacks people for what they are",
    "violence": "shows or urges violence",
    "self-harm": "shows or urges self-harm",
    "sexual": "sexual content",
    "illegal": "unlawful where the labeller is",
    "malware": "harms the machine that opens it",
    "culturally-sensitive": "a community asks for care",
    "restricted-by-community": "a community asks not to show it",
    "deceased-person": "names or shows a person who died",
    "outdated-terms": "describes people in words of its time",
    "low-quality": "unreadable, broken or empty",
    "wrong-language": "not in the language that it says",
    "duplicate": "the same as another record",
}
"""The shared labels, with what each says about a record."""

_OWN: Final = re.compile(r"x-[a-z0-9][a-z0-9-]{0,61}")


def canonical(text: str, *, field: str = "label") -> str:
    """A shared label, or one of one's own.

    Raises:
        InvalidValue: neither.
    """
    term = re.sub(r"[\s_]+", "-", text.strip()).casefold()
    if term in LABELS or _OWN.fullmatch(term):
        return term
    raise InvalidValue(
        "{field}: {value} is not a moderation label",
        field=field,
        value=text,
        remedy=remedy_for(term, LABELS) + "; a label of your own begins with `x-`",
    )
