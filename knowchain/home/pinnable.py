"""What of a home can be pinned elsewhere: a look through all records, and at those that arrive.

Of a record: its header by the raw twin, its body, and the files that the body names. A recursive pin of a
record's own CID would walk its chain back to the genesis, so that is never asked for. A body is pinned by its
own CID where all files that it names are here, since such a pin takes them along, and by its raw twin where
they are not. What is withdrawn is pinned nowhere: docs/spec/ipfs.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from knowchain.chains.holdings import WITHDRAWING
from knowchain.home.content import file_links, holds_block, pinned_content
from knowchain.home.home import Home
from knowchain.home.serving import WithheldFiles
from knowchain.identifiers import Cid, RecordId, raw_twin
from knowchain.records.block import Block, read_block
from knowchain.storage.lineage import may_be_served
from knowchain.storage.pin_states import ToPin, pin_name
from knowchain.storage.reader import Reader

__all__ = ["PinReview", "note_arrivals", "pins_of_record"]

_PAGE: Final = 500


class PinReview:
    """A pass over the whole home, page by page, so that others have their turn between two.

    Args:
        home: the open home.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._number = home.remote_pins.begin_pass()
        self._after = 0

    def step(self) -> bool:
        """Look at the next records; False once all was seen, and what nothing keeps is to be unpinned."""
        page = list(_page(self._home, self._after))
        if page:
            self._after = page[-1][0]
            self._home.remote_pins.note(self._number, [one for _, _, found in page for one in found])
            return True
        withheld = WithheldFiles(self._home)
        for pin in pinned_content(self._home):
            found = ToPin(pin.cid, pin_name(pin.name), False, pin.cid in withheld)
            self._home.remote_pins.note(self._number, [found])
        self._home.remote_pins.end_pass(self._number, self._after)
        return False


def note_arrivals(home: Home) -> bool:
    """Look at what arrived since the last time; whether a pass over everything has to follow.

    One has to where there was none yet, and where something was withdrawn, or reinstated.
    """
    number, after = home.remote_pins.last_pass()
    if not number:
        return True
    withdrawn = False
    while page := list(_page(home, after)):
        after = page[-1][0]
        withdrawn = withdrawn or any(_withdraws(block) for _, block, _ in page)
        home.remote_pins.note(number, [one for _, _, found in page for one in found])
        home.remote_pins.seen(after)
    return withdrawn


def _withdraws(block: Block) -> bool:
    return any(ref.relation in WITHDRAWING for ref in getattr(block.header, "refs", ()))


def _page(home: Home, after: int) -> Iterator[tuple[int, Block, list[ToPin]]]:
    reader = home.store.reader()
    identity = home.identity if home.has_identity else None
    for arrival, rid, data, body, pointed in reader.deliveries(after=after, limit=_PAGE):
        block = read_block(data)
        withheld = pointed and not may_be_served(reader, rid)
        own = identity is not None and (block.header.author or rid) == identity
        found = _pins(block, body, own=own, withheld=withheld, holds=lambda cid: holds_block(home, cid))
        yield arrival, block, list(found)


def pins_of_record(home: Home, reader: Reader, rid: RecordId) -> list[ToPin]:
    """What is pinned of one record that is held."""
    stored = reader.record(rid)
    assert stored is not None, "the caller found it"
    return list(
        _pins(
            stored.block,
            reader.body(rid),
            own=False,
            withheld=not may_be_served(reader, rid),
            holds=lambda cid: holds_block(home, cid),
        )
    )


def _pins(
    block: Block, body: bytes | None, *, own: bool, withheld: bool, holds: Callable[[Cid], bool]
) -> Iterator[ToPin]:
    """The header, which is never withheld; then the body and the files, withheld or not."""
    yield ToPin(raw_twin(block.id), pin_name(f"record {block.id}"), own)
    link = getattr(block.header, "body", None)
    if link is None:
        return
    name = pin_name(f"body of {block.id}")
    if withheld:
        yield ToPin(link.cid, name, own, withheld=True)
        yield ToPin(raw_twin(link.cid), name, own, withheld=True)
    if body is None:
        return
    files = file_links(link.cid, body)
    here = [cid for cid in files if holds(cid)]
    if not withheld:
        yield ToPin(link.cid if len(here) == len(files) else raw_twin(link.cid), name, own)
    for cid in here:
        yield ToPin(cid, pin_name(f"file of {block.id}"), own, withheld)
