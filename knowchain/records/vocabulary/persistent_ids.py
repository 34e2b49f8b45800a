"""Persistent identifiers: ARK, DOI, Handle and Wikidata QID. Their form is checked, nothing is fetched."""

from __future__ import annotations

import re
from typing import Final

from knowchain.errors import InvalidValue

__all__ = ["SCHEMES", "check", "scheme_of"]

SCHEMES: Final = {
    "ark": "ark:12148/btv1b8449691v",
    "doi": "10.1000/182",
    "handle": "2027/mdp.39015012345678",
    "qid": "Q42",
}
"""Schemes whose identifiers are checked, with an example; other schemes are kept as they are."""

_PREFIXES: Final = (("ark:", "ark"), ("doi:", "doi"), ("https://doi.org/", "doi"), ("hdl:", "handle"))
_DOI: Final = re.compile(r"10\.\d{4,9}(?:\.\d+)*/\S+")
_HANDLE: Final = re.compile(r"(?:hdl:|https?://hdl\.handle\.net/)?[0-9][0-9.]*(?:\.[A-Za-z0-9-]+)*/\S+")
_QID: Final = re.compile(r"Q[1-9][0-9]*")


def scheme_of(text: str) -> str | None:
    """The scheme that an identifier announces (``ark:…``, ``doi:…``, ``10.…/…``); None for a local one."""
    lower = text.casefold()
    for prefix, scheme in _PREFIXES:
        if lower.startswith(prefix):
            return scheme
    return "doi" if _DOI.fullmatch(text) else None


def check(scheme: str, text: str, *, field: str = "value") -> str:
    """``text``, if it is formed as ``scheme`` demands or the scheme is none of :data:`SCHEMES`.

    Raises:
        InvalidValue: otherwise.
    """
    if scheme in SCHEMES and not _is_valid(scheme, text):
        raise InvalidValue(
            "{field}: {value} is not a valid {scheme}",
            field=field,
            value=text,
            scheme=scheme.upper(),
            remedy="give the identifier itself, such as `{example}`",
            example=SCHEMES[scheme],
        )
    return text


def _is_valid(scheme: str, text: str) -> bool:
    if not text.isascii() or any(c.isspace() for c in text):
        return False
    if scheme == "qid":
        return _QID.fullmatch(text) is not None
    import idutils

    if scheme == "ark":
        return bool(idutils.is_ark(text))
    if scheme == "doi":
        return bool(idutils.is_doi(text))
    # idutils calls everything with a slash a Handle; a Handle's naming authority begins with a digit.
    return bool(idutils.is_handle(text)) and _HANDLE.fullmatch(text) is not None
