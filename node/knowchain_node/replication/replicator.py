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
    PeerUnreachable,
    Stream,
    StreamBroken,
)
from knowchain_node.replication.conduct import GARBAGE, NUISANCE, Fault
from knowchain_node.replication.conversing import Conversation
from knowchain_node.replication.holdings import Heads, StoreHoldings

__all__ = ["PROTOCOL", "Replicator", "SessionReport"]

PROTOCOL: Final = "/knowchain/sync/1"
_AT_ONCE: Final = 4
"""Sessions that this peer runs at once, in both directions."""
_AGAIN: Final = 0.5
"""Seconds after which a gap that gossip showed is asked for; more gaps meanwhile cost nothing."""
_HARMLESS: Final = frozenset({"fruitless", "done", "network", "exhausted"})
_GRAVE: Final = frozenset({"garbage", "malformed", "oversized", "unexpected", "credit"})


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
    """

    def __init__(
        self,
        home: Home,
        network: NetworkService,
        *,
        interval: float,
        blame: Callable[[str, Fault], None],
    ) -> None:
        self._home = home
        self._network = network
        self._interval = interval
        self._blame = blame
        self._heads: Heads | None = None
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._due: dict[str, asyncio.TimerHandle] = {}
        self._busy: dict[str, asyncio.Task[SessionReport]] = {}
        self._serving: set[str] = set()
        self._last: dict[str, SessionReport] = {}
        self.sessions = 0
        self.failed = 0
        self.totals = Counters()

    async def run(self) -> None:
        """Run until cancelled."""
        self._heads = await asyncio.to_thread(Heads, self._home)
        events = self._network.events()
        self._network.on_stream(PROTOCOL, self._serve)
        for peer in self._network.connected:
            self.soon(peer, 0.0)
        try:
            async for event in events:
                if isinstance(event, PeerConnected):
                    # Whoever dialled asks first; the other side asks too, later, should it not.
                    self.soon(event.peer, 0.0 if event.outbound else _AGAIN * 4)
        finally:
            for timer in self._due.values():
                timer.cancel()
            tasks = list(self._busy.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def soon(self, peer: str, delay: float = _AGAIN) -> None:
        """Have a session with ``peer`` after ``delay`` seconds, unless an earlier one is due."""
        loop = asyncio.get_running_loop()
        waiting = self._due.get(peer)
        if waiting is not None:
            if waiting.when() <= loop.time() + delay:
                return
            waiting.cancel()
        self._due[peer] = loop.call_later(delay, self._begin, peer)

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

    def _begin(self, peer: str) -> asyncio.Task[SessionReport] | None:
        timer = self._due.pop(peer, None)
        if timer is not None:
            timer.cancel()
        if peer not in self._network.connected:
            return None
        running = self._busy.get(peer)
        if running is not None:
            return running
        task = asyncio.create_task(self._ask(peer), name=f"sync with {peer[-8:]}")
        self._busy[peer] = task
        task.add_done_callback(lambda _task: self._finished(peer))
        return task

    def _finished(self, peer: str) -> None:
        self._busy.pop(peer, None)
        if peer in self._network.connected and self._heads is not None:
            spread = random.uniform(0.8, 1.2)  # noqa: S311 - so that peers do not fall into step
            self.soon(peer, self._interval * spread)

    async def _ask(self, peer: str) -> SessionReport:
        async with self._slots:
            try:
                stream = await self._network.open_stream(peer, PROTOCOL)
            except (PeerUnreachable, NetworkDown) as exc:
                report = SessionReport(peer, "initiator", time.time(), ended=str(exc))
                self._last[peer] = report
                return report
            return await self._converse(stream, "initiator")

    async def _serve(self, stream: Stream) -> None:
        if stream.peer in self._serving:
            stream.reset()
            return
        self._serving.add(stream.peer)
        try:
            async with self._slots:
                await self._converse(stream, "responder")
        finally:
            self._serving.discard(stream.peer)

    async def _converse(self, stream: Stream, role: Role) -> SessionReport:
        assert self._heads is not None
        holdings = StoreHoldings(self._home, self._heads)
        session = await asyncio.to_thread(Session, holdings, self._home.network, role)
        report = SessionReport(stream.peer, role, time.time(), counters=session.counters)
        self._remember(report)
        begun = time.monotonic()
        try:
            async with stream:
                await Conversation(stream, session, self._home).run()
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
        return report

    def _judge(self, peer: str, reason: str) -> None:
        if reason in _GRAVE:
            self._blame(peer, GARBAGE)
        elif reason not in _HARMLESS:
            self._blame(peer, NUISANCE)

    def _remember(self, report: SessionReport) -> None:
        self._last.pop(report.peer, None)
        self._last[report.peer] = report
        while len(self._last) > 256:
            del self._last[next(iter(self._last))]

    def _count(self, report: SessionReport) -> None:
        self.sessions += 1
        self.failed += report.ended not in ("done", "fruitless", "cancelled")
        for name, value in asdict(report.counters).items():
            setattr(self.totals, name, getattr(self.totals, name) + value)
