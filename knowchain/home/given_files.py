"""Files that somebody names on the line or in a request."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from knowchain.errors import InvalidValue

__all__ = ["open_given"]


def open_given(path: Path, field: str) -> BinaryIO:
    """Open a file to read.

    Args:
        path: as it was given.
        field: under which name, for the message.

    Raises:
        InvalidValue: it is not there, or can't be read.
    """
    try:
        return path.open("rb")
    except OSError as exc:
        raise InvalidValue(
            "{field}: {value} can't be read: {why}",
            field=field,
            value=path,
            why=exc.strerror or str(exc),
            remedy="check the path",
        ) from exc
