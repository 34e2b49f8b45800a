"""A lane: batches judged side by side, and handed to the writer in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import TypeAlias

from knowchain.admission.answers import Answer, Incoming
from knowchain.admission.judging import Judged
from knowchain.errors import NotAllowed

__all__ = ["Lane"]

Batch: TypeAlias = Sequence[Judged | Answer]
"""What is known of a batch before its links are judged."""


class Lane:
    """Takes batches without waiting; for one stream of records whose parents come first.

    Signatures are checked in the verifiers' threads, so the next batch is judged while this one is
    written; a child never overtakes its parent.

    Args:
        pool: the verifiers.
        judge: the stateless half of admission, for a batch.
        hand_in: gives a judged batch to the writer; it may wait for room.
    """

    def __init__(
        self,
        pool: Executor,
        judge: Callable[[Sequence[Incoming]], Batch],
        hand_in: Callable[[Batch, str], Future[list[Answer]]],
    ) -> None:
        self._pool = pool
        self._judge = judge
        self._hand_in = hand_in
        self._guard = threading.Lock()
        self._waiting: deque[tuple[Future[Batch], str, Future[list[Answer]]]] = deque()

    def submit(self, batch: Sequence[Incoming], *, source: str) -> Future[list[Answer]]:
        """Judge a batch; the future has the answers, in order, when they are on disk.

        The future's exceptions are those of :meth:`knowchain.admission.Admission.admit`.

        Raises:
            NotAllowed: admission is closed.
        """
        done: Future[list[Answer]] = Future()
        done.set_running_or_notify_cancel()  # what was taken can't be given up: its order counts
        with self._guard:
            try:
                judging = self._pool.submit(self._judge, batch)
            except RuntimeError as exc:
                raise NotAllowed("admission is closed", remedy="open the home again") from exc
            self._waiting.append((judging, source, done))
        judging.add_done_callback(self._advance)
        return done

    def _advance(self, _judged: Future[Batch]) -> None:
        """Hand in every batch that is judged and has nobody before it."""
        with self._guard:
            while self._waiting and self._waiting[0][0].done():
                judging, source, done = self._waiting.popleft()
                try:
                    handed = self._hand_in(judging.result(), source)
                except BaseException as exc:  # noqa: BLE001 - whoever waits must hear of any failure
                    done.set_exception(exc)
                else:
                    handed.add_done_callback(lambda answered, done=done: _pass_on(answered, done))  # type: ignore[misc]


def _pass_on(answered: Future[list[Answer]], done: Future[list[Answer]]) -> None:
    error = answered.exception()
    if error is None:
        done.set_result(answered.result())
    else:
        done.set_exception(error)
