"""The folder of packs: their names, their open files, and who is reading which.

A reader holds a lease on a pack while it reads; a pack is erased only after the last lease on it ended,
so that nobody is ever handed bytes that are being overwritten.
"""

from __future__ import annotations

import os
import secrets
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Condition
from typing import Final, NamedTuple

from knowchain.errors import Corruption
from knowchain.storage.blocks.durable import faults_at, sync_file, sync_folder, write_at
from knowchain.storage.blocks.framing import (
    ENTRY_FIXED,
    HEADER_SIZE,
    Kind,
    entry_head,
    pack_header,
    read_header,
)

__all__ = ["PackFolder", "PackGone", "Place"]

_OPEN_FILES: Final = 64
"""Packs kept open for reading."""


class Place(NamedTuple):
    """Where an entry stands: pack, bytes from its beginning, bytes of the payload."""

    pack: int
    offset: int
    length: int


class PackGone(Exception):
    """The pack was compacted away between the look-up and the read: look the block up again."""


@dataclass(slots=True)
class _Open:
    fd: int
    marker: bytes
    leases: int = 0


class PackFolder:
    """Packs by number. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self._open: OrderedDict[int, _Open] = OrderedDict()
        self._changed = Condition()

    def path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.pack"

    def erasing_path(self, number: int) -> Path:
        """The name of a pack whose dead bytes are being overwritten before it is unlinked."""
        return self.folder / f"{number:08d}.erasing"

    def numbers(self) -> list[int]:
        """The numbers of the packs in the folder, ascending."""
        return self._numbered(".pack")

    def erasing(self) -> list[int]:
        """The numbers of packs whose erasure was cut short."""
        return self._numbered(".erasing")

    def _numbered(self, suffix: str) -> list[int]:
        with faults_at(self.folder, "list"):
            names = [entry.name for entry in os.scandir(self.folder)]
        stems = [name.removesuffix(suffix) for name in names if name.endswith(suffix)]
        return sorted(int(stem) for stem in stems if stem.isascii() and stem.isdigit())

    def size(self, number: int) -> int:
        """Bytes of the pack; 0 where it is missing."""
        try:
            return self.path(number).stat().st_size
        except FileNotFoundError:
            return 0

    def create(self, number: int) -> tuple[int, bytes]:
        """Make an empty pack; its header and its name are on the medium. Returns (descriptor, marker)."""
        marker = secrets.token_bytes(8)
        path = self.path(number)
        with faults_at(path, "create"):
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                write_at(fd, [pack_header(number, marker)], 0)
                sync_file(fd)
                sync_folder(self.folder)
            except BaseException:
                os.close(fd)
                path.unlink(missing_ok=True)
                raise
        return fd, marker

    @contextmanager
    def lease(self, number: int) -> Iterator[_Open]:
        """The open pack, which is neither closed nor erased until the block ends.

        Raises:
            PackGone: no such pack (any more).
            Corruption: its header is damaged.
        """
        with self._changed:
            pack = self._open.get(number) or self._opened(number)
            pack.leases += 1
        try:
            yield pack
        finally:
            with self._changed:
                pack.leases -= 1
                if not pack.leases:
                    self._changed.notify_all()

    def _opened(self, number: int) -> _Open:
        path = self.path(number)
        try:
            fd = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            raise PackGone from None
        try:
            pack = _Open(fd, read_header(os.pread(fd, HEADER_SIZE, 0), number))
        except Corruption:
            os.close(fd)
            raise
        self._open[number] = pack
        if len(self._open) > _OPEN_FILES:
            self._close_idle()
        return pack

    def _close_idle(self) -> None:
        for number, pack in list(self._open.items())[: len(self._open) // 2]:
            if not pack.leases:
                os.close(self._open.pop(number).fd)

    def read(self, place: Place, multihash: bytes) -> bytes:
        """The payload of the block entry at ``place``. Its hash is not checked, its head is.

        Raises:
            PackGone: the pack was compacted away; look the block up again.
            Corruption: no entry of that block stands there.
            StorageFault: the disk refused.
        """
        with faults_at(self.path(place.pack), "read"), self.lease(place.pack) as pack:
            head_size = ENTRY_FIXED + len(multihash)
            head = os.pread(pack.fd, head_size, place.offset)
            payload = os.pread(pack.fd, place.length, place.offset + head_size)
        expected = entry_head(pack.marker, Kind.BLOCK, multihash, place.length)
        if head != expected or len(payload) != place.length:
            raise Corruption(
                "pack {pack} holds no such block at byte {offset}",
                pack=place.pack,
                offset=place.offset,
                remedy="run fsck on the block store; it says which of index and pack is damaged",
            )
        return payload

    def read_unchecked(self, place: Place, multihash: bytes) -> bytes:
        """Whatever stands where the payload of the block should: for whoever hashes it.

        Raises:
            PackGone, StorageFault: as :meth:`read`. Corruption: the header of the pack is damaged.
        """
        with faults_at(self.path(place.pack), "read"), self.lease(place.pack) as pack:
            return os.pread(pack.fd, place.length, place.offset + ENTRY_FIXED + len(multihash))

    def forget(self, number: int) -> None:
        """Close the pack, after the last lease on it ended. No reader may open it any more by then."""
        with self._changed:
            pack = self._open.pop(number, None)
            if pack is not None:
                self._changed.wait_for(lambda: not pack.leases)
                os.close(pack.fd)

    def close(self) -> None:
        """Close every pack, after the last lease ended."""
        with self._changed:
            for number in list(self._open):
                pack = self._open.pop(number)
                self._changed.wait_for(lambda pack=pack: not pack.leases)  # type: ignore[misc]
                os.close(pack.fd)
