"""feed and inbox, as people type them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Neighbours, Person

PROFILE = """v = 1
name = "mine"
reason = "trust above all"
[weights]
trust = 2000
fresh = 100
"""


@pytest.fixture
def mari(neighbour: Neighbours) -> Person:
    return neighbour("mari")


def publish(person: Person, title: str, *words: str) -> str:
    return person.sign("publish", "--title", title, "--lang", "cy", "--access", "public", *words)


def send(sender: Person, receiver: Person) -> None:
    bundle = sender.folder / "bundle.car"
    bundle.unlink(missing_ok=True)
    sender("export", str(bundle), "--all")
    receiver("import", str(bundle))


def test_a_feed_says_what_adds_up_to_each_score(mari: Person) -> None:
    work = publish(mari, "Hen benillion")
    shown = mari("feed", "show").out
    assert "1. Hen benillion" in shown
    assert work in shown
    assert "its author is one from whom your trust starts" in shown
    document = mari.json("feed", "show")["feed"]
    item = document["items"][0]
    assert item["score"] == sum(each["adds"] for each in item["contributions"])
    assert document["unit"] == 65_536_000


def test_an_own_profile_and_a_moment_are_taken_from_the_line(mari: Person) -> None:
    publish(mari, "Hen benillion")
    mari.write("mine.toml", PROFILE.encode())
    document = mari.json("feed", "show", "--profile", "mine.toml")["feed"]
    assert document["profile"] == "mine"
    assert [each["signal"] for each in document["items"][0]["contributions"]] == ["fresh", "trust"]
    before = mari.json("feed", "show", "--as-of", "2001-01-01")["feed"]
    assert before["as_of"] == 978_307_200_000
    assert (before["items"], before["dropped"]) == ([], {"future": 1})


def test_why_tells_what_became_of_a_work(mari: Person) -> None:
    first, second = publish(mari, "One"), publish(mari, "Two")
    assert "number 1 of 2" in mari("feed", "why", second, "--profile", "chronological").out
    below = mari("feed", "why", first, "--profile", "chronological", "--limit", "1").out
    assert "number 2 of 2: not shown" in below
    mari("retract", first, "--reason", "mistake")
    assert "its author took it back" in mari("feed", "why", first).out
    assert mari.json("feed", "why", first)["why"]["dropped"] == "retracted"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--profile", "nonesuch"), "no profile that comes along"),
        (("--profile", "bad.toml"), "line 4"),
        (("--as-of", "yesterday"), "no date"),
        (("--limit", "0"), "out of range"),
    ],
)
def test_bad_input_names_the_place_and_the_remedy(mari: Person, words: tuple[str, ...], told: str) -> None:
    mari.write("bad.toml", b'v = 1\nname = "x"\n[weights]\nfrehs = 900\n')
    answer = mari("feed", "show", *words, code=2)
    assert told in answer.err
    error: Any = mari("feed", "show", *words, "--json", code=2).json["error"]
    assert error["remedy"]


def test_the_inbox_tells_once_who_did_what(mari: Person, neighbour: Neighbours) -> None:
    owain = neighbour("owain")
    work = publish(mari, "Hen benillion")
    assert mari("inbox").out == "Nothing new.\n"
    send(mari, owain)
    publish(owain, "Ballads", "--field", f'quoted_from=["{work}"]')
    send(owain, mari)
    kept = mari("inbox", "--keep").out
    assert "quotes you" in kept
    assert "“Ballads”" in kept
    assert "“Hen benillion”" in kept
    assert mari.json("inbox")["inbox"]["notices"][0]["concern"] == "quotes"
    assert mari("inbox").out == "Nothing new.\n"
    assert "quotes you" in mari("inbox", "--all").out


def test_a_strangers_title_does_not_move_the_cursor(mari: Person, tmp_path: Path) -> None:
    publish(mari, "Red\u202eherring")
    assert "\u202e" not in mari("feed", "show").out


def test_the_ledger_of_contributions_names_who_relies_on_what(mari: Person, neighbour: Neighbours) -> None:
    owain = neighbour("owain")
    work = publish(mari, "Hen benillion")
    assert "Nobody whom your trust reaches" in mari("feed", "contribution").out
    send(mari, owain)
    publish(owain, "Ballads", "--field", f'quoted_from=["{work}"]')
    whose = owain.json("feed", "contribution")["contribution"]["people"][0]["who"]
    told = owain("feed", "contribution", whose).out
    assert "2.000  work “Hen benillion”" in told
    assert work in told


def test_a_profile_that_weighs_novelty_counts_what_it_showed(mari: Person) -> None:
    publish(mari, "Hen benillion")
    mari.write("new.toml", b'v = 1\nname = "x"\n[weights]\nnovelty = 1000\n')
    shown = ("feed", "show", "--profile", "new.toml")
    assert "you were not shown it yet" in mari(*shown, "--no-remember").out
    assert "you were not shown it yet" in mari(*shown).out
    assert "times that you were shown it: 1" in mari(*shown).out
    assert mari("feed", "forget").out == "Works forgotten: 1.\n"
    assert "you were not shown it yet" in mari(*shown).out


def test_a_work_that_is_praised_in_two_languages_reaches_outward(mari: Person, neighbour: Neighbours) -> None:
    work = publish(mari, "Hen benillion")
    for name, tag in (("beti", "cy"), ("dewi", "br")):
        judge = neighbour(name)
        send(mari, judge)
        judge("evaluate", work, "--beauty", "2", "--in", tag)
        send(judge, mari)
        mari("trust", name, "2")
    item = mari.json("feed", "show", "--profile", "wide")["feed"]["items"][0]
    reach = next(each for each in item["contributions"] if each["signal"] == "outward")
    assert reach["value"] > 8_192
    assert "2 languages" in reach["because"]
    assert "outward" in item["sources"]
    refused = mari("evaluate", work, "--beauty", "2", "--in", "Welsh", code=2).err
    assert "--in" in refused
