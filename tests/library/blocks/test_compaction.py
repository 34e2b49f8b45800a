"""What is erased is really gone from the disk, the audit log says so, and a cut at any point does no harm."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from knowchain.errors import StorageFault
from knowchain.identifiers import cid_of
from knowchain.storage.blocks import compaction
from knowchain.storage.blocks.packs import PackBlocks

SECRET = b"the name of the witness, which must not stay on this disk" * 20


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def store(open_packs, make_blocks) -> PackBlocks:
    """A store with a secret between other blocks, in sealed packs."""
    opened = open_packs(pack_size=20_000)
    for block in make_blocks(10):
        opened.put(*block)
    opened.put(cid_of(SECRET), SECRET)
    for block in make_blocks(30, seed=1):
        opened.put(*block)
    return opened


def test_the_bytes_of_an_erased_block_are_nowhere_on_the_disk(store: PackBlocks, tmp_path: Path) -> None:
    assert SECRET[:200] in everything_on_disk(tmp_path)
    store.delete(cid_of(SECRET), "asked for by the community")
    report = store.compact()
    assert report.erased == 1
    assert SECRET[:200] not in everything_on_disk(tmp_path)
    assert store.fsck() == []


def test_the_old_pack_was_overwritten_before_it_was_unlinked(store: PackBlocks) -> None:
    """Whoever still has the file open, or reads the free sectors, finds zeros."""
    fd = os.open(store.packs.path(1), os.O_RDONLY)
    try:
        store.delete(cid_of(SECRET))
        store.compact()
        assert set(os.pread(fd, 1 << 20, 0)) == {0}
    finally:
        os.close(fd)


def test_the_audit_log_tells_what_was_marked_and_what_was_erased_and_why(store: PackBlocks, clock) -> None:
    store.delete(cid_of(SECRET), "asked for by the community")
    clock.now += 3600
    store.compact()
    lines = [line for line in store.audit.lines() if line.cid == str(cid_of(SECRET))]
    assert [(line.what, line.time, line.bytes) for line in lines] == [
        ("marked", clock.now - 3600, len(SECRET)),
        ("erased", clock.now, len(SECRET)),
    ]
    assert {line.reason for line in lines} == {"asked for by the community"}
    raw = (store.folder / "audit.jsonl").read_text().splitlines()
    assert all(set(json.loads(line)) == {"time", "what", "cid", "reason", "bytes"} for line in raw)


def test_an_audit_line_torn_by_a_cut_does_not_swallow_the_next(store: PackBlocks) -> None:
    with (store.folder / "audit.jsonl").open("a") as log:
        log.write('{"time": 1, "wh')
    store.delete(cid_of(SECRET), "later")
    assert [line.reason for line in store.audit.lines()] == ["later"]


def test_everything_alive_is_still_there_and_only_packs_with_dead_bytes_were_rewritten(
    store: PackBlocks, make_blocks
) -> None:
    before = {number: store.packs.path(number).read_bytes() for number in store.packs.numbers()}
    store.delete(cid_of(SECRET))
    assert store.compact().packs == 1
    after = store.packs.numbers()
    assert 1 not in after
    assert all(store.packs.path(number).read_bytes() == before[number] for number in after if number in (2,))
    for cid, block in make_blocks(10) + make_blocks(30, seed=1):
        assert store.get(cid) == block


def test_a_block_deleted_and_put_again_survives(store: PackBlocks) -> None:
    cid = cid_of(SECRET)
    store.delete(cid)
    store.put(cid, SECRET)
    store.compact()
    assert store.get(cid) == SECRET
    assert store.fsck() == []


def test_after_compaction_a_rebuilt_index_agrees(
    store: PackBlocks, close_packs, open_packs, make_blocks
) -> None:
    cid = cid_of(SECRET)
    gone = make_blocks(30, seed=1)[::2]
    store.delete(cid)
    for other, _ in gone:
        store.delete(other)
    store.put(*gone[0])
    store.compact(threshold=0.5)
    store.compact()
    held = set(store.cids())
    close_packs()
    PackBlocks.rebuild_index(store.folder)
    again = open_packs()
    assert set(again.cids()) == held
    assert again.fsck() == []


def test_a_tombstone_outlives_its_pack_while_an_older_copy_is_left(
    open_packs, close_packs, make_blocks
) -> None:
    """Else a rebuilt index would bring the block back."""
    store = open_packs(pack_size=20_000)
    blocks = make_blocks(15)
    for block in blocks:
        store.put(*block)
    store.log.seal()
    victim = blocks[0][0]
    store.delete(victim)
    others = make_blocks(3, seed=2)
    for block in others:
        store.put(*block)
    for cid, _ in others:
        store.delete(cid)
    report = store.compact(threshold=0.3)  # rewrites the pack with the tombstone, not the one with the block
    assert report.packs == 1
    close_packs()
    PackBlocks.rebuild_index(store.folder)
    assert not open_packs().has(victim)


STEPS = ["_move_living", "_rename", "_erase", "overwrite", "append", "drop_pack"]


class Cut(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_cut_at_any_step_loses_nothing_and_the_erasure_is_finished_later(
    store: PackBlocks, open_packs, monkeypatch, make_blocks, step: str, when: str, tmp_path: Path
) -> None:
    cid = cid_of(SECRET)
    store.delete(cid, "withdrawn")
    place = {"append": type(store.audit), "drop_pack": type(store.index)}.get(step, compaction)
    real = getattr(place, step)

    def cut(*arguments: object) -> None:
        if when == "after":
            real(*arguments)
        raise Cut

    monkeypatch.setattr(place, step, cut)
    with pytest.raises(Cut):
        store.compact()
    monkeypatch.setattr(place, step, real)
    again = open_packs(pack_size=20_000)
    assert not again.has(cid)
    again.compact()
    assert SECRET[:200] not in everything_on_disk(tmp_path)
    assert "erased" in [line.what for line in again.audit.lines() if line.cid == str(cid)]
    for other, block in make_blocks(10) + make_blocks(30, seed=1):
        assert again.get(other) == block
    assert again.fsck() == []


def test_a_full_disk_in_compaction_leaves_the_store_whole(
    store: PackBlocks, monkeypatch, make_blocks
) -> None:
    from knowchain.storage.blocks import appender

    store.delete(cid_of(SECRET))

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(appender, "write_at", full)
        with pytest.raises(StorageFault, match="No space left"):
            store.compact()
    for cid, block in make_blocks(10):
        assert store.get(cid) == block
    assert store.compact().erased == 1
    assert store.fsck() == []


def test_a_damaged_block_in_a_pack_to_rewrite_goes_into_quarantine_and_stops_nothing(
    store: PackBlocks, make_blocks
) -> None:
    cid, block = make_blocks(10)[3]
    place = store.index.find(cid.multihash)
    with store.packs.path(1).open("r+b") as file:
        file.seek(place.offset + 100)
        file.write(b"\xff\xff\xff")
    store.delete(cid_of(SECRET))
    assert store.compact().erased == 1
    assert not store.has(cid)
    assert len(store.quarantine.copies(cid.multihash)) == 1
    assert [problem.multihash for problem in store.problems()] == [cid.multihash]
    store.put(cid, block)
    assert store.get(cid) == block


def test_a_block_whose_head_alone_is_damaged_is_saved(store: PackBlocks, make_blocks) -> None:
    cid, block = make_blocks(10)[3]
    place = store.index.find(cid.multihash)
    with store.packs.path(1).open("r+b") as file:
        file.seek(place.offset + 2)
        file.write(b"\xff\xff")
    store.delete(cid_of(SECRET))
    store.compact()
    assert store.get(cid) == block
    assert store.fsck() == []


def test_deleting_a_block_erases_its_quarantined_copies_at_once(store: PackBlocks, tmp_path: Path) -> None:
    cid = cid_of(SECRET)
    place = store.index.find(cid.multihash)
    store.quarantine_block(cid.multihash, place, SECRET + b"!", "for the test")
    store.delete(cid, "withdrawn")
    assert store.quarantine.copies(cid.multihash) == []
    store.compact()
    assert SECRET[:200] not in everything_on_disk(tmp_path)


def test_nothing_to_erase_is_nothing_done(store: PackBlocks) -> None:
    assert store.compact() == compaction.CompactReport(0, 0, 0)
