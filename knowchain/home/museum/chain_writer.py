"""Signing many records one after the other: numbered here, handed to the door in batches.

The chain is read once for each stretch, and counted on from there. While a stretch lasts nothing else in
this process may sign, or the chain would fork; between two stretches everything is on disk, and whoever
waited signs first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Protocol, Self

from knowchain.admission import Verdict
from knowchain.admission.answers import Answer, Incoming
from knowchain.errors import SystemFault
from knowchain.home.authoring import chain_end
from knowchain.home.home import Home
from knowchain.home.museum.plans import PlannedRecord
from knowchain.identifiers import DAG_CBOR, RecordId, cid_of
from knowchain.records import Ref, write_record

__all__ = ["ChainWriter", "RecordWriter", "Rehearsal"]

_BATCH: Final = 250
_UNDERWAY: Final = 6
"""Batches that wait for the door at most."""
_STRETCH: Final = 5_000
"""Records that are signed before others may sign."""


class RecordWriter(Protocol):
    """What an import needs of a chain."""

    def write(self, record: PlannedRecord, refs: Iterable[Ref]) -> RecordId:
        """Sign a record; it counts once :meth:`finish` returned."""
        ...

    def finish(self) -> None:
        """Wait until all of it is on disk."""
        ...


class Rehearsal:
    """A writer that signs nothing: for a dry run."""

    def __init__(self) -> None:
        self._count = 0

    def write(self, record: PlannedRecord, refs: Iterable[Ref]) -> RecordId:  # noqa: ARG002
        """An id that nothing has."""
        self._count += 1
        return RecordId(cid_of(b"rehearsal %d" % self._count, DAG_CBOR))

    def finish(self) -> None:
        """Nothing is on its way."""


class ChainWriter:
    """Signs at the end of this device's chain.

    Args:
        home: the open home.

    Raises:
        NotAllowed: this device may not sign now, with the reason.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._identity = home.identity
        self._device = home.device
        self._prev: list[RecordId] = []
        self._seq = 0
        self._left = 0
        self._batch: list[Incoming] = []
        self._underway: deque[Future[Future[list[Answer]]]] = deque()
        self._door = ThreadPoolExecutor(1, "museum-door")
        self._began = False
        self._begin()
        self._pause()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # After Ctrl-C too: what was signed goes in, so that the next run goes on behind it.
            self.finish()
        finally:
            self._pause()
            self._door.shutdown()

    def write(self, record: PlannedRecord, refs: Iterable[Ref]) -> RecordId:
        """Sign a record.

        Raises:
            NotAllowed: this device may not sign any more.
            SystemFault, StorageFault: an earlier record was not taken.
        """
        if not self._began:
            self._begin()
        block = write_record(
            self._device,
            kind=record.kind,
            author=self._identity,
            prev=self._prev,
            seq=self._seq,
            time=self._home.clock(),
            body=record.link,
            refs=refs,
        )
        self._prev, self._seq = [block.id], self._seq + 1
        self._batch.append(Incoming(block.data, record.body))
        self._left -= 1
        if self._left == 0:
            self.finish()
        elif len(self._batch) == _BATCH:
            self._hand_in()
        return block.id

    def finish(self) -> None:
        """Wait until everything is on disk, and let others sign."""
        try:
            if self._batch:
                self._hand_in()
            while self._underway:
                self._settle()
        finally:
            self._pause()

    def _begin(self) -> None:
        self._home.signing.acquire()
        self._began, self._left = True, _STRETCH
        with self._home.store.snapshot() as reader:
            self._prev, self._seq = chain_end(self._home, reader, self._identity)

    def _pause(self) -> None:
        if self._began:
            self._began = False
            self._home.signing.release()

    def _hand_in(self) -> None:
        batch, self._batch = self._batch, []
        self._underway.append(self._door.submit(self._submitted, batch))
        if len(self._underway) > _UNDERWAY:
            self._settle()

    def _submitted(self, batch: list[Incoming]) -> Future[list[Answer]]:
        # The signatures are checked in the door's thread, while the next ones are made here.
        return self._home.admission.submit(batch, source="local")

    def _settle(self) -> None:
        for answer in self._underway.popleft().result().result():
            if answer.verdict is not Verdict.ACCEPTED:
                self._underway.clear()
                raise SystemFault(
                    "an own record was {verdict}: {detail}",
                    remedy="run `knowchain fsck`, then the import again; it goes on",
                    verdict=answer.verdict,
                    detail=answer.detail,
                )
