"""The audit log: a line of JSON for what was let go, quarantined or erased, and why. Only appended to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from knowchain.identifiers import RAW, Cid
from knowchain.storage.blocks.durable import faults_at, sync_file, sync_folder, write_at

__all__ = ["AuditLine", "AuditLog", "What", "raw_cid"]

What = Literal["marked", "erased", "quarantined", "reference dropped", "pack unlinked"]
"""``marked``: no longer served. ``erased``: its bytes were overwritten and their pack unlinked."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line. ``time``: seconds since 1970; ``cid``: the raw CID of the block, empty for a whole pack."""

    time: float
    what: What
    cid: str
    reason: str
    bytes: int


def raw_cid(multihash: bytes) -> Cid:
    """The CID that names a block whatever it holds: ``raw``, the same multihash.

    Raises:
        InvalidValue: not a multihash.
    """
    return Cid(bytes((1, RAW)) + multihash)


class AuditLog:
    """``audit.jsonl`` in the store's folder. A line that a cut left unfinished is ended, never removed."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def append(self, lines: Iterable[AuditLine]) -> None:
        """Append lines; they are on the medium at return.

        Raises:
            StorageFault: the disk refused.
        """
        text = "".join(json.dumps(asdict(line), ensure_ascii=False) + "\n" for line in lines)
        if not text:
            return
        with faults_at(self._path, "append to"):
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                end = os.fstat(fd).st_size
                torn = end > 0 and os.pread(fd, 1, end - 1) != b"\n"
                write_at(fd, [b"\n" * torn + text.encode()], end)
                sync_file(fd)
            finally:
                os.close(fd)
            if end == 0:
                sync_folder(self._path.parent)

    def lines(self) -> Iterator[AuditLine]:
        """Every whole line, the oldest first."""
        if not self._path.exists():
            return
        with faults_at(self._path, "read"), self._path.open(encoding="utf-8", errors="replace") as log:
            for line in log:
                try:
                    yield AuditLine(**json.loads(line))
                except (ValueError, TypeError):  # torn by a cut
                    continue
