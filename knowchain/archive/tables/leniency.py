"""What a rule marked ``lenient`` does with a value that its target can't hold: keeps it under ``source``."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Final

from knowchain.archive.tables.cells import Cell, Cells
from knowchain.errors import InvalidValue
from knowchain.records.vocabulary import dates, languages, licences, works

__all__ = ["dcmi_type", "language_named", "set_apart"]

_KINDS: Final = {name.casefold(): name for name in works.DCMI_TYPES} | {
    "image": "StillImage",
    "photograph": "StillImage",
    "movingimage": "MovingImage",
    "film": "MovingImage",
    "video": "MovingImage",
    "audio": "Sound",
    "book": "Text",
    "manuscript": "Text",
    "document": "Text",
    "object": "PhysicalObject",
    "software": "InteractiveResource",
}


def dcmi_type(text: str) -> str | None:
    """The DCMI type that ``Still Image``, ``image`` or ``http://purl.org/dc/dcmitype/Text`` names."""
    bare = text.rsplit("/", 1)[-1] if text.startswith(("http://", "https://")) else text
    return _KINDS.get(re.sub(r"[\s_-]", "", bare).casefold())


@cache
def language_named(name: str) -> str | None:
    """The tag of the language that has exactly this name in ISO 639, or None."""
    from iso639 import Language, LanguageNotFoundError

    try:
        found = Language.from_name(name.strip())
    except LanguageNotFoundError:
        return None
    return str(found.part1 or found.part3)


def _is_tag(text: str) -> bool:
    return _holds(languages.canonical, text)


def _holds(reader: Callable[[str], object], text: str) -> bool:
    try:
        reader(text)
    except InvalidValue:
        return False
    return True


_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "language": _is_tag,
    "title_lang": _is_tag,
    "glottocode": lambda text: _holds(languages.glottocode, text),
    "date_edtf": lambda text: _holds(dates.edtf, text),
    "event_when": lambda text: _holds(dates.edtf, text),
    "kind": lambda text: text in works.DCMI_TYPES,
    "creator_role": lambda text: _holds(partial(works.AGENT_ROLES.canonical, field="role"), text),
    "spdx": lambda text: _holds(licences.spdx, text),
    "rights_uri": lambda text: re.fullmatch(r"https?://\S+", text) is not None,
    "access": lambda text: text in {"public", "metadata-only"},
    "ai_train": lambda text: text.lower() in {"allow", "ask", "deny"},
}


def set_apart(cells: Cells) -> None:
    """Read DCMI types and names of languages, and set apart what lenient rules can't place."""
    for target in list(cells.by_target):
        for cell in list(cells.all(target)):
            read = _read(cell)
            if read != cell.text:
                listed = cells.by_target[target]
                cell_now = Cell(read, cell.column, cell.rule, cell.position)
                listed[listed.index(cell)] = cell_now
                cell = cell_now
            if cell.rule.lenient and target in _CHECKS and not _CHECKS[target](cell.text):
                _set_aside(cells, cell)


def _set_aside(cells: Cells, cell: Cell) -> None:
    """Rights in words stay rights; anything else is kept under ``source``."""
    if cell.rule.to in {"rights_uri", "spdx"}:
        cells.by_target[cell.rule.to].remove(cell)
        cells.by_target.setdefault("rights_note", []).append(cell)
    else:
        cells.keep(cell)


def _read(cell: Cell) -> str:
    if cell.rule.to == "kind":
        return dcmi_type(cell.text) or cell.text
    if cell.rule.to == "language" and cell.rule.language_names and not _is_tag(cell.text):
        return language_named(cell.text) or cell.text
    return cell.text
