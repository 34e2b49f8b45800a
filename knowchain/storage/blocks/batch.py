"""A batch: many blocks, one wait for the medium. What it holds is acknowledged when the ``with`` ends."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from knowchain.errors import ContentError
from knowchain.identifiers import Cid
from knowchain.storage.blocks.audit import AuditLine, raw_cid
from knowchain.storage.blocks.framing import MAX_PAYLOAD, Pointer, Tombstone
from knowchain.storage.blocks.originals import is_fresh, shown_path
from knowchain.storage.blocks.packfolder import Place

if TYPE_CHECKING:
    from knowchain.storage.blocks.packs import PackBlocks
    from knowchain.storage.blocks.uploads import Upload

__all__ = ["Batch", "multihash_of"]

_CHECKED_HASHES: Final = frozenset({0x00, 0x12})
_CHECKPOINT_BYTES: Final = 256 * 2**20
_CHECKPOINT_CHANGES: Final = 16_384


def multihash_of(cid: Cid) -> bytes:
    """What a block is kept under: the CIDs of one multihash, whatever their codec, share one block."""
    return cid[2:] if cid[1] < 0x80 else cid.multihash


class Batch:
    """Collects blocks, pointers and deletions; made by :meth:`PackBlocks.batch`.

    A long batch commits now and then, so that an import that is cut short finds its blocks again; but only
    the end of the ``with`` is an acknowledgement. If the ``with`` ends by an exception, what was not
    committed is let go of, unless other batches are open, whose blocks may stand behind it.
    """

    def __init__(self, store: PackBlocks, upload: Upload | None) -> None:
        self._store = store
        self._log = store.log
        self._upload = upload
        self._generation = self._log.generation
        self._leased: list[bytes] = []
        self.held: Final[set[bytes]] = set()
        """Blocks that this batch was given while they were here already, since its last checkpoint."""
        self._audit: list[AuditLine] = []
        self._healed: list[bytes] = []
        self._bytes = self._changes = 0

    def put(self, cid: Cid, block: bytes) -> None:
        """Keep ``block`` under ``cid``; one that is held in a pack already changes nothing.

        Raises:
            ContentError: more than 8 MiB, or a hash function other than sha2-256 and identity.
            StorageFault: the disk refused; nothing of the batch since its last checkpoint is kept.
        """
        multihash = multihash_of(cid)
        _check_keepable(cid, multihash, len(block))
        with self._log.appending():
            self._log.check(self._generation)
            packed = isinstance(self._log.standing(multihash), Place)
            ailing = packed and self._store.ledger.is_troubled(multihash)
            new = not packed or ailing
            if new:
                self._log.append_block(multihash, bytes(block))
                self._healed += [multihash] if ailing else []
            else:
                self._rely_on(multihash)
        self._count(multihash, len(block), new)

    def put_original(self, cid: Cid, pointer: Pointer) -> None:
        """Keep only where an original file holds the block, which the caller has hashed.

        A block that is in a pack, or in an original that has not changed since, changes nothing.

        Raises:
            ContentError, StorageFault: as :meth:`put`.
        """
        multihash = multihash_of(cid)
        _check_keepable(cid, multihash, pointer.length)
        with self._log.appending():
            self._log.check(self._generation)
            standing = self._log.standing(multihash)
            new = standing is None or (isinstance(standing, Pointer) and not is_fresh(standing))
            if new:
                self._log.append_pointer(multihash, pointer)
            else:
                self._rely_on(multihash)
        self._count(multihash, 0, new)

    def delete(
        self, cid: Cid, reason: str = "deleted", spared: Callable[[bytes], bool] | None = None
    ) -> bool:
        """Let go of the block; tells whether that was done. :meth:`PackBlocks.compact` erases its bytes.

        Args:
            reason: why, for the audit log.
            spared: asked, while nobody can put, whether the block with that multihash stays after all.

        Raises:
            StorageFault: the disk refused.
        """
        multihash = multihash_of(cid)
        now = self._store.clock()
        with self._log.appending():
            self._log.check(self._generation)
            standing = self._log.standing(multihash)
            if spared is not None and spared(multihash):
                standing = None
            if standing is not None:
                self._log.append_tombstone(multihash, Tombstone(int(now * 1000), reason))
        if standing is None:
            return False
        self._note_deletion(multihash, standing, reason, now)
        self._changes += 1
        return True

    def _note_deletion(self, multihash: bytes, standing: Place | Pointer, reason: str, now: float) -> None:
        cid = str(raw_cid(multihash))
        if isinstance(standing, Pointer):
            reason = f"{reason} (the original stays: {shown_path(standing.path)})"
            self._audit.append(AuditLine(now, "reference dropped", cid, reason, standing.length))
        else:
            self._audit.append(AuditLine(now, "marked", cid, reason, standing.length))

    def _rely_on(self, multihash: bytes) -> None:
        """The block is here already: see to it that a gc does not take it before this batch is done."""
        self.held.add(multihash)
        if self._upload is None:
            self._store.touch(multihash)

    def _count(self, multihash: bytes, size: int, new: bool) -> None:
        if self._upload is not None:
            self._leased.append(multihash)
        self._changes += 1
        self._bytes += size if new else 0
        if self._bytes >= _CHECKPOINT_BYTES or self._changes >= _CHECKPOINT_CHANGES:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Make what was put so far durable, and renew the upload's lease.

        Raises:
            StorageFault: the disk refused.
        """
        if self._upload is not None:
            self._upload.lease(self._leased)
            self._leased.clear()
        self._log.commit()
        self._log.check(self._generation)
        self._store.audit.append(self._audit)
        self._audit.clear()
        if self._healed:
            self._store.ledger.settle(self._healed)
            self._healed.clear()
        self.held.clear()
        self._bytes = self._changes = 0

    def __enter__(self) -> Self:
        self._store.batch_opened(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if exc is None:
                self.checkpoint()
        finally:
            alone = self._store.batch_closed(self)
            if exc is not None and alone and self._changes:
                self._log.abandon()


def _check_keepable(cid: Cid, multihash: bytes, size: int) -> None:
    if multihash[0] not in _CHECKED_HASHES:
        raise ContentError(
            "block {cid} uses hash function 0x{code:x}, which can't be checked here",
            cid=str(cid),
            code=cid.hash_code,
            remedy="import the content again with sha2-256",
        )
    if size > MAX_PAYLOAD:
        raise ContentError(
            "block {cid} has {size} bytes, the limit is {limit}",
            cid=str(cid),
            size=size,
            limit=MAX_PAYLOAD,
            remedy="import the content again in smaller chunks",
        )
