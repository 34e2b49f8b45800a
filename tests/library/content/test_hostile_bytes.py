"""Bytes changed at random: each reader gives what is right or a ContentError, in bounded memory and time."""

from __future__ import annotations

import contextlib
import io
import random
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.content import dag_pb, nodes, unixfs
from knowchain.content.blocks import MemoryBlocks
from knowchain.content.car import read_car, write_car
from knowchain.content.dag_pb import Link
from knowchain.content.directories import list_directory, resolve, stat
from knowchain.content.importing import import_file
from knowchain.content.profiles import UNIXFS_V1_2025
from knowchain.content.reading import read_file
from knowchain.content.sharding import write_shards
from knowchain.content.unixfs import Kind, UnixFs
from knowchain.content.walking import walk
from knowchain.errors import ContentError, NotFound
from knowchain.identifiers import DAG_PB, RAW, cid_of

TINY = replace(UNIXFS_V1_2025, name="tiny", chunk_size=5, max_links=3)
TELLING = (0, 1, 2, 0x0A, 0x12, 0x18, 0x20, 0x7F, 0x80, 0xFF)


def mutated(good: bytes, chance: random.Random) -> bytes:
    """``good`` after one to four changes: a byte set, a run cut out, doubled or put in, the end cut."""
    data = bytearray(good)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        run = chance.randint(1, 12)
        change = chance.randrange(6)
        if change == 0 and at < len(data):
            data[at] = chance.choice(TELLING)
        elif change == 1 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif change == 2:
            del data[at : at + run]
        elif change == 3:
            data[at:at] = data[at : at + run]
        elif change == 4:
            data[at:at] = chance.choice(
                (chance.randbytes(run), b"\xff" * 9 + b"\x01", b"\x80\x80\x80\x80\x40")
            )
        else:
            del data[at:]
    return bytes(data)


def seeds():
    """Blocks of every kind, as good writers make them."""
    blocks = MemoryBlocks()
    import_file(io.BytesIO(bytes(range(60))).read, blocks, TINY)
    write_shards([Link(cid_of(b"x", RAW), f"n{i}", 9) for i in range(30)], blocks, 16)
    extra = [
        UnixFs(Kind.SYMLINK, b"target"),
        UnixFs(Kind.FILE, b"inline", file_size=6, mode=0o644, mtime=unixfs.Mtime(-5, 7)),
        UnixFs(Kind.DIRECTORY),
    ]
    nodes = [dag_pb.encode([], unixfs.encode(content)) for content in extra]
    folder = dag_pb.encode([Link(cid_of(b"x", RAW), name, 1) for name in "abc"], unixfs.encode(extra[2]))
    return [*(blocks.get(cid) for cid in blocks.cids() if cid.codec == DAG_PB), *nodes, folder]


def use(block: bytes) -> None:
    """Everything that a reader may do with a block that hashes right and says anything at all.

    Whatever is refused is refused by an error that says what to do.
    """
    blocks = MemoryBlocks()
    cid = cid_of(block, DAG_PB)
    blocks.put(cid, block)
    for read in (
        lambda: stat(blocks, cid),
        lambda: sum(map(len, read_file(blocks, cid, 0, 10_000))),
        lambda: list(list_directory(blocks, cid)),
        lambda: resolve(blocks, cid, "a"),
        lambda: list(walk(blocks, cid)),
    ):
        try:
            read()
        except (ContentError, NotFound) as refusal:
            assert refusal.remedy, refusal  # noqa: PT017


def attack_blocks(count: int, seed: int) -> None:
    chance = random.Random(seed)
    good = seeds()
    for _ in range(count):
        use(mutated(chance.choice(good), chance))


def attack_unixfs(count: int, seed: int) -> None:
    """The message alone, so that changes reach it and not the frame around it."""
    chance = random.Random(seed)
    good = [dag_pb.decode(block) for block in seeds()]
    for _ in range(count):
        node = chance.choice(good)
        use(dag_pb.encode(node.links, mutated(node.data, chance)))


def attack_cars(count: int, seed: int) -> None:
    chance = random.Random(seed)
    held = [(cid_of(block, DAG_PB), block) for block in seeds()]
    known = {cid.multihash: block for cid, block in held}
    car = b"".join(write_car([held[0][0]], held))
    for _ in range(count):
        bad = mutated(car, chance)
        try:
            for cid, block in read_car([bad]):
                assert cid.matches(block) or cid.hash_code not in (0, 0x12)
                assert known.get(cid.multihash, block) == block
        except ContentError as refusal:
            assert refusal.remedy, refusal  # noqa: PT017


def test_blocks_changed_at_random():
    attack_blocks(30_000, 1)


def test_unixfs_changed_at_random():
    attack_unixfs(30_000, 2)


def test_cars_changed_at_random():
    attack_cars(30_000, 3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_campaign_of_changes(seed):
    attack_blocks(100_000, seed)
    attack_unixfs(100_000, seed)
    attack_cars(100_000, seed)


@given(st.binary(max_size=200))
def test_bytes_of_no_format_at_all(data):
    use(data)
    with contextlib.suppress(ContentError):
        list(read_car([data]))


def test_memory_stays_bounded_under_the_worst_block():
    """Two mebibytes of the shortest links, of sizes alone, and of packed sizes."""
    link = b"\x12\x07\x0a\x05\x01\x55\x00\x01x"
    worst = [
        link * (2**21 // len(link)),
        dag_pb.encode([], b"\x08\x02" + b"\x20\x01" * (2**20 - 50)),
        dag_pb.encode([], b"\x08\x02\x22" + b"\xf0\xff\x7f" + b"\x01" * (2**21 - 16)),
    ]
    for block in worst:
        tracemalloc.start()
        with contextlib.suppress(ContentError):
            nodes.parse(cid_of(block, DAG_PB), block)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 40_000_000
