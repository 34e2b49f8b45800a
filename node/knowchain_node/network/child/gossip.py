"""Gossip with its guards: reading envelopes, judging messages, publishing our own."""

from __future__ import annotations

import time
from typing import Final

import trio
from google.protobuf.message import DecodeError
from libp2p.abc import INetStream
from libp2p.exceptions import BaseLibp2pError
from libp2p.host.basic_host import BasicHost
from libp2p.io.exceptions import IOException
from libp2p.network.exceptions import SwarmException
from libp2p.peer.id import ID
from libp2p.pubsub.pb.rpc_pb2 import RPC, Message
from libp2p.pubsub.pubsub import Pubsub
from libp2p.pubsub.validators import PUBSUB_SIGNING_PREFIX, signature_validator
from libp2p.utils.varint import decode_varint_with_size

from knowchain_node.network.child.guards.containment import contain
from knowchain_node.network.child.guards.rates import Rate
from knowchain_node.network.child.judging import Judging
from knowchain_node.network.child.router import GuardedRouter, name_of
from knowchain_node.network.config import MAX_DATA, MAX_NAME, Limits
from knowchain_node.network.counters import ChildCounters
from knowchain_node.network.messages import Verdict

__all__ = ["GuardedPubsub"]

_ENVELOPE: Final = 256 * 1024
"""Bytes of one gossip envelope."""
_MESSAGES: Final = 512
"""Messages that are taken from one envelope; libp2p peers send one."""
_SUBSCRIPTIONS: Final = 64
"""Topics that one peer may have joined, as far as we remember."""
_STREAMS: Final = 2
"""Inbound gossip streams of one peer: one, and one that takes its place."""
_INLINE: Final = b"\x00\x24"
"""How a peer id begins that holds an Ed25519 key: multihash ``identity``, 36 bytes."""


class _Sender:
    """What is kept about a peer that sends gossip."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.messages = Rate(limits.gossip_messages_per_second, now)
        self.bytes = Rate(limits.gossip_bytes_per_second, now)
        self.streams = 0
        self.rejected = 0


class GuardedPubsub(Pubsub):
    """libp2p's pubsub, in which nothing is forwarded before the parent found it good."""

    def __init__(
        self,
        host: BasicHost,
        router: GuardedRouter,
        judging: Judging,
        limits: Limits,
        counters: ChildCounters,
    ) -> None:
        super().__init__(
            host,
            router,
            strict_signing=True,
            msg_id_constructor=name_of,
            max_subscriptions_per_rpc=_SUBSCRIPTIONS,
            max_subscriptions_per_peer=_SUBSCRIPTIONS,
            max_inbound_rpc_size=_ENVELOPE,
        )
        self.seen_messages.stop()  # a thread that wakes every minute; ids are remembered by judging
        self.counter = time.time_ns()  # libp2p starts at whole seconds, and a restart would use numbers again
        self._guarded = router
        self._judging = judging
        self._limits = limits
        self._counters = counters
        self._senders: dict[ID, _Sender] = {}

    def knows(self, name: bytes) -> bool:
        """Whether the message called ``name`` was seen lately."""
        return self._judging.knows(name)

    def rejected(self, peer: ID) -> int:
        """How many messages of a connected peer were rejected."""
        return self._senders[peer].rejected if peer in self._senders else 0

    def topics_of(self, peer: ID) -> list[str]:
        """Those of our topics that ``peer`` joined."""
        return [topic for topic in self.topic_ids if peer in self.peer_topics.get(topic, ())]

    def forget(self, peer: ID) -> None:
        """``peer`` left: keep nothing about it."""
        self._senders.pop(peer, None)

    # --- our own messages ---
    async def send(self, topic: str, data: bytes) -> int:
        """Sign a message, hand it to the mesh, and return to how many peers it went."""
        message = Message(
            data=data, topicIDs=[topic], from_id=self.my_id.to_bytes(), seqno=self._next_seqno()
        )
        assert self.sign_key is not None
        message.signature = self.sign_key.sign(PUBSUB_SIGNING_PREFIX.encode() + message.SerializeToString())
        message.key = self.host.get_public_key().serialize()
        self._judging.remember(name_of(message))
        return await self._guarded.deliver(self.my_id, message)

    async def judged(self, name: bytes, verdict: Verdict) -> None:
        """A verdict came: forward a good message, count a bad one against its forwarder."""
        waiting = await self._judging.judged(name)
        if waiting is None:
            return
        if verdict == Verdict.ACCEPT:
            await self._guarded.deliver(waiting.forwarder, waiting.message)
        elif verdict == Verdict.REJECT and waiting.forwarder in self._senders:
            self._senders[waiting.forwarder].rejected += 1

    # --- what peers send ---
    async def stream_handler(self, stream: INetStream) -> None:
        """One inbound gossip stream, until it ends or breaks a rule."""
        peer = stream.muxed_conn.peer_id
        sender = self._senders.setdefault(peer, _Sender(self._limits, trio.current_time()))
        if sender.streams >= _STREAMS:
            self._counters.streams_refused += 1
            await stream.reset()
            return
        sender.streams += 1
        try:
            await self.continuously_read_stream(stream)
        except (DecodeError, _BadEnvelope):
            self._counters.gossip_malformed += 1
            await stream.reset()
        except (IOException, BaseLibp2pError):
            await stream.reset()
        finally:
            sender.streams -= 1

    async def continuously_read_stream(self, stream: INetStream) -> None:
        """Read envelopes, one after the other: a peer that has to wait is not read, so it waits too."""
        peer = stream.muxed_conn.peer_id
        sender, envelopes = self._senders[peer], _Envelopes(stream)
        while (envelope := await envelopes.next()) is not None:
            await self._hold_back(sender.bytes, len(envelope))
            rpc = RPC.FromString(envelope)
            async with contain(self._counters, "a gossip envelope"):
                await self._take(peer, sender, rpc)

    async def _take(self, peer: ID, sender: _Sender, rpc: RPC) -> None:
        for subscription in rpc.subscriptions[:_SUBSCRIPTIONS]:
            if len(subscription.topicid) <= MAX_NAME:
                self.handle_subscription(peer, subscription)
        for message in rpc.publish[:_MESSAGES]:
            self._counters.gossip_received += 1
            await self._look_at(peer, sender, message)
        if rpc.HasField("control"):
            await self.router.handle_rpc(rpc, peer)

    async def _look_at(self, peer: ID, sender: _Sender, message: Message) -> None:
        """Send one message up to be judged, if it is new, well-formed, signed and within the rate."""
        if not self._is_well_formed(message):
            self._counters.gossip_malformed += 1
            return
        name = name_of(message)
        if self._judging.knows(name):
            self._counters.gossip_duplicates += 1
            return
        await self._hold_back(sender.messages, 1)
        if not _is_signed(message):
            self._counters.gossip_unsigned += 1
        else:
            await self._judging.submit(name, message, peer)

    async def _hold_back(self, rate: Rate, amount: float) -> None:
        """Wait until ``amount`` is within a peer's rate: it is not read meanwhile, so that it waits too."""
        seconds = rate.delay(amount, trio.current_time())
        if seconds:
            self._counters.gossip_delayed += 1
            await trio.sleep(seconds)

    def _is_well_formed(self, message: Message) -> bool:
        """One topic that we joined, data that is not too large, and not in our own name."""
        topics = message.topicIDs
        return (
            len(topics) == 1
            and topics[0] in self.topic_ids
            and len(message.data) <= MAX_DATA
            and message.from_id != self.my_id.to_bytes()
        )

    # --- peers that come and go ---
    def _handle_dead_peer(self, peer_id: ID) -> None:
        """A gossip stream to a peer is dead.

        libp2p then forgets what the peer joined, also when it is still connected, over this or another
        connection. The peer will not say it again, so gossip between the two would be dead for ever.
        """
        if not self._peer_is_connected(peer_id):
            super()._handle_dead_peer(peer_id)
            return
        self._clear_pending_announce_retries_for_peer(peer_id)
        if self.peers.pop(peer_id, None) is not None:
            if queue := self.peer_queues.pop(peer_id, None):
                queue.close()
            self.router.remove_peer(peer_id)
        self._schedule_peer_stream_retry(peer_id)

    def renew(self, peer: ID) -> None:
        """A connection with ``peer`` ended; if our gossip stream went over it, open it over another."""
        stream = self.peers.get(peer)
        if stream is not None and stream.muxed_conn.is_closed:
            self._handle_dead_peer(peer)

    async def _handle_new_peer(self, peer_id: ID) -> None:
        """Open a gossip stream to a peer; libp2p tries again only after some of the ways this can fail."""
        try:
            await super()._handle_new_peer(peer_id)
            self._guarded.tell_grafted(peer_id)
        except BaseLibp2pError as error:
            raise SwarmException(f"no gossip stream to {peer_id}") from error

    async def tidy(self) -> None:
        """Once a second: forget old ids and messages without a verdict, for ever."""
        while True:
            await trio.sleep(1)
            await self._judging.forget_old()


