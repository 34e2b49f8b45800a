"""One process writes a store: a lock that the system lets go of when the process dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from knowchain.errors import HomeError
from knowchain.storage.blocks.durable import faults_at

__all__ = ["FolderLock"]


class FolderLock:
    """Held from construction to :meth:`release`.

    Raises:
        HomeError: another process, or another object of this one, holds the folder.
    """

    def __init__(self, path: Path) -> None:
        with faults_at(path, "open"):
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                holder = os.pread(self._fd, 20, 0).decode("ascii", "replace").strip() or "unknown"
                os.close(self._fd)
                raise HomeError(
                    "the block store {path} is in use by process {holder}",
                    path=str(path.parent),
                    holder=holder,
                    remedy="ask the running peer instead, or stop it first",
                ) from exc
            with suppress(OSError):  # the number only helps a person; a full disk must not shut the store
                os.pwrite(self._fd, f"{os.getpid():<20}".encode(), 0)

    def release(self) -> None:
        os.close(self._fd)
