"""A whole life at the command line: two people, files, revisions, withdrawals, a backup, a theft."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_a_work_lives_through_everything(mari: Any, beti: Any) -> None:
    mari.write("scans/page-001.txt", b"Tri pheth sy hawdd")
    mari.write("scans/deep/recording.bin", bytes(range(256)) * 20_000)

    work = mari.sign(
        "publish",
        "scans",
        "-t",
        "cy:Hen benillion",
        "-t",
        "en:Old stanzas",
        "-l",
        "cy",
        "--access",
        "public",
        "--creator",
        "Mari Ellis|transcriber",
        "--date",
        "c. 1830",
        "--date-edtf",
        "1830~",
        "--subject",
        "folk song",
    )
    second = mari.sign("revise", work, "--title", "cy:Hen benillion Cwm", "--remove", "date")
    shown = mari.json("show", second)["record"]
    assert shown["body"]["title"] == {"cy": ["Hen benillion Cwm"]}
    assert "date" not in shown["body"]
    assert [file["path"] for file in shown["files"]] == ["scans/deep/recording.bin", "scans/page-001.txt"]
    assert all(file["here"] for file in shown["files"])

    # Beti gets it in a file, checks it, says something about it, and sends that back.
    mari("export", "mari.car", "--content")
    bundle = str(mari.folder / "mari.car")
    assert beti.json("verify", bundle)["ok"]
    assert beti.json("import", bundle)["import"]["files"] == 4
    assert beti.json("verify", second)["record"]["whole"]
    note = beti.sign("note", second, "The brickworks closed in 1931.", "-l", "en")
    beti.sign("evaluate", second, "--truth", "2", "--reason", "en:I stood there.")
    beti("export", "beti.car")
    assert mari.json("import", str(beti.folder / "beti.car"))["ok"]
    pointing = {link["record"] for link in mari.json("show", second)["record"]["pointers"]}
    assert note in pointing

    # Only its author takes a work back; nobody is shown it then; it can be reinstated.
    refused = beti("retract", second, "--reason", "mistake", "--json", code=1).json
    assert refused["error"]["code"] == "not-allowed"
    mari.sign("retract", second, "--reason", "The family asked for it.")
    assert mari.json("show", second)["record"]["body_state"] == "withheld"
    mari.sign("reinstate", second)
    assert mari.json("show", second)["record"]["body_state"] == "held"

    # Erasure waits for its delay; then the text is gone, and the record remains provable.
    mari.sign("retract", second, "--erase", "--reason", "privacy")
    assert mari.json("erase")["erasure"] == {"waiting": 1, "destroyed": []}
    assert mari.json("erase", "--delay", "0")["erasure"]["destroyed"] == [second]
    verdict = mari.json("verify", second)["record"]
    assert (verdict["ok"], verdict["whole"]) == (True, False)

    # A restored home reads, and signs only when its owner has decided.
    mari("backup", "copy")
    again = mari.home.with_name("again")
    assert (
        mari.json("restore", "copy", "--home", str(again))["records"]
        == mari.json("stats")["stats"]["records"]
    )
    publish = ("publish", "-t", "x", "-l", "en", "--access", "public")
    assert "backup" in mari(*publish, "--home", str(again), code=1).err
    mari("keys", "rotate", "--home", str(again))
    mari.sign(*publish, "--home", str(again))


def test_a_thief_loses_against_the_recovery_file(mari: Any, newcomer: Any) -> None:
    honest = mari.sign("publish", "-t", "x", "-l", "en", "--access", "public")
    log_end = mari.json("keys", "log")["log"][-1]["id"]
    mari("export", "mine.car")
    mari("backup", "copy")

    # The thief has the laptop: adds a key of their own, and signs with it.
    thief = newcomer("thief")
    thief("restore", str(mari.folder / "copy"), "--newest")
    thief("keys", "rotate")
    forged = thief.sign("publish", "-t", "forged", "-l", "en", "--access", "public")
    thief("export", "forged.car")

    # On a new laptop: the identity's records, the recovery file, and she is herself again.
    fresh = newcomer("fresh")
    fresh("init", "--device")
    fresh("import", str(mari.folder / "mine.car"))
    fresh("import", str(thief.folder / "forged.car"))
    recovery = mari.folder / "knowchain-recovery-Mari.txt"
    done = fresh.json("keys", "recover", "--recovery-file", str(recovery), "--after", log_end)["recovery"]
    assert Path(fresh.folder / done["recovery_file"]).read_text().startswith("knowchain recovery secret")
    fresh.sign("publish", "-t", "mine again", "-l", "en", "--access", "public")
    assert fresh.json("show", forged)["record"]["flags"] == ["superseded"]
    assert fresh.json("show", honest)["record"]["flags"] == []
    old = fresh("keys", "recover", "--recovery-file", str(recovery), "--json", code=1).json
    assert "rank" in old["error"]["message"]


def test_a_second_device_signs_for_the_same_identity(mari: Any, newcomer: Any) -> None:
    phone = newcomer("phone")
    key = phone.json("init", "--device")["home"]["device"]
    assert (
        "belongs to no identity" in phone("publish", "-t", "x", "-l", "en", "--access", "public", code=1).err
    )
    mari("keys", "add", key, "--label", "phone")
    mari("export", "identity.car")
    adopted = phone.json("import", str(mari.folder / "identity.car"))["import"]["adopted"]
    assert adopted == mari.json("stats")["stats"]["identity"]
    before = phone.sign("publish", "-t", "from the phone", "-l", "en", "--access", "public")
    phone("export", "phone.car")
    mari("import", str(phone.folder / "phone.car"))

    mari("keys", "revoke", "phone")
    devices = {device.get("label"): device["status"] for device in mari.json("keys", "list")["devices"]}
    assert devices == {None: "in force", "phone": "revoked"}
    assert mari.json("show", before)["record"]["flags"] == []
    after = phone.sign("publish", "-t", "too late", "-l", "en", "--access", "public")
    phone("export", "late.car")
    mari("import", str(phone.folder / "late.car"))
    assert mari.json("show", after)["record"]["flags"] == ["revoked"]


def test_people_collections_and_what_one_follows(mari: Any, beti: Any) -> None:
    mari("export", "mari.car")
    beti("import", str(mari.folder / "mari.car"))
    beti("name", "Mari", "Neighbour")
    assert {person.get("petname") for person in beti.json("name")["people"]} == {None, "Neighbour"}
    beti.sign("trust", "Neighbour", "-1", "--reason", "en:Hm.")
    beti.sign("trust", "Neighbour", "2", "--topic", "folk song")
    follows = beti.json("follow", "Neighbour", "--language", "cy", "--topic", "folk song")["follows"]
    assert follows["languages"] == ["cy"]
    assert beti.json("unfollow", "--language", "cy")["follows"]["languages"] == []
    record = beti.json("follow", "--publish")["record"]
    assert beti.json("show", record)["record"]["kind"] == "follow"

    collection = beti.sign(
        "collection", "create", "-t", "Casgliad", "-l", "cy", "--rule", "invited", "--invite", "Neighbour"
    )
    beti("export", "beti.car")
    mari("import", str(beti.folder / "beti.car"))
    member = mari.sign("publish", "-t", "y", "-l", "en", "--access", "public", "--part-of", collection)
    other = mari.sign("publish", "-t", "z", "-l", "en", "--access", "public")
    assert "no curator" in mari("collection", "add", collection, other, code=1).err
    mari("export", "more.car")
    beti("import", str(mari.folder / "more.car"))
    beti("collection", "add", collection, other)
    members = beti.json("collection", "show", collection)["collection"]["members"]
    assert {each["id"] for each in members if each["member"]} == {member, other}
    beti("collection", "add", collection, other, "--remove")
    members = beti.json("collection", "show", collection)["collection"]["members"]
    assert {each["id"] for each in members} == {member}
    assert [each["title"] for each in beti.json("collection", "list")["collections"]] == ["Casgliad"]
    bundle = beti.json("export", "collection.car", "--collection", collection)["export"]
    assert bundle["chosen"] >= 2
