"""The one door: every block that comes in, by whatever way, passes :class:`Admission`.

Signatures are checked in the caller's thread, or in a few threads for bulk (PyNaCl releases the
interpreter meanwhile); links are judged and rows written by one writer thread, which commits whatever
has gathered in groups. An answer is given after the commit: acknowledged means on disk.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from types import TracebackType
from typing import Final, NamedTuple, Self

from knowchain.admission.answers import Answer, BodyOutcome, Incoming, Verdict
from knowchain.admission.judging import Judged, RejectedMemory, judge, judge_body
from knowchain.admission.lane import Lane
from knowchain.admission.parking import Parking
from knowchain.admission.settling import Accepted, Settler
from knowchain.errors import KnowchainError, NotAllowed, NotFound
from knowchain.identifiers import RecordId
from knowchain.storage.store import RecordStore

__all__ = ["Admission"]

GROUP: Final = 1000
"""Blocks that one transaction takes at most."""
_CHUNK: Final = 250
_QUEUE: Final = 64


class _Work(NamedTuple):
    """Judged blocks from one source on their way to the writer."""

    batch: Sequence[Judged | Answer]
    source: str
    done: Future[list[Answer]]


class Admission:
    """The door to one store. Safe for many threads.

    Args:
        store: where accepted records go; while the door is open, nobody else writes records to it.
        network: the network whose identities are accepted (rule S5).
        clock: milliseconds since 1970, by this machine; used for what is received, never for verdicts.
        verifiers: threads that check signatures for :meth:`admit_many`.
        parking: where blocks wait for parents.
    """

    def __init__(
        self,
        store: RecordStore,
        *,
        network: str,
        clock: Callable[[], int],
        verifiers: int = 1,
        parking: Parking | None = None,
    ) -> None:
        self.network = network
        self.parking = Parking() if parking is None else parking
        self._verdicts: Counter[tuple[Verdict, str]] = Counter()
        self._store = store
        self._verifiers = verifiers
        self._rejected = RejectedMemory()
        self._settler = Settler(self.parking, self._rejected, clock)
        self._listeners: list[Callable[[Sequence[Accepted]], None]] = []
        self._queue: queue.Queue[_Work | None] = queue.Queue(_QUEUE)
        self._closed = False
        self._guard = threading.Lock()
        # Apart from the guard, which is held while a full queue makes one wait for the writer.
        self._counting = threading.Lock()
        self._counting = threading.Lock()
        """Apart from ``_guard``, under which the writer may be waited for."""
        self._writer = threading.Thread(target=self._write_groups, name="admission-writer", daemon=True)
        self._writer.start()
        self._pool = ThreadPoolExecutor(verifiers, "admission-verifier")

    def close(self) -> None:
        """Write what has been handed in, then end the writer."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._writer.join()
        self._pool.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def listen(self, listener: Callable[[Sequence[Accepted]], None]) -> None:
        """Call ``listener`` with the accepted records of each commit, in the writer's thread.

        It must be quick and must not raise: hand the news over to a queue.
        """
        self._listeners.append(listener)

    @property
    def verdicts(self) -> dict[tuple[Verdict, str], int]:
        """How many blocks got which verdict since the door was opened, by verdict and reason."""
        with self._counting:
            return dict(self._verdicts)

    @property
    def waiting(self) -> int:
        """Batches that wait for the writer."""
        return self._queue.qsize()

    # --- ways in -------------------------------------------------------------------------------

    def admit(self, block: bytes, body: bytes | None = None, *, source: str) -> Answer:
        """Judge one block and wait until the answer is on disk.

        Args:
            block: the record block.
            body: its body, if it came along.
            source: where it came from, such as ``local`` or ``peer:12D3…``; a share of parking is its.

        Raises:
            StorageFault: the disk refused; nothing was acknowledged.
        """
        judged = judge(Incoming(block, body), self.network, self._rejected)
        if isinstance(judged, Answer):
            self._count([judged])
            return judged
        return self._hand_in([judged], source).result()[0]

    def submit(self, batch: Sequence[Incoming], *, source: str) -> Future[list[Answer]]:
        """Judge a batch in this thread and hand it in; the future has the answers, in order."""
        return self._hand_in([judge(item, self.network, self._rejected) for item in batch], source)

    def lane(self) -> Lane:
        """A way in for batches that come one after the other, parents first, none waiting for the last."""
        return Lane(self._pool, self._judge_chunk, self._hand_in)

    def admit_many(self, items: Iterable[Incoming], *, source: str) -> Iterator[Answer]:
        """Judge a stream of blocks with bounded memory; answers come in the order of the blocks.

        Raises:
            StorageFault: the disk refused; what was answered before is on disk.
        """
        source_items = iter(items)
        judging: deque[Future[list[Judged | Answer]]] = deque()
        writing: deque[Future[list[Answer]]] = deque()
        while True:
            while len(judging) <= self._verifiers and (chunk := list(islice(source_items, _CHUNK))):
                judging.append(self._pool.submit(self._judge_chunk, chunk))
            if judging:
                writing.append(self._hand_in(judging.popleft().result(), source))
            while writing and (len(writing) > GROUP // _CHUNK * 2 or not judging):
                yield from writing.popleft().result()
            if not judging and not writing:
                return

    def admit_body(self, record: RecordId, body: bytes, *, source: str) -> Answer:
        """Take a body that comes after its header.

        Raises:
            NotFound: the record is not held.
            StorageFault: the disk refused.
        """
        stored = self._store.reader().record(record)
        if stored is None:
            raise NotFound("the record {id} is not held", remedy="admit its block first", id=str(record))
        judged = judge_body(stored.block, body)
        if judged.body_outcome is BodyOutcome.DISCARDED:
            return Answer(Verdict.DUPLICATE, record, body=BodyOutcome.DISCARDED, detail=judged.body_detail)
        return self._hand_in([judged], source).result()[0]

    # --- inside ----------------------------------------------------------------------------------

    def _judge_chunk(self, chunk: Sequence[Incoming]) -> list[Judged | Answer]:
        return [judge(item, self.network, self._rejected) for item in chunk]

    def _hand_in(self, batch: Sequence[Judged | Answer], source: str) -> Future[list[Answer]]:
        work = _Work(batch, source, Future())
        with self._guard:
            if self._closed:
                raise NotAllowed("admission is closed", remedy="open the home again")
            self._queue.put(work)
        return work.done

    def _write_groups(self) -> None:
        while (work := self._queue.get()) is not None:
            group, size, last = _started([work]), len(work.batch), False
            while size < GROUP:
                try:
                    more = self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    last = True
                    break
                group += _started([more])
                size += len(more.batch)
            if group:
                self._write_group(group)
            if last:
                return

    def _write_group(self, group: Sequence[_Work]) -> None:
        try:
            answers, news = self._settle_group(group)
        except BaseException as exc:  # noqa: BLE001 - whoever waits must hear of any failure
            self._settler.forget()
            for work in group:
                work.done.set_exception(_named(exc))
            return
        for work, answer in zip(group, answers, strict=True):
            self._count(answer)
            work.done.set_result(answer)
        if news:
            for listener in self._listeners:
                listener(news)

    def _count(self, answers: Sequence[Answer]) -> None:
        with self._counting:
            self._verdicts.update((answer.verdict, answer.reason or "") for answer in answers)

    def _settle_group(self, group: Sequence[_Work]) -> tuple[list[list[Answer]], list[Accepted]]:
        answers: list[list[Answer]] = []
        news: list[Accepted] = []
        with self._store.write() as transaction:
            self._settler.prefetch(
                transaction, (item for work in group for item in work.batch if isinstance(item, Judged))
            )
            for work in group:
                settled = []
                for item in work.batch:
                    if isinstance(item, Judged):
                        item, more = self._settler.settle(transaction, item, work.source)
                        news.extend(more)
                    settled.append(item)
                answers.append(settled)
        return answers, news


def _started(group: list[_Work]) -> list[_Work]:
    """Leave out what its waiter gave up; what is begun can't be given up any more.

    Without this, an answer to a cancelled future would end the writer.
    """
    return [work for work in group if work.done.set_running_or_notify_cancel()]


def _named(exc: BaseException) -> BaseException:
    """An error as its waiters should see it: knowchain's own as they are."""
    return exc if isinstance(exc, KnowchainError) else RuntimeError(f"the writer failed: {exc!r}")
