"""Content that comes as a CAR: checked to be all of one DAG, kept and pinned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from knowchain.content.car import CarReader, read_car
from knowchain.content.cids import parse_cid
from knowchain.content.walking import walk
from knowchain.errors import ContentError, InvalidValue, NotFound
from knowchain.home.given_files import open_given
from knowchain.home.home import Home
from knowchain.identifiers import Cid

__all__ = ["DagFile", "KeptDag", "keep_dag"]

Advance: TypeAlias = Callable[[int], None]
_PIECE: Final = 2**20
_BATCH: Final = 16
"""Blocks under one wait for the medium."""


@dataclass(frozen=True, slots=True)
class DagFile:
    """A CAR with content.

    Attributes:
        path: the file.
        root: what of it is to be kept; None for the one root that the file names.
        name: under which it is kept until it is unpinned; by default that of the file.
    """

    path: str
    root: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class KeptDag:
    """A DAG that is here now, whole: how many blocks it has, and their bytes."""

    cid: Cid
    name: str
    blocks: int
    bytes: int


def keep_dag(home: Home, request: DagFile, advance: Advance = lambda _bytes: None) -> KeptDag:
    """Take content in from a CAR, and pin it.

    The order of the blocks does not matter, and a block that lacks in the file counts as there if it is in
    the home. What the root does not lead to is let go of with the next collection.

    Raises:
        InvalidValue: the file can't be read, or it names several roots and none was chosen.
        ContentError: no CAR, a block that is not what its CID names, or not all of it is there. What came is
            let go of with the next collection.
        StorageFault: the disk refused.
    """
    path = Path(request.path)
    name = request.name or path.name
    with open_given(path, "FILE") as file, home.content.begin_upload(f"keep {name}") as upload:
        car = read_car(_counted(file, advance))
        root, blocks = _root(car, request, path), iter(car)
        while part := list(islice(blocks, _BATCH)):
            with home.content.batch(upload) as batch:
                for cid, block in part:
                    batch.put(cid, block)
        count, size = _measured(home, root)
        home.content.pin(root, name)
    return KeptDag(root, name, count, size)


def _measured(home: Home, root: Cid) -> tuple[int, int]:
    """How many blocks lie under the root, and their bytes.

    Raises:
        ContentError: one is neither in the file nor in the home.
    """
    count = size = 0
    try:
        for _, block in walk(home.content, root):
            count += 1
            size += len(block)
    except NotFound as exc:
        raise ContentError(
            "not all of {root} is in the file, or here: {why}",
            remedy="fetch the file again, whole; or have `content fetch` look elsewhere",
            root=str(root),
            why=str(exc),
        ) from exc
    return count, size


def _counted(file: BinaryIO, advance: Advance) -> Iterator[bytes]:
    done = 0
    while piece := file.read(_PIECE):
        done += len(piece)
        advance(done)
        yield piece


def _root(car: CarReader, request: DagFile, path: Path) -> Cid:
    if request.root is not None:
        return parse_cid(request.root)
    if len(car.roots) == 1:
        return car.roots[0]
    raise InvalidValue(
        "{field} is missing: {value} names {count} roots",
        field="--root",
        value=path,
        count=len(car.roots),
        remedy="say which: --root CID",
    )
