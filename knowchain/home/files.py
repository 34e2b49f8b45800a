"""Files for a work: listed before anything is done, then brought into the home, or only measured.

:class:`FileSource` is what publishing needs of them. :class:`DiskFiles` reads the disk of this machine; a
peer that is sent files over its API implements the same three questions.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from knowchain.content.profiles import Profile
from knowchain.errors import InvalidValue, NotAllowed
from knowchain.identifiers import Cid
from knowchain.storage.blocks.importing import ImportedPath, ImportProgress, import_path
from knowchain.storage.blocks.packs import PackBlocks
from knowchain.storage.blocks.uploads import Upload

__all__ = ["DiskFiles", "FileSource", "ListedFile", "WorkFile"]

MOST_FILES: Final = 2_000
"""Files of one work (docs/spec/bodies.md)."""
_PIECE: Final = 2**20
_TYPES: Final = mimetypes.MimeTypes()
for _type, _suffix in (
    ("image/webp", ".webp"),
    ("image/jp2", ".jp2"),
    ("text/markdown", ".md"),
    ("audio/flac", ".flac"),
    ("audio/ogg", ".ogg"),
    ("video/x-matroska", ".mkv"),
    ("application/x-subrip", ".srt"),
    ("text/vtt", ".vtt"),
    ("application/xml", ".xml"),
    ("application/epub+zip", ".epub"),
):
    # The system's own table differs from machine to machine, and a record should not.
    _TYPES.add_type(_type, _suffix)


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file that is to be published. ``path`` is the one in the record; ``bytes`` its size."""

    path: str
    bytes: int


@dataclass(frozen=True, slots=True)
class WorkFile:
    """A file of a work, measured. ``cid`` is None where only its description is published."""

    path: str
    bytes: int
    sha256: str
    mime: str | None = None
    cid: Cid | None = None


Advance = Callable[[int], None]
"""Told how many bytes are done so far."""


class FileSource(Protocol):
    """The files of a work, wherever they come from."""

    def listed(self) -> Sequence[ListedFile]:
        """What there is; nothing is read but names and sizes.

        Raises:
            InvalidValue, NotAllowed: something that can't be published.
        """
        ...

    def brought(
        self, store: PackBlocks, upload: Upload, profile: Profile, advance: Advance
    ) -> list[WorkFile]:
        """Every file, its blocks in the store and on the medium."""
        ...

    def measured(self, advance: Advance) -> list[WorkFile]:
        """Every file, read for its digest only."""
        ...


def media_type(path: str) -> str | None:
    """The media type that a file's name tells, or None."""
    return _TYPES.guess_type(path, strict=True)[0]


class DiskFiles:
    """Files and folders of this machine's disk.

    A file stands in the record under its own name, the files of a folder under the folder's name.

    Args:
        paths: what to publish.
        in_place: leave the files where they are, and refer to them.
        hidden: whether files whose names begin with a dot are taken.
    """

    def __init__(self, paths: Sequence[Path], *, in_place: bool = False, hidden: bool = False) -> None:
        self.paths: Final = tuple(Path(os.path.realpath(path)) for path in paths)
        self._given = list(paths)
        self.in_place: Final = in_place
        self.hidden: Final = hidden

    def listed(self) -> list[ListedFile]:
        """What there is: see :class:`FileSource`."""
        return [listed for _, listed in self.located()]

    def located(self) -> list[tuple[Path, ListedFile]]:
        """What there is, and where, for whoever sends the files elsewhere; raises as :meth:`listed`."""
        found = []
        for path, given in zip(self.paths, self._given, strict=True):
            for file in self._walk(path, given):
                found.append((file, ListedFile(self._name(path, file), file.stat().st_size)))
                if len(found) > MOST_FILES:
                    raise InvalidValue(
                        "{field}: {value} files and more are too many for one work",
                        field="files",
                        value=len(found),
                        remedy="publish them in parts, such as a work for each folder, with --part-of",
                    )
        return found

    def _walk(self, path: Path, given: Path) -> Iterator[Path]:
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from self._files_of(path, given)
        else:
            raise _unusable(given)

    def _files_of(self, folder: Path, given: Path) -> Iterator[Path]:
        before = True
        for entry in sorted(folder.iterdir(), key=lambda each: os.fsencode(each.name)):
            if entry.name.startswith(".") and not self.hidden:
                continue
            if entry.is_symlink():
                raise NotAllowed(
                    "{path} is a symlink, which a work can't hold",
                    remedy="publish what it points to, or move it out of the folder",
                    path=entry,
                )
            before = False
            yield from self._walk(entry, entry)
        if before and folder in self.paths:
            raise InvalidValue(
                "{field}: the folder {value} holds no file",
                field="PATH",
                value=given,
                remedy="name a folder with files in it; hidden ones need --hidden",
            )

    def _name(self, named: Path, file: Path) -> str:
        return file.name if file == named else f"{named.name}/{file.relative_to(named).as_posix()}"

    def brought(
        self, store: PackBlocks, upload: Upload, profile: Profile, advance: Advance
    ) -> list[WorkFile]:
        """Every file, imported: see :class:`FileSource`."""
        found: list[WorkFile] = []
        done = 0
        for path in self.paths:
            start = done

            def progressed(progress: ImportProgress, start: int = start) -> None:
                advance(start + progress.bytes)

            def each(made: ImportedPath, path: Path = path) -> None:
                if made.kind == "file":
                    name = f"{path.name}/{made.path}" if made.path else path.name
                    found.append(WorkFile(name, made.size, made.sha256, media_type(name), made.cid))

            made = import_path(
                store,
                upload,
                path,
                profile,
                in_place=self.in_place,
                hidden=self.hidden,
                each=each,
                progress=progressed,
            )
            done += made.size
        return sorted(found, key=lambda file: file.path)

    def measured(self, advance: Advance) -> list[WorkFile]:
        """Every file, hashed: see :class:`FileSource`."""
        found = []
        done = 0
        for path, given in zip(self.paths, self._given, strict=True):
            for file in self._walk(path, given):
                name, size, digest = self._name(path, file), 0, hashlib.sha256()
                for piece in _pieces(file):
                    digest.update(piece)
                    size += len(piece)
                    advance(done + size)
                done += size
                found.append(WorkFile(name, size, digest.hexdigest(), media_type(name)))
        return sorted(found, key=lambda file: file.path)


def _unusable(path: Path) -> InvalidValue:
    if not os.path.lexists(path):
        return InvalidValue(
            "{field}: there is no file {value}", field="PATH", value=path, remedy="check the path"
        )
    return InvalidValue(
        "{field}: {value} is neither a file nor a folder", field="PATH", value=path, remedy="leave it out"
    )


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except OSError as exc:
        raise InvalidValue(
            "{field}: {value} can't be read: {why}",
            field="PATH",
            value=path,
            why=exc.strerror or str(exc),
            remedy="make it readable for this user, or leave it out",
        ) from exc
