"""Writes that survive a power cut, and the one translation of the disk's errors into ours."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from knowchain.errors import StorageFault

__all__ = ["fault", "faults_at", "overwrite", "sync_file", "sync_folder", "write_at", "write_whole"]

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_VECTOR: Final = 512
"""Buffers given to one system call; POSIX promises 16, Linux and macOS take 1,024."""
_SMALL: Final = 16 * 1024
_ZEROS: Final = bytes(1 << 20)


def fault(exc: OSError, what: str, path: Path | str) -> StorageFault:
    """``exc`` as a :class:`StorageFault` that names the place and what to do."""
    remedy = "look at the system's log: the disk reported an input/output error"
    if exc.errno in _FULL:
        remedy = "free space on the disk that holds {path} and do it again; what was acknowledged is safe"
    elif exc.errno in _READ_ONLY:
        remedy = "give this user the right to write to {path}"
    return StorageFault(
        "can't {what} {path}: {why}",
        what=what,
        path=str(path),
        why=exc.strerror or str(exc),
        remedy=remedy,
    )


@contextmanager
def faults_at(path: Path | str, what: str) -> Iterator[None]:
    """Translate what the disk refuses inside the block.

    Raises:
        StorageFault: an OSError came out of the block.
    """
    try:
        yield
    except OSError as exc:
        raise fault(exc, what, path) from exc


if sys.platform == "darwin":  # fsync there leaves the bytes in the drive's own cache
    import fcntl

    def sync_file(fd: int) -> None:
        """Wait until the file's bytes are on the medium."""
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)

else:

    def sync_file(fd: int) -> None:
        """Wait until the file's bytes are on the medium."""
        os.fsync(fd)


def sync_folder(folder: Path) -> None:
    """Wait until the names in ``folder`` are on the medium: a created or renamed file needs it."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_at(fd: int, pieces: Sequence[bytes], offset: int) -> None:
    """Write ``pieces`` one after the other from ``offset`` on, all of them."""
    total = sum(map(len, pieces))
    if total < len(pieces) * _SMALL:
        pieces = (b"".join(pieces),)
    for first in range(0, len(pieces), _VECTOR):
        offset = _write_vector(fd, pieces[first : first + _VECTOR], offset)


def _write_vector(fd: int, pieces: Sequence[bytes], offset: int) -> int:
    written = os.pwritev(fd, pieces, offset)
    offset += written
    if written < sum(map(len, pieces)):  # cut short, by a signal or a disk that is nearly full
        rest = memoryview(b"".join(pieces))[written:]
        while rest:
            written = os.pwrite(fd, rest, offset)
            offset, rest = offset + written, rest[written:]
    return offset


def overwrite(fd: int, offset: int, length: int) -> None:
    """Put zeros over ``length`` bytes from ``offset`` on."""
    while length > 0:
        written = os.pwrite(fd, _ZEROS[: min(length, len(_ZEROS))], offset)
        offset, length = offset + written, length - written


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file so that after a cut there is the old one or the new one, never a part.

    Raises:
        StorageFault: the disk refused.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with faults_at(path, "write"):
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            write_at(fd, [data], 0)
            sync_file(fd)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(fd)
        temporary.replace(path)
        sync_folder(path.parent)
