"""trace, blast and search as a person uses them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from prov.model import ProvDocument

KNOWCHAIN = Path(sys.executable).with_name("knowchain")


class Command:
    """The installed command, over one home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *line: str, code: int = 0) -> str:
        done = subprocess.run(
            [KNOWCHAIN, *line, "--home", str(self.home)], capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stdout + done.stderr

    def published(self, title: str, *line: str) -> str:
        answer = json.loads(
            self("publish", "--title", title, "--lang", "en", "--access", "metadata-only", *line, "--json")
        )
        rid: str = answer["records"][0]["id"]
        return rid


@pytest.fixture(scope="module")
def knowchain(tmp_path_factory: pytest.TempPathFactory) -> Command:
    folder = tmp_path_factory.mktemp("trace")
    command = Command(folder / "home")
    command("init", "--name", "Mari Ellis", "--recovery-file", str(folder / "recovery.txt"))
    return command


def test_a_work_is_found_traced_and_its_radius_told(knowchain: Command) -> None:
    first = knowchain.published("The harbour of 東京")
    second = knowchain.published("A print of the harbour", "--field", f'derived_from=["{first}"]')
    assert "*harbour*" in knowchain("search", "harbour")
    found = json.loads(knowchain("search", "東", "--json"))["found"]
    assert [one["id"] for one in found] == [first]
    assert "derived from: The harbour of 東京" in knowchain("trace", second)
    assert "source of: A print" in knowchain("trace", first[:16], "--down")
    assert second[:15] in knowchain("blast", first)
    assert json.loads(knowchain("trace", second, "--json"))["trace"]["sources"] == 1
    assert json.loads(knowchain("trace", second, "--format", "json"))["trace"]["root"] == second
    assert json.loads(knowchain("blast", first, "--json"))["blast"]["affected_count"] == 1
    assert knowchain("trace", second, "--format", "mermaid").startswith("flowchart")
    assert knowchain("trace", second, "--format", "dot").startswith("digraph")
    for syntax, kind in (("prov", "json"), ("provn", "provn")):
        document = ProvDocument.deserialize(
            content=knowchain("trace", second, "--format", syntax), format=kind
        )
        assert document.get_records()


@pytest.mark.parametrize(
    ("line", "code", "named"),
    [
        (["search", '"'], 2, "nothing in"),
        (["search", "x", "--lang", "english"], 2, "lang"),
        (["search", "x", "--since", "soon"], 2, "since"),
        (["search", "x", "--limit", "0"], 2, "limit"),
        (["trace", "bafyreinothing"], 1, "no record here begins"),
        (["trace", "Nobody"], 1, "nobody here is called"),
        (["blast", "did:key:z6Mkwrong"], 2, "public key"),
    ],
)
def test_bad_input_names_the_field_and_the_remedy(
    knowchain: Command, line: list[str], code: int, named: str
) -> None:
    told = knowchain(*line, code=code)
    assert named in told
    assert "→" in told


def test_nothing_found_is_said(knowchain: Command) -> None:
    assert "Nothing here" in knowchain("search", "zqxwvutsrq")
