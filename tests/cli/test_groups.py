"""groups, as people type it: found, kept in a file, signed, and named by a profile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from knowchain.home.groups import FoundGroups, GroupsShown
from knowchain.home.plain import to_plain
from knowchain_node.wire import from_plain

if TYPE_CHECKING:
    from conftest import Neighbours, Person


def send(sender: Person, receiver: Person) -> None:
    bundle = sender.folder / "bundle.car"
    bundle.unlink(missing_ok=True)
    sender("export", str(bundle), "--all")
    receiver("import", str(bundle))


@pytest.fixture
def divided(neighbour: Neighbours) -> Person:
    """Somebody whose works two camps of two judged, and who trusts them all."""
    mari = neighbour("mari")
    works = [mari.sign("publish", "-t", f"Hen gân {n}", "-l", "cy", "--access", "public") for n in range(5)]
    for number, name in enumerate(("beti", "catrin", "dewi", "elis")):
        judge = neighbour(name)
        send(mari, judge)
        for place, work in enumerate(works):
            value = "1" if place == 4 or (place < 2) == (number < 2) else "−1"
            judge("evaluate", work, "--goodness", value)
        send(judge, mari)
        mari("trust", name, "2")
    return mari


def test_from_finding_groups_to_a_feed_that_bridges(divided: Person) -> None:
    told = divided("groups", "compute").out
    assert "2 groups among 4 people, who made 20 judgements of 5 works." in told
    assert "Judged most differently" in told
    assert "Hen gân 0" in told
    assert "“beti”" in told
    signed = divided("groups", "publish").out
    rid = divided.json("groups", "publish")["records"][0]["id"]
    assert f'groups = "{rid}"'[:12] in signed
    divided.write(
        "mine.toml", f'v = 1\nname = "m"\n[reader]\ngroups = "{rid}"\n[weights]\nbridge = 1000\n'.encode()
    )
    assert divided.json("feed", "show", "--profile", "mine.toml")["feed"]["items"][0]["title"] == "Hen gân 4"
    shown = divided("groups", "show", rid[:20]).out
    assert "found by knowchain groups 1" in shown
    assert "Group 2" in shown
    assert "Of the people named, 4 judged works that are held here." in shown
    document = divided.json("groups", "show", rid)["groups"]
    assert [group["size"] for group in document["groups"]] == [2, 2]


def test_the_answers_come_whole_through_a_running_peer(divided: Person) -> None:
    for shape, words in (
        (FoundGroups, ("compute",)),
        (GroupsShown, ("show", divided.sign("groups", "publish"))),
    ):
        document = divided.json("groups", *words, "--as-of", "2100-01-01")["groups"]
        assert to_plain(from_plain(shape, document)) == document


def test_a_file_holds_what_was_found_and_is_signed_as_it_stands(divided: Person) -> None:
    told = divided("groups", "compute", "--groups", "2", "--out", "groups.json").out
    assert "groups.json" in told
    fields: dict[str, Any] = json.loads((divided.folder / "groups.json").read_text("utf-8"))
    fields["groups"][0]["title"] = {"cy": ["Cantorion"]}
    divided.write("groups.json", json.dumps(fields).encode())
    rid = divided.sign("groups", "publish", "groups.json")
    assert "Cantorion" in divided("groups", "show", rid).out
    refused = divided("groups", "compute", "--out", "groups.json", code=2)
    assert "exists already" in refused.err


def test_without_judgements_it_says_what_lacks(mari: Person) -> None:
    told = mari("groups", "compute").out
    assert "0 people judged enough works" in told
    assert "--everybody" in told
    assert "nothing to publish" in mari("groups", "publish", code=mari.type("groups", "publish").code).err
    assert mari.json("groups", "compute")["groups"]["groups"] == []
    assert "Nothing was written" in mari("groups", "compute", "--out", "groups.json").out
    assert not (mari.folder / "groups.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compute", "--groups", "9"), "give 2 to 5"),
        (("compute", "--judgements", "0"), "out of range"),
        (("compute", "--minimum", "2000000"), "out of range"),
        (("compute", "--as-of", "lately"), "lately"),
        (("publish", "nowhere.json"), "can't be read as groups"),
        (("show", "bafyreif5nowhere"), ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_what_can_not_be_done_is_said(mari: Person, words: tuple[str, ...], said: str) -> None:
    answer = mari.type("groups", *words)
    assert answer.code != 0
    assert said in answer.err


def test_a_file_that_holds_no_groups_is_refused(mari: Person) -> None:
    mari.write("list.json", b"[]")
    assert "no JSON object" in mari("groups", "publish", "list.json", code=2).err
    mari.write("wrong.json", b'{"groups": []}')
    assert mari.type("groups", "publish", "wrong.json").code != 0
