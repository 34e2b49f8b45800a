"""One range of bytes of an answer (RFC 9110, section 14)."""

from __future__ import annotations

import re
from typing import Final

from knowchain_node.api.failures import Refused

__all__ = ["asked_range", "no_such_range"]

_RANGE: Final = re.compile(r"bytes=(?P<first>\d{0,18})-(?P<last>\d{0,18})")


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte that a ``Range`` header asks for; None where it is not one range of bytes.

    Args:
        header: its value.
        size: bytes of the whole.

    Raises:
        Refused: 416, the range is not in it.
    """
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or not (found["first"] or found["last"]):
        return None
    if found["first"]:
        first, last = int(found["first"]), min(int(found["last"] or size), size - 1)
    else:
        first, last = max(0, size - int(found["last"])), size - 1
    if first > last or first >= size:
        raise no_such_range(header, size)
    return first, last


def no_such_range(header: str, size: int) -> Refused:
    """What is said of a range that there is not."""
    return Refused(
        416,
        "no-such-range",
        "the range {range} is not in what has {size} bytes",
        range=header[:60],
        size=size,
        remedy="ask for one range, such as bytes=0-99",
    )
