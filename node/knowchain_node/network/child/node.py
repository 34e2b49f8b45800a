"""The node: carries out the parent's commands and reports what happens."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from contextlib import AsyncExitStack

import trio
from libp2p.abc import INetConn, INetStream, INetwork, INotifee
from libp2p.peer.id import ID
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

from knowchain_node.network.child.dialling import CannotDial, Dialler
from knowchain_node.network.child.discovery import discovery
from knowchain_node.network.child.gossip import GuardedPubsub
from knowchain_node.network.child.guards.containment import contain
from knowchain_node.network.child.guards.listening import CannotListen, listening
from knowchain_node.network.child.guards.window import BoundedYamux
from knowchain_node.network.child.host import GuardedHost, build_host
from knowchain_node.network.child.judging import Judging
from knowchain_node.network.child.router import GuardedRouter
from knowchain_node.network.child.seam import Seam
from knowchain_node.network.child.streams import ChildStreams
from knowchain_node.network.config import Limits
from knowchain_node.network.counters import ChildCounters
from knowchain_node.network.errors import PeerUnreachable, SeamBroken
from knowchain_node.network.frames import Item
from knowchain_node.network.messages import Verdict
from knowchain_node.network.vocabulary import (
    Ban,
    Connect,
    Disconnect,
    Done,
    Failed,
    Frame,
    Keep,
    ListPeers,
    OpenStream,
    PeerDown,
    PeerGraftedUp,
    PeerRows,
    PeerUp,
    Ping,
    Pong,
    Publish,
    Refused,
    Serve,
    Start,
    Started,
    StreamCredit,
    StreamData,
    StreamEnd,
    StreamReset,
    Subscribe,
    Unban,
    Unsubscribe,
    VerdictDown,
)

__all__ = ["run_node"]


async def run_node(seam: Seam, start: Start, limits: Limits) -> None:
    """Run libp2p as ``start`` says until the parent leaves."""
    logging.getLogger("libp2p").setLevel(logging.CRITICAL)  # it logs what peers send; its import sets a level
    counters = ChildCounters()
    host = build_host(start.seed, start.agent, limits, counters)
    router = GuardedRouter(
        counters,
        limits.heartbeat_seconds,
        lambda peer, topic: seam.say(PeerGraftedUp(str(peer), topic)),
    )
    judging = Judging(seam, counters, limits.verdict_seconds)
    pubsub = GuardedPubsub(host, router, judging, limits, counters)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(listening(host, start.listen))
        except CannotListen as error:
            await seam.say_last(Failed(str(error)))
            return
        await stack.enter_async_context(background_trio_service(pubsub))
        await stack.enter_async_context(background_trio_service(router))
        await pubsub.wait_until_ready()
        own = str(host.get_id())
        addresses = tuple(map(str, host.get_addrs()))
        seam.say(Started(own, addresses))
        nursery = await stack.enter_async_context(trio.open_nursery())
        if start.mdns:
            nursery.start_soon(_discover, seam, own, addresses, start.mdns_interface, counters)
        await Node(seam, host, pubsub, limits, counters).run()
        nursery.cancel_scope.cancel()


async def _discover(
    seam: Seam, own: str, addresses: tuple[str, ...], interface: str, counters: ChildCounters
) -> None:
    """Announce ourselves and hear of others, for ever; where that is not possible the node does without."""
    async with contain(counters, "mDNS"), discovery(seam, own, addresses, interface):
        await trio.sleep_forever()


class Node:
    """One running host, its gossip and its streams, at the parent's command."""

    def __init__(
        self,
        seam: Seam,
        host: GuardedHost,
        pubsub: GuardedPubsub,
        limits: Limits,
        counters: ChildCounters,
    ) -> None:
        self._seam = seam
        self._host = host
        self._pubsub = pubsub
        self._counters = counters
        self._dialler = Dialler(host.swarm, counters)
        self._streams = ChildStreams(host, seam, limits, counters)
        self._since: dict[ID, float] = {}

    async def run(self) -> None:
        """Until the parent leaves."""
        self._host.swarm.register_notifee(_Watcher(self))
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for work in (self._seam.write, self._dialler.run, self._pubsub.tidy, self._host.swarm.sweep):
                nursery.start_soon(work)
            while (frame := await self._seam.hear()) is not None:
                self._obey(frame)
            nursery.cancel_scope.cancel()

    # --- commands ---
    def _obey(self, frame: Frame) -> None:
        """Carry out one command; what takes time goes on in a task of its own, which answers it."""
        match frame:
            case StreamData() | StreamCredit() | StreamEnd() | StreamReset():
                self._streams.take(frame)
            case VerdictDown():
                self._nursery.start_soon(self._judged, frame)
            case Ping():
                self._seam.say(Pong(frame.number, self._counters.as_numbers()))
            case ListPeers():
                self._seam.say(PeerRows(frame.request, tuple(self._rows())))
            case Publish():
                self._answer(frame.request, self._publish(frame))
            case Subscribe():
                self._answer(frame.request, self._subscribe(frame.topic))
            case Unsubscribe():
                self._answer(frame.request, self._unsubscribe(frame.topic))
            case Connect():
                self._answer(frame.request, self._connect(frame.address))
            case Disconnect():
                self._answer(frame.request, self._disconnect(frame.peer))
            case Keep():
                self._answer(frame.request, self._keep(frame.addresses))
            case Ban():
                self._answer(frame.request, self._ban(frame.peers))
            case Unban():
                self._answer(frame.request, self._unban(frame.peers))
            case Serve():
                self._answer(frame.request, self._serve(frame.protocol))
            case OpenStream():
                self._answer(frame.request, self._open(frame))
            case _:
                raise SeamBroken("the parent says {kind} now", kind=type(frame).__name__)

    def _answer(self, request: int, work: Awaitable[tuple[int, str]]) -> None:
        self._nursery.start_soon(self._carry_out, request, work)

    async def _carry_out(self, request: int, work: Awaitable[tuple[int, str]]) -> None:
        """Do what was asked and answer it, whatever becomes of it."""
        reason = "libp2p failed"
        async with contain(self._counters, "a command"):
            try:
                value, text = await work
            except PeerUnreachable as error:
                reason = str(error)
            else:
                self._seam.say(Done(request, value, text))
                return
        self._seam.say(Refused(request, reason[:500]))

    async def _judged(self, frame: VerdictDown) -> None:
        async with contain(self._counters, "forwarding"):
            await self._pubsub.judged(frame.message, Verdict(min(frame.verdict, Verdict.REJECT)))

    async def _publish(self, frame: Publish) -> tuple[int, str]:
        return await self._pubsub.send(frame.topic, frame.data), ""

    async def _subscribe(self, topic: str) -> tuple[int, str]:
        await self._pubsub.subscribe(topic)
        return 0, ""

    async def _unsubscribe(self, topic: str) -> tuple[int, str]:
        await self._pubsub.unsubscribe(topic)
        return 0, ""

    async def _connect(self, address: str) -> tuple[int, str]:
        return 0, str(await self._dialler.dial(address))

    async def _disconnect(self, peer: str) -> tuple[int, str]:
        known = _peer(peer)
        self._dialler.drop(known)
        await self._host.disconnect(known)
        return 0, ""

    async def _keep(self, addresses: tuple[str, ...]) -> tuple[int, str]:
        self._dialler.keep(addresses)
        return len(addresses), ""

    async def _ban(self, peers: tuple[str, ...]) -> tuple[int, str]:
        banned = set(map(_peer, peers))
        self._host.swarm.banned |= banned
        for peer in banned & set(self._host.swarm.connections):
            self._dialler.drop(peer)
            await self._host.disconnect(peer)
        return len(banned), ""

    async def _unban(self, peers: tuple[str, ...]) -> tuple[int, str]:
        self._host.swarm.banned -= set(map(_peer, peers))
        return len(peers), ""

    async def _serve(self, protocol: str) -> tuple[int, str]:
        self._streams.serve(protocol)
        return 0, ""

    async def _open(self, frame: OpenStream) -> tuple[int, str]:
        await self._streams.open(frame.stream, _peer(frame.peer), frame.protocol, self._nursery)
        return 0, ""

    # --- reports ---
    async def connected(self, conn: INetConn) -> None:
        """A connection is up; only a peer's first one is news."""
        peer = conn.muxed_conn.peer_id
        if peer not in self._since:
            self._since[peer] = trio.current_time()
            self._seam.say(PeerUp(str(peer), _address(conn), _is_outbound(conn)))

    async def disconnected(self, conn: INetConn) -> None:
        """A connection ended; only a peer's last one is news."""
        peer = conn.muxed_conn.peer_id
        self._host.connection_ended(conn)
        self._pubsub.renew(peer)
        if not self._host.swarm.connections.get(peer) and self._since.pop(peer, None) is not None:
            self._pubsub.forget(peer)
            self._seam.say(PeerDown(str(peer)))
            self._dialler.look_again()

    def _rows(self) -> list[tuple[Item, ...]]:
        """The connected peers, as rows of :class:`knowchain_node.network.peers.Peer`."""
        now = trio.current_time()
        return [self._row(peer, conns, now) for peer, conns in self._host.swarm.connections.items() if conns]

    def _row(self, peer: ID, conns: list[INetConn], now: float) -> tuple[Item, ...]:
        meters = [meter for conn in conns if (meter := self._host.swarm.meters.get(conn.muxed_conn))]
        return (
            str(peer),
            _address(conns[0]),
            _is_outbound(conns[0]),
            int(now - self._since.get(peer, now)),
            self._host.agents.get(peer, ""),
            int(max(0.0, _rtt(conns[0])) * 1e6),
            sum(meter.bytes_in for meter in meters),
            sum(meter.bytes_out for meter in meters),
            self._pubsub.rejected(peer),
            tuple(self._pubsub.topics_of(peer)),
        )


