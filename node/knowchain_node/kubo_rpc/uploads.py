"""The tree that an upload describes, from parts that come in any order.

Source: how Kubo reads ``add``: ``filename`` is a percent-encoded path; a folder is a part of its own, or is
there because a file lies in it, and may be named before and after what is in it. No path touches the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias
from urllib.parse import unquote_plus

from knowchain.content.bounds import MAX_DEPTH
from knowchain.content.folders import Entry, Folder, ImportedEntry, Ready
from knowchain.content.names import check_name_given
from knowchain.errors import InvalidValue, shown
from knowchain.identifiers import Cid

__all__ = ["UploadedTree", "path_of"]

MOST_ENTRIES: Final = 2**18
"""Files, folders and symlinks of one upload: their names are held until it ends."""

_Held: TypeAlias = "Ready | dict[str, _Held]"


def path_of(filename: str) -> tuple[str, ...]:
    """The names on the path of a part; none for what has no name.

    A slash in front, and dots that stand for the folder they are in, mean nothing, as with Kubo. Whatever
    leads elsewhere is refused, where Kubo would cut it off.

    Raises:
        InvalidValue: a name that no folder may hold, such as ``..``, or too many.
    """
    try:
        text = unquote_plus(filename, errors="strict")
    except UnicodeDecodeError as exc:
        raise InvalidValue(
            "the {field} {value} is not UTF-8",
            field="filename",
            value=filename,
            remedy="percent-encode UTF-8",
        ) from exc
    trimmed = text.removeprefix("/").removesuffix("/")
    names = tuple(name for name in trimmed.split("/") if name != ".") if trimmed else ()
    if len(names) > MAX_DEPTH:
        raise InvalidValue(
            "the {field} {value} has more than {limit} folders",
            field="filename",
            value=text,
            limit=MAX_DEPTH,
            remedy="flatten the tree",
        )
    return tuple(check_name_given(name, "/".join(names)) for name in names)


class UploadedTree:
    """What was uploaded so far: files and symlinks that were imported, and the folders around them."""

    def __init__(self) -> None:
        self._top: dict[str, _Held] = {}
        self._loose: list[Ready] = []
        self._unnamed_folder = False
        self._count = 0

    def add_folder(self, path: tuple[str, ...]) -> None:
        """A folder is at ``path``; the empty path is a folder without a name around everything.

        Raises:
            InvalidValue: a file is there, or there are too many entries.
        """
        if path:
            self._folder(path)
        else:
            self._unnamed_folder = True

    def add_leaf(self, path: tuple[str, ...], made: ImportedEntry) -> None:
        """A file or symlink is at ``path``; with the empty path it has no name.

        Raises:
            InvalidValue: something is there already, or there are too many entries.
        """
        self._count_one()
        assert made.kind != "directory"
        ready = Ready(path[-1] if path else "", made.kind, made.imported)
        if not path:
            self._loose.append(ready)
            return
        folder = self._folder(path[:-1])
        if path[-1] in folder:
            raise _twice(path)
        folder[path[-1]] = ready

    def roots(self, *, wrap: bool, name_of: Callable[[Cid], str]) -> list[Entry]:
        """What stands at the top: each entry, or one folder without a name around all.

        Args:
            wrap: put the folder there.
            name_of: the name of a file that has none, within the folder.
        """
        if not wrap and not self._unnamed_folder:
            return [*self._loose, *_entries(self._top)]
        named = [replace(one, name=name_of(one.imported.cid)) for one in self._loose]
        return [Folder("", lambda: [*named, *_entries(self._top)])]

    def _folder(self, path: tuple[str, ...]) -> dict[str, _Held]:
        held = self._top
        for depth, name in enumerate(path):
            if name not in held:
                self._count_one()
            below = held.setdefault(name, {})
            if isinstance(below, Ready):
                raise _twice(path[: depth + 1])
            held = below
        return held

    def _count_one(self) -> None:
        self._count += 1
        if self._count > MOST_ENTRIES:
            raise InvalidValue(
                "{field}: more than {value} entries in one request",
                field="files",
                value=MOST_ENTRIES,
                remedy="send a part of the tree at a time, or use `knowchain content add`",
            )


def _entries(held: dict[str, _Held]) -> Iterator[Entry]:
    for name, below in held.items():
        yield below if isinstance(below, Ready) else _folder_of(name, below)


def _folder_of(name: str, held: dict[str, _Held]) -> Folder:
    return Folder(name, lambda: _entries(held))


def _twice(path: tuple[str, ...]) -> InvalidValue:
    return InvalidValue(
        "the {field} {value} comes twice",
        field="filename",
        value=shown("/".join(path)),
        remedy="send it once",
    )
