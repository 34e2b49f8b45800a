"""Small files that are whole or not there: written aside, synced, then renamed into place."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from knowchain.errors import InvalidValue, StorageFault

__all__ = ["out_fault", "refuse_taken", "sync_folder", "write_new", "write_out", "write_whole"]


def write_whole(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace ``path`` by ``data``, atomically and durably.

    Raises:
        StorageFault: the disk refused; the old file is untouched.
    """
    aside = path.with_name(f".{path.name}.new")
    try:
        _write(aside, data, os.O_TRUNC, mode)
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as exc:
        aside.unlink(missing_ok=True)
        raise _fault(path, exc) from exc


def write_new(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write ``data`` to a file that must not exist yet.

    Raises:
        StorageFault: it exists, or the disk refused.
    """
    try:
        _write(path, data, os.O_EXCL, mode)
        sync_folder(path.parent)
    except OSError as exc:
        raise _fault(path, exc) from exc


def write_out(target: Path, pieces: Iterable[bytes]) -> int:
    """Write a file that somebody named; it is whole or not there.

    Returns:
        Its size.

    Raises:
        InvalidValue: its folder does not exist. StorageFault: the disk refused.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    size = 0
    try:
        with aside.open("xb") as file:
            for piece in pieces:
                size += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
        sync_folder(target.parent)
    except OSError as exc:
        raise out_fault(target, exc) from exc
    finally:
        aside.unlink(missing_ok=True)
    return size


def out_fault(target: Path, exc: OSError) -> InvalidValue | StorageFault:
    """Why a file that somebody named could not be written."""
    if isinstance(exc, FileNotFoundError):
        return InvalidValue(
            "{field}: the folder of {value} does not exist",
            field="FILE",
            value=target,
            remedy="make it first",
        )
    return StorageFault(
        "{path} can't be written: {why}",
        remedy="choose a place with room, that this user may write",
        path=target,
        why=exc.strerror or str(exc),
    )


def refuse_taken(target: Path, *, replace: bool) -> None:
    """Refuse a file that exists already, unless it may be replaced.

    Raises:
        InvalidValue: it exists.
    """
    if target.exists() and not replace:
        raise InvalidValue(
            "{field}: {value} exists already",
            field="FILE",
            value=target,
            remedy="choose another name, or add --replace",
        )


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write(path: Path, data: bytes, flags: int, mode: int) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flags, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(fd)


def _fault(path: Path, exc: OSError) -> StorageFault:
    return StorageFault(
        "{path} can't be written: {why}",
        remedy="choose a place that exists, has room, and does not hold that file yet",
        path=path,
        why=exc.strerror or str(exc),
    )
