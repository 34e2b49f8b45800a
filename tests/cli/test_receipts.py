"""feed receipt and feed audit, as people type them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Person


def publish(person: Person, title: str, language: str) -> str:
    return person.sign("publish", "--title", title, "--lang", language, "--access", "public")


def send(sender: Person, receiver: Person) -> None:
    bundle = sender.folder / "bundle.car"
    bundle.unlink(missing_ok=True)
    sender("export", str(bundle), "--all")
    receiver("import", str(bundle))


def test_a_stranger_re_runs_a_receipt_and_sees_what_was_changed(mari: Person, beti: Person) -> None:
    publish(mari, "Hen benillion", "cy")
    publish(mari, "Harbour songs", "en")
    send(mari, beti)
    file = mari.folder / "monday.receipt"
    written = mari("feed", "receipt", str(file), "--profile", "plain")
    assert "2 items by plain" in written.out
    assert "commits" not in written.out
    assert "match: 2 items by plain" in beti("feed", "audit", str(file)).out
    assert beti.json("feed", "audit", str(file))["audit"]["verdict"] == "match"
    assert "exists already" in mari("feed", "receipt", str(file), code=2).err
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert "Error: " in beti("feed", "audit", str(file), code=2).err


def test_what_lacks_is_said_with_what_to_do(mari: Person, beti: Person) -> None:
    publish(mari, "Hen benillion", "cy")
    send(mari, beti)
    late = publish(mari, "Nobody else has this", "cy")
    mari("follow", "--topic", "shipping")
    file = mari.folder / "closed.receipt"
    assert "--open" in mari("feed", "receipt", str(file)).out
    told = beti("feed", "audit", str(file), code=1).out
    assert "only committed to follows" in told
    assert late in told
    assert "knowchain import" in told
    send(mari, beti)
    opened = mari.folder / "open.receipt"
    assert "It tells" in mari("feed", "receipt", str(opened), "--open").out
    assert "match" in beti("feed", "audit", str(opened)).out


def test_moves_and_boosts_are_told_beside_each_item(mari: Person) -> None:
    for number in range(3):
        publish(mari, f"Song {number}", "cy")
    text = """v = 1
name = "mine"
[weights]
fresh = 900
[[boost]]
when = "lang == 'cy' || '{' in topics"
add = 50
[rerank]
author_decay = true
explore = { every = 2 }
[filter]
drop = ["lang == 'gd'"]
"""
    profile = mari.write("mine.toml", text.encode())
    dropped = publish(mari, "Fonn", "gd")
    shown = mari("feed", "show", "--profile", str(profile)).out
    assert "boost:1: it meets: lang == 'cy' || '{' in topics" in shown
    assert "author-decay, for its place: works of its author that stand before it: 1" in shown
    why = mari("feed", "why", dropped, "--profile", str(profile)).out
    assert "left out (filter)" in why
    assert "lang == 'gd'" in why
    item = mari.json("feed", "show", "--profile", str(profile))["feed"]["items"][1]
    assert (item["place"], item["moves"][0]["rule"]) == (2, "author-decay")


def test_what_either_side_leaves_out_shows(mari: Person, beti: Person) -> None:
    publish(mari, "Hen benillion", "cy")
    send(mari, beti)
    send(beti, mari)
    car = mari.folder / "here.car"
    mari("feed", "snapshot", "--out", str(car))
    assert "hold the same" in beti("feed", "snapshot", "--compare", str(car)).out
    assert mari.json("feed", "snapshot")["snapshot"]["snapshot"] in mari("feed", "show").out
    late = publish(beti, "Only here", "cy")
    told = beti.json("feed", "snapshot", "--compare", str(car), code=1)["compared"]
    assert late in told["lacking_there"]
    assert (told["records_lacking"], told["heads_lacking"]) == (len(told["lacking_there"]), 0)
    missing = publish(mari, "Only there", "cy")
    receipt = mari.folder / "today.receipt"
    mari("feed", "receipt", str(receipt), "--profile", "plain")
    out = beti("feed", "snapshot", "--compare", str(receipt), code=1).out
    assert f"Heads that are not here: 1\n   {missing}" in out
    assert late in out
    assert "beneath" in out
    other = mari.write("other.car", b"\x3a\xa2eroots" + b"\x00" * 40)
    assert "no manifest" in beti("feed", "snapshot", "--compare", str(other), code=2).err
