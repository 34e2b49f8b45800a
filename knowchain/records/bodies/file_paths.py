"""Paths of files: relative, inside the folder, the same on every machine."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from knowchain.errors import InvalidValue

__all__ = ["MAX_PATH", "canonical"]

MAX_PATH: Final = 1_024
"""Bytes of a path in UTF-8."""

_DRIVE: Final = re.compile(r"[A-Za-z]:")


def canonical(text: str, *, field: str = "path") -> str:
    """The path in Unicode form C, which is how paths are compared and stored.

    Raises:
        InvalidValue: absolute, out of the folder, with a backslash, an empty step or a control
            character, or longer than 1,024 bytes.
    """
    path = unicodedata.normalize("NFC", text)
    steps = path.split("/")
    if (
        any(step in ("", ".", "..") for step in steps)
        or "\\" in path
        or _DRIVE.match(path)
        or any(unicodedata.category(char) in ("Cc", "Cs") for char in path)
        or len(path.encode("utf-8", "replace")) > MAX_PATH
    ):
        raise InvalidValue(
            "{field}: {value} must be a relative path inside the folder",
            field=field,
            value=text,
            remedy="write it like `scans/page-001.tif`: steps joined by `/`, no `..`, at most 1024 bytes",
        )
    return path
