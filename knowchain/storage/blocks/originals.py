"""Blocks that stand in someone's original files: nothing is copied, so nothing is believed.

The bytes are hashed on every read. A file that was changed, cut short, moved or taken away is told to the
caller by an error, and never by wrong bytes.
"""

from __future__ import annotations

import os

from knowchain.errors import Corruption
from knowchain.storage.blocks.framing import Pointer
from knowchain.storage.blocks.scanning import hashes_to

__all__ = ["is_fresh", "read_original", "shown_path"]


def shown_path(path: bytes) -> str:
    """A path as text for a message; bytes that are not UTF-8 are escaped."""
    return path.decode("utf-8", "backslashreplace")


def read_original(pointer: Pointer, multihash: bytes) -> bytes:
    """The block that ``pointer`` leads to.

    Raises:
        Corruption: the file is missing, unreadable, or holds other bytes there now.
    """
    try:
        fd = os.open(pointer.path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            block = os.pread(fd, pointer.length, pointer.at)
        finally:
            os.close(fd)
    except OSError as exc:
        raise _lost(pointer, exc.strerror or str(exc)) from exc
    if len(block) == pointer.length and hashes_to(multihash, block):
        return block
    raise _lost(pointer, "it holds other bytes now")


def _lost(pointer: Pointer, why: str) -> Corruption:
    return Corruption(
        "the original file {path} no longer gives the block at byte {at}: {why}",
        path=shown_path(pointer.path),
        at=pointer.at,
        why=why,
        remedy="put the original file back, or add the content again from where it is now",
    )


def is_fresh(pointer: Pointer) -> bool:
    """Whether the file still has the size and the time of change that it had when it was read."""
    try:
        now = os.lstat(pointer.path)
    except OSError:
        return False
    return (now.st_size, now.st_mtime_ns) == (pointer.size, pointer.mtime_ns)
