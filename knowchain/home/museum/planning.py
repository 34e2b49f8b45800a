"""Planning: a row of a table becomes records that only want their places in a chain.

All of it is a function of the row, the map and the publisher, so that it runs in any process.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from knowchain.archive.tables import Row, RowDraft, TableMap, draft_row, located
from knowchain.errors import InvalidBody, InvalidValue
from knowchain.home.museum.plans import PlannedRecord, PlannedRow, Problem, planned
from knowchain.identifiers import DAG_CBOR, RecordId, cid_of
from knowchain.limits import SALT_SIZE
from knowchain.records import write_body
from knowchain.records.bodies import compose

__all__ = ["Planner"]

_SOME_ID: Final = RecordId(cid_of(b"\xa0", DAG_CBOR))
"""Stands for the rights of a work, and for the work of an event, until they have ids."""
_LATER: Final = {"work": "dcterms:rights", "event": "kc:about"}
_RIGHTS_KEPT: Final = 4_096


@dataclass
class Planner:
    """Plans rows.

    Attributes:
        table_map: what the columns mean.
        publisher: the name of the institution that asserts the rights.
        author: the identity that will sign.
    """

    table_map: TableMap
    publisher: str
    author: RecordId
    _rights: dict[str, PlannedRecord] = field(default_factory=dict)

    def plan(self, rows: Iterable[Row]) -> list[PlannedRow]:
        """Plan rows without files."""
        return [self.compose(self.draft(row)) for row in rows]

    def draft(self, row: Row) -> RowDraft:
        """What the row says, not yet checked."""
        return draft_row(self.table_map, row, publisher=self.publisher)

    def compose(self, draft: RowDraft, files: Sequence[Mapping[str, object]] = ()) -> PlannedRow:
        """Check and encode what a row says.

        Args:
            files: the work's files in the human form; their sizes and digests are known by now.
        """
        problems = [Problem.of(draft.row, issue) for issue in draft.issues]
        problems += [Problem.of(draft.row, warning, "warning") for warning in draft.warnings]
        checked = _Checked(draft, problems)
        name = str(draft.work.get("id", "")).strip()
        if draft.rights is not None and not draft.issues:
            human = {**draft.work, "rights": [_SOME_ID], **({"files": list(files)} if files else {})}
            work = self._record("work", human, checked)
            rights = [self._rights_record(each, checked) for each in (draft.rights, *draft.notices)]
            events = [
                self._record("event", {**each, "subject": [_SOME_ID]}, checked) for each in draft.events
            ]
            if work is not None and not checked.refused:
                return PlannedRow(
                    draft.row, name, tuple(problems), work,
                    tuple(each for each in rights if each is not None),
                    tuple(each for each in events if each is not None),
                    tuple(dict.fromkeys(draft.part_of)), len(draft.files), len(draft.unread),
                )  # fmt: skip
        return PlannedRow(draft.row, name, tuple(problems), files=len(draft.files))

    def _rights_record(self, human: dict[str, Any], checked: _Checked) -> PlannedRecord | None:
        """A museum's rows are under few rights: each is composed once."""
        key = json.dumps(human, sort_keys=True, ensure_ascii=False)
        known = self._rights.get(key)
        if known is None:
            known = self._record("rights", human, checked)
            if known is not None and len(self._rights) < _RIGHTS_KEPT:
                self._rights[key] = known
        return known

    def _record(self, kind: str, human: Mapping[str, object], checked: _Checked) -> PlannedRecord | None:
        try:
            draft = compose(kind, human)
            body = write_body(draft.body, author=self.author, salt=secrets.token_bytes(SALT_SIZE))
        except InvalidBody as exc:
            for problem in exc.problems:
                checked.tell(problem, "error")
            return None
        except InvalidValue as exc:
            checked.tell(exc, "error")
            return None
        for warning in draft.warnings:
            checked.tell(warning, "warning")
        refs = (ref for ref in draft.refs if ref.relation != _LATER.get(kind) or ref.target != _SOME_ID)
        return planned(kind, body, refs)


@dataclass
class _Checked:
    """What composing found in a row."""

    draft: RowDraft
    problems: list[Problem]
    refused: bool = False

    def tell(self, problem: InvalidValue, severity: Any) -> None:
        self.refused |= severity == "error"
        self.problems.append(Problem.of(self.draft.row, located(self.draft, problem), severity))
