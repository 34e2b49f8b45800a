"""Blocks into both keepers of the set S: the one in memory, and the store behind its door."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from knowchain.admission import Admission, Answer, Incoming
from knowchain.chains import RecordSet
from knowchain.errors import InvalidRecord
from knowchain.identifiers import RecordId
from knowchain.records import read_block
from knowchain.storage.store import RecordStore


def in_memory(blocks: Iterable[bytes], network: str = "main") -> tuple[RecordSet, dict[RecordId, str]]:
    """The set, and why each block that was rejected was; what lacks a parent waits until all came."""
    held, rejected = RecordSet(network), dict[RecordId, str]()
    waiting = [read_block(block) for block in blocks]
    while True:
        ready = [block for block in waiting if not held.missing(block)]
        if not ready:
            return held, rejected
        waiting = [block for block in waiting if block not in ready]
        for block in ready:
            try:
                held.add(block)
            except InvalidRecord as refused:
                rejected[block.id] = refused.reason


@contextmanager
def in_store(
    folder: Path, blocks: Sequence[bytes], *, group: int = 17
) -> Iterator[tuple[RecordStore, Admission]]:
    """An open store that the blocks were handed to, some at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        RecordStore(folder / "store.db") as store,
        Admission(store, network="main", clock=lambda: 1) as door,
    ):
        for at in range(0, len(blocks), group):
            door.submit([Incoming(block) for block in blocks[at : at + group]], source="test").result()
        yield store, door


def answers(door: Admission, blocks: Iterable[bytes]) -> list[Answer]:
    """What the door says of each block now."""
    return [door.admit(block, source="again") for block in blocks]