class _BadEnvelope(Exception):
    """An envelope with a length that it may not have."""


class _Envelopes:
    """Cuts a stream into length-prefixed envelopes.

    libp2p reads the length byte by byte, and yamux answers every read with a frame; here a read takes all
    that is there.
    """

    def __init__(self, stream: INetStream) -> None:
        self._stream = stream
        self._held = bytearray()

    async def next(self) -> bytes | None:
        """The next envelope, or None at the end of the stream.

        Raises:
            _BadEnvelope: its length has no end, or is too large.
            StreamError: the stream was reset.
        """
        while True:
            start, size = self._length()
            if start and len(self._held) >= start + size:
                envelope = bytes(self._held[start : start + size])
                del self._held[: start + size]
                return envelope
            try:
                data = await self._stream.read(_ENVELOPE)
            except EOFError:
                return None
            if not data:
                return None
            self._held += data

    def _length(self) -> tuple[int, int]:
        """Where the envelope's body starts and how long it is; 0, 0 while that is not known."""
        head = bytes(self._held[:5])
        end = next((at for at, byte in enumerate(head) if byte < 0x80), None)
        if end is None:
            if len(head) == 5:
                raise _BadEnvelope
            return 0, 0
        size, start = decode_varint_with_size(head[: end + 1])
        if size > _ENVELOPE:
            raise _BadEnvelope
        return start, size


def _is_signed(message: Message) -> bool:
    """Whether the origin's signature is there and right; what makes libp2p raise is not.

    libp2p does not look at the key when the peer id holds one; others do, and would take a wrong one that
    we forwarded for our fault.
    """
    inline = message.from_id.startswith(_INLINE)
    if inline and message.key and message.key != message.from_id[len(_INLINE) :]:
        return False
    try:
        return bool(signature_validator(message))
    except Exception:  # noqa: BLE001 - a key that can't be parsed raises whatever its parser does
        return False
