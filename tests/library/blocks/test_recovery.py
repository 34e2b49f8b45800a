"""After a cut: what was acknowledged is there, what was torn is cut off, and the store goes on."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from knowchain.content.blocks import verified
from knowchain.content.directories import resolve
from knowchain.content.reading import read_file
from knowchain.identifiers import Cid
from knowchain.storage.blocks.packs import PackBlocks

WRITER = """
import random, sys
from pathlib import Path
from knowchain.identifiers import cid_of
from knowchain.storage.blocks.packs import PackBlocks

folder, seed = Path(sys.argv[1]), int(sys.argv[2])
chance = random.Random(seed)
with PackBlocks.open(folder, pack_size=300_000) as store:
    kept = list(store.cids())
    while True:
        done = []
        with store.batch() as batch:
            for _ in range(chance.randrange(1, 40)):
                block = chance.randbytes(chance.choice((10, 1000, 20_000)))
                batch.put(cid_of(block), block)
                done.append(str(cid_of(block)))
        print("+", *done, flush=True)
        if chance.random() < 0.3:
            gone = done[0]
            print("~", gone, flush=True)
            store.delete(type(kept[0] if kept else cid_of(b"")).parse(gone), "test")
            print("-", gone, flush=True)
        if chance.random() < 0.15:
            print("?", flush=True)
            store.compact()
            print("!", flush=True)
