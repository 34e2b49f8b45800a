"""What a peer gives to others by CID: blocks of files, records and bodies, but nothing that is withdrawn."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final

from knowchain.chains.holdings import WITHDRAWING
from knowchain.content.blocks import is_identity
from knowchain.errors import NotFound, Withdrawn
from knowchain.home.content import file_references, holds_block
from knowchain.home.home import Home
from knowchain.identifiers import DAG_CBOR, RAW, Cid, RecordId
from knowchain.storage.blocks.fixity import GuardedBlocks
from knowchain.storage.lineage import WITHHELD, may_be_served
from knowchain.storage.reader import Reader, rid_from_digest

__all__ = ["ServedBlocks", "WithheldFiles"]

_SHA2_256: Final = 0x12


class ServedBlocks:
    """A :class:`~knowchain.content.blocks.BlockSource` for others, whoever they are; every block is checked.

    A record is found by its own CID and by its raw twin, a body by its CID. A body that is retracted or
    erased is not given, and neither is the root of a file that withdrawn works alone name. A block within
    such a file is, to whoever knows its CID: other files may share it, and nobody learns it from here.

    Safe in any thread.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._withheld = WithheldFiles(home)

    def get(self, cid: Cid) -> bytes:
        """The block that ``cid`` names.

        Raises:
            NotFound: it is not here. Withdrawn: it was withdrawn.
            Corruption, StorageFault: it is damaged, or can't be read.
        """
        if is_identity(cid):
            return cid.digest
        block = self._record_or_body(cid)
        if block is not None:
            return block
        if not holds_block(self._home, cid):
            raise NotFound("block {cid} is not here", remedy="ask a peer that keeps it", cid=str(cid))
        if cid in self._withheld:
            raise _withdrawn(cid)
        return GuardedBlocks(self._home.content).get(cid)

    def has(self, cid: Cid) -> bool:
        """Whether :meth:`get` would give a block; no file is read for it."""
        try:
            if is_identity(cid) or self._record_or_body(cid) is not None:
                return True
        except Withdrawn:
            return False
        return holds_block(self._home, cid) and cid not in self._withheld

    def _record_or_body(self, cid: Cid) -> bytes | None:
        """None where it is neither. Raises Withdrawn."""
        if cid.codec not in (DAG_CBOR, RAW) or cid.hash_code != _SHA2_256:
            return None
        reader = self._home.store.reader()
        block = reader.block_by_digest(cid.digest)
        record = reader.record_of_body(rid_from_digest(cid.digest))
        if record is None:
            return block
        stored = reader.record(record)
        erased = block is None and stored is not None and stored.body_state == "erased"
        if erased or not may_be_served(reader, record):
            raise _withdrawn(cid)
        return block


def _withdrawn(cid: Cid) -> Withdrawn:
    return Withdrawn(
        "{cid} was withdrawn by whoever published it",
        remedy="`knowchain trace` of its record says by whom, and why",
        cid=str(cid),
    )


class WithheldFiles:
    """The roots of files that withdrawn works name and no other held work does.

    Computed anew when records came and something stands withdrawn, which is rare; safe in any thread.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._seen = 0
        self._roots: frozenset[Cid] = frozenset()

    def __contains__(self, root: Cid) -> bool:
        newest = self._home.store.reader().last_arrival()
        if newest != self._seen:
            with self._lock:
                if newest != self._seen:
                    self._roots = _withheld(self._home)
                    self._seen = newest
        return root in self._roots


def _withheld(home: Home) -> frozenset[Cid]:
    withdrawn = frozenset(_withdrawn_records(home.store.reader()))
    if not withdrawn:
        return frozenset()
    named: set[Cid] = set()
    kept: set[Cid] = set()
    for _, rid, root in file_references(home):
        (named if rid in withdrawn else kept).add(root)
    return frozenset(named - kept)


def _withdrawn_records(reader: Reader) -> Iterator[RecordId]:
    standing = reader.standing()
    for retraction in reader.records(kind="retraction"):
        for ref in retraction.block.header.refs:
            if ref.relation in WITHDRAWING and standing.flags(ref.target) & WITHHELD:
                yield ref.target
