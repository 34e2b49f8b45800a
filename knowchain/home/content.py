"""Content: the files of this home, by CID: brought in, given out, listed, counted, checked, let go of."""

from __future__ import annotations

from knowchain.home.home import Home
from knowchain.identifiers import Cid

__all__ = ["holds_block"]


def holds_block(home: Home, cid: Cid) -> bool:
    """Whether the block is here. A home without content is left without."""
    return home.layout.content.is_dir() and home.content.has(cid)
