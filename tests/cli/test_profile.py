"""profile: what comes along is listed and shown, one's own is checked and compared."""

from __future__ import annotations

from typing import Any

import pytest

MINE = b"""v = 1
name = "mine"
reason = "what I want"
[weights]
fresh = 900
trust = 3000
[rerank]
page = 7
"""


def test_each_that_comes_along_is_listed_shown_and_good(mari: Any) -> None:
    found = mari.json("profile", "list")["profiles"]
    assert {"balanced", "chronological", "plain"} <= set(found)
    assert all(found.values())
    for name in found:
        assert "[weights]" in mari("profile", "show", name).out
        assert f"{name} can be used." in mari("profile", "check", name).out


def test_ones_own_begins_with_anothers(mari: Any) -> None:
    mari.write("mine.toml", mari("profile", "show", "balanced").out.encode())
    assert "They say the same." in mari("profile", "diff", "balanced", "mine.toml").out


def test_a_check_says_what_was_set_and_nothing_else(mari: Any) -> None:
    mari.write("mine.toml", MINE)
    out = mari("profile", "check", "mine.toml").out
    assert "mine can be used." in out
    assert "weights.trust = 3000" in out
    assert "rerank.page = 7" in out
    assert "params." not in out


def test_differences_are_told_setting_by_setting(mari: Any) -> None:
    mari.write("mine.toml", MINE)
    found = mari.json("profile", "diff", "balanced", "mine.toml")["differences"]
    assert found["weights.trust"] == [1500, 3000]
    assert found["weights.provenance"] == [700, None]
    assert found["rerank.page"] == [20, 7]
    assert "weights.fresh" not in found
    out = mari("profile", "diff", "balanced", "mine.toml").out
    assert "First: balanced. Second: mine." in out
    assert "weights.trust" in out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"v = 1\nname = 'x'\n[weights]\ntust = 1\n", "line 4"),
        (b"v = 2\nname = 'x'\n[weights]\ntrust = 1\n", "line 1"),
        (b"nonsense", "is not TOML"),
        (b"\xff", "can't be read as a file"),
        (b"v = 1\nname = 'x'\n[weights]\ntrust = 1\n[filter]\ndrop = ['age <']\n", "line 6"),
    ],
)
def test_a_fault_names_its_line(mari: Any, content: bytes, said: str) -> None:
    mari.write("mine.toml", content)
    answer = mari("profile", "check", "mine.toml", code=2)
    assert said in answer.err
    assert "→" in answer.err


def test_what_is_no_profile_names_those_that_there_are(mari: Any) -> None:
    answer = mari("profile", "show", "nonsense", code=2)
    assert "balanced" in answer.err
