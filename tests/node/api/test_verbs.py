"""The command behaves the same whether a peer runs or not: the same script of lines, twice."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knowchain_cli.main import run
from knowchain_node.verbs import VERBS

COMMAND = Path(sys.executable).with_name("knowchain")
SOURCES = Path(__file__).parents[3] / "cli" / "knowchain_cli" / "verbs"
SETTINGS = ["--set", "api.port=0", "--set", "log.format=json", "--offline"]

IDS = re.compile(r"\b(bafy[a-z2-7]{20,}|bafk[a-z2-7]{20,}|urn:uuid:[0-9a-f-]+|did:key:\w+|[0-9a-f]{64})")
TIMES = frozenset(
    {
        "time",
        "received",
        "claimed",
        "at",
        "since",
        "seconds",
        "store_bytes",
        "started",
        "home",
        "file",
        "bytes",
    }
)
NEEDS_THE_HOME = frozenset({"recover"})
"""Asked through the session, and refused while a peer runs: each reads a secret that was taken away."""


def knowchain(home: Path, *line: str) -> tuple[int, Any]:
    """Exit code and answer of one line, carried out in this process for speed."""
    answer = io.StringIO()
    with contextlib.redirect_stdout(answer):
        code = run(["--json", "--home", str(home), *line])
    return code, json.loads(answer.getvalue())


@contextlib.contextmanager
def running(home: Path, *more: str) -> Iterator[dict[str, str]]:
    """A peer as a process of its own, until the end of the block."""
    process = subprocess.Popen(
        [COMMAND, "--json", "--home", home, "node", "run", *SETTINGS, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        text = ""
        while not text.rstrip().endswith("}\n}") and (line := process.stdout.readline()):
            text += line
        assert text, process.stderr.read() if process.stderr else ""
        yield json.loads(text)["peer"]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, process.stderr.read() if process.stderr else ""
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


class Same:
    """An answer without what differs from run to run: ids by the order in which they come, no times."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.of(name): "…" if name in TIMES else self.of(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.of(item) for item in value]
        if isinstance(value, str):
            return IDS.sub(lambda found: self._names.setdefault(found[0], f"id {len(self._names)}"), value)
        return value


def script(home: Path, folder: Path) -> list[tuple[int, Any]]:
    """What somebody does in an afternoon."""
    done: list[tuple[int, Any]] = []

    def do(*line: str) -> Any:
        done.append(knowchain(home, *line))
        return done[-1][1]

    picture, texts, car = folder / "harbour.jpg", folder / "texts", folder / "out.car"
    public = ("--lang", "en", "--access", "public")
    made = do("publish", str(picture), str(texts), "--title", "The harbour", *public)
    work = made["records"][0]["id"]
    do("show", work)
    do("verify", work)
    do("publish", "--title", "No file", *public)
    do("publish", str(picture), "--title", "Bad", "--lang", "not a language", "--access", "public")
    do("publish", str(folder / "nowhere"), "--title", "Bad", *public)
    do("revise", work, "--title", "The old harbour", "--lang", "en")
    do("note", work, "--motivation", "commenting", "--text", "Seen from the mole.", "--lang", "en")
    do("name", "Ada", "Me")
    do("name")
    do("follow", "Me")
    do("follow")
    do("unfollow", "Me")
    do("unfollow", "Me")
    do("search", "harbour")
    do("trace", work)
    do("keys", "list")
    do("content", "add", str(texts))
    do("content", "add", str(picture))
    do("content", "pins")
    do("stats")
    cid = made["records"][0]["files"][0]["cid"]
    do("content", "stat", cid)
    do("content", "get", cid, "-o", str(folder / "again.jpg"))
    do("content", "get", cid, "-o", str(folder / "again.jpg"))
    do("export", str(car), work, "--content")
    do("export", str(car), work, "--content")
    do("import", str(car))
    do("import", str(picture))
    do("retract", work, "--reason", "A test.", "--lang", "en")
    do("show", work)
    do("fsck")
    do("show", "bafyreinothinghere")
    do("backup", str(folder / "backup"))
    do("nonsense")
    return done


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "texts" / "deep").mkdir(parents=True)
    (folder / "harbour.jpg").write_bytes(os.urandom(1_500_000))
    (folder / "texts" / "one.txt").write_text("one\n")
    (folder / "texts" / "deep" / "δύο.txt").write_text("two\n")
    return folder


