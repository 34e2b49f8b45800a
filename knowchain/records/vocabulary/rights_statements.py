"""The twelve statements of RightsStatements.org, and the public domain mark."""

from __future__ import annotations

import re
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.records.vocabulary.canonical import Canonical

__all__ = ["PUBLIC_DOMAIN_MARK", "STATEMENTS", "canonical"]

STATEMENTS: Final = {
    "InC": "In Copyright",
    "InC-OW-EU": "In Copyright - EU Orphan Work",
    "InC-EDU": "In Copyright - Educational Use Permitted",
    "InC-NC": "In Copyright - Non-Commercial Use Permitted",
    "InC-RUU": "In Copyright - Rights-holder(s) Unlocatable or Unidentifiable",
    "NoC-CR": "No Copyright - Contractual Restrictions",
    "NoC-NC": "No Copyright - Non-Commercial Use Only",
    "NoC-OKLR": "No Copyright - Other Known Legal Restrictions",
    "NoC-US": "No Copyright - United States",
    "CNE": "Copyright Not Evaluated",
    "UND": "Copyright Undetermined",
    "NKC": "No Known Copyright",
}
"""Codes of the statements, with their names; the URI of each is http://rightsstatements.org/vocab/CODE/1.0/."""

PUBLIC_DOMAIN_MARK: Final = "https://creativecommons.org/publicdomain/mark/1.0/"

_URI: Final = re.compile(
    r"https?://(?:www\.)?rightsstatements\.org/(?:vocab|page)/([A-Za-z-]+)/1\.0/?(?:\?.*)?"
)
_MARK: Final = re.compile(r"https?://(?:www\.)?creativecommons\.org/publicdomain/mark/1\.0/?")


def canonical(text: str, *, field: str = "uri") -> Canonical:
    """The canonical URI of a statement: ``http``, ``vocab``, and a slash at the end.

    Raises:
        InvalidValue: not one of the twelve, nor the public domain mark.
    """
    uri = _canonical_uri(text.strip())
    if uri is None:
        raise InvalidValue(
            "{field}: {value} is not a RightsStatements URI", field=field, value=text, remedy=_remedy(text)
        )
    if uri == text:
        return Canonical(uri)
    warning = InvalidValue(
        "{field}: {value} is stored as `{uri}`", field=field, value=text, uri=uri, remedy="write `{uri}`"
    )
    return Canonical(uri, warning)


def _canonical_uri(text: str) -> str | None:
    if _MARK.fullmatch(text):
        return PUBLIC_DOMAIN_MARK
    if (found := _URI.fullmatch(text)) is None:
        return None
    codes = {code.casefold(): code for code in STATEMENTS}
    code = codes.get(found[1].casefold())
    return None if code is None else f"http://rightsstatements.org/vocab/{code}/1.0/"


def _remedy(text: str) -> str:
    from knowchain.records.vocabulary.suggestions import nearest

    if "public domain" in text.casefold():
        return f"did you mean `{PUBLIC_DOMAIN_MARK}`"
    by_word = {**{name: code for code, name in STATEMENTS.items()}, **{code: code for code in STATEMENTS}}
    if (near := nearest(text, by_word)) is not None:
        return f"did you mean `http://rightsstatements.org/vocab/{by_word[near]}/1.0/`"
    return "give one of the twelve, such as `http://rightsstatements.org/vocab/CNE/1.0/` (not evaluated)"
