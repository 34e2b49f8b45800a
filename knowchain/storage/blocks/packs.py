"""The pack store: blocks in append-only packs, or in someone's original files, with an index beside them.

The format is docs/spec/packs.md. One process writes; any number of its threads read and write.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self

from knowchain.errors import Corruption, KnowchainError, NotFound, StorageFault
from knowchain.identifiers import Cid
from knowchain.storage.blocks import collecting, compaction, consistency, reaching, recovery
from knowchain.storage.blocks.audit import AuditLine, AuditLog, raw_cid
from knowchain.storage.blocks.batch import Batch, multihash_of
from knowchain.storage.blocks.database import Database
from knowchain.storage.blocks.durable import faults_at, sync_folder
from knowchain.storage.blocks.framing import Pointer, Tombstone
from knowchain.storage.blocks.index import QUARANTINED, Index, Located, Totals
from knowchain.storage.blocks.ledger import Ledger, OpenUpload, Pin, Problem
from knowchain.storage.blocks.lock import FolderLock
from knowchain.storage.blocks.log import BlockLog
from knowchain.storage.blocks.originals import read_original, shown_path
from knowchain.storage.blocks.packfolder import PackFolder, PackGone, Place
from knowchain.storage.blocks.quarantine import Quarantine
from knowchain.storage.blocks.uploads import Upload

__all__ = ["PACK_SIZE", "PackBlocks"]

PACK_SIZE: Final = 512 * 2**20
"""Bytes after which a pack is sealed."""
UPLOAD_SECONDS: Final = 7 * 86_400.0
"""How long the blocks of an upload are kept after its last sign of life."""


class PackBlocks:
    """A :class:`~knowchain.content.blocks.BlockStore` on the disk, keyed by multihash.

    ``get`` hashes what it reads from original files; what it reads from packs is for
    :func:`~knowchain.content.blocks.verified` to check, as with every backend. Made by :meth:`open`.
    """

    def __init__(
        self, folder: Path, lock: FolderLock, database: Database, clock: Callable[[], float]
    ) -> None:
        self.folder: Final = folder
        self.clock: Final = clock
        self.packs: Final = PackFolder(folder / "packs")
        self.index: Final = Index(database)
        self.ledger: Final = Ledger(database)
        self.audit: Final = AuditLog(folder / "audit.jsonl")
        self.quarantine: Final = Quarantine(folder / "quarantine")
        self.database: Final = database
        self.maintenance: Final = Lock()
        """Held by whoever goes over the whole store: gc, compaction, fsck."""
        self.log: BlockLog
        self._lock = lock
        self._open_batches: set[Batch] = set()
        self._counting = Lock()
        self._touched: set[bytes] | None = None
        self._pinning = Lock()
        self._pinned: list[Cid] = []

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        pack_size: int = PACK_SIZE,
        clock: Callable[[], float] = time.time,
        progress: Callable[[int], None] | None = None,
    ) -> Self:
        """Open the store in ``folder``, which is made if need be, and recover what a cut left unfinished.

        Without its index the store replays all its packs: at the speed of hashing.

        Args:
            pack_size: bytes after which a pack is sealed.
            clock: seconds since 1970.
            progress: called with the bytes that were replayed since its last call.

        Raises:
            HomeError: another process holds the store, or a newer version wrote it.
            StorageFault: the disk refused. Corruption: the database is damaged: rebuild it.
        """
        with faults_at(folder, "make"):
            for part in (folder, folder / "packs", folder / "quarantine"):
                part.mkdir(parents=True, exist_ok=True, mode=0o700)
            sync_folder(folder)
        lock = FolderLock(folder / "lock")
        try:
            store = cls(folder, lock, Database(folder), clock)
        except BaseException:
            lock.release()
            raise
        try:
            store._recover(pack_size, progress)
        except BaseException:
            store.database.close()
            lock.release()
            raise
        return store

    def _recover(self, pack_size: int, progress: Callable[[int], None] | None) -> None:
        recovery.recover(self.packs, self.index, self.quarantine, progress)
        compaction.finish_erasing(self)
        self.log = BlockLog(self.packs, self.index, pack_size)

    def close(self) -> None:
        """Close everything; no thread may be using the store. What was not acknowledged is let go of."""
        self.log.close()
        self.packs.close()
        self.database.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- blocks ---------------------------------------------------------------------------------------

    def get(self, cid: Cid) -> bytes:
        """The block that ``cid`` names.

        Raises:
            NotFound: no such block here.
            Corruption: an original file no longer holds it, or a pack is damaged.
            StorageFault: the disk refused. In both cases a problem is recorded, and a put heals it.
        """
        multihash = multihash_of(cid)
        while True:
            located = self.index.find(multihash)
            if located is None:
                raise _not_here(cid)
            try:
                return self._read(located, multihash, cid)
            except PackGone:
                continue  # a compaction moved it
            except (Corruption, StorageFault) as exc:
                self._report(multihash, located, exc)
                raise

    def _read(self, located: Located, multihash: bytes, cid: Cid) -> bytes:
        if isinstance(located, Pointer):
            return read_original(located, multihash)
        try:
            return self.packs.read(located, multihash)
        except PackGone:
            if self.index.find(multihash) != located:
                raise
            raise _lost(located, cid) from None

    def _report(self, multihash: bytes, located: Located, exc: KnowchainError) -> None:
        if isinstance(located, Pointer):
            path = shown_path(located.path)
        else:
            path = self.packs.path(located.pack).name
        self.ledger.report(Problem(multihash, path, str(exc), self.clock()))

    def put(self, cid: Cid, block: bytes) -> None:
        """Keep ``block``, which the caller has hashed; it is on the medium at return.

        Raises:
            ContentError, StorageFault: as :meth:`Batch.put`.
        """
        with self.batch() as batch:
            batch.put(cid, block)

    def has(self, cid: Cid) -> bool:
        """Whether the block is held; an original file that was changed since is noticed by ``get`` only."""
        return self.index.find(multihash_of(cid)) is not None

    def size(self, cid: Cid) -> int:
        """Bytes of the block.

        Raises:
            NotFound: no such block here.
        """
        located = self.index.find(multihash_of(cid))
        if located is None:
            raise _not_here(cid)
        return located.length

    def delete(self, cid: Cid, reason: str = "deleted") -> None:
        """Serve the block no longer; one that is not held is no error.

        Its bytes leave the disk with the next :meth:`compact`; copies in quarantine leave at once.

        Raises:
            StorageFault: the disk refused.
        """
        with self.batch() as batch:
            batch.delete(cid, reason)
        compaction.erase_quarantined(self, multihash_of(cid), reason)

    def cids(self) -> Iterator[Cid]:
        """Every block held, under its raw CID: the codec is the business of whoever refers to it."""
        return (raw_cid(multihash) for multihash, _ in self.index.each())

    def batch(self, upload: Upload | None = None) -> Batch:
        """Many blocks under one wait for the medium: ``with store.batch() as batch: batch.put(cid, block)``.

        Args:
            upload: keep the blocks from the garbage collector on its behalf.
        """
        return Batch(self, upload)

    def batch_opened(self, batch: Batch) -> None:
        """Count an open batch."""
        with self._counting:
            self._open_batches.add(batch)

    def batch_closed(self, batch: Batch) -> bool:
        """Count a closed batch; tells whether no other is open."""
        with self._counting:
            self._open_batches.discard(batch)
            return not self._open_batches

    # --- what keeps blocks alive --------------------------------------------------------------------

    def pin(self, cid: Cid, name: str) -> None:
        """Keep everything that ``cid`` reaches, for a named reason. A raw CID reaches one block."""
        with self.pinning as pinned:
            self.ledger.pin(cid, name, self.clock())
            pinned.append(cid)

    def unpin(self, cid: Cid, name: str | None = None) -> int:
        """Remove a pin, or with no name all of them; returns how many there were."""
        return self.ledger.unpin(cid, name)

    def pins(self) -> Iterator[Pin]:
        """Every pin."""
        return self.ledger.pins()

    def begin_upload(self, label: str, seconds: float = UPLOAD_SECONDS) -> Upload:
        """Lease the blocks of batches that are given this upload, until it ends or ``seconds`` pass idle."""
        return Upload(self.ledger, self.clock, label, seconds)

    def uploads(self) -> list[OpenUpload]:
        """The uploads in flight, the oldest first; one whose time is over ends with the next gc."""
        return self.ledger.uploads()

    def touch(self, multihash: bytes) -> None:
        """Tell a running gc that somebody relies on a block that is held already. Under the log's lock."""
        if self._touched is not None:
            self._touched.add(multihash)

    @contextmanager
    def touched_meanwhile(self) -> Iterator[set[bytes]]:
        """What is touched in the course of the block: see :meth:`touch`."""
        touched: set[bytes] = set()
        self._touched = touched
        try:
            yield touched
        finally:
            self._touched = None

    @property
    @contextmanager
    def pinning(self) -> Iterator[list[Cid]]:
        """The lock around making a pin, and what was pinned since a gc looked."""
        with self._pinning:
            yield self._pinned
            if self._touched is None:
                self._pinned.clear()

    def is_held(self, multihash: bytes) -> bool:
        """Whether an upload, or a batch that is still open, relies on the block."""
        with self._counting:
            batches = list(self._open_batches)
        return any(multihash in batch.held for batch in batches) or self.ledger.is_leased(multihash)

    def gc(
        self, roots: Iterable[Cid], *, dry_run: bool = False, now: float | None = None
    ) -> collecting.GcReport:
        """Let go of every block that neither ``roots``, nor a pin, nor an upload in flight reaches.

        See :func:`knowchain.storage.blocks.collecting.collect`.
        """
        with self.maintenance:
            return collecting.collect(self, roots, dry_run=dry_run, now=self.clock() if now is None else now)

    def discard(self, cids: Sequence[Cid], roots: Iterable[Cid], reason: str) -> list[reaching.Discarded]:
        """Let go of single blocks, but for those that something reaches.

        See :func:`knowchain.storage.blocks.reaching.discard`.
        """
        with self.maintenance:
            return reaching.discard(self, cids, roots, reason)

    # --- upkeep -----------------------------------------------------------------------------------------

    def quarantine_block(self, multihash: bytes, place: Place, data: bytes, why: str) -> None:
        """Serve the copy at ``place`` no more, keep its bytes for inspection; a good one may be put again.

        Raises:
            StorageFault: the disk refused.
        """
        now = self.clock()
        kept = self.quarantine.keep(multihash, data)
        with self.log.appending():
            stood = self.log.standing(multihash) == place
            if stood:
                self.log.append_tombstone(multihash, Tombstone(int(now * 1000), QUARANTINED + why))
        self.log.commit()
        if stood:
            self.ledger.report(Problem(multihash, str(kept), why, now))
            cid = str(raw_cid(multihash))
            self.audit.append([AuditLine(now, "quarantined", cid, why, len(data))])

    def totals(self) -> Totals:
        """How many blocks and bytes there are: in packs, in original files, and waiting for a compaction."""
        return self.index.totals()

    def problems(self) -> list[Problem]:
        """Blocks that could not be served where they should have been, the newest first."""
        return self.ledger.problems()

    def compact(self, *, threshold: float = 0.0) -> compaction.CompactReport:
        """Erase what was let go of: see :func:`knowchain.storage.blocks.compaction.compact`."""
        with self.maintenance:
            return compaction.compact(self, threshold)

    def fsck(self, *, hashes: bool = True) -> list[consistency.Finding]:
        """Every inconsistency between packs, index, originals and ledger, with its remedy.

        See :func:`knowchain.storage.blocks.consistency.findings`.
        """
        with self.maintenance:
            return list(consistency.findings(self, hashes=hashes))

    @staticmethod
    def rebuild_index(folder: Path, progress: Callable[[int], None] | None = None) -> None:
        """Build the index of a closed store anew from its packs, hashing every block.

        Pins, uploads and the history of checks are kept; what turns out damaged goes into quarantine.

        Raises:
            HomeError: a process has the store open.
            StorageFault: the disk refused.
        """
        lock = FolderLock(folder / "lock")
        try:
            with faults_at(folder, "remove the old index in"):
                for path in Database.index_files(folder):
                    path.unlink(missing_ok=True)
        finally:
            lock.release()
        PackBlocks.open(folder, progress=progress).close()


def _lost(place: Place, cid: Cid) -> Corruption:
    return Corruption(
        "pack {pack} is missing, with block {cid}",
        pack=place.pack,
        cid=str(cid),
        remedy="put the pack back, or fetch the block again from a peer",
    )


def _not_here(cid: Cid) -> NotFound:
    return NotFound("block {cid} is not here", cid=str(cid), remedy="fetch it from a peer that has it")
