"""Rows whose files come with them: found first, brought in only if the row is good."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowchain.archive.tables import RowDraft
from knowchain.content.profiles import profile_named
from knowchain.errors import InvalidValue
from knowchain.home.files import WorkFile, media_type
from knowchain.home.home import Home
from knowchain.home.museum.folder import Folder, brought, check_digest, measured
from knowchain.home.museum.own_works import OwnWorks
from knowchain.home.museum.planning import Planner
from knowchain.home.museum.plans import PlannedRow, Problem
from knowchain.home.museum.requests import Counts, TableImport
from knowchain.home.museum.table_file import TableFile
from knowchain.storage.blocks.uploads import Upload

__all__ = ["RowsWithFiles"]

_SOME_DIGEST: Final = "0" * 64
"""Stands for a digest while a row is tried out."""


@dataclass
class RowsWithFiles:
    """Plans rows with their files."""

    home: Home
    request: TableImport
    folder: Folder
    own: OwnWorks
    counts: Counts

    def plan(
        self, planner: Planner, table: TableFile, upload: Upload | None
    ) -> Generator[tuple[PlannedRow, int], None, None]:
        """The rows, each with its files; a bad row's files are not even read."""
        for row in table.rows:
            draft = planner.draft(row)
            located: list[tuple[str, Path]] = []
            try:
                located = self._located(draft)
            except InvalidValue as exc:
                draft.issues.append(exc)
            trial = [
                WorkFile(name, path.stat().st_size, _SOME_DIGEST, media_type(name)) for name, path in located
            ]
            plan = planner.compose(draft, self._entries(trial))
            if upload is not None and plan.work is not None and located:
                try:
                    files = list(self._taken(draft, located, upload))
                except InvalidValue as exc:
                    plan = plan._replace(work=None, problems=(*plan.problems, Problem.of(row.number, exc)))
                else:
                    plan = planner.compose(draft, self._entries(files))
            if plan.work is not None:
                self.counts.files += len(trial)
                self.counts.file_bytes += sum(file.bytes for file in trial)
            yield plan, table.done

    def _located(self, draft: RowDraft) -> list[tuple[str, Path]]:
        located = []
        for written in draft.files:
            name, path = self.folder.find(draft.row, written)
            other = self.own.first_row_with_file(name, draft.row)
            if other != draft.row:
                raise InvalidValue(
                    "row {row}, column {field}: {value} is named by row {other} too",
                    field="filename", value=written, row=draft.row, other=other, remedy="name each file once",
                )  # fmt: skip
            located.append((name, path))
        return located

    def _taken(
        self, draft: RowDraft, located: Sequence[tuple[str, Path]], upload: Upload
    ) -> Iterator[WorkFile]:
        for (name, path), written in zip(located, draft.files, strict=True):
            if draft.work.get("access") == "public":
                profile = profile_named(self.request.profile)
                file = brought(self.home.content, upload, name, path, profile, in_place=self.request.in_place)
            else:
                file = measured(draft.row, name, path)
            check_digest(draft.row, file, draft.checksums.get(written))
            yield file

    def _entries(self, files: Sequence[WorkFile]) -> list[Mapping[str, object]]:
        entries: list[Mapping[str, object]] = []
        for file in files:
            entry: dict[str, object] = {
                "path": file.path, "role": self.request.file_role, "bytes": file.bytes, "sha256": file.sha256,
            }  # fmt: skip
            entry |= {} if file.cid is None else {"cid": str(file.cid)}
            entries.append(entry | ({} if file.mime is None else {"mime": file.mime}))
        return entries