def test_the_same_lines_give_the_same_answers_with_a_running_peer(
    seed_home: Path, tmp_path: Path, files: Path
):
    for name in ("lonely", "served"):
        shutil.copytree(seed_home, tmp_path / name)
        shutil.copytree(files, tmp_path / f"{name}-files")
    alone = script(tmp_path / "lonely", tmp_path / "lonely-files")
    with running(tmp_path / "served"):
        served = script(tmp_path / "served", tmp_path / "served-files")
    here, there = Same(), Same()
    for one, other in zip(alone, served, strict=True):
        left = here.of(json.loads(json.dumps(one).replace("lonely", "served")))
        right = there.of(json.loads(json.dumps(other)))
        assert left == right
    assert sum(code == 0 for code, _ in alone) > 20
    assert (tmp_path / "served-files" / "again.jpg").read_bytes() == (files / "harbour.jpg").read_bytes()
    assert not list((tmp_path / "served").glob("passing-*"))


def test_every_verb_of_the_command_can_be_asked_of_a_peer_or_says_why_not():
    asked: set[str] = set()
    for path in SOURCES.glob("*.py"):
        tree = ast.parse(path.read_text())
        alias = {
            name.asname or name.name: name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for name in node.names
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("ask", "asked")
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "session"
            ):
                verb = node.args[0]
                asked.add(verb.attr if isinstance(verb, ast.Attribute) else alias.get(verb.id, verb.id))  # type: ignore[attr-defined]
    assert asked - set(VERBS) <= NEEDS_THE_HOME
    assert len(asked) > 20


@pytest.mark.parametrize("pid", [2**22 + 1, os.getpid()], ids=["nobody", "another program"])
def test_a_peer_that_was_killed_leaves_the_home_to_the_command(seed_home: Path, tmp_path: Path, pid: int):
    shutil.copytree(seed_home, tmp_path / "home")
    (tmp_path / "home" / "api.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "pid": pid}))
    code, answer = knowchain(tmp_path / "home", "stats")
    assert (code, answer["stats"]["records"]) == (0, 2)


def test_the_command_meets_and_bans_through_the_peer(seed_home: Path, tmp_path: Path):
    shutil.copytree(seed_home, tmp_path / "home")
    home = tmp_path / "home"
    code, answer = knowchain(home, "node", "status")
    assert (code, answer["error"]["code"]) == (1, "not-found")
    with running(home) as peer:
        assert peer["url"].startswith("http://127.0.0.1:")
        code, answer = knowchain(home, "node", "status")
        assert (code, answer["status"]["ready"], answer["status"]["network"]) == (0, True, "off")
        code, answer = knowchain(home, "node", "peers")
        assert (code, answer["error"]["code"]) == (1, "no-network")
    assert not (home / "api.json").exists()
    code, answer = knowchain(home, "node", "config")
    assert {row["key"] for row in answer["settings"]} >= {"api.port", "network.listen"}


def test_in_place_files_stay_where_they_are_with_a_running_peer(seed_home: Path, tmp_path: Path, files: Path):
    shutil.copytree(seed_home, tmp_path / "home")
    line = ("publish", str(files / "harbour.jpg"), "--title", "H", "--lang", "en", "--access", "public")
    with running(tmp_path / "home"):
        code, _ = knowchain(tmp_path / "home", *line, "--in-place")
        assert code == 0
        code, found = knowchain(tmp_path / "home", "stats")
    assert found["stats"]["content"]["in_place_bytes"] == 1_500_000
