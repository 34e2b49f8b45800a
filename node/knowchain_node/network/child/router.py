"""The GossipSub router with its guards: what it sends, and what control messages may make it do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Final

import trio
from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import PROTOCOL_ID, PROTOCOL_ID_V11, GossipSub
from libp2p.pubsub.mcache import CacheEntry, MessageCache
from libp2p.pubsub.pb.rpc_pb2 import (
    RPC,
    ControlGraft,
    ControlIHave,
    ControlIWant,
    ControlPrune,
    Message,
    PeerInfo,
)
from libp2p.pubsub.pubsub import Pubsub

from knowchain_node.network.child.guards.containment import contain
from knowchain_node.network.child.queues import PacedQueue
from knowchain_node.network.counters import ChildCounters

__all__ = ["GuardedRouter", "name_of"]

_CACHED: Final = 8 * 2**20
"""Bytes of messages that are kept to be asked for again."""
_RESENT: Final = 2**20
"""Bytes that one peer is sent again in one heartbeat."""
_WANTED: Final = 512
"""Messages that are asked for after one announcement."""
_CONTROL: Final = 64
"""Grafts and prunes, and announcements and wishes, in one envelope."""
_BACK_OFF: Final = 600
"""Seconds of back-off that a peer may ask for."""
_MAX_ID: Final = 64


def name_of(message: Message) -> bytes:
    """A message's id: SHA-256 over the topic's length, the topic and the data (docs/spec/network.md).

    Derived from the content, so that the same batch sent by two peers is one message, and so that no one
    can take an id for other content.
    """
    topic = message.topicIDs[0].encode() if message.topicIDs else b""
    return hashlib.sha256(len(topic).to_bytes(4, "big") + topic + message.data).digest()


class _ContentCache(MessageCache):
    """libp2p's cache names messages by origin and number whatever the router's ids are, and has no bound."""

    def __init__(self, window: int, history: int) -> None:
        super().__init__(window, history)
        self._bytes = 0

    def put(self, msg: Message) -> None:
        name = name_of(msg)
        if name not in self.msgs and self._bytes + len(msg.data) <= _CACHED:
            self.msgs[name] = msg
            self._bytes += len(msg.data)
            self.history[0].append(CacheEntry(name, list(msg.topicIDs)))

    def shift(self) -> None:
        super().shift()
        self._bytes = sum(len(msg.data) for msg in self.msgs.values())


class GuardedRouter(GossipSub):
    """GossipSub 1.1, tuned: degree 6, between 4 and 12, no spam, adaptive and eclipse options."""

    def __init__(self, counters: ChildCounters, heartbeat: int, grafted: Callable[[ID, str], None]) -> None:
        super().__init__(
            [PROTOCOL_ID_V11, PROTOCOL_ID],
            degree=6,
            degree_low=4,
            degree_high=12,
            heartbeat_interval=heartbeat,
            heartbeat_initial_delay=0.1,
            prune_back_off=10,
            spam_protection_enabled=False,
            adaptive_gossip_enabled=False,
            eclipse_protection_enabled=False,
        )
        self.mcache = _ContentCache(3, 5)
        self.scorer = None  # its weights have the wrong signs; the parent judges and bans
        self._counters = counters
        self._resent: dict[ID, int] = {}
        self._grafted = grafted
        self._told: set[tuple[ID, str]] = set()

    async def heartbeat(self) -> None:
        """libp2p's heartbeat; a failure in it is contained, and it goes on."""
        while True:
            async with contain(self._counters, "the router's heartbeat"):
                await super().heartbeat()
            await trio.sleep(self.heartbeat_interval)

    def _periodic_security_cleanup(self) -> None:
        super()._periodic_security_cleanup()
        self._resent.clear()
        self.recent_message_deliveries.clear()  # libp2p adds a time for every message, and removes none

    # --- who is in the mesh ---
    def _notify_mesh_peer_added(self, peer_id: ID, topic: str) -> None:
        super()._notify_mesh_peer_added(peer_id, topic)
        self.tell_grafted(peer_id)

    def tell_grafted(self, peer: ID) -> None:
        """Say once of which topics a peer is in the mesh, when it also has a queue to send from."""
        assert isinstance(self.pubsub, Pubsub)
        for topic, peers in self.mesh.items():
            if peer in peers and peer in self.pubsub.peer_queues and (peer, topic) not in self._told:
                self._told.add((peer, topic))
                self._grafted(peer, topic)

    def remove_peer(self, peer_id: ID) -> None:
        super().remove_peer(peer_id)
        self._told = {(peer, topic) for peer, topic in self._told if peer != peer_id}

    # --- sending ---
    async def publish(self, msg_forwarder: ID, pubsub_msg: Message) -> None:
        """Forward a message that was found good."""
        await self.deliver(msg_forwarder, pubsub_msg)

    async def deliver(self, forwarder: ID, message: Message) -> int:
        """Hand a message to the mesh, and return to how many peers.

        Takes the place of libp2p's own, which drops what a queue does not take, keeps messages for peers
        that may join, and copies every message for every peer.
        """
        self.mcache.put(message)
        rpc, queues = RPC(publish=[message]), self._queues(forwarder, message)
        taken = 0

        async def hand_over(queue: PacedQueue) -> None:
            nonlocal taken
            if await queue.hand_over(rpc):
                taken += 1

        async with trio.open_nursery() as nursery:
            for queue in queues:
                nursery.start_soon(hand_over, queue)
        self._counters.gossip_forwarded += taken
        self._counters.gossip_skipped += len(queues) - taken
        return taken

    def _queues(self, forwarder: ID, message: Message) -> list[PacedQueue]:
        assert isinstance(self.pubsub, Pubsub)
        name, origin, queues = name_of(message), ID(message.from_id), self.pubsub.peer_queues
        peers = self._get_peers_to_send(message.topicIDs, forwarder, origin, name)
        return [queue for peer in peers if isinstance(queue := queues.get(peer), PacedQueue)]

    async def flush_pending_messages(self, peer_id: ID) -> None:  # noqa: ARG002
        """Nothing is pending: :meth:`deliver` keeps nothing for peers that may join."""
        await trio.lowlevel.checkpoint()

    async def on_peer_subscribed(self, peer_id: ID, topic: str) -> None:
        async with contain(self._counters, "a peer's subscription"):
            await super().on_peer_subscribed(peer_id, topic)

    # --- control messages ---
    async def handle_rpc(self, rpc: RPC, sender_peer_id: ID) -> None:
        """Do what a peer's control messages ask for, if it is little enough."""
        control = rpc.control
        if len(control.graft) + len(control.prune) + len(control.ihave) + len(control.iwant) > _CONTROL:
            self._counters.control_refused += 1
            return
        rpc.ClearField("senderRecord")  # a signature to verify for every envelope; identify proves as much
        await super().handle_rpc(rpc, sender_peer_id)

    async def handle_graft(self, graft_msg: ControlGraft, sender_peer_id: ID) -> None:
        if graft_msg.topicID in self.mesh:
            await super().handle_graft(graft_msg, sender_peer_id)

    async def handle_prune(self, prune_msg: ControlPrune, sender_peer_id: ID) -> None:
        """Leave a peer's mesh; for topics that we did not join, libp2p would keep a back-off each."""
        if prune_msg.topicID in self.mesh:
            prune_msg.backoff = min(prune_msg.backoff, _BACK_OFF)
            prune_msg.ClearField("peers")
            await super().handle_prune(prune_msg, sender_peer_id)
            self._told.discard((sender_peer_id, prune_msg.topicID))

    async def handle_ihave(self, ihave_msg: ControlIHave, sender_peer_id: ID) -> None:
        """Ask for announced messages that we don't know, so many at most."""
        if ihave_msg.topicID not in self.mesh or not self._check_ihave_rate_limit(
            sender_peer_id, ihave_msg.topicID
        ):
            self._counters.control_refused += 1
            return
        assert self.pubsub is not None
        knows = self.pubsub.knows  # type: ignore[attr-defined]
        names = {bytes(name) for name in ihave_msg.messageIDs[:_WANTED] if len(name) <= _MAX_ID}
        wanted = [name for name in names if not knows(name)]
        if wanted:
            await self.emit_iwant(wanted, sender_peer_id)

    async def handle_iwant(self, iwant_msg: ControlIWant, sender_peer_id: ID) -> None:
        """Send messages again, each once and so many bytes at most in one heartbeat.

        libp2p sends a message as often as it is named, and 10,000 names fit into one envelope.
        """
        await self._resend(sender_peer_id, map(bytes, iwant_msg.messageIDs[:_WANTED]))

    async def send_recent_messages(self, peer_id: ID, topic: str) -> None:
        """Send a peer that joined a topic what it just missed; joining again and again gets no more."""
        await self._resend(peer_id, self.mcache.window(topic))

    async def _resend(self, peer: ID, names: Iterable[bytes]) -> None:
        assert isinstance(self.pubsub, Pubsub)
        queue = self.pubsub.peer_queues.get(peer)
        for name in dict.fromkeys(names):
            message = self.mcache.get(name)
            if message is None or not isinstance(queue, PacedQueue):
                continue
            sent = self._resent.get(peer, 0) + len(message.data)
            if sent > _RESENT or not await queue.hand_over(RPC(publish=[message])):
                self._counters.control_refused += 1
                return
            self._resent[peer] = sent

    async def _do_px(self, px_peers: list[PeerInfo]) -> None:  # noqa: ARG002
        """Peers that others name in a prune are not dialled: we dial whom we choose."""
        await trio.lowlevel.checkpoint()
