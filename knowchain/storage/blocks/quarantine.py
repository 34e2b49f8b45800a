"""Bytes that were found bad: kept apart for inspection, never served."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from knowchain.storage.blocks.durable import faults_at, overwrite, sync_file, sync_folder, write_whole

__all__ = ["Quarantine"]


class Quarantine:
    """A folder with one file per bad copy, named ``<multihash in hexadecimal>.<number>``."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder

    def keep(self, multihash: bytes, data: bytes) -> Path:
        """Keep ``data``, which was found under ``multihash``; the same bytes are kept once.

        Raises:
            StorageFault: the disk refused.
        """
        copies = self.copies(multihash)
        with faults_at(self.folder, "read"):
            for path in copies:
                if path.read_bytes() == data:
                    return path
        path = self.folder / f"{multihash.hex()}.{len(copies)}"
        write_whole(path, data)
        return path

    def copies(self, multihash: bytes) -> list[Path]:
        """The files kept under ``multihash``."""
        return sorted(self.folder.glob(f"{multihash.hex()}.*"))

    def each(self) -> Iterator[bytes]:
        """The multihash of every file kept."""
        for path in sorted(self.folder.glob("*.*")):
            try:
                yield bytes.fromhex(path.stem)
            except ValueError:  # a person's own notes beside the files
                continue

    def erase(self, multihash: bytes) -> int:
        """Overwrite and unlink what is kept under ``multihash``; returns the bytes.

        Raises:
            StorageFault: the disk refused.
        """
        erased = 0
        for path in self.copies(multihash):
            with faults_at(path, "erase"):
                fd = os.open(path, os.O_RDWR)
                try:
                    size = os.fstat(fd).st_size
                    overwrite(fd, 0, size)
                    sync_file(fd)
                finally:
                    os.close(fd)
                path.unlink()
                sync_folder(self.folder)
            erased += size
        return erased
