"""content pin, unpin, pins, reconcile: what is pinned elsewhere, without a peer."""

from __future__ import annotations

from typing import Any

import pytest

WORK = ("publish", "-t", "x", "-l", "en", "--access", "public")
SETTINGS = """
[[pinning.targets]]
name = "archive"
kind = "kubo"
url = "http://127.0.0.1:1"
pins = "chosen"

[[pinning.targets]]
name = "service"
kind = "service"
url = "https://pins.example"
token_file = "pinning.token"
"""


@pytest.fixture
def archive(mari: Any) -> Any:
    """Mari, whose settings name two targets; the token of one is not there, which only a peer needs."""
    (mari.home / "config.toml").write_text(SETTINGS)
    return mari


def test_a_path_is_brought_in_and_pinned_here_and_elsewhere(archive: Any) -> None:
    archive.write("scans/a.txt", b"one")
    done = archive.json("content", "pin", "scans", "--to", "archive")["pinned"]
    assert (done["targets"], done["here"]) == (["archive"], True)
    (cid,) = done["cids"]
    told = archive.json("content", "pins")
    assert cid in {pin["cid"] for pin in told["pins"]}
    assert {one["name"]: one["pins"] for one in told["targets"]} == {"archive": {"wanted": 1}, "service": {}}
    (pin,) = archive.json("content", "pins", "--at", "archive")["pins"]
    assert (pin["cid"], pin["state"], pin["tries"]) == (cid, "wanted", 0)
    assert archive.json("content", "pins", "--at", "archive", "--state", "failed")["pins"] == []
    gone = archive.json("content", "unpin", cid)
    assert (gone["unpinned"] >= 1, gone["elsewhere"], gone["kept"]) == (True, 1, [])
    assert archive.json("content", "pins", "--at", "archive")["pins"] == []


def test_a_record_is_pinned_at_all_targets_and_shown_in_words(archive: Any) -> None:
    archive.write("a.bin", b"a" * 100)
    work = archive.sign(*WORK, "a.bin")
    told = archive("content", "pin", work).out
    assert "To be pinned at archive, service: 3" in told
    table = archive("content", "pins").out
    assert "archive  0       3          0       0" in table
    assert "wanted" in archive("content", "pins", "--at", "service").out
    assert "To be compared: archive" in archive("content", "reconcile", "archive").out
    assert "Choices for targets taken back: 3" in archive("content", "unpin", work).out


def test_a_target_that_there_is_not_is_refused_by_its_name(archive: Any) -> None:
    archive.write("a.bin", b"a" * 100)
    work = archive.sign(*WORK, "a.bin")
    for words in (
        ("pin", work, "--to", "archiv"),
        ("unpin", work, "--from", "archiv"),
        ("pins", "--at", "archiv"),
        ("reconcile", "archiv"),
    ):
        error = archive.json("content", *words, code=1)["error"]
        assert error["code"] == "not-found"
        assert "archive, service" in error["remedy"]


def test_without_targets_a_pin_is_one_of_the_home(mari: Any) -> None:
    mari.write("a.bin", b"a" * 100)
    cid = mari.json("content", "add", "a.bin")["content"]["cid"]
    told = mari("content", "pin", cid)
    assert "Pinned here." in told.out
    assert "No target is set" in told.out + told.err
    assert not (mari.home / "pins.sqlite").exists()
    assert "config.toml" in mari.json("content", "reconcile", code=1)["error"]["remedy"]


def test_a_token_in_the_settings_is_refused_and_not_repeated(mari: Any) -> None:
    (mari.home / "config.toml").write_text(SETTINGS + 'token = "very-secret-0123456789"\n')
    refused = mari("content", "pins", code=2)
    assert "'token' is no field of a target" in refused.err
    assert "very-secret" not in refused.err + refused.out
