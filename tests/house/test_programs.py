"""A test whose program is missing skips and names it; in CI it fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTEST = Path(sys.executable).parent / "pytest"

NEEDY = """
def test_needs(need_program):
    assert need_program({name!r}).name == "expected"
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tests under our conftest, on a machine that has nothing."""
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in ("CI", "KNOWCHAIN_KUBO", "KNOWCHAIN_NODE22", "HYPOTHESIS_PROFILE", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def run(world: Path, name: str) -> subprocess.CompletedProcess[str]:
    (world / "test_needy.py").write_text(NEEDY.format(name=name))
    return subprocess.run(
        [PYTEST, "-rs", "-p", "no:cacheprovider", "test_needy.py"],
        cwd=world,
        capture_output=True,
        text=True,
        check=False,
    )


def make_program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", ["kubo", "node22", "no-such-program"])
def test_a_missing_program_is_a_skip_that_says_what_to_do(world: Path, name: str) -> None:
    result = run(world, name)
    assert result.returncode == 0
    assert "1 skipped" in result.stdout
    assert f"{name} is missing: " in result.stdout


@pytest.mark.parametrize("name", ["kubo", "node22", "no-such-program"])
def test_in_ci_a_missing_program_is_a_failure(
    world: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    result = run(world, name)
    assert result.returncode == 1
    assert f"{name} is missing: " in result.stdout


def test_a_variable_names_the_program(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOWCHAIN_KUBO", str(make_program(world / "elsewhere" / "expected")))
    assert run(world, "kubo").returncode == 0


def test_what_make_put_into_the_cache_is_found(world: Path) -> None:
    make_program(world / "cache" / "knowchain" / "kubo" / "ipfs")
    result = run(world, "kubo")
    assert "'ipfs' == 'expected'" in result.stdout


def test_a_mark_asks_for_its_program_before_any_fixture(world: Path) -> None:
    (world / "pytest.ini").write_text("[pytest]\nmarkers =\n    kubo: needs Kubo\n")
    (world / "test_marked.py").write_text(
        "import pytest\n\n@pytest.mark.kubo\ndef test_it(no_such_fixture): ...\n"
    )
    result = subprocess.run(
        [PYTEST, "-rs", "test_marked.py"], cwd=world, capture_output=True, text=True, check=False
    )
    assert "kubo is missing: make kubo" in result.stdout
