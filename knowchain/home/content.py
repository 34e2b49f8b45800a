"""Content: the files of this home, by CID: brought in, given out, listed, checked, let go of."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from knowchain.content.cids import parse_cid
from knowchain.content.directories import list_directory, resolve, stat
from knowchain.content.profiles import UNIXFS_V1_2025, profile_named
from knowchain.content.reading import read_file
from knowchain.content.walking import links_of
from knowchain.errors import ContentError, InvalidValue, NotFound
from knowchain.home.durable import sync_folder
from knowchain.home.home import Home
from knowchain.identifiers import RAW, Cid, RecordId, is_record_id
from knowchain.storage.blocks.durable import faults_at
from knowchain.storage.blocks.fixity import FixityCheck, GuardedBlocks, RateLimit, not_checked_since, scrub
from knowchain.storage.blocks.importing import ImportedPath, import_path
from knowchain.storage.blocks.ledger import Pin

__all__ = [
    "Added",
    "Collected",
    "ContentAt",
    "ContentEntry",
    "ContentStat",
    "NewContent",
    "Scrubbed",
    "add_content",
    "collect_content",
    "due_for_check",
    "file_links",
    "file_references",
    "file_roots",
    "holds_block",
    "list_content",
    "parse_address",
    "pinned_content",
    "read_content",
    "scrub_content",
    "stat_content",
    "unpin_content",
    "write_content",
]

Advance: TypeAlias = Callable[[int], None]
_PAGE: Final = 500
_LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class NewContent:
    """A file or folder to be brought in, and kept under a name until it is unpinned."""

    path: str
    name: str | None = None
    """By default that of the file."""
    profile: str = UNIXFS_V1_2025.name
    in_place: bool = False
    symlinks: Literal["refuse", "keep"] = "refuse"
    hidden: bool = True


@dataclass(frozen=True, slots=True)
class Added:
    """Content that was brought in: the file or folder, and everything in it."""

    cid: Cid
    name: str
    size: int
    profile: str
    entries: int
    """Files, folders and symlinks, the root included."""


@dataclass(frozen=True, slots=True)
class ContentAt:
    """Content by CID, and a path beneath it: ``bafy…/scans/page-001.tif``."""

    address: str


@dataclass(frozen=True, slots=True)
class ContentEntry:
    """An entry of a folder. ``size``: bytes of all blocks beneath, as claimed."""

    name: str
    cid: Cid
    size: int


@dataclass(frozen=True, slots=True)
class ContentStat:
    """What a CID is."""

    cid: Cid
    kind: Literal["file", "directory", "symlink"]
    size: int
    """Bytes of the file, as its root claims."""
    dag_size: int
    """Bytes of all blocks, as claimed."""
    blocks: int
    """Blocks that are here."""
    missing: int
    """Blocks that are not."""
    pins: tuple[str, ...]
    records: tuple[RecordId, ...]
    """Held records that name it; the first 100."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection did, or in a dry run would do. ``freed``: bytes by which the disk's use shrank."""

    kept: int
    missing: int
    collected: int
    bytes: int
    freed: int
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What a scrub found."""

    checked: int
    bytes: int
    failures: tuple[FixityCheck, ...]


# --- what is here ----------------------------------------------------------------------------------------


def holds_block(home: Home, cid: Cid) -> bool:
    """Whether the block is here. A home without content is left without."""
    return home.layout.content.is_dir() and home.content.has(cid)


def file_links(body: RecordId, data: bytes) -> list[Cid]:
    """The CIDs of files that a body links."""
    return [link for link in dict.fromkeys(links_of(body, data)) if not is_record_id(link)]


def file_roots(home: Home) -> Iterator[Cid]:
    """The roots of every file that a held body names: what keeps blocks from being let go of."""
    for _, _, link in file_references(home):
        yield link


def file_references(home: Home, after: int = 0) -> Iterator[tuple[int, RecordId, Cid]]:
    """(arrival, record, root) of every file that a held body names, of arrivals beyond ``after``."""
    reader = home.store.reader()
    while page := reader.deliveries(after=after, limit=_PAGE):
        for after, rid, _, body, _ in page:
            if body is not None:
                for link in file_links(rid, body):
                    yield after, rid, link


def parse_address(text: str) -> tuple[Cid, str]:
    """A CID and the path behind it; ``/ipfs/`` in front is allowed.

    Raises:
        InvalidValue: it begins with no CID.
    """
    cid, _, path = text.removeprefix("ipfs://").removeprefix("/ipfs/").partition("/")
    return parse_cid(cid), path


def _at(home: Home, address: str) -> tuple[GuardedBlocks, Cid]:
    root, path = parse_address(address)
    if not home.layout.content.is_dir():
        raise NotFound("block {cid} is not here", remedy="fetch it from a peer that has it", cid=str(root))
    source = GuardedBlocks(home.content)
    return source, resolve(source, root, path)


# --- in and out --------------------------------------------------------------------------------------------


def add_content(home: Home, request: NewContent, advance: Advance = lambda _bytes: None) -> Added:
    """Bring a file or folder in, and pin it.

    Raises:
        InvalidValue: it can't be read, or its name can't be kept. NotAllowed: a symlink. StorageFault.
    """
    profile = profile_named(request.profile)
    path, entries = Path(request.path), 0

    def each(_entry: ImportedPath) -> None:
        nonlocal entries
        entries += 1

    if not os.path.lexists(path):
        raise InvalidValue(
            "{field}: there is no file {value}", field="PATH", value=path, remedy="check the path"
        )
    name, store = request.name or path.resolve().name, home.content
    with store.begin_upload(f"add {name}") as upload:
        made = import_path(
            store,
            upload,
            path,
            profile,
            in_place=request.in_place,
            symlinks=request.symlinks,
            hidden=request.hidden,
            digests=False,
            each=each,
            progress=lambda progress: advance(progress.bytes),
        )
        store.pin(made.cid, name)
    return Added(made.cid, name, made.size, made.profile, entries)


def read_content(
    home: Home, request: ContentAt, offset: int = 0, length: int | None = None
) -> Iterator[bytes]:
    """The bytes of a file, verified as they are read.

    Raises:
        NotFound: not here. ContentError, Corruption: not a file, or damaged.
    """
    source, cid = _at(home, request.address)
    return read_file(source, cid, offset, length)


def write_content(
    home: Home, request: ContentAt, target: Path, advance: Advance = lambda _bytes: None
) -> int:
    """Write a file, or a folder with all that is in it, to the disk; appears when it is whole.

    Returns:
        Bytes written.

    Raises:
        InvalidValue: ``target`` exists. NotFound, ContentError, Corruption: as :func:`read_content`.
    """
    if os.path.lexists(target):
        raise InvalidValue(
            "{field}: {value} exists already", field="--output", value=target, remedy="choose another name"
        )
    source, cid = _at(home, request.address)
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    writing = _Writing(source, advance)
    with faults_at(target, "write"):
        try:
            writing.write(cid, aside)
            aside.replace(target)
            sync_folder(target.parent)
        finally:
            _remove(aside)
    return writing.done


class _Writing:
    """Files and folders on their way to the disk."""

    def __init__(self, source: GuardedBlocks, advance: Advance) -> None:
        self._source = source
        self._advance = advance
        self.done = 0

    def write(self, cid: Cid, path: Path) -> None:
        """Write what ``cid`` is to ``path``, and what is in it beneath; folders wait on a list."""
        todo = [(cid, path)]
        while todo:
            at, where = todo.pop()
            kind = stat(self._source, at).kind
            if kind == "directory":
                where.mkdir()
                todo += [
                    (link.cid, where / _portable(link.name)) for link in list_directory(self._source, at)
                ]
            elif kind == "file":
                self._write_file(at, where)
            else:
                raise ContentError(
                    "{path} is a symlink, which is not written to a disk",
                    remedy="get the other entries one by one",
                    path=where.name,
                )

    def _write_file(self, cid: Cid, path: Path) -> None:
        with path.open("xb") as file:
            for piece in read_file(self._source, cid):
                self.done += file.write(piece)
                self._advance(self.done)
            file.flush()
            os.fsync(file.fileno())


def _portable(name: str) -> str:
    """A name that means one entry in its folder, and nothing else, on this system."""
    if os.sep in name or (os.altsep and os.altsep in name) or "\0" in name or name in (".", "..", ""):
        raise ContentError("{name} can't be the name of a file here", remedy="get it by its CID", name=name)
    return name


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def list_content(home: Home, request: ContentAt) -> Iterator[ContentEntry]:
    """The entries of a folder.

    Raises:
        NotFound: not here. ContentError: no folder, or damaged.
    """
    source, cid = _at(home, request.address)
    return (ContentEntry(link.name, link.cid, link.size) for link in list_directory(source, cid))


def stat_content(home: Home, request: ContentAt) -> ContentStat:
    """What a CID is, how much of it is here, and who refers to it.

    Raises:
        NotFound: its root is not here. ContentError: neither file, folder nor symlink.
    """
    source, cid = _at(home, request.address)
    found = stat(source, cid)
    here, missing = _count(home, source, cid)
    return ContentStat(
        cid,
        found.kind,
        found.size,
        found.dag_size,
        here,
        missing,
        tuple(pin.name for pin in home.content.pins() if pin.cid == cid),
        tuple([rid for _, rid, link in file_references(home) if link == cid][:_LISTED]),
    )


def _count(home: Home, source: GuardedBlocks, root: Cid) -> tuple[int, int]:
    here = missing = 0
    todo, seen = [root], {root}
    while todo:
        cid = todo.pop()
        if not home.content.has(cid):
            missing += 1
            continue
        here += 1
        for link in links_of(cid, source.get(cid)) if cid.codec != RAW else ():
            if link not in seen:
                seen.add(link)
                todo.append(link)
    return here, missing


# --- pins, collection, fixity ------------------------------------------------------------------------------


def pinned_content(home: Home, _request: None = None) -> tuple[Pin, ...]:
    """Everything that is kept by a pin."""
    return tuple(home.content.pins()) if home.layout.content.is_dir() else ()


def unpin_content(home: Home, request: ContentAt) -> int:
    """Keep it no longer on its own account; records that name it keep it still. How many pins went.

    Raises:
        NotFound: it was not pinned.
    """
    cid, _ = parse_address(request.address)
    gone = home.content.unpin(cid) if home.layout.content.is_dir() else 0
    if not gone:
        raise NotFound("{cid} is not pinned", remedy="`knowchain content pins` lists what is", cid=str(cid))
    return gone


def collect_content(home: Home, *, dry_run: bool) -> Collected:
    """Let go of every block that no record, pin or upload in flight needs, and erase it from the disk.

    Raises:
        Corruption: a block whose links must be followed is damaged; nothing was let go of.
    """
    report = home.content.gc(file_roots(home), dry_run=dry_run)
    freed = 0 if dry_run else home.content.compact().freed
    return Collected(report.kept, report.missing, report.collected, report.freed, freed, dry_run)


def scrub_content(
    home: Home,
    *,
    bytes_per_second: float,
    days: float | None = None,
    advance: Advance = lambda _bytes: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Scrubbed:
    """Read again every block that was not read in the last ``days`` days (None: every block), and hash it.

    What is bad goes into quarantine. Each check is recorded, so that an interrupted scrub goes on from there.
    """
    limit = RateLimit(bytes_per_second, time.monotonic, sleep)
    store = home.content
    before = None if days is None else store.clock() - days * 86_400
    checked = size = 0
    failures = []
    for check in scrub(store, limit, before=before):
        checked, size = checked + 1, size + check.size
        advance(size)
        if check.outcome == "failure":
            failures.append(check)
    return Scrubbed(checked, size, tuple(failures))


def due_for_check(home: Home, days: float) -> tuple[int, int]:
    """How many blocks, and bytes, were not read again in the last ``days`` days."""
    count = size = 0
    for _, block_size in not_checked_since(home.content, days) if home.layout.content.is_dir() else ():
        count, size = count + 1, size + block_size
    return count, size
