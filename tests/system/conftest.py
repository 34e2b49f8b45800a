"""The makers of worlds are shared by the tests of this folder."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Any]:
    """Peers with homes of their own, on loopback."""
    from system_worlds import World

    async with contextlib.AsyncExitStack() as stack:
        yield World(tmp_path, stack)
