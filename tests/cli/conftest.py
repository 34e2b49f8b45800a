"""People at a command line, each with a home in a temporary folder."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from knowchain_cli.main import run

COMMAND = Path(sys.executable).with_name("knowchain")


@dataclass(frozen=True)
class Answer:
    """What one run of the command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON document on the standard output, which must hold nothing else."""
        return json.loads(self.out)

    @property
    def id(self) -> str:
        """The id of the first record that was signed."""
        return str(self.json["records"][0]["id"])


@dataclass
class Person:
    """Somebody with a home and a folder to work in."""

    folder: Path
    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    own_process: bool = False
    """Whether each line runs in a process of its own, as at a real prompt; running here is faster."""

    def __call__(self, *words: str, code: int = 0, stdin: bytes = b"", **environment: str) -> Answer:
        """Type a line; it must end with ``code``."""
        answer = self.type(*words, stdin=stdin, **environment)
        assert answer.code == code, f"{words} ended with {answer.code}:\n{answer.out}\n{answer.err}"
        return answer

    def type(self, *words: str, stdin: bytes = b"", **environment: str) -> Answer:
        """Type a line, however it ends."""
        if not self.own_process:
            return run_here(words, self.folder, self.variables | environment)
        done = subprocess.run(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.variables | environment,
            input=stdin,
            capture_output=True,
            timeout=120,
        )
        return Answer(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def json(self, *words: str, code: int = 0) -> Any:
        """Type a line with ``--json``; the document."""
        return self(*words, "--json", code=code).json

    def sign(self, *words: str) -> str:
        """Type a line that signs a record; its id."""
        return str(self.json(*words)["records"][0]["id"])

    @property
    def variables(self) -> dict[str, str]:
        """The environment of this person's processes, with nothing of ours leaking in."""
        ours = ("KNOWCHAIN", "LC_", "LANG")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | {"KNOWCHAIN_HOME": str(self.home), "LANG": "C", "COLUMNS": "100"} | self.environment

    def write(self, name: str, content: bytes) -> Path:
        """Put a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


def run_here(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Answer:
    """One line, run in this process with streams, environment and folder of its own."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    before, here = dict(os.environ), Path.cwd()
    try:
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(list(words))
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)
    return Answer(code, *(stream.buffer.getvalue().decode("utf-8") for stream in (out, err)))  # type: ignore[attr-defined]


Neighbours = Callable[[str], Person]


@pytest.fixture
def tree_state() -> Callable[[Path], Mapping[str, str]]:
    """What a home keeps, to compare before and after."""
    return state_of


@pytest.fixture
def newcomer(tmp_path: Path) -> Neighbours:
    """Make somebody who has no home yet, in a folder of their own."""

    def make(name: str) -> Person:
        folder = tmp_path / name
        folder.mkdir()
        return Person(folder, folder / "home")

    return make


@pytest.fixture
def neighbour(newcomer: Neighbours) -> Neighbours:
    """Make somebody who has a home."""

    def make(name: str) -> Person:
        person = newcomer(name)
        person("init", "--name", name)
        return person

    return make


@pytest.fixture
def mari(neighbour: Neighbours) -> Person:
    """Mari, who has a home."""
    return neighbour("Mari")


@pytest.fixture
def beti(neighbour: Neighbours) -> Person:
    """Beti, who has another."""
    return neighbour("Beti")


def state_of(home: Path) -> Mapping[str, str]:
    """Digests of all that a home keeps; without the lock, which names the last process."""
    state = {}
    for path in sorted(home.rglob("*")):
        if not path.is_file() or path.name in ("lock",) or path.name.endswith(("-wal", "-shm")):
            continue
        if path.suffix == ".sqlite" or path.name.endswith(".sqlite"):
            with sqlite3.connect(path) as connection:
                content = "\n".join(connection.iterdump()).encode()
            connection.close()
        else:
            content = path.read_bytes()
        state[str(path.relative_to(home))] = hashlib.sha256(content).hexdigest()
    return state
