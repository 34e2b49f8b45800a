"""Row 3: Noise alone. The default host also takes secio and plaintext, where anyone may claim any peer id."""

from __future__ import annotations

from libp2p.crypto.keys import KeyPair
from libp2p.crypto.x25519 import create_new_key_pair
from libp2p.custom_types import TMuxerOptions, TProtocol
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as NoiseTransport
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
from libp2p.transport.upgrader import TransportUpgrader

from knowchain_node.network.child.guards.window import BoundedYamux

__all__ = ["noise_and_yamux"]


def noise_and_yamux(keys: KeyPair) -> TransportUpgrader:
    """An upgrader that offers and accepts Noise and yamux, and nothing else."""
    secure = {TProtocol(NOISE): NoiseTransport(keys, noise_privkey=create_new_key_pair().private_key)}
    muxers: TMuxerOptions = {TProtocol(YAMUX): BoundedYamux}
    return TransportUpgrader(secure_transports_by_protocol=secure, muxer_transports_by_protocol=muxers)
