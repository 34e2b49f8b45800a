"""feed compare and feed what-if: two rankings of one state, side by side."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def reader(mari: Any) -> Any:
    """A reader with works of three languages, some with sources, and different ages."""
    source = mari.sign("publish", "-t", "Source", "-l", "en", "--access", "public")
    for n in range(6):
        mari.sign("publish", "-t", f"Plain {n}", "-l", "en", "--access", "public")
    for n in range(3):
        words = ("--field", f'derived_from=["{source}"]')
        mari.sign("publish", "-t", f"Sourced {n}", "-l", "cy", "--access", "public", *words)
    return mari


def test_each_side_is_what_its_feed_shows(reader: Any) -> None:
    at = "2027-01-01"
    found = reader.json("feed", "compare", "chronological", "balanced", "--limit", "4", "--as-of", at)[
        "compared"
    ]
    for side, profile in (("first", "chronological"), ("second", "balanced")):
        feed = reader.json("feed", "show", "--profile", profile, "--limit", "4", "--as-of", at)["feed"]
        shown = {each["item"]: each[side] for each in found["items"] if each[side]["shown"]}
        assert len(shown) == 4
        assert {item["item"]: (item["rank"], item["score"]) for item in feed["items"]} == {
            item: (told["rank"], told["score"]) for item, told in shown.items()
        }
        assert found["snapshot"] == feed["snapshot"]
    both = {each["item"] for each in found["items"] if each["first"]["shown"] and each["second"]["shown"]}
    assert found["both"] == len(both)


def test_what_differs_is_told_and_sums_to_the_change(reader: Any) -> None:
    found = reader.json("feed", "what-if", "--weight", "provenance=0", "--as-of", "2027-01-01")["compared"]
    changed = [each for each in found["items"] if each["adds"]]
    assert changed
    for each in changed:
        assert set(each["adds"]) == {"provenance"}
        before, after = each["adds"]["provenance"]
        assert after == 0
        assert each["second"]["score"] - each["first"]["score"] == after - before


def test_in_words(reader: Any) -> None:
    out = reader("feed", "compare", "chronological", "balanced", "--limit", "3").out
    assert "Both show" in out
    same = reader("feed", "compare", "balanced", "balanced").out
    assert "in the same order" in same
    what = reader("feed", "what-if", "--weight", "provenance=0").out
    assert "provenance" in what
    assert "→" in what


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("what-if",), "which weight would be another?"),
        (("what-if", "--weight", "tust=0"), "tust is no signal"),
        (("what-if", "--weight", "trust=x"), "is no SIGNAL=N"),
        (("what-if", "--weight", "trust"), "is no SIGNAL=N"),
        (("what-if", "--weight", f"trust={2**60}"), "beyond exactness"),
        (("compare", "balanced", "nonsense"), "nonsense is no profile"),
        (("compare", "balanced"), "is missing"),
    ],
)
def test_what_can_not_be_done_is_said(mari: Any, words: tuple[str, ...], said: str) -> None:
    answer = mari("feed", *words, code=2)
    assert said.lower() in answer.err.lower()


def test_nothing_left_to_weigh_is_refused(mari: Any, tmp_path: Any) -> None:
    mari.write("mine.toml", b'v = 1\nname = "mine"\n[weights]\nfresh = 900\n')
    answer = mari("feed", "what-if", "--profile", "mine.toml", "--weight", "fresh=0", code=2)
    assert "nothing keeps a weight" in answer.err


def test_which_weight_would_show_a_work(reader: Any) -> None:
    shown = [each["item"] for each in reader.json("feed", "show", "--limit", "9")["feed"]["items"]]
    last = reader.json("feed", "show", "--limit", "10")["feed"]["items"][-1]["item"]
    assert last not in shown
    out = reader("feed", "what-if", "--show", last, "--limit", "9").out
    assert "in place of" in out or "No single weight" in out
    assert "on the page already" in reader("feed", "what-if", "--show", shown[0]).out
    error = reader("feed", "what-if", "--show", last, "--weight", "trust=1", code=2).err
    assert "--weight" in error
