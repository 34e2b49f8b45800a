"""One process at a time holds a home."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from knowchain.errors import HomeError, StorageFault

__all__ = ["HomeLock"]


class HomeLock:
    """An exclusive, advisory lock on a home folder; the system frees it when the process ends.

    Args:
        path: the lock file; made if it does not exist, never removed.
        purpose: shown to whoever is refused, such as ``node`` or ``publish``.
    """

    def __init__(self, path: Path, purpose: str = "") -> None:
        self.path = path
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise StorageFault(
                "the home {path} can't be opened: {why}",
                remedy="check that the folder exists and may be written by this user",
                path=path.parent,
                why=exc.strerror,
            ) from exc
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            holder = os.pread(self._fd, 200, 0).decode(errors="replace").strip()
            os.close(self._fd)
            if exc.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            raise HomeError(
                "the home {path} is in use by {holder}",
                remedy="wait until it ends, talk to it through the running peer, or use another --home",
                path=path.parent,
                holder=holder or "another process",
            ) from exc
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"process {os.getpid()} ({purpose or 'knowchain'})\n".encode(), 0)

    def release(self) -> None:
        """Give the home back. Safe to call twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
