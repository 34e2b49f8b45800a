"""What to do about content that is refused: the two cases there are."""

from __future__ import annotations

from typing import Final

__all__ = ["DAMAGED", "MADE_WRONG"]

DAMAGED: Final = "the bytes were changed or cut on their way: fetch them again, or from another source"
MADE_WRONG: Final = (
    "fetching it again gives the same bytes: whoever made it must make it anew, under another CID"
)
