"""What the peer calls: connections, gossip and streams, with one lifetime, whatever happens to the child."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from knowchain.errors import InvalidValue, KnowchainError, NotFound
from knowchain_node.network.broadcast import Broadcast
from knowchain_node.network.config import MAX_DATA, MAX_NAME, NetworkConfig, check_address
from knowchain_node.network.counters import ChildCounters, Counters
from knowchain_node.network.credits import cost_of
from knowchain_node.network.errors import NetworkDown, SeamBroken, StreamBroken
from knowchain_node.network.gossip import Gossip
from knowchain_node.network.identity import peer_id_of
from knowchain_node.network.link import Link
from knowchain_node.network.messages import Message
from knowchain_node.network.peers import Peer, PeerConnected, PeerDisconnected, PeerFound, PeerGrafted
from knowchain_node.network.requests import Requests, down
from knowchain_node.network.streams import Stream, StreamTable
from knowchain_node.network.supervisor import Supervisor
from knowchain_node.network.vocabulary import (
    Ban,
    Connect,
    Disconnect,
    Done,
    Frame,
    GossipUp,
    Keep,
    ListPeers,
    OpenStream,
    PeerDown,
    PeerGraftedUp,
    PeerRows,
    PeerSeen,
    PeerUp,
    Pong,
    Publish,
    Refused,
    Serve,
    Started,
    StreamCredit,
    StreamData,
    StreamEnd,
    StreamOpened,
    StreamReset,
    Subscribe,
    Unban,
    Unsubscribe,
)

__all__ = ["ChildRestarted", "Event", "Listening", "NetworkService", "StreamHandler"]

log = logging.getLogger("knowchain.network")

StreamHandler = Callable[[Stream], Awaitable[None]]
"""Serves one stream of another peer; the stream is closed when it returns and reset when it raises."""

_MOST_BANS: Final = 10_000
_DIALS_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Listening:
    """The child is up and listens on these addresses, each with our peer id."""

    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChildRestarted:
    """The child's life ended; the next one begins by itself."""

    reason: str


Event = PeerConnected | PeerDisconnected | PeerGrafted | PeerFound | Listening | ChildRestarted


