"""Files on their way through the peer: in a folder of the home, and gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from knowchain.errors import StorageFault
from knowchain.home import Home

__all__ = ["clear", "scratch"]

_PREFIX: Final = "passing-"


@contextmanager
def scratch(home: Home) -> Iterator[Path]:
    """A folder for the time of the block.

    Raises:
        StorageFault: it can't be made, or what is written in it can't be.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home.layout.root))
    except OSError as exc:
        raise _fault(home.layout.root, exc) from exc
    try:
        yield folder
    except OSError as exc:
        raise _fault(folder, exc) from exc
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear(home: Home) -> None:
    """Remove what a peer that was killed left behind."""
    for folder in home.layout.root.glob(f"{_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _fault(path: Path, exc: OSError) -> StorageFault:
    return StorageFault(
        "{path} can't be written: {why}",
        remedy="make room on the disk of the home",
        path=path,
        why=exc.strerror or str(exc),
    )
