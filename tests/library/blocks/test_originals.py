"""In place: nothing is copied, everything is hashed again, and a changed file is noticed and never served."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from knowchain.content.blocks import MemoryBlocks
from knowchain.content.importing import import_file
from knowchain.content.profiles import CLASSIC, UNIXFS_V0_2015, UNIXFS_V1_2025
from knowchain.content.reading import read_file
from knowchain.errors import Corruption, InvalidValue
from knowchain.identifiers import Cid, cid_of
from knowchain.storage.blocks.importing import import_path
from knowchain.storage.blocks.packs import PackBlocks

MIB = 2**20


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "scans" / "größe 1.tif"
    path.parent.mkdir()
    path.write_bytes(random.Random(1).randbytes(5 * MIB + 123))
    return path


def refer(store: PackBlocks, path: Path, **options) -> Cid:
    with store.begin_upload("test") as upload:
        root = import_path(store, upload, path, in_place=True, **options)
        store.pin(root.cid, "test")
    return root.cid


def stored_bytes(store: PackBlocks) -> int:
    return sum(path.stat().st_size for path in store.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("profile", [UNIXFS_V1_2025, CLASSIC], ids=lambda profile: profile.name)
def test_the_cid_is_that_of_a_copy_and_the_bytes_come_from_the_original(
    packs, original: Path, profile
) -> None:
    cid = refer(packs, original, profile=profile)
    with original.open("rb") as file:
        assert import_file(file.read, MemoryBlocks(), profile).cid == cid
    assert b"".join(read_file(packs, cid)) == original.read_bytes()
    assert packs.fsck() == []


def test_a_profile_whose_leaves_are_no_part_of_the_file_is_refused(packs, original: Path) -> None:
    with pytest.raises(InvalidValue, match="can't be left in place"):
        refer(packs, original, profile=UNIXFS_V0_2015)


def test_less_than_one_percent_of_the_bytes_is_written(packs, original: Path) -> None:
    before = packs.packs.size(1)
    refer(packs, original)
    assert packs.packs.size(1) - before < 0.001 * original.stat().st_size
    with original.open("ab") as file:
        file.truncate(200 * MIB)  # a hole: zeros that take no room
    empty = stored_bytes(packs)
    refer(packs, original)
    assert stored_bytes(packs) - empty < 0.01 * 200 * MIB


def first_block(path: Path) -> Cid:
    return cid_of(path.read_bytes()[:MIB])


def change_one_byte(path: Path) -> None:
    status = path.stat()
    with path.open("r+b") as file:
        byte = file.read(1)
        file.seek(0)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cut_short(path: Path) -> None:
    os.truncate(path, 100)


def take_away(path: Path) -> None:
    path.unlink()


def replace_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


HARMS = [change_one_byte, cut_short, take_away, replace_by_a_pipe, replace_by_a_folder]


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_a_changed_original_is_an_error_that_names_it_a_problem_and_a_finding(
    packs, original: Path, harm
) -> None:
    """Also when somebody set its time of change back."""
    refer(packs, original)
    block = first_block(original)
    harm(original)
    with pytest.raises(Corruption) as caught:
        packs.get(block)
    assert str(original) in str(caught.value)
    assert "add the content again" in caught.value.remedy
    (problem,) = packs.problems()
    assert (problem.path, problem.multihash) == (str(original), block.multihash)
    assert "lost original" in {finding.kind for finding in packs.fsck()}


def test_the_parts_of_a_file_that_did_not_change_are_still_served(packs, original: Path) -> None:
    refer(packs, original)
    second = cid_of(original.read_bytes()[MIB : 2 * MIB])
    change_one_byte(original)
    assert packs.get(second) == original.read_bytes()[MIB : 2 * MIB]


def test_an_original_that_comes_back_is_served_again(packs, original: Path) -> None:
    refer(packs, original)
    block, data = first_block(original), original.read_bytes()
    original.unlink()
    with pytest.raises(Corruption):
        packs.get(block)
    original.write_bytes(data)
    assert packs.get(block) == data[:MIB]


def test_adding_it_again_from_a_new_place_heals(packs, original: Path, tmp_path: Path) -> None:
    cid = refer(packs, original)
    data = original.read_bytes()
    original.rename(tmp_path / "moved.tif")
    assert refer(packs, tmp_path / "moved.tif") == cid
    assert b"".join(read_file(packs, cid)) == data
    assert packs.fsck() == []


def test_a_copy_that_is_added_later_goes_before_the_original(packs, original: Path) -> None:
    refer(packs, original)
    data = original.read_bytes()
    with packs.begin_upload("copy") as upload:
        import_path(packs, upload, original)
    original.unlink()
    assert packs.get(cid_of(data[:MIB])) == data[:MIB]
    assert packs.fsck() == []


def test_references_survive_closing_and_a_rebuilt_index(
    packs, close_packs, open_packs, original: Path
) -> None:
    cid = refer(packs, original)
    close_packs()
    PackBlocks.rebuild_index(packs.folder)
    again = open_packs()
    assert b"".join(read_file(again, cid)) == original.read_bytes()
    assert again.fsck() == []


def test_deleting_a_reference_leaves_the_original_alone_and_says_so_in_the_audit_log(
    packs, original: Path
) -> None:
    refer(packs, original)
    data = original.read_bytes()
    packs.delete(first_block(original), "withdrawn")
    packs.compact()
    assert original.read_bytes() == data
    assert not packs.has(first_block(original))
    (line,) = [line for line in packs.audit.lines() if line.cid]
    assert line.what == "reference dropped"
    assert str(original) in line.reason


def test_garbage_collection_and_compaction_work_over_references(packs, original: Path) -> None:
    cid = refer(packs, original)
    packs.gc([])
    assert b"".join(read_file(packs, cid)) == original.read_bytes()
    packs.unpin(cid)
    report = packs.gc([])
    assert report.collected == 7
    packs.compact()
    assert list(packs.cids()) == []
    assert original.exists()
    assert packs.fsck() == []


def test_references_move_with_a_compaction(packs, original: Path) -> None:
    cid = refer(packs, original)
    packs.put(cid_of(b"passing"), b"passing")
    packs.delete(cid_of(b"passing"))
    assert packs.compact().packs == 1
    assert b"".join(read_file(packs, cid)) == original.read_bytes()
    assert packs.fsck() == []


def test_equal_chunks_within_a_file_are_one_reference(packs, tmp_path: Path) -> None:
    path = tmp_path / "zeros"
    path.write_bytes(bytes(20 * MIB))
    cid = refer(packs, path)
    assert len(list(packs.cids())) == 2
    assert packs.packs.size(1) < 5000
    assert b"".join(read_file(packs, cid)) == bytes(20 * MIB)
