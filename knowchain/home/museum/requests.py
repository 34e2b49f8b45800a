"""What an import is asked, how far it is, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from knowchain.content.profiles import UNIXFS_V1_2025
from knowchain.home.museum.reporting import Tally

__all__ = ["Advance", "Counts", "Imported", "Progress", "TableImport"]


@dataclass(frozen=True, slots=True)
class TableImport:
    """What is to be published.

    Attributes:
        table: the file: CSV, TSV or JSON lines, perhaps in gzip.
        map: a map file, or the name of one that comes with the program; None for the usual headers.
        access: who may see works of which the table doesn't say it.
        files: the folder with the files that the rows name; None for descriptions alone.
        in_place: leave the files where they are, and refer to them.
        dry_run: check everything, sign nothing.
        strict: sign nothing if any row is bad.
        report: where each row's problems are written.
        publisher: who asserts the rights; the owner's display name if it is not given.
        file_role: what the files are for.
        profile: how files become blocks.
        processes: how many processes plan; None for as many as there are processors to spare.
    """

    table: str
    map: str | None = None
    access: str | None = None
    files: str | None = None
    in_place: bool = False
    dry_run: bool = False
    strict: bool = False
    report: str | None = None
    publisher: str | None = None
    file_role: str = "access"
    profile: str = UNIXFS_V1_2025.name
    processes: int | None = None


@dataclass
class Counts:
    """How many. ``works`` are new ones; ``revised`` took the place of an older version."""

    rows: int = 0
    works: int = 0
    revised: int = 0
    unchanged: int = 0
    refused: int = 0
    withdrawn: int = 0
    """Rows whose work was retracted: what its owner took back does not come back by itself."""
    events: int = 0
    rights: int = 0
    collections: int = 0
    files: int = 0
    file_bytes: int = 0
    unread: int = 0
    """Custody histories of which something was not read; the whole text is in the description."""

    @property
    def created(self) -> int:
        """Records that were signed."""
        return self.works + self.revised + self.events + self.rights + self.collections


@dataclass(frozen=True)
class Progress:
    """How far an import is."""

    rows: int
    bytes: int
    """Bytes of the table that are read."""
    total: int
    signed: int
    seconds: float

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0

    @property
    def remaining(self) -> float | None:
        """Seconds that the rest will take, if it goes on so; None at the beginning."""
        if not self.bytes or self.seconds < 1:
            return None
        return self.seconds * max(0, self.total - self.bytes) / self.bytes


@dataclass(frozen=True)
class Imported:
    """What an import did, or in a dry run would do."""

    table: str
    dry_run: bool
    counts: Counts
    seconds: float
    problems: tuple[Tally, ...]
    """Kinds of problems, errors first."""
    remarks: tuple[str, ...] = ()
    """What there is to say of the table as a whole."""
    extra_files: tuple[str, ...] = ()
    """The first files of the folder that no row names."""
    report: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every row was good."""
        return self.counts.refused == 0


Advance: TypeAlias = Callable[[Progress], None]
"""Told how far it is, now and then."""
