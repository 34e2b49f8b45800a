"""Bad input: named by field, value and remedy, ended with 2 or 1, and nothing half-written."""

from __future__ import annotations

import os
from typing import Any

import pytest

WORK = ("publish", "-t", "x", "-l", "en", "--access", "public")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("publish", "-l", "en", "--access", "public"), "title"),
        (("publish", "-t", "x", "--access", "public"), "--title"),
        (("publish", "-t", "x", "-l", "en"), "--access"),
        (("publish", "-t", "x", "-l", "en", "--access", "community"), "access"),
        (("publish", "-t", "x", "-l", "en", "--access", "sealed"), "access"),
        (("publish", "-t", "x", "-l", "english", "--access", "public"), "--lang"),
        (("publish", "-t", "x", "-l", "ope", "--access", "public"), "--lang"),
        ((*WORK, "--date-edtf", "c. 1974"), "date.edtf"),
        ((*WORK, "--rights", "Public domain"), "uri"),
        ((*WORK, "--license", "CC-BY"), "spdx"),
        ((*WORK, "--license", "MIT", "--rights", "http://rightsstatements.org/vocab/CNE/1.0/"), "--rights"),
        ((*WORK, "--kind", "Picture"), "kind"),
        ((*WORK, "--creator", "|photographer"), "agents[0].name"),
        ((*WORK, "--identifier", "noscheme"), "--identifier"),
        ((*WORK, "--identifier", "doi:nonsense"), "identifiers[0].value"),
        ((*WORK, "--field", "tilte=x"), "tilte"),
        ((*WORK, "--field", "places=[{"), "--field"),
        ((*WORK, "--field", "nothing"), "--field"),
        ((*WORK, "--made-with", "GPT|ai-model|translated"), "made_with[0].human"),
        ((*WORK, "--made-with", "GPT"), "--made-with"),
        ((*WORK, "--profile", "mine"), "profile"),
        ((*WORK, "missing.txt"), "PATH"),
        ((*WORK, "empty"), "PATH"),
        ((*WORK, "pipe"), "PATH"),
        ((*WORK, "a.txt", "other/a.txt"), "files"),
        ((*WORK, "--title", "a\x1bb"), "title.en[1]"),
        (("import", "missing.car"), "FILE"),
        (("import", "a.txt"), "FILE"),
        (("verify", "a.txt"), "FILE"),
        (("export", "a.txt"), "FILE"),
        (("export", "nowhere/x.car"), "FILE"),
        (("init", "--name", "x"), None),
        (("name", "Mari"), "PETNAME"),
        (("keys", "add", "did:key:zNonsense"), "key"),
        (("unfollow",), "WHO"),
        (("follow", "--language", "xq"), None),
        (("erase", "--delay", "-3"), None),
        (("restore",), "DIR"),
        (("content", "add", "missing"), "PATH"),
        (("content", "ls", "bafynonsense"), "cid"),
        (("content", "get", "bafynonsense", "--json"), "--output"),
        (("content", "scrub", "--rate", "0"), "bytes_per_second"),
        (("collection", "create", "-t", "x"), "--title"),
    ],
)
def test_wrong_input_is_named_and_changes_nothing(
    mari: Any, tree_state: Any, words: tuple[str, ...], field: str | None
) -> None:
    mari.write("a.txt", b"one")
    mari.write("other/a.txt", b"two")
    (mari.folder / "empty").mkdir()
    os.mkfifo(mari.folder / "pipe")
    before, files = tree_state(mari.home), sorted(mari.folder.iterdir())
    answer = mari.type(*words, "--json")
    assert answer.code in ((1,) if words[0] == "init" else (2,)), answer
    error = answer.json["error"]
    if field is not None:
        assert error["field"] == field
    assert error["message"]
    assert error["remedy"] or error["problems"][0]["remedy"]
    assert tree_state(mari.home) == before
    assert sorted(mari.folder.iterdir()) == files


def test_every_fault_of_a_description_is_told_at_once_each_with_its_remedy(mari: Any) -> None:
    answer = mari(
        "publish", "-t", "x", "-l", "en", "--access", "open", "--kind", "Pic", "--creator", "|", code=2
    )
    told = answer.err.splitlines()
    assert sum(line.startswith("Error:") for line in told) >= 3
    assert sum(line.startswith("  →") for line in told) >= 3


def test_closed_access_is_refused_with_the_reason(mari: Any) -> None:
    answer = mari("publish", "-t", "x", "-l", "en", "--access", "restricted", code=2)
    assert "until encryption exists" in answer.err


def test_metadata_only_publishes_sizes_and_digests_and_no_file(mari: Any) -> None:
    mari.write("secret.txt", b"not for everybody")
    work = mari.json("publish", "secret.txt", "-t", "x", "-l", "en", "--access", "metadata-only")["records"][
        0
    ]
    assert work["files"][0]["bytes"] == 17
    assert "cid" not in work["files"][0]
    assert not (mari.home / "content").exists()


def test_a_symlink_in_a_folder_is_refused(mari: Any, tree_state: Any) -> None:
    mari.write("folder/a.txt", b"one")
    (mari.folder / "folder" / "passwords").symlink_to("/etc/passwd")
    before = tree_state(mari.home)
    error = mari.json("publish", "folder", "-t", "x", "-l", "en", "--access", "public", code=1)["error"]
    assert "symlink" in error["message"]
    assert tree_state(mari.home) == before


def test_init_leaves_nothing_behind_when_it_fails(newcomer: Any) -> None:
    person = newcomer("unlucky")
    for words in (
        ("init",),
        ("init", "--name", "\x07"),
        ("init", "--name", "x", "--network", "Not A Name"),
        ("init", "--name", "x", "--recovery-file", "no/such/folder/r.txt"),
        ("init", "--name", "x", "--recovery-file", str(person.home / "r.txt")),
        ("init", "--device", "--name", "x"),
        ("init", "--name", "x", "--passphrase"),
    ):
        person(*words, code=2)
        assert list(person.folder.iterdir()) == [], words
    person("init", "--name", "x")
    person("init", "--name", "y", code=1)


def test_a_folder_that_may_not_be_entered_is_an_error_and_not_a_traceback(
    mari: Any, monkeypatch: Any
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/somewhere")

    monkeypatch.setattr("knowchain.home.home.HomeLock.__init__", refuse)
    error = mari.json("stats", code=1)["error"]
    assert "/somewhere" in error["message"]


def test_a_revision_of_what_is_no_work_is_refused(mari: Any) -> None:
    work = mari.sign("publish", "-t", "x", "-l", "en", "--access", "public")
    note = mari.sign("note", work, "hm")
    assert mari.json("revise", note, "-t", "y", code=2)["error"]["field"] == "id"
    assert mari.json("revise", "bafyreiaaaaaaaa", "-t", "y", code=1)["error"]["code"] == "not-found"