class _Watcher(INotifee):
    """Tells the node of connections."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def connected(self, _: INetwork, conn: INetConn) -> None:
        await self._node.connected(conn)

    async def disconnected(self, _: INetwork, conn: INetConn) -> None:
        await self._node.disconnected(conn)

    async def opened_stream(self, network: INetwork, stream: INetStream) -> None: ...

    async def closed_stream(self, network: INetwork, stream: INetStream) -> None: ...

    async def listen(self, network: INetwork, multiaddr: Multiaddr) -> None: ...

    async def listen_close(self, network: INetwork, multiaddr: Multiaddr) -> None: ...


def _peer(text: str) -> ID:
    """The peer id that ``text`` writes.

    Raises:
        CannotDial: it is none.
    """
    try:
        return ID.from_base58(text)
    except ValueError as error:
        raise CannotDial(f"{text[:80]} is no peer id") from error


def _address(conn: INetConn) -> str:
    """The other end of a connection, as a multiaddress."""
    return next(map(str, conn.get_transport_addresses()), "")


def _rtt(conn: INetConn) -> float:
    """Seconds to a peer and back, as yamux measured them."""
    return conn.muxed_conn.rtt() if isinstance(conn.muxed_conn, BoundedYamux) else 0.0


def _is_outbound(conn: INetConn) -> bool:
    return bool(conn.muxed_conn.is_initiator)
