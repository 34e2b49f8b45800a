"""Parcels: one line of JSON, then the bytes of files in the order in which the line lists them.

What goes over HTTP where files belong to a verb, in both directions (docs/spec/api.md). Folders and symlinks
stand in the list, too, so that what arrives has the same CID as what was sent.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from knowchain.errors import ContentError, InvalidValue, StorageFault

__all__ = ["MEDIA_TYPE", "Entry", "check_entries", "listed", "pieces_of", "unpacked"]

MEDIA_TYPE: Final = "application/vnd.knowchain.parcel"
_PIECE: Final = 2**20
_MOST: Final = 1_000_000
Read = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or symlink.

    Attributes:
        path: with ``/``; the first part is the name of what was named. A sole file is one part.
        bytes: of a file; None for the others.
        target: of a symlink; None for the others.
    """

    path: str
    bytes: int | None = None
    target: str | None = None


def listed(root: Path, *, hidden: bool = True) -> list[tuple[Path, Entry]]:
    """What stands at ``root``, folders before what is in them.

    Raises:
        InvalidValue: it can't be read, or is neither file, folder nor symlink.
    """
    root = Path(os.path.realpath(root))
    return [(path, _entry(root, path)) for path in _walk(root, hidden)]


def _walk(path: Path, hidden: bool) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        for below in sorted(path.iterdir()):
            if hidden or not below.name.startswith("."):
                yield from _walk(below, hidden)


def _entry(root: Path, path: Path) -> Entry:
    name = "/".join((root.name, *path.relative_to(root).parts))
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return Entry(name, target=str(path.readlink()))
    except OSError as exc:
        raise _unreadable(path, exc) from exc
    if stat.S_ISDIR(status.st_mode):
        return Entry(name)
    if stat.S_ISREG(status.st_mode):
        return Entry(name, status.st_size)
    raise InvalidValue(
        "{value} is neither file, folder nor symlink", field="path", value=path, remedy="leave it out"
    )


def pieces_of(files: Sequence[tuple[Path, Entry]]) -> Iterator[bytes]:
    """The bytes of the files, each just as long as its entry says.

    Raises:
        InvalidValue: a file that can't be read, or was changed meanwhile.
    """
    for path, entry in files:
        if entry.bytes is None:
            continue
        left = entry.bytes
        try:
            with path.open("rb") as file:
                while left and (piece := file.read(min(_PIECE, left))):
                    left -= len(piece)
                    yield piece
                if left or file.read(1):
                    raise InvalidValue(
                        "{value} was changed while it was read",
                        field="path",
                        value=path,
                        remedy="try again when nobody writes to it",
                    )
        except OSError as exc:
            raise _unreadable(path, exc) from exc


def check_entries(entries: Sequence[Entry]) -> None:
    """Raise ContentError unless every path stays beneath the first, and none stands twice."""
    if not entries or len(entries) > _MOST:
        raise ContentError("a parcel lists 1 to {most} entries", most=_MOST, remedy="send fewer at once")
    seen: set[str] = set()
    for entry in entries:
        parts = PurePosixPath(entry.path).parts
        bad = not parts or entry.path != "/".join(parts) or {"..", ".", "/"} & {*parts, parts[0]}
        if bad or "\0" in entry.path or entry.path in seen or (entry.bytes or 0) < 0:
            raise ContentError(
                "{path} can't stand in a parcel",
                path=entry.path[:200],
                remedy="list plain relative paths, once",
            )
        seen.add(entry.path)


def unpacked(entries: Sequence[Entry], read: Read, folder: Path) -> None:
    """Write what comes to ``folder``. Symlinks are made last, so that nothing is written through one.

    Raises:
        ContentError: a bad list, or bytes that end too early.
        StorageFault: the disk refused.
    """
    check_entries(entries)
    try:
        for entry in entries:
            if entry.target is None:
                _unpack(entry, read, folder)
        for entry in entries:
            if entry.target is not None:
                (folder / entry.path).symlink_to(entry.target)
    except OSError as exc:
        raise StorageFault(
            "{path} can't be written: {why}",
            remedy="make room on the disk",
            path=folder,
            why=exc.strerror or str(exc),
        ) from exc


def _unpack(entry: Entry, read: Read, folder: Path) -> None:
    path = folder / entry.path
    if entry.bytes is None:
        path.mkdir()
        return
    left = entry.bytes
    with path.open("xb") as file:
        while left:
            piece = read(min(_PIECE, left))
            if not piece:
                raise ContentError("the parcel ends within {path}", path=entry.path, remedy="send it again")
            left -= len(piece)
            file.write(piece)


def _unreadable(path: Path, exc: OSError) -> InvalidValue:
    return InvalidValue(
        "{value} can't be read: {why}",
        field="path",
        value=path,
        why=exc.strerror or str(exc),
        remedy="make it readable for this user, or leave it out",
    )
