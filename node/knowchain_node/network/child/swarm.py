"""The swarm, which holds the connections, with its guards."""

from __future__ import annotations

import contextvars
from typing import Final

import trio
from libp2p.abc import IMuxedConn, INetConn
from libp2p.crypto.keys import KeyPair
from libp2p.io.abc import ReadWriteCloser
from libp2p.io.trio import TrioTCPStream
from libp2p.network.auto_connector import AutoConnector
from libp2p.network.config import ConnectionConfig, RetryConfig
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.connection.swarm_connection import SwarmConn
from libp2p.network.exceptions import SwarmException
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.peer.peerstore import PeerStore
from multiaddr import Multiaddr

from knowchain_node.network.child.guards.containment import contain
from knowchain_node.network.child.guards.door import Door, Visit
from knowchain_node.network.child.guards.metering import MeteredTCP, MeteredTCPStream
from knowchain_node.network.child.guards.secrecy import noise_and_yamux
from knowchain_node.network.config import Limits
from knowchain_node.network.counters import ChildCounters

__all__ = ["GuardedSwarm"]

_SWEEP: Final = 15.0
_visit: contextvars.ContextVar[tuple[Visit, MeteredTCPStream]] = contextvars.ContextVar("visit")


class GuardedSwarm(Swarm):
    """libp2p's swarm with caps of our own, and without its habit of dialling whom it once heard of."""

    def __init__(self, keys: KeyPair, limits: Limits, counters: ChildCounters) -> None:
        own, store = ID.from_pubkey(keys.public_key), PeerStore()
        store.add_key_pair(own, keys)
        tcp = MeteredTCP(counters)
        super().__init__(
            own,
            store,
            noise_and_yamux(keys, counters),
            [tcp],
            RetryConfig(max_retries=0),
            _connection_config(limits),
        )
        self.auto_connector = _NoAutoConnector(self)
        self.door = Door(limits, counters)
        self.banned: set[ID] = set()
        self.meters: dict[IMuxedConn, MeteredTCPStream] = {}
        self._limits = limits
        self._counters = counters

    # --- inbound ---
    async def _handle_inbound_connection(self, read_write_closer: ReadWriteCloser, maddr: Multiaddr) -> None:
        """One inbound connection, from its first byte to its end; takes the place of libp2p's own."""
        assert isinstance(read_write_closer, TrioTCPStream)
        metered = MeteredTCPStream(read_write_closer, self._counters)
        try:
            with self.door.knock(metered.ip) as visit:
                _visit.set((visit, metered))
                async with contain(self._counters, "an inbound connection"):
                    await self._visited(visit, metered, maddr)
        finally:
            await metered.drop()

    async def _visited(self, visit: Visit, metered: MeteredTCPStream, maddr: Multiaddr) -> None:
        muxed: IMuxedConn | None = None
        with visit.scope:
            try:
                muxed = await self.upgrade_inbound_raw_conn(RawConnection(metered, False), maddr)
            except SwarmException:
                return  # a failed handshake is no news
        if muxed is not None:
            await muxed.event_closed.wait()  # type: ignore[attr-defined]

    # --- both directions ---
    async def add_conn(self, muxed_conn: IMuxedConn, direction: str = "unknown") -> SwarmConn:
        """Register a connection whose peer is proven, if it may stay.

        Raises:
            SwarmException: it may not, or ended meanwhile.
        """
        refusal = self._refusal(muxed_conn.peer_id, direction)
        if refusal:
            await muxed_conn.close()
            raise SwarmException(refusal)
        if direction == "inbound":
            _, metered = _visit.get()
            metered.proven = True
            self.meters[muxed_conn] = metered
        try:
            return await super().add_conn(muxed_conn, direction)
        except BaseException:
            self.meters.pop(muxed_conn, None)
            raise

    def _refusal(self, peer: ID, direction: str) -> str:
        """Why a connection may not stay; empty if it may."""
        if peer in self.banned or peer == self.self_id:
            self._counters.connections_refused += 1
            return f"{peer} is banned or is ourselves"
        if direction == "inbound" and not self.door.enter(_visit.get()[0]):
            return "no place for another inbound connection"
        return ""

    async def dial_once(self, address: Multiaddr, peer: ID) -> INetConn:
        """Dial one address of a peer, past libp2p's choice of addresses and its memory of failures (row 11).

        Raises:
            SwarmException: no connection came about.
        """
        conn = await self._dial_addr_single_attempt(address, peer)
        raw = _raw_stream(conn)
        if raw is not None:
            raw.proven = True
            self.meters[conn.muxed_conn] = raw
        return conn

    def remove_conn(self, swarm_conn: SwarmConn) -> None:
        self.meters.pop(swarm_conn.muxed_conn, None)
        super().remove_conn(swarm_conn)

    async def sweep(self) -> None:
        """Close connections of which nothing was heard for long, for ever; yamux pings every 30 s."""
        while True:
            await trio.sleep(_SWEEP)
            deadline = trio.current_time() - self._limits.silent_seconds
            for muxed, meter in tuple(self.meters.items()):
                if meter.last_heard < deadline:
                    async with contain(self._counters, "closing a dead connection"):
                        await meter.drop()
                        await muxed.close()


def _connection_config(limits: Limits) -> ConnectionConfig:
    """libp2p's own caps at ours, its pruner and dialler idle, and every step of a handshake bounded."""
    return ConnectionConfig(
        max_connections=limits.connections,
        high_watermark=limits.connections,
        low_watermark=0,
        min_connections=0,
        max_connections_per_peer=limits.connections_per_peer,
        inbound_upgrade_timeout=limits.handshake_seconds,
        outbound_upgrade_timeout=limits.handshake_seconds,
        inbound_stream_protocol_negotiation_timeout=limits.handshake_seconds,
        outbound_stream_protocol_negotiation_timeout=limits.handshake_seconds,
    )


def _raw_stream(conn: INetConn) -> MeteredTCPStream | None:
    """The metered TCP stream under a connection, through the layers that libp2p put over it."""
    layer: object = conn.muxed_conn
    for _ in range(12):
        if isinstance(layer, MeteredTCPStream) or layer is None:
            return layer
        names = ("secured_conn", "conn", "raw_conn", "read_writer", "read_write_closer", "stream")
        layer = next((getattr(layer, name) for name in names if hasattr(layer, name)), None)
    return None


class _NoAutoConnector(AutoConnector):
    """libp2p dials addresses that peers told it, to reach a number of connections; we dial whom we choose."""

    async def run_background_task(self, nursery: trio.Nursery) -> None:  # noqa: ARG002
        await trio.lowlevel.checkpoint()

    async def maybe_connect(self) -> None:
        await trio.lowlevel.checkpoint()
