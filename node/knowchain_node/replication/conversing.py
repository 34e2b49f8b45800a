"""One sync session over one stream: payloads in and out, and admission in between.

Three tasks share the session: one reads and hands what came to admission without waiting for it, one
settles the answers in their order, one writes. A fourth ends a session in which nothing moves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from knowchain.admission import Answer, BodyOutcome, Incoming, Verdict
from knowchain.errors import SyncError
from knowchain.home import Home
from knowchain.storage.lineage import missing_bodies
from knowchain.storage.reader import rid_from_digest
from knowchain.sync import Arrived, BodyArrived, Event, FrameReader, Outcome, Session, framed
from knowchain_node.network import Stream, StreamBroken

__all__ = ["Conversation", "Pace"]

_IN_FLIGHT: Final = 16
"""Batches that wait for admission; beyond that nothing more is read, and credit runs out."""
_GOODBYE: Final = 2.0
"""Seconds that the reason of a failure has to reach the other side."""
_BODIES_ASKED: Final = 4096
"""Missing bodies that are asked for in one session; the next session asks for others."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a session must do to go on, in seconds."""

    progress: float = 120.0
    """Without the heads compared, a record accepted or one given away for so long, it has stalled."""
    turn: float = 120.0
    """After so long it makes room, if others wait: what came is kept, and the next one goes on."""


