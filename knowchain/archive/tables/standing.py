"""The rights that a row states, as ``rights`` bodies; "copyright not evaluated" where it states none."""

from __future__ import annotations

import re
from typing import Any, Final

from knowchain.archive.tables.cells import Cells

__all__ = ["NOT_EVALUATED", "rights_of"]

NOT_EVALUATED: Final = "http://rightsstatements.org/vocab/CNE/1.0/"
"""The statement of a row that says nothing about its rights."""

_STATEMENT: Final = re.compile(
    r"https?://(?:www\.)?(?:rightsstatements\.org/|creativecommons\.org/publicdomain/mark/)", re.IGNORECASE
)


def rights_of(cells: Cells, publisher: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The rights record of a row, and the Notices or Labels that stand beside it.

    Args:
        publisher: the institution that asserts them. It can't apply a Label; composing says so.
    """
    institution = {"name": publisher, "role": "institution"}
    uri, spdx = cells.text("rights_uri"), cells.text("spdx")
    rights: dict[str, Any]
    if spdx or (uri and not _STATEMENT.match(uri)):
        rights = {"basis": "license", **({"spdx": spdx} if spdx else {}), **({"uri": uri} if uri else {})}
    else:
        rights = {"basis": "statement", "uri": uri or NOT_EVALUATED}
    rights["asserted_by"] = institution
    notes = [cell.text for cell in cells.all("rights_note")]
    if notes:
        rights["description"] = {"und": list(dict.fromkeys(notes))}
    if (rule := cells.text("ai_train")) is not None:
        rights["acts"] = [{"act": "ai-train", "rule": rule.lower()}]
    notices = [_labelled(cells, cell.text, institution) for cell in cells.all("label_code")]
    return rights, notices


def _labelled(cells: Cells, code: str, institution: dict[str, str]) -> dict[str, Any]:
    basis = "notice" if "notice" in code.lower() else "label"
    scheme = code[:2].lower() if code[:2].lower() in {"tk", "bc"} else "local-contexts"
    label = {"scheme": scheme, "code": code}
    for target in ("hub_project", "community"):
        if text := cells.text(target):
            label[target] = text
    return {"basis": basis, "label": label, "asserted_by": institution}