"""


def killed_writer(folder: Path, seed: int, chance: random.Random) -> tuple[set[str], set[str]]:
    """Run a writer, kill it somewhere; returns what it acknowledged as kept, and as deleted.

    What it was about to delete may be in either state, and is in neither set.
    """
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(seed)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    lines = []
    for _ in range(chance.randrange(1, 25)):
        line = writer.stdout.readline()
        assert line, "the writer ended by itself"
        lines.append(line)
    for _ in range(chance.randrange(0, 3000)):  # a moment that no line marks
        pass
    os.kill(writer.pid, signal.SIGKILL)
    lines += writer.stdout.read().splitlines()
    writer.wait()
    writer.stdout.close()
    kept: set[str] = set()
    gone: set[str] = set()
    for line in lines:
        what, *cids = line.split()
        if what == "+":
            kept.update(cids)
        elif what == "~":
            kept.difference_update(cids)
        elif what == "-":
            gone.update(cids)
    return kept, gone


def check_after_kills(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    kept: set[str] = set()
    gone: set[str] = set()
    for i in range(kills):
        more, less = killed_writer(folder, seed * 1000 + i, chance)
        kept |= more
        gone |= less
        with PackBlocks.open(folder, pack_size=300_000) as store:
            source = verified(store)
            for cid in kept:
                source.get(Cid.parse(cid))
            assert not any(store.has(Cid.parse(cid)) for cid in gone)
            assert store.fsck() == []


def test_nothing_acknowledged_is_lost_by_killing_the_writer_at_any_moment(tmp_path: Path) -> None:
    check_after_kills(tmp_path / "store", 30, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_nothing_acknowledged_is_lost_in_a_long_campaign_of_kills(tmp_path: Path, seed: int) -> None:
    check_after_kills(tmp_path / "store", 50, seed)


@pytest.fixture
def filled(open_packs, close_packs, make_blocks, tmp_path: Path):
    """A closed store of 30 blocks in one pack, and the blocks."""
    blocks = make_blocks(30)
    store = open_packs()
    with store.batch() as batch:
        for cid, block in blocks:
            batch.put(cid, block)
    close_packs()
    return tmp_path / "store", blocks


@pytest.mark.parametrize("tail", [b"\0" * 5000, b"x", b"half an entry" * 100, b"head"])
def test_a_torn_tail_is_cut_off_and_writing_goes_on_behind_what_is_whole(
    filled, open_packs, make_blocks, tail
) -> None:
    folder, blocks = filled
    pack = folder / "packs" / "00000001.pack"
    size = pack.stat().st_size
    if tail == b"head":  # the last entry once more, without the end of its payload
        tail = pack.read_bytes()[-1050:-20]
    with pack.open("ab") as file:
        file.write(tail)
    store = open_packs()
    assert pack.stat().st_size == size
    more = make_blocks(5, seed=9)
    for block in more:
        store.put(*block)
    assert all(store.get(cid) == block for cid, block in blocks + more)
    assert store.fsck() == []


def test_whole_entries_that_the_index_does_not_know_are_indexed(
    filled, open_packs, close_packs, make_blocks
) -> None:
    folder, blocks = filled
    shutil.copy(folder / "index.sqlite", folder / "old")
    store = open_packs()
    more = make_blocks(10, seed=5)
    for block in more:
        store.put(*block)
    close_packs()
    (folder / "old").replace(folder / "index.sqlite")
    store = open_packs()
    assert all(store.get(cid) == block for cid, block in blocks + more)
    assert store.fsck() == []


def test_an_index_that_lost_its_last_commits_does_not_bring_deleted_blocks_back(
    filled, open_packs, close_packs
) -> None:
    folder, blocks = filled
    shutil.copy(folder / "index.sqlite", folder / "old")
    open_packs().delete(blocks[0][0], "withdrawn")
    close_packs()
    (folder / "old").replace(folder / "index.sqlite")
    store = open_packs()
    assert not store.has(blocks[0][0])
    assert store.compact().erased == 1


@pytest.mark.parametrize("size", [0, 1, 31])
def test_a_cut_while_a_pack_is_made_leaves_nothing(filled, open_packs, size: int) -> None:
    folder, blocks = filled
    (folder / "packs" / "00000002.pack").write_bytes(b"k" * size)
    store = open_packs()
    assert store.packs.numbers() == [1]
    assert store.get(blocks[0][0]) == blocks[0][1]


def test_an_entry_is_not_lost_for_a_hole_before_it(filled, open_packs, close_packs) -> None:
    """After a power cut the medium may have later pages and not earlier ones."""
    folder, blocks = filled
    pack = folder / "packs" / "00000001.pack"
    with pack.open("r+b") as file:
        file.seek(32 + 1054 * 28)
        file.write(bytes(1054))
    for path in folder.glob("index.sqlite*"):
        path.unlink()
    store = open_packs()
    assert store.has(blocks[29][0])
    assert not store.has(blocks[28][0])
    assert [each.kind for each in store.fsck()] == []


def test_without_its_index_a_store_replays_its_packs_and_tells_how_far_it_is(filled, tmp_path: Path) -> None:
    folder, blocks = filled
    for path in folder.glob("index.sqlite*"):
        path.unlink()
    told: list[int] = []
    with PackBlocks.open(folder, progress=told.append) as store:
        assert all(store.get(cid) == block for cid, block in blocks)
    assert sum(told) == (folder / "packs" / "00000001.pack").stat().st_size


def test_a_block_that_turns_out_damaged_in_a_rebuild_goes_into_quarantine(filled, open_packs) -> None:
    folder, blocks = filled
    pack = folder / "packs" / "00000001.pack"
    data = bytearray(pack.read_bytes())
    data[-1] ^= 1
    pack.write_bytes(data)
    PackBlocks.rebuild_index(folder)
    store = open_packs()
    assert not store.has(blocks[29][0])
    assert [path.read_bytes()[:-1] for path in store.quarantine.copies(blocks[29][0].multihash)] == [
        blocks[29][1][:-1]
    ]
    store.put(*blocks[29])
    assert store.get(blocks[29][0]) == blocks[29][1]


IMPORTER = """
import sys
from pathlib import Path
from knowchain.storage.blocks import batch
from knowchain.storage.blocks.importing import import_path
from knowchain.storage.blocks.packs import PackBlocks
batch._CHECKPOINT_BYTES = 2**20
with PackBlocks.open(Path(sys.argv[1]), pack_size=2**21) as store:
    with store.begin_upload("scans") as upload:
        told = lambda progress: print(progress.bytes, flush=True)
        root = import_path(store, upload, Path(sys.argv[2]), progress=told)
        store.pin(root.cid, "scans")
    print(root.cid, flush=True)
"""


def test_an_import_that_is_killed_again_and_again_comes_to_its_end(tmp_path: Path) -> None:
    """Each run gets further before it is killed; the leases keep what is there from the collector."""
    chance = random.Random(8)
    source = tmp_path / "source"
    source.mkdir()
    for i in range(4):
        (source / f"{i}.tif").write_bytes(chance.randbytes(2_500_000))
    command = [sys.executable, "-c", IMPORTER, str(tmp_path / "store"), str(source)]
    written = 0
    for run in range(8):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(run + 1):
            child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        with PackBlocks.open(tmp_path / "store", pack_size=2**21) as store:
            assert store.fsck() == []
            assert store.gc([]).collected == 0
            assert len(list(store.cids())) >= written
            written = len(list(store.cids()))
    assert written > 0
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    root = Cid.parse(done.stdout.split()[-1])
    with PackBlocks.open(tmp_path / "store", pack_size=2**21) as store:
        for i in range(4):
            file = resolve(verified(store), root, f"{i}.tif")
            assert b"".join(read_file(store, file)) == (source / f"{i}.tif").read_bytes()
        assert store.fsck() == []
