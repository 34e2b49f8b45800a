"""The peer: one composition root, one lifetime.

``async with Peer(home, …) as peer`` starts the network child and everything that stands on it, and
waits for none of it: the peer serves with no network at all. Each part owns its tasks; a part that
fails unexpectedly is started again after a moment, and the others go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from knowchain.errors import KnowchainError
from knowchain.home import Home
from knowchain.home.maintenance import ERASURE_DELAY_MS, erase_due
from knowchain.home.serving import ServedBlocks
from knowchain.identifiers import Cid, RecordId
from knowchain_node.bitswap.bringing import Brought, bring
from knowchain_node.bitswap.exchange import Exchange
from knowchain_node.bitswap.providers import Providers
from knowchain_node.dht.offering import Offer
from knowchain_node.dht.service import LanDht
from knowchain_node.network import NetworkConfig, NetworkService, PeerConnected
from knowchain_node.replication.conduct import Conduct, Fault
from knowchain_node.replication.content import ContentKeeper, KeepPolicy
from knowchain_node.replication.conversing import Pace
from knowchain_node.replication.gossiping import Gossiping
from knowchain_node.replication.introducing import Introductions
from knowchain_node.replication.news import News
from knowchain_node.replication.peerbook import PeerBook, peer_in
from knowchain_node.replication.replicator import Replicator
from knowchain_node.transport_key import transport_seed

__all__ = ["Peer", "transport_seed"]

_log = logging.getLogger("knowchain.peer")
_KEPT: Final = 16
"""Peers from the book that the peer stays connected with, beside the bootstrap list."""
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
_HOUR: Final = 3600.0
_SWITCH: Final = 0.0002
"""Seconds after which a thread that runs Python gives way, in the whole process. A signature check lets go of
the interpreter's lock for 40 µs, and with the usual 5 ms its thread may then wait a hundred times as long to
go on: the benchmark's median of catching up went from 177 to 121 µs a record."""
_FOR_GOOD: Final = 10 * 365 * 86_400.0


