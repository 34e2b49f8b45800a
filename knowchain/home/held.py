"""What a home holds, as one reader sees it at one moment: what is worked out beside feeds begins here."""

from __future__ import annotations

from typing import NamedTuple

from knowchain.identifiers import Cid
from knowchain.ranking.columns import Columns
from knowchain.ranking.readers_trust import AuthorTrust

__all__ = ["Held"]


class Held(NamedTuple):
    """The columns, and whom the reader's trust reaches.

    Attributes:
        snapshot: the CID of the manifest of what the columns were made from.
        as_of: milliseconds since 1970.
    """

    columns: Columns
    vouched: AuthorTrust
    snapshot: Cid
    as_of: int
