"""The plain backend: one file per block, readable with nothing but ``ls`` and ``sha256sum``."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from knowchain.errors import NotFound
from knowchain.identifiers import Cid
from knowchain.storage.blocks.audit import raw_cid
from knowchain.storage.blocks.batch import multihash_of
from knowchain.storage.blocks.durable import faults_at, sync_file, sync_folder, write_at

__all__ = ["DirectoryBlocks"]

_SUFFIX: Final = ".block"


class DirectoryBlocks:
    """A :class:`~knowchain.content.blocks.BlockStore` of ``<folder>/<last byte>/<multihash>.block``.

    A block is written under another name, synced and renamed: its own name never stands for a part of it.
    Names are in hexadecimal; the shard is the digest's last byte, which is evenly spread.

    Raises (every method):
        StorageFault: the disk refused.
    """

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder

    def _path(self, cid: Cid) -> Path:
        name = multihash_of(cid).hex()
        return self.folder / name[-2:] / f"{name}{_SUFFIX}"

    def get(self, cid: Cid) -> bytes:
        """The block that ``cid`` names.

        Raises:
            NotFound: no such block here.
        """
        path = self._path(cid)
        with faults_at(path, "read"):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                raise _not_here(cid) from None

    def put(self, cid: Cid, block: bytes) -> None:
        """Keep ``block`` under ``cid``; it is on the medium at return."""
        path = self._path(cid)
        if path.exists():
            return
        with faults_at(path, "write"):
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                sync_folder(self.folder)
            temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
            try:
                _write_synced(temporary, block)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            sync_folder(path.parent)

    def has(self, cid: Cid) -> bool:
        """Whether the block is held."""
        return self._path(cid).exists()

    def size(self, cid: Cid) -> int:
        """Bytes of the block.

        Raises:
            NotFound: no such block here.
        """
        try:
            return self._path(cid).stat().st_size
        except FileNotFoundError:
            raise _not_here(cid) from None

    def delete(self, cid: Cid) -> None:
        """Let go of the block; one that is not held is no error."""
        path = self._path(cid)
        with faults_at(path, "remove"):
            path.unlink(missing_ok=True)

    def cids(self) -> Iterator[Cid]:
        """Every block held, under its raw CID."""
        for path in self.folder.glob(f"*/*{_SUFFIX}"):
            if not path.name.startswith("."):
                yield raw_cid(bytes.fromhex(path.stem))


def _write_synced(path: Path, block: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        write_at(fd, [block], 0)
        sync_file(fd)
    finally:
        os.close(fd)


def _not_here(cid: Cid) -> NotFound:
    return NotFound("block {cid} is not here", cid=str(cid), remedy="fetch it from a peer that has it")
