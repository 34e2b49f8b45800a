"""What a peer gives to others by CID: blocks of files, records and bodies, but nothing that is withdrawn."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from knowchain.chains.holdings import WITHDRAWING
from knowchain.content.blocks import is_identity
from knowchain.errors import NotFound, Withdrawn
from knowchain.home.content import file_links, file_references, holds_block
from knowchain.home.home import Home
from knowchain.identifiers import DAG_CBOR, RAW, Cid, RecordId
from knowchain.storage.blocks.fixity import GuardedBlocks
from knowchain.storage.lineage import WITHHELD, may_be_served
from knowchain.storage.reader import Reader, rid_from_digest

__all__ = ["ServedBlocks", "WithheldFiles"]

_SHA2_256: Final = 0x12
_AWAITED: Final = 1_000
"""Targets of withdrawals that are not here, or without body, and are looked for again."""
_BETWEEN: Final = 10.0
"""Seconds between two passes over all bodies."""


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

    Withdrawals are followed as they arrive. Whether another work names a root is looked up when somebody
    asks for it: in one pass over the bodies for all roots that are new since the last, and at most one pass
    in ten seconds, so that nobody can keep the home reading; a root that waits for its pass is withheld. What
    arrives later costs one look at itself. Safe in any thread.

    Args:
        home: the open home.
        clock: seconds, never going back.
    """

    def __init__(self, home: Home, clock: Callable[[], float] = time.monotonic) -> None:
        self._home = home
        self._clock = clock
        self._lock = threading.Lock()
        self._seen = 0
        self._awaited: dict[RecordId, None] = {}
        self._namers: dict[Cid, set[RecordId]] = {}
        self._elsewhere: dict[Cid, set[RecordId]] = {}
        self._fresh: set[Cid] = set()
        self._next_pass = -math.inf

    def __contains__(self, root: Cid) -> bool:
        reader = self._home.store.reader()
        with self._lock:
            self._follow(reader)
            namers = self._namers.get(root, set())
            if not namers or not all(map(partial(_is_withheld, reader), namers)):
                return False
            self._look_back()
            others = self._elsewhere.get(root, set()) - namers
            return root in self._fresh or all(map(partial(_is_withheld, reader), others))

    def _follow(self, reader: Reader) -> None:
        newest = reader.last_arrival()
        if newest == self._seen:
            return
        if self._namers:
            self._note(self._seen)
        for retraction in reader.records(kind="retraction", after=self._seen):
            for ref in retraction.block.header.refs:
                if ref.relation in WITHDRAWING:
                    self._awaited[ref.target] = None
        for target in tuple(self._awaited):
            self._name(reader, target)
        while len(self._awaited) > _AWAITED:
            del self._awaited[next(iter(self._awaited))]
        self._seen = newest

    def _name(self, reader: Reader, target: RecordId) -> None:
        """Note which files a record names that somebody asks to withdraw, with authority or without."""
        stored, data = reader.record(target), reader.body(target)
        if stored is None or data is None or stored.block.header.body is None:
            return
        del self._awaited[target]
        for root in file_links(stored.block.header.body.cid, data):
            if root not in self._namers:
                self._fresh.add(root)
            self._namers.setdefault(root, set()).add(target)

    def _look_back(self) -> None:
        """See who else names the roots that are new since the last look, if that is not too soon."""
        if self._fresh and self._clock() >= self._next_pass:
            self._note(0)
            self._fresh.clear()
            self._next_pass = self._clock() + _BETWEEN

    def _note(self, after: int) -> None:
        for _, rid, root in file_references(self._home, after):
            if root in self._namers and rid not in self._namers[root]:
                self._elsewhere.setdefault(root, set()).add(rid)


def _is_withheld(reader: Reader, record: RecordId) -> bool:
    return bool(reader.standing().flags(record) & WITHHELD)
