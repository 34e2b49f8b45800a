"""A tree of files, folders and symlinks becomes blocks. Whoever knows the disk describes the tree.

Hidden entries, empty files and empty folders are kept. Symlinks are refused unless asked for, because what
they lead to is not imported and may not exist where the content is read; kept, they are UnixFS symlinks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias

from knowchain.content import dag_pb, unixfs
from knowchain.content.blocks import BlockSink
from knowchain.content.bounds import MAX_DEPTH
from knowchain.content.cids import as_version_0
from knowchain.content.dag_pb import Link
from knowchain.content.importing import Imported, import_file
from knowchain.content.names import check_name_given, check_target_given
from knowchain.content.profiles import UNIXFS_V1_2025, Profile
from knowchain.content.sharding import write_shards
from knowchain.content.unixfs import Kind, UnixFs
from knowchain.errors import InvalidValue, NotAllowed, shown
from knowchain.identifiers import DAG_PB, Cid, cid_of

__all__ = ["Entry", "File", "Folder", "ImportedEntry", "Readable", "Ready", "Symlink", "import_tree"]


class Readable(Protocol):
    """An open file: ``read(size)`` as in :data:`~knowchain.content.importing.Reader`."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class File:
    """A file. ``open`` is called once, when its turn comes, and what it gives is closed before the next."""

    name: str | bytes
    open: Callable[[], AbstractContextManager[Readable]]


@dataclass(frozen=True, slots=True)
class Symlink:
    """A symlink and what it points to, which is never followed."""

    name: str | bytes
    target: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder. ``entries`` is called once, when its turn comes; its order is the order of the import."""

    name: str | bytes
    entries: Callable[[], Iterable[Entry]]


@dataclass(frozen=True, slots=True)
class Ready:
    """A file or symlink whose blocks are in the sink already, where content comes in an order of its own."""

    name: str | bytes
    kind: Literal["file", "symlink"]
    imported: Imported


Entry: TypeAlias = File | Folder | Symlink | Ready


@dataclass(frozen=True, slots=True)
class ImportedEntry:
    """One finished entry. ``path`` is relative to the root; the root's own is empty."""

    path: str
    kind: Literal["file", "directory", "symlink"]
    imported: Imported


_EMPTY_FOLDER: Final = unixfs.encode(UnixFs(Kind.DIRECTORY))


@dataclass(slots=True)
class _OpenFolder:
    """A folder whose entries are being imported."""

    path: str
    name: str
    rest: Iterator[Entry]
    links: dict[str, Link] = field(default_factory=dict)
    size: int = 0
    blocks: int = 0

    def add(self, name: str, imported: Imported) -> None:
        self.links[name] = Link(imported.cid, name, imported.dag_size)
        self.size += imported.size
        self.blocks += imported.blocks


def import_tree(
    root: Entry,
    sink: BlockSink,
    profile: Profile = UNIXFS_V1_2025,
    *,
    symlinks: Literal["refuse", "keep"] = "refuse",
) -> Iterator[ImportedEntry]:
    """Import ``root`` and everything beneath it; each entry is given when it is done, the root last.

    The root's name is not part of the result. Memory grows with the number of entries of the folders that are
    open, not with their bytes. An import that is not run to its end has no root.

    Raises:
        InvalidValue: a name or a symlink's target that can't be kept, a name that comes twice in its folder,
            or folders nested beyond 256.
        NotAllowed: a symlink, unless they are kept.
    """
    stack: list[_OpenFolder] = []
    entry, path, name = root, "", ""
    while True:
        if isinstance(entry, Folder):
            _check_depth(path, len(stack))
            stack.append(_OpenFolder(path, name, iter(entry.entries())))
        else:
            done = _import_leaf(entry, path, sink, profile, symlinks)
            yield done
            if not stack:
                return
            stack[-1].add(name, done.imported)
        while (following := next(stack[-1].rest, None)) is None:
            folder = stack.pop()
            imported = _write_folder(folder, sink, profile)
            yield ImportedEntry(folder.path, "directory", imported)
            if not stack:
                return
            stack[-1].add(folder.name, imported)
        entry = following
        name = _new_name(entry, stack[-1])
        path = f"{stack[-1].path}/{name}" if stack[-1].path else name


def _check_depth(path: str, depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise InvalidValue(
            "the folder {value} lies deeper than {limit} folders",
            field="path",
            value=path,
            limit=MAX_DEPTH,
            remedy="import a part of the tree, or flatten it",
        )


def _new_name(entry: Entry, folder: _OpenFolder) -> str:
    name = check_name_given(entry.name, folder.path)
    if name in folder.links:
        raise InvalidValue(
            "the name {value} comes twice in the folder '{where}'",
            field="name",
            value=name,
            where=shown(folder.path),
            remedy="give each entry a name of its own",
        )
    return name


def _import_leaf(
    entry: File | Symlink | Ready,
    path: str,
    sink: BlockSink,
    profile: Profile,
    symlinks: Literal["refuse", "keep"],
) -> ImportedEntry:
    if isinstance(entry, Ready):
        return ImportedEntry(path, entry.kind, entry.imported)
    if isinstance(entry, File):
        with entry.open() as opened:
            return ImportedEntry(path, "file", import_file(opened.read, sink, profile))
    if symlinks != "keep":
        raise NotAllowed(
            "'{path}' is a symlink, and what it points to would not be imported",
            path=shown(path),
            remedy="replace it by a copy of its target, or ask for symlinks to be kept as such",
        )
    data = unixfs.encode(UnixFs(Kind.SYMLINK, check_target_given(entry.target, path)))
    cid, size = _put_node([], data, sink, profile)
    return ImportedEntry(path, "symlink", Imported(cid, profile, 0, size, 1))


def _write_folder(folder: _OpenFolder, sink: BlockSink, profile: Profile) -> Imported:
    links = list(folder.links.values())
    if _is_sharded(links, profile):
        root = write_shards(links, sink, profile.shard_fanout, version_0=profile.cid_version == 0)
        return Imported(root.cid, profile, folder.size, root.dag_size, folder.blocks + root.blocks)
    cid, size = _put_node(links, _EMPTY_FOLDER, sink, profile)
    return Imported(cid, profile, folder.size, size, folder.blocks + 1)


def _is_sharded(links: list[Link], profile: Profile) -> bool:
    """Compared with ``>``: a folder of exactly the threshold stays in one block (IPIP-499)."""
    if profile.shard_measure == "links-bytes":
        return sum(_bytes_of(link, profile) for link in links) > profile.shard_threshold
    version_0 = profile.cid_version == 0
    return len(dag_pb.encode(links, _EMPTY_FOLDER, version_0=version_0)) > profile.shard_threshold


def _bytes_of(link: Link, profile: Profile) -> int:
    cid = as_version_0(link.cid) if profile.cid_version == 0 else link.cid
    return len(link.name.encode()) + len(cid)


def _put_node(links: list[Link], data: bytes, sink: BlockSink, profile: Profile) -> tuple[Cid, int]:
    """Write one dag-pb block: its CID, and the bytes of it and of all that it links to."""
    block = dag_pb.encode(links, data, version_0=profile.cid_version == 0)
    cid = cid_of(block, DAG_PB)
    sink.put(cid, block)
    return cid, len(block) + sum(link.size for link in links)
