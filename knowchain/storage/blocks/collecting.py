"""Garbage collection: what no record, no pin and no upload in flight reaches is let go of.

Marking walks the links of dag-pb and dag-cbor blocks with its frontier in a temporary table on the disk, so
its memory does not grow with the store. What arrives, is asked for again or is pinned while it runs stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from knowchain.identifiers import Cid
from knowchain.storage.blocks.audit import raw_cid
from knowchain.storage.blocks.marking import TABLES, Marking

if TYPE_CHECKING:
    from knowchain.storage.blocks.packs import PackBlocks

__all__ = ["Garbage", "GcReport", "collect"]

_PAGE: Final = 1000
_LISTED: Final = 10_000

_DEAD: Final = """
SELECT multihash, length FROM {table} WHERE multihash > ?1 AND (pack, offset) < (?2, ?3)
AND NOT EXISTS (SELECT 1 FROM temp.alive a WHERE a.multihash = {table}.multihash)
AND NOT EXISTS (SELECT 1 FROM leases l JOIN uploads u ON u.id = l.upload
    WHERE l.multihash = {table}.multihash AND u.expires > ?5)
ORDER BY multihash LIMIT ?4
"""


@dataclass(frozen=True, slots=True)
class Garbage:
    """A block that nothing refers to: its raw CID, and its bytes."""

    cid: Cid
    size: int


@dataclass(frozen=True, slots=True)
class GcReport:
    """What a collection did, or in a dry run would do.

    Attributes:
        kept: blocks that something reaches.
        missing: blocks that something refers to and that are not here.
        collected: blocks let go of, and ``freed`` their bytes. :meth:`PackBlocks.compact` erases those that
            stand in packs.
        garbage: the first 10,000 of them.
        expired: labels of the uploads whose time was over.
    """

    kept: int
    missing: int
    collected: int
    freed: int
    garbage: tuple[Garbage, ...]
    expired: tuple[str, ...]
    dry_run: bool


def collect(
    store: PackBlocks,
    roots: Iterable[Cid],
    *,
    dry_run: bool,
    now: float,
    each: Callable[[Garbage], None] | None = None,
) -> GcReport:
    """Let go of what nothing reaches. The caller holds the store's maintenance lock.

    A root is walked by its codec: the raw twin of a record keeps that one block, the CID of a file or folder
    keeps all of it. A record that is published while this runs must refer to blocks of an open upload.

    Args:
        roots: what records refer to; the store's own pins and uploads are added.
        dry_run: only tell.
        now: seconds since 1970, for the uploads' leases.
        each: called for every piece of garbage.

    Raises:
        Corruption: a block whose links must be followed is damaged; nothing was let go of. Scrub first.
        StorageFault: the disk refused.
    """
    store.log.commit()
    high_water = store.log.position
    expired = tuple(store.ledger.expired_uploads(now))
    if not dry_run:
        store.ledger.end_expired(now)
    with store.database.reading() as db, store.touched_meanwhile() as touched:
        db.executescript(TABLES)
        marking = Marking(store, db)
        marking.mark(roots)
        marking.mark(pin.cid for pin in store.pins())
        total, freed = 0, 0
        listed: list[Garbage] = []
        for garbage in _sweep(store, marking, high_water, touched, now, dry_run):
            total, freed = total + 1, freed + garbage.size
            if len(listed) < _LISTED:
                listed.append(garbage)
            if each is not None:
                each(garbage)
        kept = marking.kept()
        db.executescript(TABLES)
    return GcReport(kept, marking.missing, total, freed, tuple(listed), expired, dry_run)


def _sweep(
    store: PackBlocks,
    marking: Marking,
    high_water: tuple[int, int],
    touched: set[bytes],
    now: float,
    dry_run: bool,
) -> Iterator[Garbage]:
    """Page by page, in order of multihash. Pins wait for a page at most, and count for the next."""
    for table in ("blocks", "pointers"):
        after = b""
        while True:
            with store.pinning as pinned:
                marking.mark(pinned)
                pinned.clear()
                query = _DEAD.format(table=table)
                page = marking.db.execute(query, (after, *high_water, _PAGE, now)).fetchall()
                gone = _let_go(store, page, touched, dry_run)
            yield from gone
            if not page:
                break
            after = page[-1][0]


def _let_go(
    store: PackBlocks, page: list[tuple[bytes, int]], touched: set[bytes], dry_run: bool
) -> list[Garbage]:
    def spared(multihash: bytes) -> bool:
        return multihash in touched or store.is_held(multihash)

    gone = []
    with store.batch() as batch:
        for multihash, size in page:
            garbage = Garbage(raw_cid(multihash), size)
            if dry_run or batch.delete(garbage.cid, "garbage", spared):
                gone.append(garbage)
    return gone