class Conversation:
    """Runs a session to its end.

    Args:
        stream: the stream to the other peer.
        session: the protocol's state; everything that touches it goes through one lock, in threads,
            since it reads the store.
        home: where blocks go, and what they are judged by.
        pace: when to give up.
        crowded: whether others wait for this session to end; an event that is set then.
    """

    def __init__(
        self,
        stream: Stream,
        session: Session,
        home: Home,
        *,
        pace: Pace | None = None,
        crowded: asyncio.Event | None = None,
    ) -> None:
        self._stream = stream
        self._session = session
        self._home = home
        self._pace = pace or Pace()
        self._crowded = crowded or asyncio.Event()
        self._source = f"peer:{stream.peer}"
        self._lane = home.admission.lane()
        self._lock = asyncio.Lock()
        self._poke = asyncio.Event()
        self._judging: asyncio.Queue[tuple[list[Event], asyncio.Future[list[Outcome]]]] = asyncio.Queue(
            _IN_FLIGHT
        )
        self._asked = False

    async def run(self) -> None:
        """Converse until both sides are done.

        Raises:
            SyncError: the other side broke the protocol, lied, or gave nothing for too long.
            StreamBroken: the connection ended in between; what came is kept.
        """
        writing = asyncio.create_task(self._write(), name="sync writing")
        settling = asyncio.create_task(self._settle(), name="sync settling")
        others = [
            settling,
            asyncio.create_task(self._read(), name="sync reading"),
            asyncio.create_task(self._watch(), name="sync watching"),
        ]
        try:
            failed = await self._first_failure(writing, others)
            if failed is not None:
                self._poke.set()
                await asyncio.wait([writing], timeout=_GOODBYE)
                raise failed
            await writing
            # The session is over when nothing is in flight; what came last may still be with admission.
            await self._drained(settling)
        finally:
            for task in (writing, *others):
                task.cancel()
            await asyncio.gather(writing, *others, return_exceptions=True)

    async def _first_failure(
        self, writing: asyncio.Task[None], others: Sequence[asyncio.Task[None]]
    ) -> BaseException | None:
        """Wait until the writing ends; the error of another task, if one fails before."""
        waiting = {writing, *others}
        while not writing.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {writing}:
                if (error := task.exception()) is not None and not writing.done():
                    return error
        return None

    async def _drained(self, settling: asyncio.Task[None]) -> None:
        joined = asyncio.create_task(self._judging.join())
        await asyncio.wait([joined, settling], return_when=asyncio.FIRST_COMPLETED)
        joined.cancel()
        if settling.done():
            settling.result()

    # --- in ----------------------------------------------------------------------------------------

    async def _read(self) -> None:
        frames = FrameReader()
        while data := await self._stream.read():
            for payload in frames.feed(data):
                async with self._lock:
                    events, incoming = await asyncio.to_thread(self._receive, payload)
                self._poke.set()
                if events:
                    await self._judging.put((events, self._judged(events, incoming)))
        if self._session.over is None:
            raise StreamBroken("a sync session ended too early")

    def _receive(self, payload: bytes) -> tuple[list[Event], list[Incoming | None]]:
        events = self._session.receive(payload)
        self._ask_for_bodies()
        return events, [self._incoming(event) for event in events]

    def _incoming(self, event: Event) -> Incoming | None:
        """What admission takes; a body comes with its header once more. None: no header is held."""
        if isinstance(event, Arrived):
            return Incoming(event.block, event.body)
        reader = self._home.store.reader()
        record = reader.record_of_body(rid_from_digest(event.digest))
        block = None if record is None else reader.block(record)
        return None if block is None else Incoming(block, event.body)

    def _judged(
        self, events: Sequence[Event], incoming: Sequence[Incoming | None]
    ) -> asyncio.Future[list[Outcome]]:
        known = [each for each in incoming if each is not None]
        answering = asyncio.wrap_future(self._lane.submit(known, source=self._source))

        async def outcomes() -> list[Outcome]:
            answers = iter(await answering)
            return [
                "rejected" if given is None else _outcome(event, next(answers))
                for event, given in zip(events, incoming, strict=True)
            ]

        return _owned(outcomes())

    def _ask_for_bodies(self) -> None:
        """Once the heads are compared: some of the bodies that earlier sessions did not bring."""
        if self._asked or not self._session.reconciled or self._session.over is not None:
            return
        self._asked = True
        digests = [body[4:] for body in missing_bodies(self._home.store.reader(), _BODIES_ASKED)]
        if digests:
            self._session.want_bodies(digests)

    async def _settle(self) -> None:
        while True:
            events, judging = await self._judging.get()
            outcomes = await judging
            async with self._lock:
                for event, outcome in zip(events, outcomes, strict=True):
                    self._session.settle(event, outcome)
            self._judging.task_done()
            self._poke.set()

    # --- out ---------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while True:
            self._poke.clear()
            async with self._lock:
                payload = await asyncio.to_thread(self._session.next_payload)
                over = self._session.over
            if payload is not None:
                await self._stream.write(framed(payload))
            elif over is not None:
                await self._stream.close()
                if over != "done":
                    raise SyncError(over, "the session was closed: {why}", why=over)
                return
            else:
                await self._poke.wait()

    # --- time --------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """End a session that makes no progress, or that had its turn while others wait."""
        loop = asyncio.get_running_loop()
        begun = moved = loop.time()
        last = self._progress()
        while True:
            await asyncio.sleep(min(self._pace.progress, self._pace.turn) / 4)
            now, progress = loop.time(), self._progress()
            if progress != last:
                last, moved = progress, now
            if now - moved >= self._pace.progress:
                raise self._close(
                    SyncError("stalled", "nothing moved for {s:.0f} seconds", s=self._pace.progress)
                )
            if now - begun >= self._pace.turn and self._crowded.is_set():
                raise self._close(SyncError("turn", "others wait for their turn"))

    def _progress(self) -> tuple[object, ...]:
        counted = self._session.counters
        return (self._session.reconciled, counted.accepted, counted.records_out, counted.bodies_out)

    def _close(self, error: SyncError) -> SyncError:
        self._session.close(error.reason)
        return error


def _owned(work: Coroutine[Any, Any, list[Outcome]]) -> asyncio.Future[list[Outcome]]:
    """A task whose failure is heard of even if nobody comes to wait for it."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def _outcome(event: Event, answer: Answer) -> Outcome:
    if isinstance(event, BodyArrived):
        outcomes: dict[BodyOutcome, Outcome] = {BodyOutcome.HELD: "accepted", BodyOutcome.ERASED: "duplicate"}
        return outcomes.get(answer.body, "rejected")
    if answer.body is BodyOutcome.DISCARDED:
        return "rejected"
    match answer.verdict:
        case Verdict.ACCEPTED:
            return "accepted"
        case Verdict.DUPLICATE:
            return "duplicate"
        case Verdict.PARKED:
            return "parked"
        case Verdict.REJECTED:
            return "unsupported" if answer.reason == "unsupported" else "rejected"
