"""Row 3: Noise alone. The default host also takes secio and plaintext, where anyone may claim any peer id."""

from __future__ import annotations

from libp2p.abc import IMuxedConn, ISecureConn
from libp2p.crypto.keys import KeyPair
from libp2p.crypto.x25519 import create_new_key_pair
from libp2p.custom_types import TMuxerOptions, TProtocol
from libp2p.peer.id import ID
from libp2p.protocol_muxer.exceptions import MultiselectError
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as NoiseTransport
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
from libp2p.transport.exceptions import MuxerUpgradeFailure
from libp2p.transport.upgrader import TransportUpgrader

from knowchain_node.network.child.guards.window import bounded_yamux
from knowchain_node.network.counters import ChildCounters

__all__ = ["noise_and_yamux"]


def noise_and_yamux(keys: KeyPair, counters: ChildCounters) -> TransportUpgrader:
    """An upgrader that offers and accepts Noise and the bounded yamux, and nothing else."""
    secure = {TProtocol(NOISE): NoiseTransport(keys, noise_privkey=create_new_key_pair().private_key)}
    muxers: TMuxerOptions = {TProtocol(YAMUX): bounded_yamux(counters)}
    return _Upgrader(secure_transports_by_protocol=secure, muxer_transports_by_protocol=muxers)


class _Upgrader(TransportUpgrader):
    """libp2p's own makes its plain Yamux, whatever class it was given for that protocol."""

    async def upgrade_connection(self, conn: ISecureConn, peer_id: ID) -> IMuxedConn:
        try:
            muxer = await self.muxer_multistream.select_transport(conn)
        except MultiselectError as error:
            raise MuxerUpgradeFailure("no muxer was agreed on") from error
        return muxer(conn, peer_id)
