"""What pins reach, and letting go of single blocks that nothing reaches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

from knowchain.identifiers import Cid
from knowchain.storage.blocks.batch import multihash_of
from knowchain.storage.blocks.marking import TABLES, Marking

if TYPE_CHECKING:
    from knowchain.storage.blocks.packs import PackBlocks

__all__ = ["Discarded", "below_pins", "discard", "pins_above"]


@dataclass(frozen=True, slots=True)
class Discarded:
    """What became of one block.

    Attributes:
        outcome: ``removed``; ``missing``, it was not here; ``pinned`` or ``named``, something reaches it;
            ``in use``, an upload in flight relies on it.
        through: the pin, or the root of a file that a record names, which reaches it.
    """

    cid: Cid
    outcome: Literal["removed", "missing", "pinned", "named", "in use"]
    through: Cid | None = None


def below_pins(store: PackBlocks) -> Iterator[Cid]:
    """Every CID that pins reach and that is no pin itself, each once, in no particular order.

    Raises:
        Corruption: a block whose links must be followed is damaged. StorageFault: the disk refused.
    """
    with store.database.reading() as db:
        db.executescript(TABLES)
        Marking(store, db).mark(pin.cid for pin in store.pins())
        rows = db.execute("SELECT cid FROM temp.reached WHERE cid NOT IN (SELECT cid FROM ledger.pins)")
        for (cid,) in rows:
            yield Cid(cid)
        rows.close()
        db.executescript(TABLES)


def pins_above(store: PackBlocks, cids: Collection[Cid]) -> dict[Cid, Cid]:
    """For each of ``cids`` that a pin reaches, the first such pin; a pin reaches itself.

    Raises:
        Corruption, StorageFault: as :func:`below_pins`.
    """
    with store.database.reading() as db:
        db.executescript(TABLES)
        marking = Marking(store, db)
        wanted = dict.fromkeys(cids)
        found: dict[Cid, Cid] = {}
        for pin in store.pins():
            if not wanted:
                break
            marking.mark([pin.cid])
            for cid in tuple(wanted):
                if db.execute("SELECT 1 FROM temp.reached WHERE cid = ?", (cid,)).fetchone():
                    found[cid] = pin.cid
                    del wanted[cid]
        db.executescript(TABLES)
    return found


def discard(store: PackBlocks, cids: Sequence[Cid], roots: Iterable[Cid], reason: str) -> list[Discarded]:
    """Let go of those of ``cids`` that no pin, none of ``roots`` and no upload in flight reaches.

    The caller holds the store's maintenance lock. What is asked for again or pinned while this runs stays.

    Args:
        store: where they are.
        cids: which blocks.
        roots: what records refer to.
        reason: for the audit log.

    Raises:
        Corruption: a block whose links must be followed is damaged; nothing was let go of. StorageFault.
    """
    store.log.commit()
    with store.database.reading() as db, store.touched_meanwhile() as touched:
        db.executescript(TABLES)
        marking = Marking(store, db)
        wanted = {multihash_of(cid): cid for cid in cids}
        kept: dict[bytes, Discarded] = {}
        pins: Iterator[tuple[Literal["pinned", "named"], Cid]] = (("pinned", pin.cid) for pin in store.pins())
        records: Iterator[tuple[Literal["pinned", "named"], Cid]] = (("named", root) for root in roots)
        for how, root in chain(pins, records):
            marking.mark([root])
            for multihash in wanted.keys() - kept.keys():
                if marking.has_reached(multihash):
                    kept[multihash] = Discarded(wanted[multihash], how, root)
        with store.pinning as pinned:
            marking.mark(pinned)
            pinned.clear()

            def spared(multihash: bytes) -> bool:
                return multihash in touched or store.is_held(multihash) or marking.has_reached(multihash)

            done = [kept.get(multihash_of(cid)) or _discard(store, cid, reason, spared) for cid in cids]
        db.executescript(TABLES)
    return done


def _discard(store: PackBlocks, cid: Cid, reason: str, spared: Callable[[bytes], bool]) -> Discarded:
    if not store.has(cid):
        return Discarded(cid, "missing")
    with store.batch() as batch:
        gone = batch.delete(cid, reason, spared)
    return Discarded(cid, "removed" if gone else "in use")
