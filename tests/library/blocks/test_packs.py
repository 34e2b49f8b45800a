"""The pack store: acknowledgement, deduplication, sealing, one writer, many threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from knowchain.content.blocks import verified
from knowchain.errors import ContentError, Corruption, HomeError, NotFound
from knowchain.identifiers import Cid, cid_of
from knowchain.storage.blocks.packs import PackBlocks


def test_a_batch_is_readable_when_its_block_ends_and_not_before(packs, make_blocks) -> None:
    blocks = make_blocks(20)
    with packs.batch() as batch:
        for cid, block in blocks:
            batch.put(cid, block)
        assert not packs.has(blocks[0][0])
    assert all(packs.get(cid) == block for cid, block in blocks)


def test_a_batch_that_fails_leaves_nothing_behind(packs, make_blocks) -> None:
    (first,) = make_blocks(1)
    packs.put(*first)
    size = packs.packs.size(1)
    with pytest.raises(ZeroDivisionError), packs.batch() as batch:
        for cid, block in make_blocks(20, seed=1):
            batch.put(cid, block)
        raise ZeroDivisionError
    assert [cid.multihash for cid in packs.cids()] == [first[0].multihash]
    assert packs.packs.size(1) == size
    assert packs.fsck() == []


def test_an_interrupted_batch_does_not_take_the_blocks_of_another_with_it(packs, make_blocks) -> None:
    mine, theirs = make_blocks(2)
    with packs.batch() as patient, pytest.raises(KeyboardInterrupt), packs.batch() as hasty:
        hasty.put(*theirs)
        patient.put(*mine)
        raise KeyboardInterrupt
    assert packs.get(mine[0]) == mine[1]
    assert packs.fsck() == []


def test_a_block_that_is_held_is_not_written_again(packs, make_blocks) -> None:
    blocks = make_blocks(50)
    for _ in range(3):
        with packs.batch() as batch:
            for cid, block in blocks + blocks:
                batch.put(cid, block)
    assert packs.packs.size(1) < 50 * 1100


def test_full_packs_are_sealed_and_never_touched_again(open_packs, make_blocks) -> None:
    store = open_packs(pack_size=10_000)
    for block in make_blocks(40):
        store.put(*block)
    numbers = store.packs.numbers()
    assert len(numbers) >= 4
    sealed = {number: store.packs.path(number).read_bytes() for number in numbers[:-1]}
    for block in make_blocks(40, seed=1):
        store.put(*block)
    assert all(store.packs.path(number).read_bytes() == data for number, data in sealed.items())


def test_everything_is_there_after_closing_and_opening(open_packs, make_blocks) -> None:
    blocks = make_blocks(100)
    store = open_packs(pack_size=20_000)
    with store.batch() as batch:
        for cid, block in blocks:
            batch.put(cid, block)
    store = open_packs(pack_size=20_000)
    assert all(store.get(cid) == block for cid, block in blocks)
    assert store.fsck() == []


def test_the_index_is_built_again_from_the_packs_with_deletions_and_pins(
    open_packs, close_packs, make_blocks, tmp_path
) -> None:
    blocks = make_blocks(60)
    store = open_packs(pack_size=20_000)
    with store.batch() as batch:
        for cid, block in blocks:
            batch.put(cid, block)
    for cid, _ in blocks[:10]:
        store.delete(cid, "withdrawn")
    store.put(*blocks[0])
    store.pin(blocks[20][0], "kept")
    with pytest.raises(HomeError):
        PackBlocks.rebuild_index(tmp_path / "store")
    close_packs()
    PackBlocks.rebuild_index(tmp_path / "store")
    again = PackBlocks.open(tmp_path / "store")
    try:
        expected = {cid.multihash for cid, _ in blocks[10:]} | {blocks[0][0].multihash}
        assert {cid.multihash for cid in again.cids()} == expected
        assert [pin.name for pin in again.pins()] == ["kept"]
        assert again.fsck() == []
    finally:
        again.close()


def test_a_second_writer_is_refused_and_told_who_holds_the_store(packs, tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=str(os.getpid())) as caught:
        PackBlocks.open(tmp_path / "store")
    assert "stop it" in caught.value.remedy
    script = (
        "import sys; from pathlib import Path; from knowchain.storage.blocks.packs import PackBlocks\n"
        "from knowchain.errors import HomeError\n"
        "try: PackBlocks.open(Path(sys.argv[1]))\n"
        "except HomeError as exc: print(exc)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "store")], capture_output=True, text=True, check=True
    )
    assert f"in use by process {os.getpid()}" in done.stdout


def test_hashes_that_can_not_be_checked_and_blocks_beyond_the_limit_are_refused(packs) -> None:
    blake3 = Cid(b"\x01\x55\x1e\x20" + bytes(32))
    with pytest.raises(ContentError, match="0x1e"):
        packs.put(blake3, b"x")
    big = bytes(8 * 2**20 + 1)
    with pytest.raises(ContentError, match="8388609"):
        packs.put(cid_of(big), big)
    packs.put(cid_of(b"ok"), b"ok")
    assert packs.fsck() == []


def test_the_totals_tell_what_stands_in_packs_and_what_waits_for_a_compaction(packs, make_blocks) -> None:
    blocks = make_blocks(5)
    for block in blocks:
        packs.put(*block)
    packs.delete(blocks[0][0])
    totals = packs.totals()
    assert (totals.packed, totals.packed_bytes, totals.dead, totals.dead_bytes) == (4, 4000, 1, 1000)
    assert (totals.original, totals.original_bytes) == (0, 0)
    packs.compact()
    assert packs.totals().dead_bytes == 0


def test_an_identity_cid_is_a_block_like_any_other(packs) -> None:
    cid = Cid(b"\x01\x55\x00\x03abc")
    packs.put(cid, b"abc")
    assert packs.get(cid) == b"abc"
    assert packs.fsck() == []


def test_readers_never_see_a_wrong_byte_while_packs_are_compacted_under_them(open_packs, make_blocks) -> None:
    store = open_packs(pack_size=30_000)
    blocks = make_blocks(200)
    with store.batch() as batch:
        for cid, block in blocks:
            batch.put(cid, block)
    stays, goes = blocks[::2], blocks[1::2]
    done = threading.Event()
    source = verified(store)

    def read() -> int:
        rounds = 0
        while not done.is_set() or rounds == 0:
            for cid, block in stays:
                assert source.get(cid) == block
            rounds += 1
        return rounds

    with ThreadPoolExecutor(4) as threads:
        readers = [threads.submit(read) for _ in range(4)]
        try:
            for start in range(0, len(goes), 10):
                for cid, _ in goes[start : start + 10]:
                    store.delete(cid)
                store.compact()
        finally:
            done.set()
        assert all(reader.result() >= 1 for reader in readers)
    assert store.fsck() == []


def test_a_missing_pack_is_an_error_that_names_it_and_a_good_copy_heals_it(open_packs, make_blocks) -> None:
    store = open_packs(pack_size=5_000)
    blocks = make_blocks(12)
    for block in blocks:
        store.put(*block)
    store = open_packs(pack_size=5_000)
    store.packs.path(1).unlink()
    with pytest.raises(Corruption, match="pack 1 is missing"):
        store.get(blocks[0][0])
    store.put(*blocks[0])  # fetched again from a peer
    assert store.get(blocks[0][0]) == blocks[0][1]


def test_a_deleted_block_is_not_served_even_before_its_bytes_are_erased(packs, make_blocks) -> None:
    (block,) = make_blocks(1)
    packs.put(*block)
    packs.delete(block[0], "court order")
    assert block[1] in packs.packs.path(1).read_bytes()
    with pytest.raises(NotFound):
        packs.get(block[0])


def test_many_threads_that_put_share_the_waits_for_the_medium(packs, make_blocks, monkeypatch) -> None:
    from knowchain.storage.blocks import appender

    syncs = []
    real = appender.sync_file
    monkeypatch.setattr(appender, "sync_file", lambda fd: (syncs.append(fd), real(fd)))
    blocks: list = make_blocks(200, size=100)
    start = threading.Barrier(20)

    def work(part: int) -> None:
        start.wait()
        for cid, block in blocks[part::20]:
            packs.put(cid, block)

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(work, range(20)))
    assert all(packs.has(cid) for cid, _ in blocks)
    assert 0 < len(syncs) < 200
