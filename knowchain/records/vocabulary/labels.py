"""Local Contexts: Traditional Knowledge and Biocultural Labels, and the Notices of institutions.

Only a community applies a Label, with its own words; an institution may only publish a Notice, which
says that community interests exist. Both are social and legal notices, not access control.
Source: localcontexts.org; codes as the Local Contexts Hub abbreviates them.
"""

from __future__ import annotations

import re
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.records.vocabulary.suggestions import remedy_for

__all__ = ["LABELS", "NOTICES", "label_code", "notice_code"]

LABELS: Final = {
    "tk": {
        "TK A": "Attribution",
        "TK CL": "Clan",
        "TK F": "Family",
        "TK MC": "Multiple Communities",
        "TK CV": "Community Voice",
        "TK CR": "Creative",
        "TK V": "Verified",
        "TK NV": "Non-Verified",
        "TK S": "Seasonal",
        "TK WG": "Women General",
        "TK MG": "Men General",
        "TK MR": "Men Restricted",
        "TK WR": "Women Restricted",
        "TK CS": "Culturally Sensitive",
        "TK SS": "Secret / Sacred",
        "TK OC": "Open to Commercialization",
        "TK NC": "Non-Commercial",
        "TK CO": "Community Use Only",
        "TK O": "Outreach",
        "TK CB": "Open to Collaboration",
    },
    "bc": {
        "BC P": "Provenance",
        "BC MC": "Multiple Communities",
        "BC CL": "Clan",
        "BC CV": "Consent Verified",
        "BC CNV": "Consent Non-Verified",
        "BC R": "Research Use",
        "BC CB": "Open to Collaboration",
        "BC OC": "Open to Commercialization",
        "BC O": "Outreach",
        "BC NC": "Non-Commercial",
    },
}
"""Labels by scheme: code and name. A community's own labels have the scheme ``own``."""

NOTICES: Final = {
    "tk": {"TK Notice": "Traditional Knowledge Notice"},
    "bc": {"BC Notice": "Biocultural Notice"},
    "local-contexts": {
        "Attribution Incomplete": "Attribution Incomplete Notice",
        "Open to Collaborate": "Open to Collaborate Notice",
    },
}
"""Notices by scheme: code and name."""

_OWN: Final = re.compile(r"[^\s](?:.{0,62}[^\s])?")


def label_code(scheme: str, code: str, *, field: str = "label.code") -> str:
    """The code of a Label in its scheme (``tk``, ``bc`` or ``own``).

    Raises:
        InvalidValue: the scheme has no such Label.
    """
    if scheme == "own" and _OWN.fullmatch(code):
        return code
    return _code(LABELS.get(scheme, {}), code, field, "Label")


def notice_code(scheme: str, code: str, *, field: str = "label.code") -> str:
    """The code of a Notice in its scheme.

    Raises:
        InvalidValue: the scheme has no such Notice.
    """
    return _code(NOTICES.get(scheme, {}), code, field, "Notice")


def _code(known: dict[str, str], text: str, field: str, what: str) -> str:
    plain = re.sub(r"[\s_-]+", " ", text.strip()).casefold()
    for code in known:
        if code.casefold() == plain:
            return code
    raise InvalidValue(
        "{field}: {value} is not the code of a {what} in that scheme",
        field=field,
        value=text,
        what=what,
        remedy=remedy_for(text, known) if known else "give a scheme that has one, such as `tk` or `bc`",
    )
