"""One file of the disk, read once from end to end: hashed as a whole meanwhile, and watched for changes."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import deque
from concurrent.futures import Executor, Future
from types import TracebackType
from typing import Final, Self

from knowchain.errors import InvalidValue
from knowchain.storage.blocks.originals import shown_path

__all__ = ["OriginalFile", "unreadable"]

_HASHES_IN_FLIGHT: Final = 2


def unreadable(path: bytes, exc: OSError) -> InvalidValue:
    """``exc``, which the system gave for ``path``, as an error that names the file."""
    return InvalidValue(
        "{value} can't be read: {why}",
        field="path",
        value=shown_path(path),
        why=exc.strerror or str(exc),
        remedy="give this user the right to read it, or leave it out",
    )


class OriginalFile:
    """An open file that :func:`~knowchain.content.importing.import_file` reads from.

    Leaving the ``with`` without an error proves that size and time of change stayed as they were.

    Args:
        hashers: where the digest of the whole file is computed, beside those of its chunks; None for none.

    Raises:
        InvalidValue: not a regular file, unreadable, or changed while it was read.
    """

    def __init__(self, path: bytes, hashers: Executor | None) -> None:
        self.path: Final = path
        self._hashers = hashers
        self._hash = hashlib.sha256()
        self._hashing: deque[Future[None]] = deque()
        self._first: bytes | None = b""
        self._fd = -1
        self.bytes_read = 0

    def __enter__(self) -> Self:
        try:
            # Not blocking, so that a pipe put in the file's place can't hang the import.
            self._fd = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            self._before = os.fstat(self._fd)
        except OSError as exc:
            self._close()
            raise unreadable(self.path, exc) from exc
        if not stat.S_ISREG(self._before.st_mode):
            self._close()
            raise self._changed("it is no regular file any more")
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        return self

    @property
    def size(self) -> int:
        """Bytes of the file when it was opened."""
        return self._before.st_size

    @property
    def mtime_ns(self) -> int:
        """Time of its last change, in nanoseconds since 1970, when it was opened."""
        return self._before.st_mtime_ns

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most ``size``; none at the end."""
        try:
            piece = os.read(self._fd, size)
        except OSError as exc:
            raise unreadable(self.path, exc) from exc
        self.bytes_read += len(piece)
        if self.bytes_read > self._before.st_size:
            raise self._changed("it grew")
        self._hash_later(piece)
        return piece

    def _hash_later(self, piece: bytes) -> None:
        """Hash from the second piece on: if there is but one, its digest is in the leaf's CID."""
        if self._hashers is None:
            return
        if self._first == b"":
            self._first = piece
        elif piece:
            if self._first is not None:
                self._hash.update(self._first)
                self._first = None
            while len(self._hashing) >= _HASHES_IN_FLIGHT:
                self._hashing.popleft().result()
            self._hashing.append(self._hashers.submit(self._hash.update, piece))

    def sha256(self) -> bytes:
        """The digest of everything read so far; empty if none was asked for."""
        if self._hashers is None:
            return b""
        while self._hashing:
            self._hashing.popleft().result()
        return self._hash.digest() if self._first is None else hashlib.sha256(self._first).digest()

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if exc is None:
                self._check_unchanged()
        finally:
            self._close()

    def _check_unchanged(self) -> None:
        if self.bytes_read != self._before.st_size:
            raise self._changed("it was cut short")
        try:
            after = (os.fstat(self._fd), os.lstat(self.path))
        except OSError as exc:
            raise self._changed("it was moved or deleted") from exc
        for now in after:
            if _identity(now) != _identity(self._before):
                raise self._changed("its size, time of change or place on the disk is another one")

    def _changed(self, why: str) -> InvalidValue:
        return InvalidValue(
            "the file {value} changed while it was read: {why}",
            field="path",
            value=shown_path(self.path),
            why=why,
            remedy="wait until nobody writes to it, then import it again",
        )

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
