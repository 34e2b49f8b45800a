"""fsck finds every inconsistency that can be planted, and says what to do about it."""

from __future__ import annotations

import errno
import random
import sqlite3
from pathlib import Path

import pytest

from knowchain.errors import Corruption, HomeError, StorageFault
from knowchain.identifiers import Cid, cid_of
from knowchain.storage.blocks import appender
from knowchain.storage.blocks.framing import Kind, entry_head
from knowchain.storage.blocks.packs import PackBlocks

ENTRY = 54 + 1000
"""Bytes of the entry of a block of 1,000 bytes."""


class Planted:
    """A store with three packs of ten blocks, closed, to do harm to."""

    def __init__(self, folder: Path, blocks: list[tuple[Cid, bytes]]) -> None:
        self.folder = folder
        self.blocks = blocks

    def pack(self, number: int) -> Path:
        return self.folder / "packs" / f"{number:08d}.pack"

    def change(self, number: int, at: int, data: bytes) -> None:
        with self.pack(number).open("r+b") as file:
            file.seek(at)
            file.write(data)

    def marker(self, number: int) -> bytes:
        return self.pack(number).read_bytes()[8:16]

    def sql(self, statement: str, *values: object) -> None:
        with sqlite3.connect(self.folder / "index.sqlite") as db:
            db.execute(statement, values)
        db.close()


@pytest.fixture
def planted(open_packs, close_packs, make_blocks, tmp_path: Path) -> Planted:
    blocks = make_blocks(30)
    store = open_packs(pack_size=32 + 10 * ENTRY)
    for block in blocks:
        store.put(*block)
    assert store.packs.numbers() == [1, 2, 3]
    assert store.fsck() == []
    close_packs()
    return Planted(tmp_path / "store", blocks)


def found(store: PackBlocks) -> list[tuple[str, int, str]]:
    findings = store.fsck()
    assert all(finding.remedy for finding in findings)
    return [(finding.kind, finding.pack, finding.cid) for finding in findings]


def test_a_flipped_bit_in_a_block(planted: Planted, open_packs) -> None:
    planted.change(2, 32 + 3 * ENTRY + 500, b"\xff\x00\xff")
    assert found(open_packs()) == [("damaged block", 2, str(planted.blocks[13][0]))]
    assert open_packs().fsck(hashes=False) == []


def test_a_flipped_bit_in_a_head(planted: Planted, open_packs) -> None:
    planted.change(2, 32 + 3 * ENTRY + 25, b"\xff")
    assert found(open_packs()) == [("damaged entry", 2, "")]


def test_a_damaged_header(planted: Planted, open_packs) -> None:
    planted.change(1, 3, b"\xff")
    assert found(open_packs()) == [("damaged header", 1, "")]


def test_a_truncated_pack(planted: Planted, open_packs) -> None:
    data = planted.pack(1).read_bytes()
    planted.pack(1).write_bytes(data[:-10])
    kinds = found(open_packs())
    assert ("short pack", 1, "") in kinds
    assert {kind for kind, _, _ in kinds} == {"short pack", "damaged entry"}


def test_a_pack_truncated_between_two_entries(planted: Planted, open_packs) -> None:
    data = planted.pack(1).read_bytes()
    planted.pack(1).write_bytes(data[:-ENTRY])
    kinds = found(open_packs())
    assert kinds == [("short pack", 1, ""), ("row without block", 1, str(planted.blocks[9][0]))]


def test_the_last_pack_truncated_is_not_written_to_again(planted: Planted, open_packs, make_blocks) -> None:
    data = planted.pack(3).read_bytes()
    planted.pack(3).write_bytes(data[:-10])
    store = open_packs()
    (more,) = make_blocks(1, seed=4)
    store.put(*more)
    assert store.packs.numbers() == [1, 2, 3, 4]
    assert ("short pack", 3, "") in found(store)


def test_a_missing_pack(planted: Planted, open_packs) -> None:
    planted.pack(2).unlink()
    kinds = found(open_packs())
    assert kinds[0] == ("missing pack", 2, "")
    assert [kind for kind, _, _ in kinds[1:]] == ["row without block"] * 10


def test_a_row_without_a_block(planted: Planted, open_packs) -> None:
    ghost = cid_of(b"ghost")
    planted.sql("INSERT INTO blocks VALUES (?, 1, 32, 1000)", ghost.multihash)
    assert found(open_packs()) == [("row without block", 1, str(ghost))]


def test_a_block_without_a_row(planted: Planted, open_packs) -> None:
    planted.sql("DELETE FROM blocks WHERE multihash = ?", planted.blocks[5][0].multihash)
    assert found(open_packs()) == [("block without row", 1, str(planted.blocks[5][0]))]


@pytest.mark.parametrize("offset", [33, 32 + 6 * ENTRY, 10**9, 2**62])
def test_a_wrong_offset(planted: Planted, open_packs, offset: int) -> None:
    planted.sql("UPDATE blocks SET offset = ? WHERE multihash = ?", offset, planted.blocks[5][0].multihash)
    kinds = found(open_packs())
    assert ("wrong offset", 1, str(planted.blocks[5][0])) in kinds


