"""Content that comes as a CAR: checked to be all of one DAG, kept and pinned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from knowchain.content.car import CarReader, read_car
from knowchain.content.cids import parse_cid
from knowchain.content.gathering import Gathering
from knowchain.errors import ContentError, InvalidValue
from knowchain.home.given_files import open_given
from knowchain.home.home import Home
from knowchain.identifiers import Cid

__all__ = ["DagFile", "KeptDag", "keep_dag"]

Advance: TypeAlias = Callable[[int], None]
_PIECE: Final = 2**20
_BATCH: Final = 64
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
    """A DAG that is here now, whole. ``blocks``, ``bytes``: of those that the file brought."""

    cid: Cid
    name: str
    blocks: int
    bytes: int


def keep_dag(home: Home, request: DagFile, advance: Advance = lambda _bytes: None) -> KeptDag:
    """Take content in from a CAR, and pin it.

    A block that lacks in the file counts as there if it is in the home; one that nothing links to is refused.

    Raises:
        InvalidValue: the file can't be read, or it names several roots and none was chosen.
        ContentError: no CAR, a block that is not what its CID names, or not all of it is there. What came is
            let go of with the next collection.
        StorageFault: the disk refused.
    """
    path = Path(request.path)
    with open_given(path, "FILE") as file:
        car = read_car(_counted(file, advance))
        root = _root(car, request, path)
        gathering = Gathering(root)
        name = request.name or path.name
        with home.content.begin_upload(f"keep {name}") as upload:
            held = iter(car)
            while part := [one for _, one in zip(range(_BATCH), held, strict=False)]:
                with home.content.batch(upload) as batch:
                    for cid, block in part:
                        if gathering.take(cid, block):
                            batch.put(cid, block)
            came, size = len(gathering), gathering.bytes
            _complete(home, gathering)
            home.content.pin(root, name)
    return KeptDag(root, name, came, size)


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


def _complete(home: Home, gathering: Gathering) -> None:
    """Follow what lacks through the blocks of the home.

    Raises:
        ContentError: a block is neither in the file nor in the home.
    """
    while lacking := gathering.lacking:
        for cid in lacking:
            if not home.content.has(cid):
                raise ContentError(
                    "block {cid} of {root} is not in the file, and not here",
                    remedy="fetch the file again, whole; or have `content fetch` look elsewhere",
                    cid=str(cid),
                    root=str(gathering.root),
                )
            gathering.take(cid, home.content.get(cid))
