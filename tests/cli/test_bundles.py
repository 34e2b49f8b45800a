"""Bundles by ourselves and by others: any order, any gaps, damage, strangers' records."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from knowchain.content.car import read_car, write_car
from knowchain.home import Home
from knowchain.identifiers import DAG_CBOR, Cid, cid_of, raw_twin

WORK = ("publish", "-t", "x", "-l", "en", "--access", "public")


def blocks_of(path: Path) -> list[tuple[Cid, bytes]]:
    return [(block.cid, block.block) for block in read_car([path.read_bytes()])]


def write(path: Path, blocks: list[tuple[Cid, bytes]]) -> str:
    path.write_bytes(b"".join(write_car([], blocks)))
    return str(path)


@pytest.fixture
def archive(mari: Any) -> Any:
    """Mari with some works, and one file of several blocks."""
    mari.write("long.bin", random.Random(7).randbytes(2_500_000))
    mari.work = mari.sign(*WORK, "long.bin")
    for number in range(5):
        mari.sign("note", mari.work, f"note {number}", "-l", "en")
    mari("export", "all.car", "--content")
    return mari


@pytest.mark.parametrize("seed", range(4))
def test_blocks_in_any_order_give_the_same(archive: Any, newcomer: Any, seed: int) -> None:
    blocks = blocks_of(archive.folder / "all.car")
    random.Random(seed).shuffle(blocks)
    reader = newcomer("reader")
    reader("init", "--name", "Reader")
    shuffled = write(reader.folder / "shuffled.car", blocks)
    done = reader.json("import", shuffled)["import"]
    assert (done["accepted"], done["parked"], done["rejected"], done["files"]) == (9, 0, 0, 1)
    assert reader.json("verify", archive.work)["record"]["whole"]


def test_headers_first_and_bodies_in_another_file(archive: Any, beti: Any) -> None:
    blocks = blocks_of(archive.folder / "all.car")
    headers = [(cid, block) for cid, block in blocks if block.startswith(b"\xa2\x63rec")]
    assert beti.json("import", write(beti.folder / "headers.car", headers))["import"]["bodies"] == 0
    assert beti.json("show", archive.work)["record"]["body_state"] == "missing"
    assert beti.json("import", str(archive.folder / "all.car"))["import"]["bodies"] == 8
    assert beti.json("show", archive.work)["record"]["body_state"] == "held"


def test_a_record_whose_parents_lack_is_not_taken_and_not_called_success(archive: Any, beti: Any) -> None:
    blocks = [(cid, block) for cid, block in blocks_of(archive.folder / "all.car")]
    last = [item for item in blocks if item[1].startswith(b"\xa2\x63rec")][-1]
    path = write(beti.folder / "last.car", [last])
    done = beti.json("import", path, code=1)["import"]
    assert (done["accepted"], done["parked"]) == (0, 1)
    assert len(done["missing"]) == 1
    judged = beti.json("verify", path)["file"]
    assert (judged["valid"], judged["waiting"]) == (0, 1)


def test_a_single_block_is_read_as_a_record(archive: Any, beti: Any) -> None:
    genesis = blocks_of(archive.folder / "all.car")[0][1]
    path = beti.write("genesis.bin", genesis)
    assert beti.json("verify", str(path))["file"]["valid"] == 1
    assert beti.json("import", str(path))["import"]["accepted"] == 1


def test_raw_twins_and_blocks_of_other_things_are_understood(archive: Any, beti: Any) -> None:
    blocks = blocks_of(archive.folder / "all.car")
    twins = [(raw_twin(cid) if cid.codec == DAG_CBOR else cid, block) for cid, block in blocks]  # type: ignore[arg-type]
    strange = b"\xa1\x61a\x01"
    path = write(beti.folder / "twins.car", [(cid_of(strange, DAG_CBOR), strange), *twins])
    done = beti.json("import", path)["import"]
    assert (done["accepted"], done["bodies"]) == (9, 8)


def test_a_forged_signature_is_rejected_with_the_reason_and_the_rest_is_taken(
    archive: Any, beti: Any
) -> None:
    blocks = blocks_of(archive.folder / "all.car")
    genesis = blocks[0][1]
    forged = genesis[:-1] + bytes([genesis[-1] ^ 1])
    path = write(beti.folder / "forged.car", [*blocks, (cid_of(forged, DAG_CBOR), forged)])
    done = beti.json("import", path, code=1)["import"]
    assert (done["accepted"], done["rejected"]) == (9, 1)
    assert done["refusals"][0]["reason"] == "signature"
    judged = beti.json("verify", path, code=1)["file"]
    assert (judged["valid"], judged["rejected"]) == (9, 1)
    assert "signature" in beti("verify", path, code=1).out


@pytest.mark.parametrize("cut", [700, 3000, 900_000])
def test_a_damaged_bundle_changes_nothing(archive: Any, beti: Any, tree_state: Any, cut: int) -> None:
    whole = (archive.folder / "all.car").read_bytes()
    for damaged in (whole[:-cut], whole[:cut] + bytes([whole[cut] ^ 0x40]) + whole[cut + 1 :]):
        path = beti.write("damaged.car", damaged)
        before = tree_state(beti.home)
        answer = beti.type("import", str(path), "--json")
        assert answer.code in (1, 2)
        assert answer.json["error"]["remedy"]
        assert tree_state(beti.home) == before
        assert beti.type("verify", str(path)).code in (1, 2)


def test_a_bundle_of_other_things_only_is_no_success(beti: Any) -> None:
    path = write(beti.folder / "other.car", [(cid_of(b"hello"), b"hello")])
    assert "no record" in beti("import", path, code=1).err
    assert "no record" in beti("verify", path, code=1).out
    empty = write(beti.folder / "empty.car", [])
    beti("import", empty, code=1)


def test_one_record_goes_with_all_that_its_check_needs_and_no_other_text(archive: Any, beti: Any) -> None:
    note = archive.sign("note", archive.work, "only this", "-l", "en")
    done = archive.json("export", "one.car", note)["export"]
    assert done["chosen"] == 1
    taken = beti.json("import", str(archive.folder / "one.car"))["import"]
    assert taken["parked"] == 0
    assert beti.json("verify", note)["record"]["whole"]
    assert beti.json("show", archive.work)["record"]["body_state"] == "missing"
    assert "by “Mari”" in beti("show", note).out


def test_what_was_taken_back_goes_out_without_its_text(archive: Any, beti: Any) -> None:
    archive.sign("retract", archive.work, "--reason", "privacy")
    archive("export", "after.car", "--content", "--replace")
    assert b"long.bin" not in (archive.folder / "after.car").read_bytes()
    beti("import", str(archive.folder / "after.car"))
    shown = beti.json("show", archive.work)["record"]
    assert "retracted" in shown["flags"]
    assert shown.get("body") is None


def test_an_export_appears_whole_or_not_at_all(archive: Any) -> None:
    before = sorted(archive.folder.iterdir())
    archive("export", "all.car", code=2)
    archive("export", "x.car", "bafyreiaaaaaaaa", code=1)
    archive("export", "x.car", "--all", archive.work, code=2)
    assert sorted(archive.folder.iterdir()) == before
    assert archive.json("export", "all.car", "--replace")["export"]["files"] == 0


def test_a_fork_in_a_file_is_told(archive: Any, newcomer: Any) -> None:
    archive("backup", "copy")
    archive.sign("note", archive.work, "on the laptop", "-l", "en")
    twin = newcomer("twin")
    twin("restore", str(archive.folder / "copy"), "--newest")
    twin.sign("note", archive.work, "on the twin", "-l", "en")
    archive("export", "a.car")
    twin("import", str(archive.folder / "a.car"))
    twin("export", "both.car", "--all")
    judged = twin.json("verify", str(twin.folder / "both.car"))["file"]
    assert len(judged["forked"]) == 2
    assert "another holder" in twin(*WORK, code=1).err


def test_a_record_altered_on_the_disk_is_found_by_verify(archive: Any) -> None:
    with Home.open(archive.home) as home:
        pack = next((home.layout.content / "packs").glob("*"))
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.write_bytes(data)
    verdict = archive.json("verify", archive.work, code=1)["record"]
    assert [check["outcome"] for check in verdict["checks"]] == ["good", "good", "bad"]
    assert not archive.json("fsck", code=1)["ok"]
    assert not archive.json("content", "scrub", code=1)["ok"]
