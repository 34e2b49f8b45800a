"""The import contracts of pyproject.toml bite: each is shown something that it must refuse."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the three packages and their contracts, to spoil."""
    for package in ("knowchain", "node/knowchain_node", "cli/knowchain_cli"):
        shutil.copytree(
            ROOT / package, tmp_path / Path(package).name, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "lint-imports", "--no-logo", "--no-cache"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )


def add(tree: Path, module: str, source: str) -> None:
    path = tree / module
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + source)


def test_the_tree_as_it_stands_keeps_every_contract(tree: Path) -> None:
    result = lint_imports(tree)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        pytest.param("knowchain/utils.py", "", "knowchain.utils", id="a-module-without-a-floor"),
        pytest.param(
            "knowchain/codec.py",
            "import knowchain.signing",
            "codec is not allowed to import knowchain.signing",
            id="neighbours",
        ),
        pytest.param("knowchain/errors.py", "import knowchain.codec", "errors is not allowed", id="upwards"),
        pytest.param(
            "knowchain/limits.py", "import asyncio", "import asyncio", id="an-event-loop-in-the-library"
        ),
        pytest.param(
            "knowchain/trust/__init__.py", "import random", "import random", id="chance-below-the-store"
        ),
        pytest.param(
            "knowchain/content/clock.py", "import time", "import time", id="a-clock-below-the-store"
        ),
        pytest.param(
            "knowchain/limits.py", "import knowchain_node", "import knowchain_node", id="library-knows-peer"
        ),
        pytest.param(
            "knowchain_node/door.py", "import knowchain_cli", "import knowchain_cli", id="peer-knows-command"
        ),
        pytest.param(
            "knowchain_node/door.py", "import libp2p", "import libp2p", id="libp2p-outside-the-child"
        ),
        pytest.param("knowchain/limits.py", "import rich", "import rich", id="a-face-in-the-library"),
        pytest.param("knowchain_cli/door.py", "import trio", "import trio", id="trio-in-the-command"),
    ],
)
def test_a_breach_is_refused_and_named(tree: Path, module: str, source: str, complaint: str) -> None:
    add(tree, module, f"\n{source}\n")
    result = lint_imports(tree)
    assert result.returncode != 0
    assert complaint in " ".join(result.stdout.split())


def test_the_child_process_may_import_libp2p_and_the_store_may_touch_the_disk(tree: Path) -> None:
    add(tree, "knowchain_node/network/__init__.py", "\nimport libp2p\nimport trio\n")
    add(tree, "knowchain_node/network/deep.py", "\nimport trio\n")
    add(tree, "knowchain/storage/__init__.py", "\nimport os\n")
    result = lint_imports(tree)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("folder", ["node", "cli"])
def test_the_folders_are_not_importable_by_accident(tmp_path: Path, folder: str) -> None:
    """An editable install lets them be imported as namespace packages, which works nowhere else."""
    (tmp_path / "stray.py").write_text(f"import {folder}\n\nprint({folder})\n")
    result = subprocess.run(
        [
            BIN / "ruff",
            "check",
            "--no-cache",
            "--config",
            ROOT / "pyproject.toml",
            "--output-format",
            "concise",
            "stray.py",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "TID251" in result.stdout
