"""content: files by CID, pins, collection, fixity."""

from __future__ import annotations

import random
from typing import Any

import pytest

WORK = ("publish", "-t", "x", "-l", "en", "--access", "public")


def test_what_comes_in_goes_out_unchanged(mari: Any) -> None:
    mari.write("tree/a.txt", b"one")
    mari.write("tree/sub/b.bin", bytes(range(256)) * 9000)
    mari.write("tree/.hidden", b"h")
    added = mari.json("content", "add", "tree")["content"]
    assert added["entries"] == 5
    names = {entry["name"] for entry in mari.json("content", "ls", added["cid"])["entries"]}
    assert names == {"a.txt", "sub", ".hidden"}
    mari("content", "get", added["cid"], "-o", "again")
    assert (mari.folder / "again/sub/b.bin").read_bytes() == (mari.folder / "tree/sub/b.bin").read_bytes()
    assert mari("content", "get", f"/ipfs/{added['cid']}/a.txt").out == "one"
    mari("content", "get", added["cid"], "-o", "again", code=2)
    mari("content", "get", f"{added['cid']}/none", "-o", "x", code=1)
    found = mari.json("content", "stat", f"{added['cid']}/sub/b.bin")["content"]
    assert (found["kind"], found["size"], found["missing"]) == ("file", 2_304_000, 0)


def test_the_cids_are_those_of_ipfs(mari: Any) -> None:
    mari.write("hello.txt", b"hello world\n")
    cid = "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4"
    assert mari.json("content", "add", "hello.txt")["content"]["cid"] == cid
    published = mari.json(*WORK, "hello.txt")["records"][0]
    assert published["files"][0]["cid"] == cid


def test_gc_keeps_what_records_and_pins_name_and_nothing_else(mari: Any) -> None:
    mari.write("published.bin", b"p" * 2_000_000)
    mari.write("pinned.bin", b"q" * 2_000_000)
    work = mari.sign(*WORK, "published.bin")
    cid = mari.json("content", "add", "pinned.bin", "--name", "kept")["content"]["cid"]
    assert mari.json("content", "gc", "--dry-run")["gc"]["collected"] == 0
    assert mari.json("content", "pins")["pins"][0]["name"] == "kept"
    assert mari.json("content", "unpin", cid)["unpinned"] == 1
    mari("content", "unpin", cid, code=1)
    would = mari.json("content", "gc", "--dry-run")["gc"]
    done = mari.json("content", "gc")["gc"]
    assert would["collected"] == done["collected"] == 3
    assert done["freed"] > 1_000_000
    mari("content", "get", cid, "-o", "x", code=1)
    assert mari.json("verify", work)["record"]["whole"]


def test_a_published_file_that_is_left_in_place_is_watched(mari: Any) -> None:
    path = mari.write("film.bin", random.Random(1).randbytes(3_000_000))
    work = mari.sign(*WORK, "film.bin", "--in-place")
    assert mari.json("stats")["stats"]["content"]["in_place_bytes"] == 3_000_000
    assert mari.json("verify", work)["record"]["whole"]
    path.write_bytes(b"g" * 3_000_000)
    assert not mari.json("verify", work, code=1)["ok"]
    assert mari.json("content", "scrub", code=1)["scrub"]["failures"]


def test_what_was_not_read_again_is_one_command(mari: Any) -> None:
    mari.write("a.bin", b"a" * 100)
    mari("content", "add", "a.bin")
    assert mari.json("content", "scrub", "--due", "--days", "90")["due"]["blocks"] == 1
    assert mari.json("content", "scrub", "--rate", "1000")["scrub"]["checked"] == 1
    assert mari.json("content", "scrub", "--due", "--days", "90")["due"]["blocks"] == 0


@pytest.mark.parametrize("words", [("stat",), ("ls",), ("get", "-o", "x")])
def test_what_is_not_here_is_said_to_be_not_here(mari: Any, words: tuple[str, ...]) -> None:
    cid = "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4"
    error = mari.json("content", words[0], cid, *words[1:], code=1)["error"]
    assert error["code"] == "not-found"
    assert not (mari.home / "content").exists()


def test_an_erased_work_lets_its_files_go(mari: Any) -> None:
    mari.write("private.bin", b"secret " * 300_000)
    work = mari.sign(*WORK, "private.bin")
    mari.sign("retract", work, "--erase", "--reason", "privacy")
    assert mari.json("content", "gc", "--dry-run")["gc"]["collected"] == 0
    mari("erase", "--delay", "0")
    mari("erase", "--delay", "0")
    assert mari.json("content", "gc")["gc"]["collected"] > 0
    packs = b"".join(path.read_bytes() for path in (mari.home / "content" / "packs").iterdir())
    assert b"secret secret" not in packs
