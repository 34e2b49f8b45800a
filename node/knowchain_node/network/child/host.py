"""The libp2p host with its guards."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import libp2p.identity.identify.identify as identify
import trio
from libp2p.abc import INetConn, INetStream
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.custom_types import StreamHandlerFn, TProtocol
from libp2p.exceptions import BaseLibp2pError
from libp2p.host.basic_host import BasicHost
from libp2p.host.ping import ID as PING
from libp2p.host.ping import PingService
from libp2p.identity.identify.pb.identify_pb2 import Identify
from libp2p.network.exceptions import SwarmException
from libp2p.peer.id import ID
from libp2p.protocol_muxer.exceptions import MultiselectClientError, MultiselectError
from libp2p.protocol_muxer.multiselect_communicator import MultiselectCommunicator
from libp2p.utils.varint import read_varint_prefixed_bytes_limited

from knowchain_node.network.child.guards.cleaning import cleaning
from knowchain_node.network.child.guards.containment import contain
from knowchain_node.network.child.guards.negotiation import BoundedReads
from knowchain_node.network.child.guards.rates import Rate
from knowchain_node.network.child.swarm import GuardedSwarm
from knowchain_node.network.config import Limits
from knowchain_node.network.counters import ChildCounters

__all__ = ["GuardedHost", "NoStream", "build_host"]

_NEGOTIATION: Final = 4096
"""Bytes that a peer may send while a protocol is agreed on."""
_IDENTIFY: Final = 64 * 1024
_FLOOD: Final = 0.5
"""Seconds that a new stream may have to wait for its peer's rate; where it is more, its peer floods."""
_AGENT: Final = 64
"""Characters that are kept of what a peer calls its program."""


class NoStream(SwarmException):
    """A stream could not be opened; the message says why."""


def build_host(seed: bytes, agent: str, limits: Limits, counters: ChildCounters) -> GuardedHost:
    """A host for the transport key made from ``seed``; it neither listens nor dials yet."""
    identify.AGENT_VERSION = agent
    return GuardedHost(GuardedSwarm(create_new_key_pair(seed), limits, counters), limits, counters)


class GuardedHost(BasicHost):
    """libp2p's host, in which nothing that a peer sends can raise, wait or grow without a bound."""

    def __init__(self, swarm: GuardedSwarm, limits: Limits, counters: ChildCounters) -> None:
        super().__init__(
            swarm,
            default_protocols=_protocols_of_every_host(),
            negotiate_timeout=limits.handshake_seconds,
            disable_identify_address_discovery=True,
        )
        self.set_stream_handler(identify.ID, identify.identify_handler_for(self, use_varint_format=True))
        self.set_stream_handler(PING, PingService(self).handle_ping)
        self.swarm = swarm
        self.agents: dict[ID, str] = {}
        """What connected peers call their programs."""
        self._limits = limits
        self._counters = counters
        self._opening: dict[INetConn, Rate] = {}

    # --- streams that peers open (rows 1 and 2) ---
    async def _swarm_stream_handler(self, net_stream: INetStream) -> None:
        """Every inbound stream of every protocol passes here."""
        async with contain(self._counters, "an inbound stream"):
            try:
                handler = await self._agreed(net_stream)
                if handler is not None:
                    await handler(net_stream)
                    await net_stream.close()  # or our half of it would stay for ever
            except BaseException:
                with cleaning(1):
                    await net_stream.reset()
                raise

    async def _agreed(self, stream: INetStream) -> StreamHandlerFn | None:
        """The handler of the protocol that the peer asks for, or None if the stream was refused."""
        if not await self._may_open(stream.swarm_conn):  # type: ignore[attr-defined]
            self._counters.streams_refused += 1
            await stream.reset()
            return None
        bounded = MultiselectCommunicator(BoundedReads(stream, _NEGOTIATION))
        try:
            protocol, handler = await self.multiselect.negotiate(bounded, self._limits.handshake_seconds)
        except (MultiselectError, UnicodeDecodeError):
            protocol, handler = None, None
        if protocol is None or handler is None:
            await stream.reset()
            return None
        stream.set_protocol(protocol)
        return handler

    async def _may_open(self, conn: INetConn) -> bool:
        """Whether a peer may hold one more stream on ``conn``, when it is within its rate.

        One that opens them faster has to wait; one that does not wait, but floods, loses the connection.
        """
        now = trio.current_time()
        rate = self._opening.setdefault(conn, Rate(self._limits.streams_per_second, now))
        delay = rate.delay(1, now)
        if delay > _FLOOD:
            self._counters.connections_refused += 1
            await conn.close()
            return False
        if len(conn.get_streams()) > self._limits.streams_per_connection:
            return False
        await trio.sleep(delay)
        return True

    def connection_ended(self, conn: INetConn) -> None:
        """Forget what was kept for a connection."""
        self._opening.pop(conn, None)
        if not self.swarm.connections.get(conn.muxed_conn.peer_id):
            self.agents.pop(conn.muxed_conn.peer_id, None)

    # --- streams that we open ---
    async def new_stream(self, peer_id: ID, protocol_ids: Sequence[TProtocol]) -> INetStream:
        """Open a stream to a connected peer; libp2p's own would dial addresses that the peer made up.

        Raises:
            NoStream: it is not connected, or speaks none of the protocols.
        """
        if not self.swarm.connections.get(peer_id):
            raise NoStream(f"{peer_id} is not connected")
        stream = await self.swarm.new_stream(peer_id)
        bounded = MultiselectCommunicator(BoundedReads(stream, _NEGOTIATION))
        try:
            protocol = await self.multiselect_client.select_one_of(
                list(protocol_ids), bounded, self._limits.handshake_seconds
            )
        except (MultiselectClientError, UnicodeDecodeError) as error:
            was_reset = stream.muxed_stream.reset_received  # type: ignore[attr-defined]
            await stream.reset()
            failed = "reset a stream of one of" if was_reset else "speaks none of"
            raise NoStream(f"{peer_id} {failed} {', '.join(protocol_ids)}") from error
        except BaseException:
            with cleaning(1):
                await stream.reset()
            raise
        stream.set_protocol(protocol)
        return stream

    async def _identify_peer(self, peer_id: ID, *, reason: str) -> None:  # noqa: ARG002
        """Ask a new peer what it is. Only its program's name is kept; addresses it claims are not dialled."""
        async with contain(self._counters, "identify"):
            with trio.move_on_after(self._limits.handshake_seconds * 2):
                try:
                    stream = await self.new_stream(peer_id, [identify.ID])
                except BaseLibp2pError:
                    return  # it left, or does not speak identify
                try:
                    raw = await read_varint_prefixed_bytes_limited(BoundedReads(stream, _IDENTIFY), _IDENTIFY)
                    self._identified(peer_id, Identify.FromString(raw))
                finally:
                    with cleaning(1):
                        await stream.close()

    def _identified(self, peer: ID, said: Identify) -> None:
        agent = "".join(character for character in said.agent_version[:_AGENT] if character.isprintable())
        if self.swarm.connections.get(peer):
            self.agents[peer] = agent


def _protocols_of_every_host() -> OrderedDict[TProtocol, StreamHandlerFn]:
    """Not empty, or libp2p would put in its own, with identify push, which lets peers write in our books."""

    async def refuse(stream: INetStream) -> None:
        await stream.reset()

    return OrderedDict({TProtocol("/knowchain/none"): refuse})
