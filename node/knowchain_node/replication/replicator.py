"""Sync in time: at every connect, every few minutes, when asked, and when gossip shows a gap."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Final

from knowchain.errors import KnowchainError, NotFound, SyncError
from knowchain.home import Home
from knowchain.sync import Counters, Session
from knowchain.sync.reconciler import Role
from knowchain_node.network import (
    NetworkDown,
    NetworkService,
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Stream,
    StreamBroken,
)
from knowchain_node.replication.conduct import GARBAGE, NUISANCE, WITHHOLDING, Fault
from knowchain_node.replication.conversing import Conversation, Pace
from knowchain_node.replication.holdings import Heads, StoreHoldings

__all__ = ["PROTOCOL", "Replicator", "SessionReport"]

PROTOCOL: Final = "/knowchain/sync/1"
_ASKING: Final = 8
_SERVING: Final = 8
"""Sessions at once that this peer began, and that others began: neither kind keeps the other out."""
_AGAIN: Final = 0.5
"""Seconds after which a gap that gossip showed is asked for; more gaps meanwhile cost nothing."""
_AGAIN_MOST: Final = 32.0
"""Seconds between sessions that gossip called for and that brought nothing."""
_GREET: Final = 2.0
"""Seconds after which whoever was dialled asks too, should the dialler not have done so."""
_CUT: Final = 5.0
"""Seconds after which a session that was cut, or had to make room, goes on."""
_HARMLESS: Final = frozenset({"fruitless", "done", "network", "exhausted", "turn"})
_GOES_ON: Final = frozenset({"fruitless", "exhausted", "turn", "cut"})
_GRAVE: Final = frozenset({"garbage", "malformed", "oversized", "unexpected", "credit", "lied"})
_MOST_REPORTS: Final = 256


@dataclass(slots=True)
class SessionReport:
    """What one session did, for people to see."""

    peer: str
    role: Role
    started: float
    """Seconds since 1970."""
    seconds: float = 0.0
    ended: str = "running"
    """``running``, ``done``, or the reason."""
    counters: Counters = field(default_factory=Counters)

    def as_dict(self) -> dict[str, object]:
        """As JSON holds it."""
        return asdict(self)


class Replicator:
    """Runs sync sessions with every connected peer.

    Args:
        home: the store and its door.
        network: the network part.
        interval: seconds between two sessions with the same peer, when nothing else calls for one.
        blame: called with a peer and what it did wrong.
        brought: called when a session brought bodies, of which no news are told.
        pace: when a session is given up.
    """

    def __init__(
        self,
        home: Home,
        network: NetworkService,
        *,
        interval: float,
        blame: Callable[[str, Fault], None],
        brought: Callable[[], None] = lambda: None,
        pace: Pace | None = None,
    ) -> None:
        self._home = home
        self._network = network
        self._interval = interval
        self._blame = blame
        self._brought = brought
        self._pace = pace or Pace()
        self._heads: Heads | None = None
        self._asking = _Slots(_ASKING)
        self._answering = _Slots(_SERVING)
        self._due: dict[str, asyncio.TimerHandle] = {}
        self._gaps: dict[str, float] = {}
        self._busy: dict[str, asyncio.Task[SessionReport]] = {}
        self._serving: set[str] = set()
        self._last: dict[str, SessionReport] = {}
        self.sessions = 0
        self.failed = 0
        self.totals = Counters()

    async def run(self) -> None:
        """Run until cancelled."""
        events = self._network.events()
        if self._heads is None:
            self._heads = await asyncio.to_thread(Heads, self._home)
        self._network.on_stream(PROTOCOL, self._serve)
        for peer in self._network.connected:
            self.soon(peer, 0.0)
        try:
            async for event in events:
                if isinstance(event, PeerConnected):
                    self.soon(event.peer, 0.0 if event.outbound else _GREET)
                elif isinstance(event, PeerDisconnected):
                    self._forget(event.peer)
        finally:
            for timer in self._due.values():
                timer.cancel()
            self._due.clear()
            tasks = list(self._busy.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def soon(self, peer: str, delay: float) -> None:
        """Have a session with ``peer`` after ``delay`` seconds, unless an earlier one is due."""
        loop = asyncio.get_running_loop()
        waiting = self._due.get(peer)
        if waiting is not None:
            if waiting.when() <= loop.time() + delay:
                return
            waiting.cancel()
        self._due[peer] = loop.call_later(delay, self._begin, peer)

    def gap(self, peer: str) -> None:
        """``peer`` gossiped something whose parents or body lack here.

        Sessions that this calls for come less and less often while they bring nothing, or a peer could
        keep us busy with gaps that don't exist.
        """
        self.soon(peer, self._gaps.get(peer, _AGAIN))

    async def sync_now(self, peer: str | None = None) -> list[SessionReport]:
        """Have a session with one peer, or with every connected one, and wait for the end.

        Raises:
            NotFound: that peer is not connected.
        """
        peers = sorted(self._network.connected) if peer is None else [peer]
        if peer is not None and peer not in self._network.connected:
            raise NotFound(
                "the peer {peer} is not connected",
                remedy="connect to it first: `knowchain node connect`",
                peer=peer,
            )
        tasks = [task for each in peers if (task := self._begin(each)) is not None]
        return list(await asyncio.gather(*tasks))

    def status(self) -> dict[str, object]:
        """Sessions that run, the last one with each peer, and totals."""
        return {
            "running": sorted({*self._busy, *self._serving}),
            "sessions": self.sessions,
            "failed": self.failed,
            "last": [report.as_dict() for report in self._last.values()],
            "totals": asdict(self.totals),
        }

    # --- inside ------------------------------------------------------------------------------------

    def _forget(self, peer: str) -> None:
        timer = self._due.pop(peer, None)
        if timer is not None:
            timer.cancel()

    def _begin(self, peer: str) -> asyncio.Task[SessionReport] | None:
        self._forget(peer)
        if peer not in self._network.connected or self._heads is None:
            return None
        running = self._busy.get(peer)
        if running is not None:
            return running
        task = asyncio.create_task(self._ask(peer), name=f"sync with {peer[-8:]}")
        self._busy[peer] = task
        task.add_done_callback(lambda _task: self._busy.pop(peer, None))
        return task

    async def _ask(self, peer: str) -> SessionReport:
        async with self._asking:
            try:
                stream = await self._network.open_stream(peer, PROTOCOL)
            except (PeerUnreachable, NetworkDown) as exc:
                report = SessionReport(peer, "initiator", time.time(), ended=str(exc))
                self._remember(report)
                self._again(report)
                return report
            return await self._converse(stream, "initiator", self._asking.crowded)

    async def _serve(self, stream: Stream) -> None:
        if stream.peer in self._serving or self._heads is None:
            stream.reset()
            return
        self._serving.add(stream.peer)
        try:
            async with self._answering:
                await self._converse(stream, "responder", self._answering.crowded)
        finally:
            self._serving.discard(stream.peer)

    async def _converse(self, stream: Stream, role: Role, crowded: asyncio.Event) -> SessionReport:
        assert self._heads is not None
        self._forget(stream.peer)  # whatever called for a session, this is one
        holdings = StoreHoldings(self._home, self._heads)
        session = await asyncio.to_thread(Session, holdings, self._home.network, role)
        report = SessionReport(stream.peer, role, time.time(), counters=session.counters)
        self._remember(report)
        begun = time.monotonic()
        try:
            async with stream:
                await Conversation(stream, session, self._home, pace=self._pace, crowded=crowded).run()
            report.ended = "done"
        except SyncError as exc:
            report.ended = exc.reason
            self._judge(stream.peer, exc.reason)
        except StreamBroken:
            report.ended = "cut"
        except KnowchainError as exc:
            report.ended = str(exc)
        except asyncio.CancelledError:
            report.ended = "cancelled"
            raise
        finally:
            report.seconds = time.monotonic() - begun
            self._count(report)
        self._again(report, more=session.left_over)
        return report

    def _judge(self, peer: str, reason: str) -> None:
        if reason in _GRAVE:
            self._blame(peer, GARBAGE)
        elif reason == "withheld":
            self._blame(peer, WITHHOLDING)
        elif reason not in _HARMLESS:
            self._blame(peer, NUISANCE)

    def _again(self, report: SessionReport, *, more: bool = False) -> None:
        """When the next session with this peer is due."""
        fruit = report.counters.accepted > 0
        known = self._gaps.pop(report.peer, _AGAIN)
        self._gaps[report.peer] = _AGAIN if fruit else min(known * 2, _AGAIN_MOST)
        while len(self._gaps) > _MOST_REPORTS:
            del self._gaps[next(iter(self._gaps))]
        if report.peer not in self._network.connected:
            return
        if more or (report.ended in _GOES_ON and fruit):
            self.soon(report.peer, _AGAIN)
        elif report.ended == "cut":
            self.soon(report.peer, _CUT)
        spread = random.uniform(0.8, 1.2)  # noqa: S311 - so that peers do not fall into step
        self.soon(report.peer, self._interval * spread)
        if report.counters.bodies_in:
            self._brought()

    def _remember(self, report: SessionReport) -> None:
        self._last.pop(report.peer, None)
        self._last[report.peer] = report
        while len(self._last) > _MOST_REPORTS:
            del self._last[next(iter(self._last))]

    def _count(self, report: SessionReport) -> None:
        self.sessions += 1
        self.failed += report.ended not in ("done", "fruitless", "turn", "cancelled")
        for name, value in asdict(report.counters).items():
            setattr(self.totals, name, getattr(self.totals, name) + value)


class _Slots:
    """So many sessions at once; ``crowded`` while others wait for one to end."""

    def __init__(self, count: int) -> None:
        self._slots = asyncio.Semaphore(count)
        self._waiting = 0
        self.crowded = asyncio.Event()

    async def __aenter__(self) -> None:
        self._waiting += 1
        if self._slots.locked():
            self.crowded.set()
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
            if not self._waiting:
                self.crowded.clear()

    async def __aexit__(self, *_exc: object) -> None:
        self._slots.release()
