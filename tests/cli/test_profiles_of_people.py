"""profile fork, publish and use: rules that are passed on, changed, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Person

MINE = """# why: the harbour first
v = 1
name = "harbour"   # a name
reason = "songs before letters"

[weights]
fresh = 900        # new
"""


def publish(person: Person, title: str, language: str = "cy") -> str:
    return person.sign("publish", "--title", title, "--lang", language, "--access", "public")


def send(sender: Person, receiver: Person) -> None:
    bundle = sender.folder / "bundle.car"
    bundle.unlink(missing_ok=True)
    sender("export", str(bundle), "--all")
    receiver("import", str(bundle))


def test_a_profile_is_published_used_by_another_forked_and_followed_back(mari: Person, beti: Person) -> None:
    file = mari.write("mine.toml", MINE.encode())
    record = mari.sign("profile", "publish", str(file))
    publish(mari, "Hen benillion")
    send(mari, beti)
    listed = beti.json("profile", "list", "--published")["published"]
    assert [(each["id"], each["name"], each["reason"]) for each in listed] == [
        (record, "harbour", "songs before letters")
    ]
    assert "harbour" in beti("profile", "list", "--published").out
    assert beti("profile", "show", record[:14]).out == MINE
    assert "harbour (published)" in beti("profile", "use", record).out
    assert beti.json("feed", "show")["feed"]["profile"] == "harbour"
    assert beti.json("feed", "show", "--profile", "plain")["feed"]["profile"] == "plain"

    fork = beti.folder / "own.toml"
    beti("profile", "fork", record, str(fork))
    text = fork.read_text("utf-8")
    assert f'name = "own"\nparent = "{record}"\n' in text
    assert text.startswith("# why: the harbour first\n")
    assert "fresh = 900        # new" in text
    assert "They say the same" in beti("profile", "diff", record, str(fork)).out
    again = beti.sign("profile", "publish", str(fork))
    shown = beti.json("show", again)
    assert record in str(shown)


def test_a_file_is_kept_as_it_was_when_it_was_taken_into_use(mari: Person) -> None:
    publish(mari, "Hen benillion")
    file = mari.write("mine.toml", MINE.encode())
    assert "keeps a copy" in mari("profile", "use", str(file)).out
    file.write_text("not a profile", "utf-8")
    assert mari.json("feed", "show")["feed"]["profile"] == "harbour"
    assert mari.json("profile", "list", "--published")["used"] == {"name": "harbour", "kind": "own"}
    mari("profile", "use", "--default")
    assert mari.json("feed", "show")["feed"]["profile"] == "balanced"
    mari("profile", "use", "wide")
    assert mari.json("feed", "show")["feed"]["profile"] == "wide"


def test_a_profile_that_was_withdrawn_says_so_when_a_feed_asks_for_it(mari: Person) -> None:
    file = mari.write("mine.toml", MINE.encode())
    record = mari.sign("profile", "publish", str(file))
    mari("profile", "use", record)
    mari.sign("retract", record, "--erase", "--reason", "privacy")
    mari("erase", "--delay", "0")
    mari("erase", "--delay", "0")
    assert "is not here" in mari("feed", "show", code=1).err


def test_a_newer_version_takes_the_place_of_an_older_one(mari: Person) -> None:
    file = mari.write("mine.toml", MINE.encode())
    first = mari.sign("profile", "publish", str(file))
    file.write_text(MINE.replace("900", "800"), "utf-8")
    second = mari.sign("profile", "publish", str(file), "--revises", first)
    assert [each["id"] for each in mari.json("profile", "list", "--published")["published"]] == [
        second,
        first,
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("use",), 2, "--default"),
        (("use", "plain", "--default"), 2, "which profile"),
        (("use", "bafyreinothing"), 1, "bafyreinothing"),
        (("publish", "none.toml"), 2, "can't be read"),
        (("fork", "plain", "no/where.toml"), 2, "folder"),
    ],
)
def test_what_goes_wrong_is_said(mari: Person, words: tuple[str, ...], code: int, said: str) -> None:
    answer = mari("profile", *words, code=code)
    assert said in answer.err


def test_a_record_that_is_no_profile_is_refused_by_its_kind(mari: Person) -> None:
    work = publish(mari, "Hen benillion")
    assert "work" in mari("profile", "show", work, code=1).err
    taken = mari.write("taken.toml", b"")
    assert "exists already" in mari("profile", "fork", "plain", str(taken), code=2).err


def test_a_profile_whose_name_shares_its_line_is_not_guessed_at(mari: Person) -> None:
    odd = mari.write("odd.toml", b'v = 1\nname = """\nodd"""\n[weights]\nfresh = 1\n')
    answer = mari("profile", "fork", str(odd), str(mari.folder / "fork.toml"), code=2)
    assert "by hand" in answer.err
