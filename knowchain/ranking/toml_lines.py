"""Where a key stands in a TOML text; the parser of the standard library doesn't say.

Covers tables, arrays of tables, quoted and dotted keys on lines of their own. For a key inside an
inline table the line of that table's key is the answer.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["line_of"]

_HEADER: Final = re.compile(r"\s*\[{1,2}\s*(?P<name>[^\]]+?)\s*\]{1,2}\s*(#.*)?$")
_KEY: Final = re.compile(
    r"""\s*(?P<key>(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART: Final = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def line_of(text: str, path: tuple[str, ...], nth: int = 1) -> int:
    """The line, counted from 1, of the last key on ``path`` that is found; 1 if none is.

    Args:
        nth: of several tables of the same name, which one.
    """
    best, depth, seen = 1, 0, 0
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if (header := _HEADER.match(line)) is not None:
            table = here = _parts(header["name"])
            seen += table == path[: len(table)]
            if seen < nth and table == path[: len(table)]:
                table = here = ()
        elif (key := _KEY.match(line)) is not None:
            here = (*table, *_parts(key["key"]))
        else:
            continue
        shared = len(here) if here == path[: len(here)] else 0
        if shared > depth:
            best, depth = number, shared
    return best


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