class NetworkService:
    """The network part of the peer: ``async with NetworkService(config) as net``.

    Entering it starts the child and waits for nothing, so the peer starts and serves with no network at
    all. While the child is not up, what needs it raises NetworkDown at once; what is remembered for it
    (topics, served protocols, kept peers, bans) takes effect as soon as it is up.
    """

    def __init__(self, config: NetworkConfig) -> None:
        self.peer_id: Final = peer_id_of(config.seed)
        """Our libp2p peer id."""
        self.counters: Final = Counters()
        self.listening: tuple[str, ...] = ()
        """The addresses that the child listens on, each with our peer id; none while it is not up."""
        self._config = config
        self._keep = config.keep
        self._banned: set[str] = set()
        self._handlers: dict[str, StreamHandler] = {}
        self._connected: set[str] = set()
        self._events: Broadcast[Event] = Broadcast()
        self._up = asyncio.Event()
        self._link: Link | None = None
        self._requests = Requests()
        self._gossip = Gossip(self.counters)
        self._streams = StreamTable()
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialling: set[str] = set()
        self._supervisor = Supervisor(config, self.counters, self)

    # --- lifetime -----------------------------------------------------------------------------
    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._supervisor.run(), name="network supervisor")
        self._running.add_done_callback(self._ended)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [self._running, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def ready(self) -> None:
        """Wait until the child is up."""
        await self._up.wait()

    @property
    def is_up(self) -> bool:
        """Whether the child is up now."""
        return self._up.is_set()

    @property
    def child_pid(self) -> int | None:
        """The process id of the child while it lives."""
        return self._supervisor.pid

    @property
    def last_end(self) -> str:
        """How the last life of the child ended; empty if none did."""
        return self._supervisor.last_end

    # --- connections --------------------------------------------------------------------------
    @property
    def connected(self) -> frozenset[str]:
        """The ids of all connected peers."""
        return frozenset(self._connected)

    async def connect(self, address: str) -> str:
        """Dial ``address`` (a multiaddress with ``/p2p/…``) once and return the peer's id.

        Raises:
            InvalidValue: it is no multiaddress.
            PeerUnreachable: no connection came about, or the peer is banned.
            NetworkDown: the child is not up.
        """
        check_address(address)
        done = await self._requests.ask(lambda number: Connect(number, address))
        return done.text if isinstance(done, Done) else ""

    async def disconnect(self, peer: str) -> None:
        """Close all connections with ``peer`` and do not redial it until :meth:`keep` names it again."""
        self._keep = tuple(address for address in self._keep if not address.endswith(f"/p2p/{peer}"))
        await self._requests.ask(lambda number: Disconnect(number, peer))

    async def keep(self, addresses: Iterable[str]) -> None:
        """Stay connected with these peers, and no others: they are redialled after 1 to 30 s.

        Remembered over restarts of the child; raises InvalidValue for what is no multiaddress.
        """
        self._keep = tuple(addresses)
        for address in self._keep:
            check_address(address)
        await self._tell(lambda number: Keep(number, self._keep))

    async def ban(self, peer: str) -> None:
        """Disconnect ``peer`` and refuse it until :meth:`unban`. Remembered over restarts of the child."""
        if peer not in self._banned and len(self._banned) >= _MOST_BANS:
            raise InvalidValue(
                "{field} {value} can't be banned: {most} are banned already",
                field="peer", value=peer, most=_MOST_BANS, remedy="unban some",
            )  # fmt: skip
        self._banned.add(peer)
        await self._tell(lambda number: Ban(number, (peer,)))

    async def unban(self, peer: str) -> None:
        """Let ``peer`` in again."""
        self._banned.discard(peer)
        await self._tell(lambda number: Unban(number, (peer,)))

    @property
    def banned(self) -> frozenset[str]:
        """The ids of all banned peers."""
        return frozenset(self._banned)

    @property
    def served(self) -> frozenset[str]:
        """The protocols whose streams are served."""
        return frozenset(self._handlers)

    async def peers(self) -> list[Peer]:
        """All connected peers; none while the child is not up."""
        if self._link is None:
            return []
        answer = await self._requests.ask(ListPeers)
        if not isinstance(answer, PeerRows):
            return []
        return [Peer.from_row(row) for row in answer.rows]

    def events(self) -> AsyncIterator[Event]:
        """Everything that happens from now on; a slow listener loses the oldest events."""
        return self._events.listen()

    # --- gossip -------------------------------------------------------------------------------
    async def subscribe(self, topic: str) -> None:
        """Join ``topic``: its messages come in :meth:`messages`. Remembered over restarts of the child."""
        _check_name("topic", topic)
        self._gossip.join(topic)
        await self._tell(lambda number: Subscribe(number, topic))

    async def unsubscribe(self, topic: str) -> None:
        """Leave ``topic``; its messages that nobody read are ignored."""
        self._gossip.leave(topic)
        await self._tell(lambda number: Unsubscribe(number, topic))

    async def publish(self, topic: str, data: bytes) -> int:
        """Send ``data`` to the mesh of ``topic`` and return the number of peers it was handed to.

        It is never dropped in silence: while a peer's queue is long this waits, up to two seconds, and a
        peer that is slower still is left out and counted.

        Raises:
            InvalidValue: ``data`` has more than 64 KiB.
            NetworkDown: the child is not up, or ended before it answered; it may have been sent.
        """
        _check_name("topic", topic)
        if len(data) > MAX_DATA:
            raise InvalidValue(
                "{field} has {size} bytes, but a gossip message has {most} at most",
                field="data", size=len(data), most=MAX_DATA, remedy="send smaller batches",
            )  # fmt: skip
        if self._link is None:
            raise down("it is starting")
        purse, cost = self._gossip.outgoing, cost_of(data)
        await purse.pay(cost)
        try:
            done = await self._requests.ask(lambda number: Publish(number, topic, data))
        finally:
            purse.refund(cost)
        self.counters.published += 1
        return done.value if isinstance(done, Done) else 0

    def messages(self, topic: str) -> AsyncIterator[Message]:
        """The messages of a joined topic, each waiting for a verdict; several readers share them.

        Raises:
            NotFound: the topic was not joined.
        """
        if topic not in self._gossip.topics:
            raise NotFound("the topic {topic} was not joined", remedy="subscribe to it", topic=topic)
        return self._gossip.messages(topic)

    # --- streams ------------------------------------------------------------------------------
    async def open_stream(self, peer: str, protocol: str) -> Stream:
        """Open a stream to a connected peer.

        Raises:
            PeerUnreachable: it is not connected, does not speak ``protocol``, or holds too many streams.
            NetworkDown: the child is not up.
        """
        _check_name("protocol", protocol)
        if self._link is None:
            raise down("it is starting")
        streams, number = self._streams, self._streams.number()
        stream = streams.add(number, peer, protocol, self._link)
        try:
            await self._requests.ask(lambda request: OpenStream(request, number, peer, protocol))
        except BaseException:
            stream.reset()  # the child may have opened it in the same moment
            raise
        return stream

    def on_stream(self, protocol: str, handler: StreamHandler) -> None:
        """Serve streams of ``protocol`` with ``handler``, each in a task of its own."""
        _check_name("protocol", protocol)
        self._handlers[protocol] = handler
        if self._link is not None:
            self._start(self._tell(lambda number: Serve(number, protocol)))

    # --- the child's household ----------------------------------------------------------------
    def up(self, link: Link, started: Started) -> None:
        """The child is up: tell it all that it is to know. Called by the supervisor."""
        if started.peer != self.peer_id:
            raise SeamBroken("the child runs as peer {peer}", peer=started.peer)
        self._link = link
        self._streams = StreamTable()
        self._gossip.up(link)
        self._requests.up(link)
        self.listening = started.addresses
        self._start(self._restore())
        self._up.set()
        self._events.tell(Listening(started.addresses))

    async def _restore(self) -> None:
        """Tell a new life of the child what it is to know; bans first, connections last."""
        await self._tell(lambda number: Ban(number, tuple(self._banned)))
        for protocol in tuple(self._handlers):
            await self._tell(lambda number, name=protocol: Serve(number, name))  # type: ignore[misc]
        for topic in self._gossip.topics:
            await self._tell(lambda number, name=topic: Subscribe(number, name))  # type: ignore[misc]
        await self._tell(lambda number: Keep(number, self._keep))

    def down(self, reason: str) -> None:
        """The child's life ended. Called by the supervisor."""
        self._link = None
        self._up.clear()
        self.listening = ()
        self._requests.down(reason)
        self._gossip.down(reason)
        self._streams.break_all("ended with the network part")
        for peer in sorted(self._connected):
            self._events.tell(PeerDisconnected(peer))
        self._connected.clear()
        self._events.tell(ChildRestarted(reason))

    def take(self, frame: Frame) -> None:
        """A frame came from the child. Called by the supervisor.

        Raises:
            SeamBroken: the child may not say that now.
        """
        match frame:
            case GossipUp():
                self._gossip.take(frame)
            case StreamData() | StreamCredit() | StreamEnd() | StreamReset():
                self._streams.take(frame)
            case Done() | Refused() | PeerRows():
                self._requests.answer(frame)
            case StreamOpened():
                self._serve(frame)
            case PeerUp():
                if len(self._connected) > 2 * self._config.limits.connections:
                    raise SeamBroken("the child tells of {count} peers", count=len(self._connected))
                self._connected.add(frame.peer)
                self._events.tell(PeerConnected(frame.peer, frame.address, frame.outbound))
            case PeerDown():
                self._connected.discard(frame.peer)
                self._events.tell(PeerDisconnected(frame.peer))
            case PeerGraftedUp():
                self._events.tell(PeerGrafted(frame.peer, frame.topic))
            case PeerSeen():
                self._found(frame)
            case Pong():
                self.counters.current = ChildCounters.from_numbers(frame.counters)
                self.counters.events_dropped = self._events.dropped
            case _:
                raise SeamBroken("the child says {kind} too late", kind=type(frame).__name__)

    def _serve(self, frame: StreamOpened) -> None:
        if frame.stream % 2 or self._streams.holds(frame.stream) or self._link is None:
            raise SeamBroken("the child opens stream {number}", number=frame.stream)
        if len(self._streams) > 2 * self._config.limits.streams:
            raise SeamBroken("the child opens {count} streams", count=len(self._streams))
        stream = self._streams.add(frame.stream, frame.peer, frame.protocol, self._link)
        handler = self._handlers.get(frame.protocol)
        if handler is None:
            stream.reset()
        else:
            self._start(_served(stream, handler))

    def _found(self, frame: PeerSeen) -> None:
        self._events.tell(PeerFound(frame.peer, frame.addresses))
        known = self._connected | self._banned | self._dialling
        if frame.peer not in known and len(self._dialling) < _DIALS_AT_ONCE:
            self._start(self._dial(frame.peer, frame.addresses))

    async def _dial(self, peer: str, addresses: tuple[str, ...]) -> None:
        """Dial a found peer; one that there was no time for is dialled when it is announced again."""
        self._dialling.add(peer)
        try:
            for address in addresses[:4]:
                with contextlib.suppress(KnowchainError):
                    await self.connect(address)
                    return
        finally:
            self._dialling.discard(peer)

    async def _tell(self, make: Callable[[int], Frame]) -> None:
        """Ask the child if it is up; if it is not, it will be told when it is."""
        if self._link is not None:
            with contextlib.suppress(NetworkDown):  # the next life is told everything
                await self._requests.ask(make)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """No task fails unheard."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("a task of the network part failed: %s", error)


async def _served(stream: Stream, handler: StreamHandler) -> None:
    """One stream of another peer, from its opening to its end; that it broke is no failure of ours."""
    with contextlib.suppress(StreamBroken):
        async with stream:
            await handler(stream)


def _check_name(field: str, name: str) -> None:
    """Raise InvalidValue if ``name`` can't be a topic or a protocol id."""
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidValue(
            "{field} {value} must have 1 to {most} printable characters",
            field=field,
            value=name,
            most=MAX_NAME,
            remedy="choose a shorter one, such as knowchain/records/1",
        )
