"""The store as a sync session sees it, and the set of heads that follows it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence

from knowchain.admission import Accepted
from knowchain.home import Home
from knowchain.identifiers import RecordId
from knowchain.storage.lineage import everything, lineage, may_be_served
from knowchain.storage.reader import rid_from_digest
from knowchain.sync import IdSet, SortedIds

__all__ = ["Heads", "StoreHoldings", "digest_of"]


def digest_of(rid: RecordId) -> bytes:
    """The SHA-256 digest in a record id: what sync compares."""
    return rid[4:]


class Heads:
    """The heads of a store, kept up to date by admission's news. Safe for several threads."""

    def __init__(self, home: Home) -> None:
        self._guard = threading.Lock()
        self._early: list[Accepted] | None = []
        home.admission.listen(self._note)
        ids = SortedIds.from_unsorted(digest_of(rid) for rid in home.store.reader().heads())
        with self._guard:
            self._ids = IdSet(ids)
            early, self._early = self._early, None
            self._apply(early or ())

    def _note(self, batch: Sequence[Accepted]) -> None:
        with self._guard:
            if self._early is not None:
                self._early.extend(batch)
            else:
                self._apply(batch)

    def _apply(self, batch: Sequence[Accepted]) -> None:
        """A record is a head until another names it; of what one batch accepts, most never is."""
        named = {rid for news in batch for rid in news.prev}
        fresh = {news.id for news in batch}
        for rid in named - fresh:
            self._ids.discard(digest_of(rid))
        for rid in fresh - named:
            self._ids.add(digest_of(rid))

    def snapshot(self) -> SortedIds:
        """The heads as of now."""
        with self._guard:
            return self._ids.snapshot()


class StoreHoldings:
    """One session's view of the store, as :class:`knowchain.sync.Holdings`."""

    def __init__(self, home: Home, heads: Heads) -> None:
        self._store = home.store
        self._heads = heads

    def heads(self) -> SortedIds:
        """The ids of all heads, as of now."""
        return self._heads.snapshot()

    def unheld(self, ids: Sequence[bytes]) -> Sequence[bytes]:
        """Those of ``ids`` that are no accepted records here, in the order given."""
        reader = self._store.reader()
        return [each for each in ids if rid_from_digest(each) not in reader]

    def lineage(
        self, heads: Sequence[bytes], held: Collection[bytes], bodies: bool
    ) -> Iterator[tuple[bytes, bytes | None]]:
        """Blocks of ``heads`` and their ancestors, less those of ``held``, parents before children."""
        reader = self._store.reader()
        if not held and len(heads) >= len(self._heads.snapshot()):
            found = everything(reader, afresh=self._store.reader)
        else:
            wanted, known = map(rid_from_digest, heads), map(rid_from_digest, held)
            found = lineage(reader, wanted, known, afresh=self._store.reader)
        for delivery in found:
            yield delivery.block, delivery.body if bodies else None

    def body(self, digest: bytes) -> bytes | None:
        """The body block of that digest, if it is here and may be given away."""
        reader = self._store.reader()
        record = reader.record_of_body(rid_from_digest(digest))
        if record is None or not may_be_served(reader, record):
            return None
        return reader.body(record)
