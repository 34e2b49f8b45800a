"""Axes of evaluation: five that everybody shares, and any other that its evaluation declares."""

from __future__ import annotations

from typing import Final

__all__ = ["AXES"]

AXES: Final = {
    "truth": "from false to true",
    "goodness": "from harmful to beneficial",
    "beauty": "from ugly to beautiful",
    "wisdom": "from foolish to wise",
    "sacredness": "from profane to sacred",
}
"""The shared axes, with what −2 to 2 mean on each."""
