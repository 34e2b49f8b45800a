"""What the packs do not know: pins, uploads in flight, the history of checks, problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from knowchain.identifiers import Cid
from knowchain.storage.blocks.database import Database

__all__ = ["Ledger", "OpenUpload", "Outcome", "Pin", "Problem"]

Outcome = Literal["success", "failure"]
"""How a check ended, in the words of PREMIS."""

_PAGE: Final = 1024


@dataclass(frozen=True, slots=True)
class Pin:
    """A named reason to keep what ``cid`` reaches. ``since`` in seconds since 1970."""

    cid: Cid
    name: str
    since: float


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """An upload in flight: when its lease ends (seconds since 1970), and how many blocks it keeps."""

    label: str
    expires: float
    blocks: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A block that could not be served, where it should have been, and why. ``seen``: seconds since 1970."""

    multihash: bytes
    path: str
    what: str
    seen: float


class Ledger:
    """The ledger's tables. What is written is on the medium at return."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- pins -----------------------------------------------------------------------------------------

    def pin(self, cid: Cid, name: str, now: float) -> None:
        with self._database.writing() as db:
            db.execute("INSERT OR IGNORE INTO pins VALUES (?, ?, ?)", (cid, name, now))

    def unpin(self, cid: Cid, name: str | None) -> int:
        """Remove one pin, or with None every pin of ``cid``; returns how many there were."""
        with self._database.writing() as db:
            return db.execute(
                "DELETE FROM pins WHERE cid = ?1 AND (?2 IS NULL OR name = ?2)", (cid, name)
            ).rowcount

    def pins(self) -> Iterator[Pin]:
        """Every pin, in order of CID and name."""
        after: tuple[bytes, str] = (b"", "")
        while True:
            with self._database.reading() as db:
                rows = db.execute(
                    "SELECT cid, name, since FROM pins WHERE (cid, name) > (?, ?) ORDER BY 1, 2 LIMIT ?",
                    (*after, _PAGE),
                ).fetchall()
            if not rows:
                return
            yield from (Pin(Cid(cid), name, since) for cid, name, since in rows)
            after = rows[-1][:2]

    # --- uploads --------------------------------------------------------------------------------------

    def begin_upload(self, label: str, expires: float) -> int:
        with self._database.writing() as db:
            cursor = db.execute("INSERT INTO uploads (label, expires) VALUES (?, ?)", (label, expires))
        return int(cursor.lastrowid or 0)

    def lease(self, upload: int, multihashes: Iterable[bytes], expires: float) -> None:
        """Keep blocks alive for an upload, and the upload itself until ``expires``."""
        with self._database.writing() as db:
            db.execute("UPDATE uploads SET expires = ? WHERE id = ?", (expires, upload))
            db.executemany(
                "INSERT OR IGNORE INTO leases VALUES (?, ?)", [(upload, each) for each in multihashes]
            )

    def end_upload(self, upload: int) -> None:
        with self._database.writing() as db:
            db.execute("DELETE FROM uploads WHERE id = ?", (upload,))

    def uploads(self) -> list[OpenUpload]:
        """The uploads in flight, the oldest first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT label, expires, (SELECT COUNT(*) FROM leases WHERE upload = id)"
                " FROM uploads ORDER BY id"
            ).fetchall()
        return [OpenUpload(*row) for row in rows]

    def expired_uploads(self, now: float) -> list[str]:
        """Labels of the uploads whose time is over."""
        with self._database.reading() as db:
            return [label for (label,) in db.execute("SELECT label FROM uploads WHERE expires <= ?", (now,))]

    def end_expired(self, now: float) -> None:
        """Give up the leases of uploads whose time is over."""
        with self._database.writing() as db:
            db.execute("DELETE FROM uploads WHERE expires <= ?", (now,))

    def is_leased(self, multihash: bytes) -> bool:
        with self._database.reading() as db:
            row = db.execute("SELECT 1 FROM leases WHERE multihash = ? LIMIT 1", (multihash,)).fetchone()
        return row is not None

    # --- checks and problems --------------------------------------------------------------------------

    def checked(self, checks: Iterable[tuple[bytes, float, Outcome]]) -> None:
        """Record checks: multihash, seconds since 1970, outcome."""
        with self._database.writing() as db:
            db.executemany("INSERT OR REPLACE INTO checks VALUES (?, ?, ?)", list(checks))

    def unchecked_since(self, since: float, after: bytes = b"") -> list[tuple[bytes, int]]:
        """(multihash, bytes) of the next blocks, by multihash, whose last check is older than ``since``."""
        with self._database.reading() as db:
            return db.execute(
                "SELECT * FROM ("
                "SELECT b.multihash, b.length FROM blocks b LEFT JOIN checks c USING (multihash)"
                " WHERE b.multihash > ?1 AND (c.checked IS NULL OR c.checked < ?2)"
                " ORDER BY b.multihash LIMIT ?3) UNION SELECT * FROM ("
                "SELECT p.multihash, p.length FROM pointers p LEFT JOIN checks c USING (multihash)"
                " WHERE p.multihash > ?1 AND (c.checked IS NULL OR c.checked < ?2)"
                " ORDER BY p.multihash LIMIT ?3) ORDER BY 1 LIMIT ?3",
                (after, since, _PAGE),
            ).fetchall()

    def last_check(self, multihash: bytes) -> tuple[float, Outcome] | None:
        """When the block was last checked (seconds since 1970), and how that ended."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT checked, outcome FROM checks WHERE multihash = ?", (multihash,)
            ).fetchone()
        return None if row is None else (row[0], row[1])

    def report(self, problem: Problem) -> None:
        with self._database.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO problems VALUES (?, ?, ?, ?)",
                (problem.multihash, problem.path, problem.what, problem.seen),
            )

    def settle(self, multihashes: Iterable[bytes]) -> None:
        """These blocks are well again: their problems are over."""
        with self._database.writing() as db:
            db.executemany("DELETE FROM problems WHERE multihash = ?", [(each,) for each in multihashes])

    def is_troubled(self, multihash: bytes) -> bool:
        """Whether the block could not be served when it was asked for last."""
        with self._database.reading() as db:
            row = db.execute("SELECT 1 FROM problems WHERE multihash = ?", (multihash,)).fetchone()
        return row is not None

    def problems(self) -> list[Problem]:
        """Every open problem, the newest first; there are few, or the disk is dying."""
        with self._database.reading() as db:
            rows = db.execute("SELECT * FROM problems ORDER BY seen DESC LIMIT 100000").fetchall()
        return [Problem(*row) for row in rows]
