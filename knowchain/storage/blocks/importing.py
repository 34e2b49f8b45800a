"""Files and folders of the disk come into the store: copied, or left in place and referred to.

The rules: entries in order of the bytes of their names; hidden ones and empty folders are kept unless asked
otherwise; symlinks are refused, or kept as symlinks, never followed (the path that is named may be one);
pipes, sockets and devices are refused. Whatever can't be read stops the import with an error that names it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from knowchain.content.folders import Entry, File, Folder, ImportedEntry, Symlink, import_tree
from knowchain.content.profiles import UNIXFS_V1_2025, Profile
from knowchain.errors import InvalidValue, NotAllowed
from knowchain.identifiers import RAW, Cid
from knowchain.storage.blocks.batch import Batch
from knowchain.storage.blocks.framing import Pointer
from knowchain.storage.blocks.originalfile import OriginalFile, unreadable
from knowchain.storage.blocks.originals import shown_path
from knowchain.storage.blocks.packs import PackBlocks
from knowchain.storage.blocks.uploads import Upload

__all__ = ["ImportProgress", "ImportedPath", "import_path"]


@dataclass(frozen=True, slots=True)
class ImportedPath:
    """One imported file, folder or symlink.

    Attributes:
        path: relative to what was imported, which itself has the empty path.
        size: bytes of the file, or of all files of the folder.
        sha256: digest of the whole file, in hexadecimal; empty for folders and symlinks, and where it was
            not asked for.
        profile: name of the import profile; kept with the CID, because it decides it.
    """

    path: str
    kind: Literal["file", "directory", "symlink"]
    cid: Cid
    size: int
    sha256: str
    profile: str


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """Bytes read and files finished so far, and the file that is being read."""

    bytes: int
    files: int
    path: str


def import_path(
    store: PackBlocks,
    upload: Upload,
    path: Path,
    profile: Profile = UNIXFS_V1_2025,
    *,
    in_place: bool = False,
    symlinks: Literal["refuse", "keep"] = "refuse",
    hidden: bool = True,
    digests: bool = True,
    each: Callable[[ImportedPath], None] | None = None,
    progress: Callable[[ImportProgress], None] | None = None,
) -> ImportedPath:
    """Import the file or folder ``path``; at return every block is on the medium.

    Nothing is acknowledged if it ends in any other way, an interrupt included; blocks that are on the medium
    by then are found again by the next import of the same files, as long as the upload's lease holds.

    Args:
        upload: keeps the blocks from the garbage collector; refer to the result before it ends.
        in_place: store only where the files hold the blocks, and the nodes above them.
        symlinks: refuse them, or keep them as symlinks.
        hidden: whether entries whose names begin with a dot are imported.
        digests: whether the SHA-256 of each whole file is taken too, which about doubles the hashing.
        each: called for every entry when it is done; what it is told counts once this function returned.
        progress: called after every read.

    Raises:
        InvalidValue: a file that can't be read, changed meanwhile, or is no file, folder or symlink; a name
            that can't be kept.
        NotAllowed: a symlink that is not to be kept; the store's own folder.
        StorageFault: the disk refused.
    """
    if in_place and not profile.raw_leaves:
        raise InvalidValue(
            "{field}: under {value} no block is a part of the file, so that it can't be left in place",
            field="profile",
            value=profile.name,
            remedy="choose a profile with raw leaves, or have the file copied",
        )
    start = os.fsencode(os.path.realpath(path))
    with store.batch(upload) as batch, ThreadPoolExecutor(1, thread_name_prefix="file-hash") as hashers:
        run = _Import(store, hashers if digests else None, hidden, progress)
        sink = _Referring(batch, run) if in_place else batch
        last: ImportedPath | None = None
        for entry in import_tree(run.entry(start, b""), sink, profile, symlinks=symlinks):
            last = run.finished(entry)
            if each is not None:
                each(last)
    if last is None:
        raise AssertionError("an import gives its root")
    return last


class _Import:
    """One run: the tree as the disk has it, and what was read so far."""

    def __init__(
        self,
        store: PackBlocks,
        hashers: Executor | None,
        hidden: bool,
        progress: Callable[[ImportProgress], None] | None,
    ) -> None:
        own = store.folder.stat()
        self._own: Final = (own.st_dev, own.st_ino)
        self._hashers = hashers
        self._hidden = hidden
        self._progress = progress
        self._bytes = self._files = 0
        self.current: _Watched | None = None

    def entry(self, path: bytes, name: bytes) -> Entry:
        """What stands at ``path``."""
        try:
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                return Symlink(name, os.readlink(path).decode("utf-8", "surrogateescape"))  # noqa: PTH115 - bytes
        except OSError as exc:
            raise unreadable(path, exc) from exc
        if stat.S_ISDIR(status.st_mode):
            if (status.st_dev, status.st_ino) == self._own:
                raise NotAllowed(
                    "{path} is the block store itself",
                    path=shown_path(path),
                    remedy="import a folder that does not hold the store",
                )
            return Folder(name, lambda: self._entries(path))
        if stat.S_ISREG(status.st_mode):
            return File(name, lambda: self._opened(path))
        raise InvalidValue(
            "{value} is neither file, folder nor symlink",
            field="path",
            value=shown_path(path),
            remedy="leave it out: pipes, sockets and devices have no content to keep",
        )

    def _entries(self, folder: bytes) -> Iterator[Entry]:
        try:
            names = sorted(entry.name for entry in os.scandir(folder))
        except OSError as exc:
            raise unreadable(folder, exc) from exc
        for name in names:
            if self._hidden or not name.startswith(b"."):
                yield self.entry(folder + b"/" + name, name)

    def _opened(self, path: bytes) -> _Watched:
        self.current = _Watched(path, self._hashers, self._advance)
        return self.current

    def _advance(self, size: int, path: bytes) -> None:
        self._bytes += size
        if self._progress is not None:
            self._progress(ImportProgress(self._bytes, self._files, shown_path(path)))

    def finished(self, entry: ImportedEntry) -> ImportedPath:
        sha256 = ""
        if entry.kind == "file" and self.current is not None:
            self._files += 1
            sha256 = self.current.sha256().hex()
            self.current = None
        made = entry.imported
        return ImportedPath(entry.path, entry.kind, made.cid, made.size, sha256, made.profile.name)


class _Watched(OriginalFile):
    """A file whose reading is told to somebody."""

    def __init__(self, path: bytes, hashers: Executor | None, advance: Callable[[int, bytes], None]) -> None:
        super().__init__(path, hashers)
        self._advance = advance

    def read(self, size: int, /) -> bytes:
        piece = super().read(size)
        self._advance(len(piece), self.path)
        return piece


class _Referring:
    """A sink that keeps, of the leaves of the file being read, only where they stand.

    Leaves come in the order of the file and once for each occurrence, so their sizes add up to their places.
    """

    def __init__(self, batch: Batch, run: _Import) -> None:
        self._batch = batch
        self._run = run
        self._file: OriginalFile | None = None
        self._at = 0

    def put(self, cid: Cid, block: bytes) -> None:
        file = self._run.current
        if cid.codec != RAW or file is None:
            self._batch.put(cid, block)
            return
        if file is not self._file:
            self._file, self._at = file, 0
        pointer = Pointer(file.path, self._at, len(block), file.size, file.mtime_ns)
        self._at += len(block)
        self._batch.put_original(cid, pointer)
