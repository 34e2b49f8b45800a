"""What every test may lean on: hypothesis profiles, an own home, and programs from outside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

ROOT = Path(__file__).parent.parent
JS = ROOT / "tests" / "js"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "knowchain"

# A shared machine stalls now and then, so no example has a deadline; pytest-timeout ends what hangs.
settings.register_profile(
    "developer",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=DirectoryBasedExampleDatabase(ROOT / ".cache" / "hypothesis"),
)
# CI tries the same examples for the same code, so that a red run is the change's and not chance's.
settings.register_profile("ci", settings.get_profile("developer"), derandomize=True, print_blob=True)
settings.register_profile("campaign", settings.get_profile("developer"), max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "developer"))

NeedProgram = Callable[[str], Path]

# Programs that are not looked for on the PATH: the variable that names one, where its make target puts it.
PROGRAMS = {
    "kubo": ("KNOWCHAIN_KUBO", CACHE / "kubo" / "ipfs", "make kubo"),
    "node22": ("KNOWCHAIN_NODE22", CACHE / "node22" / "node", "make js"),
}


def _locks() -> list[Path]:
    """The lock files of the packages that tests under Node need."""
    return [*JS.glob("package-lock.json"), *JS.glob("*/package-lock.json")]


def find_program(name: str) -> tuple[Path | None, str]:
    """The program called ``name``, or None, and how it can be had."""
    if name not in PROGRAMS:
        found = shutil.which(name)
        return (Path(found) if found else None), f"install {name}, or put it on the PATH"
    variable, cached, target = PROGRAMS[name]
    path = Path(os.environ.get(variable) or cached)
    if name == "node22" and not all((lock.parent / "node_modules").is_dir() for lock in _locks()):
        return None, f"{target}, which also fetches the packages of tests/js"
    return (path if os.access(path, os.X_OK) else None), f"{target}, or set {variable}"


def require_program(name: str) -> Path:
    """The program's path; where it is missing the test is skipped, or fails in CI, which has them all."""
    path, remedy = find_program(name)
    if path is not None:
        return path
    message = f"{name} is missing: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(f"{message} (in CI a missing program is a failure)", pytrace=False)
    pytest.skip(message)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """The marks ``kubo`` and ``node22`` ask for their program before any fixture is made."""
    for name in PROGRAMS:
        if item.get_closest_marker(name):
            require_program(name)


@pytest.fixture(scope="session")
def need_program() -> NeedProgram:
    """``need_program("kubo")`` is the path of a program that the test can't do without."""
    return require_program


@pytest.fixture
def tmp_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for a home, which ``KNOWCHAIN_HOME`` names; no other setting of ours leaks in."""
    for variable in list(os.environ):
        if variable.startswith("KNOWCHAIN_") and variable not in {
            "KNOWCHAIN_DATA",
            "KNOWCHAIN_KUBO",
            "KNOWCHAIN_NODE22",
        }:
            monkeypatch.delenv(variable)
    home = tmp_path / "home"
    monkeypatch.setenv("KNOWCHAIN_HOME", str(home))
    return home
