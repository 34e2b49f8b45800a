"""What programs rely on: JSON wherever it is asked for, exit codes, and where each kind of text goes."""

from __future__ import annotations

from typing import Any

import pytest

PUBLISH = ("publish", "--title", "The harbour", "--lang", "en", "--access", "public")


@pytest.mark.parametrize("place", [0, 1, 3, 7])
def test_json_may_stand_anywhere(mari: Any, place: int) -> None:
    words = [*PUBLISH[:place], "--json", *PUBLISH[place:]]
    if place == 3:  # behind an option's value, not within it
        words = ["publish", "--title", "The harbour", "--json", *PUBLISH[3:]]
    assert mari(*words).json["records"][0]["kind"] == "work"


def test_a_value_that_looks_like_an_option_is_a_value(mari: Any) -> None:
    answer = mari("publish", "--title=--json", "-l", "en", "--access", "public")
    assert "“--json”" in answer.out


def test_json_answers_hold_one_document_and_nothing_beside_it(mari: Any) -> None:
    work = mari(*PUBLISH, "--json")
    assert work.err == ""
    for words in (
        ["show", work.id],
        ["verify", work.id],
        ["stats"],
        ["keys", "list"],
        ["keys", "log"],
        ["name"],
        ["follow"],
        ["collection", "list"],
        ["content", "pins"],
        ["fsck"],
        ["erase"],
        ["version"],
        ["note", work.id, "hm"],
        ["completion", "bash"],
        ["content", "scrub"],
    ):
        answer = mari(*words, "--json")
        assert isinstance(answer.json, dict), words
        assert answer.err == "", words


def test_errors_in_json_stand_on_the_standard_output_with_code_message_and_remedy(mari: Any) -> None:
    error = mari("publish", "-t", "x", "-l", "en", "--access", "open", "--kind", "Pic", "--json", code=2)
    document = error.json["error"]
    assert error.err == ""
    assert document["code"] == "invalid-body"
    assert {problem["field"] for problem in document["problems"]} == {"access", "kind"}
    assert all(problem["remedy"] and problem["message"] for problem in document["problems"])


def test_errors_without_json_stand_on_the_standard_error_with_their_remedy(mari: Any) -> None:
    answer = mari("show", "bafyreiaaaaaaa", code=1)
    assert answer.out == ""
    assert "Error:" in answer.err
    assert "→" in answer.err


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        (["publsh"], 2, "publsh"),
        (["publish", "--titel", "x"], 2, "--titel"),
        (["publish", "-l", "en", "--title"], 2, "--title"),
        (["show"], 2, "ID|NAME"),
        (["show", "a", "b"], 2, None),
        (["completion", "tcsh"], 2, "BASH|ZSH|FISH"),
        (["--nothing"], 2, "--nothing"),
    ],
)
def test_a_line_that_is_not_understood_ends_with_2(
    mari: Any, words: list[str], code: int, field: str | None
) -> None:
    error = mari("--json", *words, code=code).json["error"]
    assert error["code"] == "usage"
    assert error.get("field") == field
    assert "--help" in error["remedy"] or "give one of" in error["remedy"]


@pytest.mark.parametrize(
    ("words", "near"),
    [(["pubish"], "publish"), (["publish", "--titel", "x"], "--title"), (["keys", "rotat"], "rotate")],
)
def test_a_slip_gets_a_suggestion(mari: Any, words: list[str], near: str) -> None:
    assert f"did you mean `{near}`" in mari(*words, code=2).err


def test_quiet_leaves_only_the_answer(newcomer: Any) -> None:
    person = newcomer("quiet")
    assert "Next:" not in person("init", "--name", "Quiet", "-q").out
    work = person.sign(*PUBLISH)
    assert person("note", work, "no language", "--quiet").err == ""
    assert "not said" in person("note", work, "no language").err


def test_without_a_home_the_error_says_how_to_make_one(newcomer: Any) -> None:
    error = newcomer("nobody").json("stats", code=1)["error"]
    assert error["code"] == "home-error"
    assert "knowchain init" in error["remedy"]


def test_home_is_named_by_option_before_variable(mari: Any, newcomer: Any) -> None:
    other = newcomer("other")
    other("init", "--name", "Other", "--home", "elsewhere")
    assert other.json("stats", "--home", "elsewhere")["stats"]["name"] == "Other"
    assert mari.json("stats", "--home", str(other.folder / "elsewhere"))["stats"]["name"] == "Other"


def test_a_home_in_use_is_refused_by_name_of_the_user(mari: Any) -> None:
    from knowchain.home import Home

    with Home.open(mari.home, purpose="a test"):
        error = mari.json("stats", code=1)["error"]
    assert "a test" in error["message"]


def test_numbers_below_zero_are_values_wherever_they_stand(mari: Any, beti: Any) -> None:
    mari("export", "m.car")
    beti("import", str(mari.folder / "m.car"))
    trust = beti.sign("trust", "Mari", "-2", "--reason", "en:Hm.")
    assert beti.json("show", trust)["record"]["body"]["level"] == -2
    work = beti.sign(*PUBLISH)
    judged = beti.json("evaluate", work, "--truth", "-1", "--axis", "beauty=-2", "--wisdom", "−1")["records"]
    values = {beti.json("show", each["id"])["record"]["body"]["value"] for each in judged}
    assert values == {-1, -2}


def test_several_judgements_are_signed_together_or_not_at_all(mari: Any) -> None:
    work = mari.sign(*PUBLISH)
    before = mari.json("stats")["stats"]["records"]
    mari("evaluate", work, "--truth", "1", "--axis", "loudness=2", code=2)
    assert mari.json("stats")["stats"]["records"] == before


def test_petnames_display_names_and_short_ids_are_shown_in_that_order(mari: Any, beti: Any) -> None:
    work = mari.sign(*PUBLISH)
    mari("export", "m.car", work)
    beti("import", str(mari.folder / "m.car"))
    assert "by “Mari”" in beti("show", work).out
    beti("name", "Mari", "Neighbour")
    assert "by Neighbour" in beti("show", work).out
    assert mari("show", "Mari").out.startswith("identity")