def test_a_wrong_length(planted: Planted, open_packs) -> None:
    planted.sql("UPDATE blocks SET length = 2000 WHERE multihash = ?", planted.blocks[5][0].multihash)
    assert ("wrong offset", 1, str(planted.blocks[5][0])) in found(open_packs())


def test_a_block_twice(planted: Planted, open_packs) -> None:
    cid, block = planted.blocks[0]
    entry = entry_head(planted.marker(3), Kind.BLOCK, cid.multihash, len(block)) + block
    with planted.pack(3).open("ab") as file:
        file.write(entry)
    planted.sql("UPDATE packs SET durable = durable + ? WHERE number = 3", len(entry))
    assert found(open_packs()) == [("duplicate", 3, str(cid))]


def test_bytes_that_were_let_go_of_and_that_no_compaction_would_find(
    planted: Planted, open_packs, close_packs
) -> None:
    open_packs().delete(planted.blocks[0][0])
    close_packs()
    planted.sql("DELETE FROM dead")
    assert found(open_packs()) == [("unlisted dead bytes", 1, str(planted.blocks[0][0]))]


def test_a_stray_file_among_the_packs(planted: Planted, open_packs) -> None:
    (planted.folder / "packs" / "notes.txt").write_text("mine")
    assert found(open_packs()) == [("stray file", 0, "")]


def test_a_pin_whose_block_is_not_here(planted: Planted, open_packs) -> None:
    absent = cid_of(b"absent")
    store = open_packs()
    store.pin(absent, "wanted")
    assert found(store) == [("pin without block", 0, str(absent))]


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM blocks",
        "DELETE FROM packs WHERE number = 2",
        "UPDATE blocks SET offset = offset + 1",
        "UPDATE packs SET durable = 32",
        "DELETE FROM dead",
    ],
)
def test_rebuilding_the_index_mends_whatever_was_done_to_it(
    planted: Planted, open_packs, close_packs, harm: str
) -> None:
    open_packs().delete(planted.blocks[7][0])
    close_packs()
    planted.sql(harm)
    PackBlocks.rebuild_index(planted.folder)
    store = open_packs()
    assert store.fsck() == []
    assert not store.has(planted.blocks[7][0])
    assert all(store.get(cid) == block for cid, block in planted.blocks if cid != planted.blocks[7][0])


def test_a_header_is_mended_by_rebuilding(planted: Planted, open_packs) -> None:
    planted.change(1, 0, bytes(32))
    PackBlocks.rebuild_index(planted.folder)
    store = open_packs()
    assert store.fsck() == []
    assert store.get(planted.blocks[0][0]) == planted.blocks[0][1]


def test_random_noise_over_a_pack_never_makes_anything_but_findings(
    planted: Planted, open_packs, close_packs
) -> None:
    chance = random.Random(11)
    for _ in range(10):
        at = chance.randrange(32, 32 + 10 * ENTRY - 200)
        planted.change(1, at, chance.randbytes(chance.randrange(1, 200)))
    store = open_packs()
    kinds = {kind for kind, _, _ in found(store)}
    assert kinds
    assert kinds <= {"damaged block", "damaged entry"}
    close_packs()
    PackBlocks.rebuild_index(planted.folder)
    assert {kind for kind, _, _ in found(open_packs())} == set()


def test_a_pack_that_can_not_be_read_at_all_is_told_and_kept_when_a_disk_fault_is_mended(
    planted: Planted, open_packs, monkeypatch, make_blocks
) -> None:
    planted.change(2, 0, bytes(200))
    PackBlocks.rebuild_index(planted.folder)
    store = open_packs()
    assert found(store) == [("damaged header", 2, "")]

    def refuse(*arguments: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(appender, "sync_file", refuse)
        with pytest.raises(StorageFault):
            store.put(*make_blocks(1, seed=8)[0])
    store.put(*make_blocks(1, seed=8)[0])
    assert planted.pack(2).stat().st_size == 32 + 10 * ENTRY


@pytest.mark.parametrize("name", ["index.sqlite", "ledger.sqlite"])
def test_a_damaged_database_is_said_to_be_and_what_to_do(planted: Planted, open_packs, name: str) -> None:
    (planted.folder / name).write_bytes(b"not a database at all" * 1000)
    with pytest.raises(Corruption, match="is damaged") as caught:
        open_packs()
    assert "rebuild the index" in caught.value.remedy
    if name == "index.sqlite":
        PackBlocks.rebuild_index(planted.folder)
        assert open_packs().fsck() == []


def test_a_store_of_a_newer_version_is_refused(planted: Planted, open_packs) -> None:
    planted.sql("PRAGMA user_version = 99")
    with pytest.raises(HomeError, match="version 99"):
        open_packs()