class Peer:
    """A running peer.

    Args:
        home: the open home; the caller closes it afterwards.
        network: how the network part runs; ``keep`` is the bootstrap list.
        keep: whose files are fetched.
        followed: whether a record is of somebody or something that the owner follows.
        most_bytes: bytes of all files beyond which none are fetched; 0 for no bound.
        sync_seconds: time between two sessions with the same peer.
        erasure_delay_ms: how long erased bodies are held closed before they go.
        book: where the peer book is; by default in the home.
        introductions: whether peers tell each other whom they know.
        pace: when a sync session is given up.
        bitswap: whether others are given blocks over bitswap; our own fetches go over it in any case.
        dht: whether peers of the local network are told what is here, and asked what they have.
        routers: URLs of delegated routers that are asked who has what.
    """

    def __init__(
        self,
        home: Home,
        network: NetworkConfig,
        *,
        keep: KeepPolicy = "followed",
        most_bytes: int = 0,
        followed: Callable[[RecordId], bool] = lambda _record: False,
        sync_seconds: float = 180.0,
        erasure_delay_ms: int = ERASURE_DELAY_MS,
        book: Path | None = None,
        introductions: bool = True,
        pace: Pace | None = None,
        bitswap: bool = True,
        dht: bool = False,
        routers: Sequence[str] = (),
    ) -> None:
        self.home = home
        self.network = NetworkService(network)
        self.book = PeerBook(book or home.layout.root / "peers.json", home.clock)
        self.news = News(home.admission, asyncio.get_running_loop())
        self._bootstrap = network.keep
        self._erasure_delay_ms = erasure_delay_ms
        self._conduct = Conduct(time.monotonic)
        self._chores: set[asyncio.Task[None]] = set()
        self._bans_changed = asyncio.Event()
        self._introduce = introductions
        self.introductions = Introductions(self.network, self.book, blame=self.blame)
        self.content = ContentKeeper(
            home,
            self.network,
            self.news,
            policy=keep,
            most_bytes=most_bytes,
            followed=followed,
            blame=self.blame,
        )
        self.replicator = Replicator(
            home,
            self.network,
            interval=sync_seconds,
            blame=self.blame,
            brought=self.content.look_again,
            pace=pace,
        )
        self.exchange = Exchange(self.network, ServedBlocks(home) if bitswap else None, self.blame)
        self.dht = LanDht(self.network, Offer(home) if bitswap else None, self.blame) if dht else None
        self._routers = tuple(routers)
        self.gossiping = Gossiping(
            home, self.network, self.news, blame=self.blame, behind=self.replicator.gap
        )

    async def __aenter__(self) -> Self:
        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH))
        self._stack = contextlib.AsyncExitStack()
        await self._stack.__aenter__()
        await self._stack.enter_async_context(self.network)
        for peer in self.book.banned():
            await self.network.ban(peer)
        await self.network.keep([*self._bootstrap, *self._remembered()])
        for name, part in (
            ("sync", self.replicator.run),
            ("gossip", self.gossiping.run),
            ("content", self.content.run),
            ("bitswap", self.exchange.run),
            ("peers", self._watch_peers),
            ("bans", self._watch_bans),
            ("erasure", self._erase),
        ):
            self._start(self._supervised(name, part), name)
        if self.dht is not None:
            self._start(self._supervised("dht", self.dht.run), "dht")
        if self._introduce:
            self._start(self._supervised("introductions", self.introductions.run), "introductions")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = list(self._chores)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.book.save()
        await self._stack.__aexit__(kind, exc, trace)

    # --- what operators do --------------------------------------------------------------------------

    async def connect(self, address: str) -> str:
        """Dial a peer, and stay connected with it from now on.

        Raises:
            InvalidValue: no multiaddress with ``/p2p/…``.
            PeerUnreachable, NetworkDown: no connection came about.
        """
        peer = await self.network.connect(address)
        self.book.met(peer, address)
        await self.network.keep([*self._bootstrap, *self._remembered()])
        return peer

    async def ban(self, peer: str, seconds: float | None = None) -> None:
        """Shut a peer out, for ``seconds`` or for ten years."""
        self.book.ban(peer, _FOR_GOOD if seconds is None else seconds)
        self._bans_changed.set()
        await self.network.ban(peer)

    async def unban(self, peer: str) -> None:
        """Let a peer in again."""
        self.book.unban(peer)
        await self.network.unban(peer)

    async def fetch(
        self, cid: Cid, *, addresses: Sequence[str] = (), routers: Sequence[str] = (), name: str | None = None
    ) -> Brought:
        """Fetch everything under ``cid`` from peers, keep it and pin it.

        Args:
            cid: what is wanted.
            addresses: of peers that are asked first.
            routers: that are asked who has it, in place of those of the settings.
            name: under which it is kept; by default the CID.

        Raises:
            NotFound, PeerError: nobody gave all of it. StorageFault: the disk refused.
        """
        providers = Providers(self.network, routers or self._routers, self.dht)
        return await bring(self.home, self.exchange, cid, providers.of(cid, addresses), name)

    def blame(self, peer: str, weight: Fault) -> None:
        """Note what a peer did wrong; enough of it shuts it out for a while."""
        seconds = self._conduct.fault(peer, weight)
        if seconds is not None:
            _log.warning("peer %s is shut out for %d s", peer, seconds)
            self._start(self.ban(peer, seconds), "ban")

    def status(self) -> dict[str, object]:
        """What the peer is doing, as JSON holds it."""
        return {
            "peer": self.network.peer_id,
            "network": self.home.network,
            "up": self.network.is_up,
            "listening": list(self.network.listening),
            "connected": sorted(self.network.connected),
            "sync": self.replicator.status(),
            "gossip": {"announced": self.gossiping.announced, "received": self.gossiping.received},
            "content": self.content.status(),
            "bitswap": self.exchange.status(),
            **({} if self.dht is None else {"dht": self.dht.status()}),
            "parked": len(self.home.admission.parking),
        }

    # --- inside --------------------------------------------------------------------------------------

    def _remembered(self) -> list[str]:
        known = {peer_in(address) for address in self._bootstrap}
        return [a for a in self.book.dialable(_KEPT) if peer_in(a) not in known | {self.network.peer_id}]

    def _start(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _supervised(self, name: str, part: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run a part for the whole lifetime, whatever happens in it."""
        pause = _FIRST_PAUSE
        while True:
            started = time.monotonic()
            try:
                await part()
            except (KnowchainError, OSError, ExceptionGroup) as exc:
                _log.error("%s stopped and starts again: %s", name, _reason(exc))
            pause = (
                _FIRST_PAUSE
                if time.monotonic() - started > _LONGEST_PAUSE
                else min(pause * 2, _LONGEST_PAUSE)
            )
            await asyncio.sleep(pause)

    async def _watch_peers(self) -> None:
        """Write down who was met, and stay connected with whom we reached."""
        async for event in self.network.events():
            if isinstance(event, PeerConnected) and event.outbound:
                self.book.met(event.peer, f"{event.address}/p2p/{event.peer}")
                await self.network.keep([*self._bootstrap, *self._remembered()])
            elif isinstance(event, PeerConnected):
                self.book.met(event.peer, None)

    async def _watch_bans(self) -> None:
        """Let peers in again when their time is over, and keep the network's list to that of the book."""
        while True:
            self._bans_changed.clear()
            waiting = self.book.banned()
            for peer in self.network.banned - waiting.keys():
                await self.unban(peer)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(
                    self._bans_changed.wait(), min([_HOUR, *waiting.values()]) + _FIRST_PAUSE
                )

    async def _erase(self) -> None:
        """Destroy what was to be erased, when its delay is over."""
        while True:
            done = await asyncio.to_thread(erase_due, self.home, delay_ms=self._erasure_delay_ms)
            if done.destroyed:
                _log.info("%d bodies were erased", len(done.destroyed))
            await asyncio.sleep(_HOUR)


def _reason(exc: BaseException) -> str:
    if isinstance(exc, BaseExceptionGroup):
        return "; ".join(_reason(each) for each in exc.exceptions)
    return str(exc)
