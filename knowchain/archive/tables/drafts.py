"""From a row's values to drafts of a work, its rights and its events, in the human form of bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from knowchain.archive.custody import read_custody, to_events, unread_note
from knowchain.archive.tables.cells import Cells, fill, gather
from knowchain.archive.tables.leniency import set_apart
from knowchain.archive.tables.mapping import TableMap
from knowchain.archive.tables.row import Row, column_of, fault, mended
from knowchain.archive.tables.standing import NOT_EVALUATED, rights_of
from knowchain.errors import InvalidValue

__all__ = ["NOT_EVALUATED", "UNTITLED", "RowDraft", "draft_row", "located"]

UNTITLED: Final = "[untitled]"
"""The title of a work that has none, under the tag ``und``."""

_SOURCE_LIMIT: Final = 2_000
"""Characters of a work's ``source`` (docs/spec/bodies.md)."""
_SUBJECT: Final = "subject"


@dataclass(frozen=True)
class RowDraft:
    """What one row says, not yet validated, signed or linked.

    Attributes:
        work: the human form of a ``work``, less ``rights`` and ``files``, which come later.
        rights: the human form of a ``rights`` record; never None unless the row could not be read at all.
        events: human forms of ``event``, whose subject is the text given to :func:`draft_row`.
        files: paths as the row writes them.
        checksums: SHA-256 by path, where the row gives one.
        notices: rights records for Labels and Notices beside ``rights``.
        part_of: collections or works that the row names, by whatever the table calls them.
        unmapped: every cell that the map does not use, whole; ``work["source"]`` shows them.
        unread: passages of the custody history that were not read as events.
        issues: what is wrong in this row, by row, column and remedy.
        warnings: what is worth saying and keeps nothing from being published.
        columns: by field of the human forms, the columns that it was made of.
    """

    row: int
    work: dict[str, Any]
    rights: dict[str, Any] | None
    events: list[dict[str, Any]]
    files: list[str]
    issues: list[InvalidValue]
    warnings: list[InvalidValue] = field(default_factory=list)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    notices: list[dict[str, Any]] = field(default_factory=list)
    part_of: list[str] = field(default_factory=list)
    unmapped: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


def draft_row(table_map: TableMap, row: Row, *, publisher: str, subject: str = _SUBJECT) -> RowDraft:
    """Draft what a row says.

    Args:
        publisher: the name of the institution that asserts the rights.
        subject: stands for the work in its events until the work has a record id.
    """
    cells = gather(table_map, mended(row) if table_map.windows_1252 else row)
    set_apart(cells)
    fill(table_map, cells)
    draft = RowDraft(row.number, {}, None, [], [], list(row.issues), unmapped=cells.unmapped)
    if not row.fields:
        return draft
    draft.columns.update(_origins(cells))
    _files(cells, draft)
    _custody(cells, draft, subject)
    draft.work.update(_work(cells, draft))
    rights, notices = rights_of(cells, publisher)
    draft.notices.extend(notices)
    draft.part_of.extend(cell.text for cell in cells.all("part_of"))
    return RowDraft(**{**vars(draft), "rights": rights})


_MADE_INTO: Final = {
    "title": "title_lang",
    "date": "date_display date_edtf",
    "agents": "creator creator_role creator_id contributor publisher",
    "languages": "language glottocode",
    "identifiers": "accession",
    "places": "place",
    "subjects": "subject",
    "uri": "rights_uri",
    "label": "label_code hub_project community",
    "acts": "ai_train",
    "files": "filename checksum_sha256",
    "event": "event_type",
    "when": "event_when",
    "agent": "event_agent",
    "from": "event_from",
    "to": "event_to",
    "detail": "event_detail custody",
}
_FIELD_OF: Final = {target: name for name, targets in _MADE_INTO.items() for target in targets.split()}


def _origins(cells: Cells) -> dict[str, tuple[str, ...]]:
    origins: dict[str, tuple[str, ...]] = {}
    for target, found in cells.by_target.items():
        name = "identifiers" if target.startswith("identifier:") else _FIELD_OF.get(target, target)
        columns = (column_of(cell.column) for cell in found if cell.column)
        origins[name] = tuple(dict.fromkeys([*origins.get(name, ()), *columns]))
    return origins


def located(draft: RowDraft, problem: InvalidValue) -> InvalidValue:
    """What composing found wrong in a draft, told by row and column."""
    path = str(problem.fields["field"])
    columns = draft.columns.get(re.split(r"[.\[]", path)[0], ())
    where = ", ".join(columns) or path
    told = str(problem).removeprefix(f"{path}: ")
    return InvalidValue(
        "row {row}, column {field}: {problem}",
        field=where,
        value=problem.fields["value"],
        remedy=problem.remedy.replace("{", "{{").replace("}", "}}"),
        row=draft.row,
        problem=told,
    )


