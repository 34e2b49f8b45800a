"""One sync session over one stream: payloads in and out, and admission in between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from knowchain.admission import Answer, BodyOutcome, Incoming, Verdict
from knowchain.errors import SyncError
from knowchain.home import Home
from knowchain.storage.reader import rid_from_digest
from knowchain.sync import Arrived, BodyArrived, Event, FrameReader, Outcome, Session, framed
from knowchain_node.network import Stream, StreamBroken

__all__ = ["Conversation"]

_PATIENCE: Final = 60.0
"""Seconds without a byte from the other side after which the session is given up."""
_IN_FLIGHT: Final = 4
"""Batches that wait for admission; beyond that nothing more is read, and credit runs out."""
_BODIES_ASKED: Final = 4096
"""Missing bodies that are asked for in one session."""


class Conversation:
    """Runs a session to its end.

    Args:
        stream: the stream to the other peer.
        session: the protocol's state; everything that touches it goes through one lock, in threads,
            since it reads the store.
        home: where blocks go, and what they are judged by.
    """

    def __init__(self, stream: Stream, session: Session, home: Home) -> None:
        self._stream = stream
        self._session = session
        self._home = home
        self._source = f"peer:{stream.peer}"
        self._lock = asyncio.Lock()
        self._poke = asyncio.Event()
        self._events: asyncio.Queue[list[Event]] = asyncio.Queue(_IN_FLIGHT)
        self._asked = False

    async def run(self) -> None:
        """Converse until both sides are done.

        Raises:
            SyncError: the other side broke the protocol, lied, or gave nothing for too long.
            StreamBroken: the connection ended in between; what came is kept.
        """
        writing = asyncio.create_task(self._write(), name="sync writing")
        others = [
            asyncio.create_task(self._read(), name="sync reading"),
            asyncio.create_task(self._settle(), name="sync settling"),
        ]
        try:
            await asyncio.wait([writing, *others], return_when=asyncio.FIRST_COMPLETED)
            if not writing.done() and self._session.over is None:
                failed = next((task for task in others if task.done() and task.exception()), None)
                await self._say_goodbye(writing, failed)
            await writing
            # The session is over when nothing is in flight; what came last may still be with admission.
            await self._drained(others[1])
        finally:
            for task in (writing, *others):
                task.cancel()
            await asyncio.gather(writing, *others, return_exceptions=True)

    async def _drained(self, settling: asyncio.Task[None]) -> None:
        joined = asyncio.create_task(self._events.join())
        await asyncio.wait([joined, settling], return_when=asyncio.FIRST_COMPLETED)
        joined.cancel()
        if settling.done():
            settling.result()

    async def _say_goodbye(self, writing: asyncio.Task[None], failed: asyncio.Task[None] | None) -> None:
        """The session failed here: let the reason reach the other side, then raise it."""
        if failed is None:
            await writing
            return
        self._poke.set()
        await asyncio.wait([writing], timeout=2.0)
        error = failed.exception()
        assert error is not None
        raise error

    async def _read(self) -> None:
        frames = FrameReader()
        while True:
            try:
                data = await asyncio.wait_for(self._stream.read(), _PATIENCE)
            except TimeoutError as exc:
                raise self._close(SyncError("stalled", "nothing came for {s} seconds", s=_PATIENCE)) from exc
            if not data:
                if self._session.over is None:
                    raise StreamBroken("a sync session ended too early")
                return
            for payload in frames.feed(data):
                async with self._lock:
                    events = await asyncio.to_thread(self._session.receive, payload)
                    self._ask_for_bodies()
                self._poke.set()
                if events:
                    await self._events.put(events)

    def _close(self, error: SyncError) -> SyncError:
        self._session.close(error.reason)
        return error

    def _ask_for_bodies(self) -> None:
        """Once the heads are compared: the bodies that earlier sessions did not bring."""
        if self._asked or not self._session.reconciled or self._session.over is not None:
            return
        self._asked = True
        missing = self._home.store.reader().missing_bodies()
        digests = [body[4:] for (_, body), _ in zip(missing, range(_BODIES_ASKED), strict=False)]
        if digests:
            self._session.want_bodies(digests)

    async def _settle(self) -> None:
        while True:
            events = await self._events.get()
            outcomes = await asyncio.to_thread(self._admit, events)
            async with self._lock:
                for event, outcome in zip(events, outcomes, strict=True):
                    self._session.settle(event, outcome)
            self._events.task_done()
            self._poke.set()

    def _admit(self, events: Sequence[Event]) -> list[Outcome]:
        arrived = [event for event in events if isinstance(event, Arrived)]
        answers = iter(
            self._home.admission.admit_many(
                (Incoming(event.block, event.body) for event in arrived), source=self._source
            )
        )
        return [
            _outcome(next(answers)) if isinstance(event, Arrived) else self._admit_body(event)
            for event in events
        ]

    def _admit_body(self, event: BodyArrived) -> Outcome:
        record = self._home.store.reader().record_of_body(rid_from_digest(event.digest))
        if record is None:
            return "rejected"
        answer = self._home.admission.admit_body(record, event.body, source=self._source)
        return {BodyOutcome.HELD: "accepted", BodyOutcome.ERASED: "duplicate"}.get(answer.body, "rejected")  # type: ignore[return-value]

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


def _outcome(answer: Answer) -> Outcome:
    match answer.verdict:
        case Verdict.ACCEPTED:
            return "accepted"
        case Verdict.DUPLICATE:
            return "duplicate"
        case Verdict.PARKED:
            return "parked"
        case Verdict.REJECTED:
            return "unsupported" if answer.reason == "unsupported" else "rejected"
