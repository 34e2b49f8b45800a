"""The files that rows name, in one folder: found, measured or brought into the home.

A path is compared in Unicode form C, since macOS and others write the same name in two ways. Nothing outside
the folder is ever read: no ``..``, no symlink.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from knowchain.content.profiles import Profile
from knowchain.errors import InvalidValue
from knowchain.home.files import WorkFile, media_type
from knowchain.records.bodies import file_paths
from knowchain.records.vocabulary.suggestions import nearest
from knowchain.storage.blocks.importing import import_path
from knowchain.storage.blocks.packs import PackBlocks
from knowchain.storage.blocks.uploads import Upload

__all__ = ["Folder", "brought", "check_digest", "measured"]

_PIECE: Final = 2**20


class Folder:
    """A folder with the files of a table.

    Args:
        root: the folder.

    Raises:
        InvalidValue: it is none.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise InvalidValue(
                "{field}: {value} is no folder", field="--files", value=root, remedy="name the files' folder"
            )
        self.root: Final = root.resolve()

    def find(self, row: int, written: str) -> tuple[str, Path]:
        """The path as it will stand in the record, and where the file is.

        Raises:
            InvalidValue: outside the folder, missing, or no ordinary file; by row and column.
        """
        try:
            name = file_paths.canonical(
                written.strip().replace("\\", "/").removeprefix("./"), field="filename"
            )
        except InvalidValue as exc:
            raise _fault(
                row, written, "{value} must be a relative path inside the folder", exc.remedy
            ) from exc
        place = self.root
        for step in name.split("/"):
            place = self._step(row, written, place, step)
        if not place.is_file():
            raise _fault(row, written, "{value} is not a file", "name the files in it, one by one")
        return name, place

    def _step(self, row: int, written: str, folder: Path, step: str) -> Path:
        """One step of a path, in whatever Unicode form the disk has it."""
        for form in (step, unicodedata.normalize("NFD", step)):
            if (found := folder / form).is_symlink():
                raise _fault(row, written, "{value} leads over a symlink", "put the file itself there")
            if found.exists():
                return found
        names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
        by_case = {name.casefold(): name for name in names}
        near = by_case.get(step.casefold()) or nearest(step, names[:5_000])
        remedy = "did you mean `{near}`" if near else "put the file into the folder, or correct the path"
        raise _fault(row, written, "{value} is not in the folder", remedy, near=near or "")

    def listed(self) -> Iterator[str]:
        """The relative path of every file, hidden ones left out, as records have it."""
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    path = Path(folder, name).relative_to(self.root).as_posix()
                    yield unicodedata.normalize("NFC", path)


def measured(row: int, name: str, path: Path) -> WorkFile:
    """A file, read for its digest only.

    Raises:
        InvalidValue: it can't be read.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except OSError as exc:
        raise _fault(
            row,
            name,
            "{value} can't be read: {why}",
            "make it readable for this user",
            why=exc.strerror or str(exc),
        ) from exc
    return WorkFile(name, size, digest.hexdigest(), media_type(name))


def brought(
    store: PackBlocks, upload: Upload, name: str, path: Path, profile: Profile, *, in_place: bool
) -> WorkFile:
    """A file, its blocks on the medium.

    Raises:
        InvalidValue, ContentError, StorageFault: it can't be read or kept.
    """
    made = import_path(store, upload, path, profile, in_place=in_place)
    return WorkFile(name, made.size, made.sha256 or "", media_type(name), made.cid)


def check_digest(row: int, file: WorkFile, stated: str | None) -> None:
    """Hold a file against the digest that its row states.

    Raises:
        InvalidValue: they differ.
    """
    if stated is not None and stated != file.sha256:
        raise InvalidValue(
            "row {row}, column {field}: {path} has the SHA-256 {found}, not {value}",
            field="checksum_sha256",
            value=stated,
            row=row,
            path=file.path,
            found=file.sha256,
            remedy="bring the right file, or correct the digest",
        )


def _fault(row: int, value: str, template: str, remedy: str, **fields: object) -> InvalidValue:
    return InvalidValue(
        "row {row}, column {field}: " + template,
        field="filename",
        value=value,
        remedy=remedy,
        row=row,
        **fields,
    )