def _work(cells: Cells, draft: RowDraft) -> dict[str, Any]:
    work: dict[str, Any] = {"title": _title(cells)}
    for name in ("kind", "id", "access"):
        if (text := cells.text(name)) is not None:
            work[name] = text
    _require(cells, draft)
    date = {"display": cells.text("date_display"), "edtf": cells.text("date_edtf")}
    if any(date.values()):
        work["date"] = _date(date)
    agents = list(_agents(cells))
    lists = {
        "agents": agents,
        "languages": list(_languages(cells)),
        "identifiers": list(_identifiers(cells)),
        "subjects": _each(cells, "subject", "term"),
        "places": _each(cells, "place", "name"),
    }
    work |= {name: _distinct(values) for name, values in lists.items() if values}
    if extent := "; ".join(cell.text for cell in cells.all("extent")):
        work["extent"] = extent
    if descriptions := _by_language(cells, "description"):
        work["description"] = descriptions
    if draft.unread:
        work.setdefault("description", {}).setdefault("und", []).append(draft.unread[0])
    if source := _source(cells, draft):
        work["source"] = source
    return work


_REQUIRED: Final = {
    "access": "say `public` or `metadata-only` in a column, or for all rows under [constants]",
    "id": "give each row an id that lasts, in a column or by a template",
    "kind": "give a DCMI type such as `StillImage`, in a column or under [defaults]",
}


def _require(cells: Cells, draft: RowDraft) -> None:
    for target, remedy in _REQUIRED.items():
        if cells.text(target) is None:
            draft.issues.append(fault(draft.row, target, "is missing", "", remedy))


def _title(cells: Cells) -> dict[str, list[str]]:
    titles = _by_language(cells, "title", default=cells.text("title_lang") or "und")
    return titles or {"und": [UNTITLED]}


def _by_language(cells: Cells, target: str, default: str = "und") -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for cell in cells.all(target):
        listed = texts.setdefault(cell.rule.language or default, [])
        if cell.text not in listed:
            listed.append(cell.text)
    return texts


def _date(date: dict[str, str | None]) -> dict[str, str]:
    shown = date["display"] or date["edtf"] or ""
    return {"display": shown, **({"edtf": date["edtf"], "edtf_by": "human"} if date["edtf"] else {})}


def _agents(cells: Cells) -> Any:
    """Names with the roles and ids that stand at the same place of their lists."""
    roles = {(cell.position): cell.text for cell in cells.all("creator_role")}
    ids = {(cell.position): cell.text for cell in cells.all("creator_id")}
    for target in ("creator", "contributor", "publisher"):
        for cell in cells.all(target):
            agent = {"name": cell.text, "role": cell.rule.role or target}
            if target == "creator":
                agent["role"] = cell.rule.role or roles.get(cell.position) or "creator"
                agent |= {"id": ids[cell.position]} if cell.position in ids else {}
            yield agent


def _languages(cells: Cells) -> Any:
    codes = [cell.text for cell in cells.all("glottocode")]
    tags = [cell.text for cell in cells.all("language")]
    for position in range(max(len(codes), len(tags))):
        language = {"tag": tags[position]} if position < len(tags) else {}
        yield language | ({"glottocode": codes[position]} if position < len(codes) else {})


def _identifiers(cells: Cells) -> Any:
    for target, found in cells.by_target.items():
        if target == "accession" or target.startswith("identifier:"):
            for cell in found:
                yield {"scheme": target.removeprefix("identifier:"), "value": cell.text}


def _each(cells: Cells, target: str, name: str) -> list[dict[str, str]]:
    return [{name: cell.text} for cell in cells.all(target)]


def _distinct(values: list[Any]) -> list[Any]:
    return [value for position, value in enumerate(values) if value not in values[:position]]


def _source(cells: Cells, draft: RowDraft) -> str:
    """The mapped source, then ``column: value`` of what is not mapped, in one line of bounded length."""
    stated = [cell.text for cell in cells.all("source")]
    kept = [f"{name}: {' '.join(text.split())}" for name, text in cells.unmapped.items()]
    parts = [" ".join(part.split()) for part in (*stated, *kept)]
    shown: list[str] = []
    for part in parts:
        if len(" | ".join([*shown, part])) > _SOURCE_LIMIT:
            draft.warnings.append(
                fault(
                    draft.row,
                    "source",
                    "does not hold all that is not mapped; left out from {value} on",
                    part,
                    "map the column, or list it under [ignore]",
                )
            )
            break
        shown.append(part)
    return " | ".join(shown)


def _files(cells: Cells, draft: RowDraft) -> None:
    draft.files.extend(cell.text for cell in cells.all("filename"))
    digests = [cell.text.lower() for cell in cells.all("checksum_sha256")]
    draft.checksums.update(zip(draft.files, digests, strict=False))


def _custody(cells: Cells, draft: RowDraft, subject: str) -> None:
    for cell in cells.all("custody"):
        history = read_custody(cell.text)
        draft.events.extend(to_events(history, subject, cell.rule.language or "und"))
        if note := unread_note(history):
            draft.unread.append(note)
    draft.events.extend(_event(cells, subject))


def _event(cells: Cells, subject: str) -> list[dict[str, Any]]:
    """The event that the row's own columns tell, if they name its type."""
    kind = cells.first("event_type")
    if kind is None or not any(cells.first(f"event_{part}") for part in ("when", "agent", "from", "to")):
        return []
    event: dict[str, Any] = {
        "event": kind.text,
        "subject": [subject],
        "when": cells.text("event_when") or "XXXX",
        "agent": {"name": cells.text("event_agent") or cells.text("event_to") or "not stated"},
        "outcome": "success",
    }
    for name in ("from", "to"):
        if (text := cells.text(f"event_{name}")) is not None:
            event[name] = {"name": text}
    if details := _by_language(cells, "event_detail"):
        event["detail"] = details
    return [event]
