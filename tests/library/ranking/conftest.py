"""The makers of worlds, and the engine in JavaScript, are shared by the tests of this folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

ENGINE = Path(__file__).parents[2] / "js" / "ranking" / "vectors.mjs"


@pytest.fixture
def run(need_program: Callable[[str], Path]) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """``run(FOLDER)`` holds the engine in JavaScript to the vectors of a folder."""
    node = need_program("node22")
    return lambda folder: subprocess.run(
        [node, ENGINE, folder], capture_output=True, text=True, timeout=500, check=False
    )
