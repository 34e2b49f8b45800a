"""What is here and worth telling others: what is pinned, files of works, and records by their raw twins."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from knowchain.content.blocks import is_identity
from knowchain.home import Home
from knowchain.home.content import file_references, pinned_content
from knowchain.home.serving import ServedBlocks
from knowchain.identifiers import Cid, raw_twin

__all__ = ["Offer"]

_MOST: Final = 5000
"""Of files of works, and of records; the latest are told of."""


class Offer:
    """The keys that others are told of: multihashes, since the DHT knows nothing of codecs.

    Blocks: call it in a thread.

    Args:
        home: the open home.
        most: of files, and of records.
    """

    def __init__(self, home: Home, most: int = _MOST) -> None:
        self._home = home
        self._served = ServedBlocks(home)
        self._most = most
        self._arrival = max(0, home.store.reader().last_arrival() - most)
        self._files: OrderedDict[Cid, None] = OrderedDict()
        self._records: OrderedDict[Cid, None] = OrderedDict()

    def keys(self) -> list[bytes]:
        """All of them, as far as they may be given now."""
        self._follow()
        pinned = dict.fromkeys(pin.cid for pin in pinned_content(self._home))
        files = [cid for cid in {**pinned, **self._files} if not is_identity(cid) and self._served.has(cid)]
        return [cid.multihash for cid in (*files, *self._records)]

    def _follow(self) -> None:
        """Note what arrived since this was last asked."""
        reader = self._home.store.reader()
        newest = reader.last_arrival()
        if newest == self._arrival:
            return
        for stored in reader.records(after=self._arrival):
            self._records[raw_twin(stored.id)] = None
        for _, _, root in file_references(self._home, self._arrival):
            self._files[root] = None
        for kept in (self._records, self._files):
            while len(kept) > self._most:
                kept.popitem(last=False)
        self._arrival = newest
