"""Marking: what roots reach, in temporary tables on the disk, so that memory does not grow with the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from knowchain.content.blocks import verified
from knowchain.content.walking import links_of
from knowchain.errors import ContentError, Corruption, NotFound
from knowchain.identifiers import RAW, Cid
from knowchain.storage.blocks.batch import multihash_of

if TYPE_CHECKING:
    from knowchain.storage.blocks.packs import PackBlocks

__all__ = ["TABLES", "Marking"]

_PAGE: Final = 1000
_IDENTITY: Final = 0

TABLES: Final = """
DROP TABLE IF EXISTS temp.reached;
DROP TABLE IF EXISTS temp.alive;
DROP TABLE IF EXISTS temp.frontier;
CREATE TEMP TABLE reached (cid BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE alive (multihash BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE frontier (id INTEGER PRIMARY KEY, cid BLOB NOT NULL);
"""
"""Makes the tables anew, empty; at the end it frees what they took."""


class Marking:
    """What is reached so far. A block is walked once for each codec that it is referred to by.

    Args:
        store: whose blocks are walked.
        db: a connection of the store, with fresh :data:`TABLES`.
    """

    def __init__(self, store: PackBlocks, db: sqlite3.Connection) -> None:
        self._store = store
        self._blocks = verified(store)
        self.db = db
        self.missing = 0

    def mark(self, roots: Iterable[Cid]) -> None:
        """Mark everything that ``roots`` reach.

        Raises:
            Corruption: a block whose links must be followed is damaged. StorageFault.
        """
        self._reach(roots)
        while rows := self.db.execute(
            "SELECT id, cid FROM frontier ORDER BY id DESC LIMIT ?", (_PAGE,)
        ).fetchall():
            self.db.execute("DELETE FROM frontier WHERE id >= ?", (rows[-1][0],))
            self._reach(link for _, cid in rows for link in self._links(Cid(cid)))

    def _reach(self, cids: Iterable[Cid]) -> None:
        for cid in cids:
            if cid.hash_code == _IDENTITY and cid.codec == RAW:
                continue  # it is its own block
            new = self.db.execute("INSERT OR IGNORE INTO reached VALUES (?)", (cid,)).rowcount
            if not new:
                continue
            self.db.execute("INSERT OR IGNORE INTO alive VALUES (?)", (multihash_of(cid),))
            if cid.codec != RAW:
                self.db.execute("INSERT INTO frontier (cid) VALUES (?)", (cid,))
            elif not self._store.has(cid):
                self.missing += 1

    def _links(self, cid: Cid) -> list[Cid]:
        try:
            return links_of(cid, self._blocks.get(cid))
        except NotFound:
            self.missing += 1
            return []
        except ContentError as exc:
            if self._is_whole(cid):
                return []  # not of the codec that its CID claims: whoever wrote it linked to nothing
            raise Corruption(
                "block {cid} is damaged, so what it refers to is unknown; nothing was collected",
                cid=str(cid),
                remedy="run a scrub, fetch the block again, then collect",
            ) from exc

    def _is_whole(self, cid: Cid) -> bool:
        return cid.matches(self._store.get(cid))

    def has_reached(self, multihash: bytes) -> bool:
        """Whether a block was reached, under whatever codec."""
        row = self.db.execute("SELECT 1 FROM alive WHERE multihash = ?", (multihash,)).fetchone()
        return row is not None

    def kept(self) -> int:
        """How many of the blocks that were reached are here."""
        (count,) = self.db.execute(
            "SELECT (SELECT COUNT(*) FROM blocks JOIN alive USING (multihash))"
            " + (SELECT COUNT(*) FROM pointers p JOIN alive USING (multihash)"
            " WHERE NOT EXISTS (SELECT 1 FROM blocks b WHERE b.multihash = p.multihash))"
        ).fetchone()
        return int(count)
