"""What the tests of the block stores share: blocks, a clock moved by hand, stores that get closed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from knowchain.identifiers import RAW, Cid, cid_of
from knowchain.storage.blocks.packs import PackBlocks

Block = tuple[Cid, bytes]


class Clock:
    """Seconds since 1970 that only a test moves on."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_blocks() -> Callable[..., list[Block]]:
    """Blocks that differ from one another; the same seed gives the same ones."""

    def make(count: int, size: int = 1000, seed: int = 0) -> list[Block]:
        chance = random.Random(seed)
        blocks = [chance.randbytes(size) for _ in range(count)]
        return [(cid_of(block, RAW), block) for block in blocks]

    return make


@pytest.fixture
def close_packs() -> Iterator[Callable[..., None]]:
    """Closes the store that is open; called at the end in any case."""
    opened: list[PackBlocks] = []

    def close() -> None:
        while opened:
            opened.pop().close()

    close.opened = opened  # type: ignore[attr-defined]
    yield close
    close()


@pytest.fixture
def open_packs(tmp_path: Path, clock: Clock, close_packs) -> Callable[..., PackBlocks]:
    """Opens the store in ``tmp_path/store``, anew if it is open."""

    def open_store(pack_size: int = 1 << 20) -> PackBlocks:
        close_packs()
        store = PackBlocks.open(tmp_path / "store", pack_size=pack_size, clock=clock)
        close_packs.opened.append(store)
        return store

    return open_store


@pytest.fixture
def packs(open_packs: Callable[..., PackBlocks]) -> PackBlocks:
    return open_packs()
