"""Snapshots: what a feed is made from, written for others and compared with theirs, so that omission shows.

Source: docs/spec/ranking.md, sections 3 and 10.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from knowchain.content.car import read_car, write_car
from knowchain.errors import ContentError, InvalidValue
from knowchain.home.durable import refuse_taken, write_out
from knowchain.home.feeding import feeds_of
from knowchain.home.given_files import open_given
from knowchain.home.home import Home
from knowchain.identifiers import Cid
from knowchain.ranking.receipt_reading import MAX_RECEIPT, read_receipt
from knowchain.ranking.snapshot import Listed, read_manifest
from knowchain.storage.lineage import lineage

__all__ = [
    "Snapshot",
    "SnapshotCompared",
    "SnapshotFile",
    "SnapshotToWrite",
    "compare_snapshot",
    "show_snapshot",
    "write_snapshot",
]

Advance: TypeAlias = Callable[[int], None]
_LISTED: Final = 100
_PIECE: Final = 2**20
_CAR_BEGINS: Final = b"\xa2eroots"
"""How the header of a CAR begins, behind its length of one byte."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is held, by one CID.

    Attributes:
        heads: records that no held record names as a parent.
        absent: bodies that standing records link and that are not held.
    """

    snapshot: Cid
    network: str
    heads: int
    absent: int
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class SnapshotToWrite:
    """Where the manifest is to be written, as a CAR; whether an existing file may be replaced."""

    file: str
    replace: bool = False


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A manifest of somebody else: a CAR that :func:`write_snapshot` wrote, or a receipt."""

    file: str


@dataclass(frozen=True, slots=True)
class SnapshotCompared:
    """What is held here and there. Of every list the first hundred, and how many there are.

    Attributes:
        same: whether both hold the same.
        lacking_here: heads of theirs that are not held here.
        lacking_there: records that are held here and are not among theirs, nor beneath their heads; where
            ``lacking_here`` is not empty, they may be beneath those.
        absent_here: bodies that they hold and this home does not.
        absent_there: bodies that this home holds and they don't.
    """

    ours: Cid
    theirs: Cid
    same: bool
    lacking_here: tuple[Cid, ...] = ()
    heads_lacking: int = 0
    lacking_there: tuple[Cid, ...] = ()
    records_lacking: int = 0
    absent_here: tuple[Cid, ...] = ()
    bodies_lacking_here: int = 0
    absent_there: tuple[Cid, ...] = ()
    bodies_lacking_there: int = 0


def show_snapshot(home: Home, _request: None = None) -> Snapshot:
    """The snapshot of what is held now."""
    return _shown(_ours(home), None)


def write_snapshot(home: Home, request: SnapshotToWrite) -> Snapshot:
    """Write the manifest of what is held, as a CAR that anybody can read.

    Raises:
        InvalidValue: the file exists, or its folder does not. StorageFault: the disk refused.
    """
    target = Path(request.file)
    refuse_taken(target, replace=request.replace)
    manifest = feeds_of(home).manifest(home)
    write_out(target, write_car([manifest.cid], manifest.blocks))
    return _shown(read_manifest([data for _, data in manifest.blocks]), target)


def compare_snapshot(
    home: Home, request: SnapshotFile, advance: Advance = lambda _records: None
) -> SnapshotCompared:
    """Compare what is held here with what somebody held when they wrote a manifest or a receipt.

    Raises:
        InvalidValue: the file can't be read, is neither, or is of another network.
    """
    theirs, ours = _read(Path(request.file)), _ours(home)
    if theirs.network != home.network:
        raise InvalidValue(
            "{field}: {value} is of the network {theirs}, and this home of {ours}",
            field="FILE",
            value=request.file,
            theirs=theirs.network,
            ours=home.network,
            remedy="compare homes of one network",
        )
    if theirs.cid == ours.cid:
        return SnapshotCompared(ours.cid, theirs.cid, same=True)
    with home.store.snapshot() as reader:
        unknown = [head for head in theirs.heads if head not in reader]
        known = [head for head in theirs.heads if head in reader]
        beyond: list[Cid] = []
        for delivery in lineage(reader, ours.heads, known):
            beyond.append(delivery.id)
            advance(1)
    here, there = (
        sorted(set(ours.absent) - set(theirs.absent)),
        sorted(set(theirs.absent) - set(ours.absent)),
    )
    return SnapshotCompared(
        ours.cid,
        theirs.cid,
        same=False,
        lacking_here=tuple(unknown[:_LISTED]),
        heads_lacking=len(unknown),
        lacking_there=tuple(beyond[:_LISTED]),
        records_lacking=len(beyond),
        absent_here=tuple(here[:_LISTED]),
        bodies_lacking_here=len(here),
        absent_there=tuple(there[:_LISTED]),
        bodies_lacking_there=len(there),
    )


def _ours(home: Home) -> Listed:
    return read_manifest([data for _, data in feeds_of(home).manifest(home).blocks])


def _shown(listed: Listed, file: Path | None) -> Snapshot:
    return Snapshot(listed.cid, listed.network, len(listed.heads), len(listed.absent), file)


def _read(path: Path) -> Listed:
    """The manifest that a CAR or a receipt holds."""
    with open_given(path, "FILE") as file:
        beginning = file.read(1 + len(_CAR_BEGINS))
        file.seek(0)
        if beginning[1:] != _CAR_BEGINS:
            return read_receipt(file.read(MAX_RECEIPT + 1)).manifest
        try:
            car = read_car(iter(lambda: file.read(_PIECE), b""))
            blocks = dict(car)
        except ContentError as exc:
            raise InvalidValue(
                "{field}: {value} is no manifest of a snapshot: {why}",
                field="FILE",
                value=path,
                why=str(exc),
                remedy="write one with `knowchain feed snapshot --out FILE`",
            ) from exc
    root = car.roots[0] if len(car.roots) == 1 and car.roots[0] in blocks else None
    first = [] if root is None else [blocks.pop(root)]
    return read_manifest([*first, *blocks.values()])
