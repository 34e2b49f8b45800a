"""Fixity: every block is read and hashed again, at a set rate, and each check is recorded.

What is found bad in a pack goes into quarantine and is served no more; a good copy that is put later takes
its place. What is found bad in an original file is reported, and refused until the file is as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from knowchain.errors import Corruption, InvalidValue, StorageFault
from knowchain.identifiers import Cid
from knowchain.storage.blocks.audit import raw_cid
from knowchain.storage.blocks.batch import multihash_of
from knowchain.storage.blocks.framing import Pointer
from knowchain.storage.blocks.ledger import Outcome, Problem
from knowchain.storage.blocks.originals import read_original, shown_path
from knowchain.storage.blocks.packfolder import PackGone, Place
from knowchain.storage.blocks.packs import PackBlocks
from knowchain.storage.blocks.scanning import hashes_to

__all__ = ["FixityCheck", "GuardedBlocks", "RateLimit", "check_one", "not_checked_since", "scrub"]

_DAY: Final = 86_400.0
_RECORD_EVERY: Final = 256
_RECORD_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class FixityCheck:
    """One check: what an ``event`` record with a fixity block says (PREMIS ``fixity check``).

    Attributes:
        when: seconds since 1970.
        size: bytes of the block.
        expected: digest in the block's multihash, in hexadecimal.
        observed: sha2-256 of what was read, in hexadecimal; empty where nothing could be read.
        where: the pack, or the path of the original file.
        detail: what is wrong; empty where nothing is.
    """

    cid: Cid
    when: float
    outcome: Outcome
    size: int
    expected: str
    observed: str
    where: str
    detail: str


class RateLimit:
    """Spends bytes no faster than ``bytes_per_second``; what was not spent is not saved up.

    Args:
        clock: seconds, never going back, such as ``time.monotonic``.
        sleep: waits for so many seconds.

    Raises:
        InvalidValue: the rate is not greater than 0.
    """

    def __init__(
        self, bytes_per_second: float, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        if not bytes_per_second > 0:
            raise InvalidValue(
                "the rate {value} is not greater than 0",
                field="bytes_per_second",
                value=bytes_per_second,
                remedy="give the bytes that may be read in one second",
            )
        self._rate = bytes_per_second
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()

    def spend(self, size: int) -> None:
        """Wait until what was spent before is paid for, then spend ``size`` bytes."""
        now = self._clock()
        if now < self._free_at:
            self._sleep(self._free_at - now)
        self._free_at = max(now, self._free_at) + size / self._rate


def not_checked_since(store: PackBlocks, days: float = 90.0) -> Iterator[tuple[Cid, int]]:
    """(raw CID, bytes) of every block that was not read again in the last ``days`` days, or never."""
    before = store.clock() - days * _DAY
    return ((raw_cid(multihash), size) for multihash, size in _due(store, before))


def _due(store: PackBlocks, before: float) -> Iterator[tuple[bytes, int]]:
    after = b""
    while rows := store.ledger.unchecked_since(before, after):
        yield from rows
        after = rows[-1][0]


def scrub(store: PackBlocks, rate: RateLimit, *, before: float | None = None) -> Iterator[FixityCheck]:
    """Read again every block whose last check is older than ``before``; gives each check, to be signed.

    Checks are recorded in groups and when the iteration ends, however it ends: a scrub that is interrupted is
    taken up where it was by giving the same ``before``.

    Args:
        before: seconds since 1970; now, which means everything, if None.

    Raises:
        StorageFault: a check could not be recorded. That a block can't be read is the outcome of its check.
    """
    due = store.clock() if before is None else before
    troubled = {problem.multihash for problem in store.problems()}
    done: list[tuple[bytes, float, Outcome]] = []
    waiting = 0
    try:
        for multihash, size in _due(store, due):
            rate.spend(size)
            check = check_one(store, multihash)
            if check is None:  # deleted meanwhile
                continue
            if check.outcome == "success" and multihash in troubled:
                store.ledger.settle([multihash])
            done.append((multihash, check.when, check.outcome))
            waiting += size
            if len(done) >= _RECORD_EVERY or waiting >= _RECORD_BYTES:
                store.ledger.checked(done)
                done, waiting = [], 0
            yield check
    finally:
        store.ledger.checked(done)


def check_one(store: PackBlocks, multihash: bytes) -> FixityCheck | None:
    """Read one block again and hash it: what to do when somebody was handed wrong bytes. None: not held.

    Raises:
        StorageFault: what is bad could not be quarantined or reported.
    """
    while True:
        located = store.index.find(multihash)
        if located is None:
            return None
        if isinstance(located, Pointer):
            return _check_original(store, multihash, located)
        try:
            return _check_packed(store, multihash, located)
        except PackGone:
            if store.index.find(multihash) == located:
                return _failed(store, multihash, located, "its pack is missing")


def _check_original(store: PackBlocks, multihash: bytes, pointer: Pointer) -> FixityCheck:
    try:
        read_original(pointer, multihash)
    except Corruption as exc:
        return _failed(store, multihash, pointer, str(exc))
    return _passed(store, multihash, pointer)


def _check_packed(store: PackBlocks, multihash: bytes, place: Place) -> FixityCheck:
    try:
        block = store.packs.read_unchecked(place, multihash)
    except (StorageFault, Corruption) as exc:  # unreadable: there is nothing to keep for inspection
        return _failed(store, multihash, place, str(exc))
    if hashes_to(multihash, block):
        return _passed(store, multihash, place)
    why = "its bytes hash to something else"
    store.quarantine_block(multihash, place, block, f"{why}, found by a scrub")
    return _result(store, multihash, place, "failure", hashlib.sha256(block).hexdigest(), why)


def _passed(store: PackBlocks, multihash: bytes, where: Place | Pointer) -> FixityCheck:
    return _result(store, multihash, where, "success", multihash[2:].hex(), "")


def _failed(store: PackBlocks, multihash: bytes, where: Place | Pointer, why: str) -> FixityCheck:
    check = _result(store, multihash, where, "failure", "", why)
    store.ledger.report(Problem(multihash, check.where, why, check.when))
    return check


def _result(
    store: PackBlocks, multihash: bytes, where: Place | Pointer, outcome: Outcome, observed: str, detail: str
) -> FixityCheck:
    place = shown_path(where.path) if isinstance(where, Pointer) else f"{store.packs.path(where.pack).name}"
    return FixityCheck(
        raw_cid(multihash),
        store.clock(),
        outcome,
        where.length,
        multihash[2:].hex(),
        observed,
        place,
        detail,
    )


class GuardedBlocks:
    """A store whose every block is hashed when it is read, and quarantined at once when it is bad.

    The source for whoever serves blocks to others; :func:`~knowchain.content.blocks.verified` would refuse
    bad bytes as well, but the store would not learn of them.
    """

    def __init__(self, store: PackBlocks) -> None:
        self._store = store

    def get(self, cid: Cid) -> bytes:
        """The block that ``cid`` names, hashed.

        Raises:
            NotFound, Corruption, StorageFault: as :meth:`PackBlocks.get`, and Corruption where the bytes in
                the pack are not the block's.
        """
        block = self._store.get(cid)
        multihash = multihash_of(cid)
        if hashes_to(multihash, block):
            return block
        check_one(self._store, multihash)
        raise Corruption(
            "block {cid} was found damaged on the disk, and is served no more",
            cid=str(cid),
            remedy="fetch it again from a peer; the damaged bytes are in the store's quarantine folder",
        )
