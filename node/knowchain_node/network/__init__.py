"""The network part of the peer: libp2p in a supervised child process, and what the peer sees of it.

::

    the peer (asyncio)                          │  the child (trio, libp2p)
    service    what the peer calls              │  child.node      obeys commands, reports events
    streams    one stream, as the peer sees it  │  child.host      the guarded libp2p host
    supervisor starts, watches, restarts        │  child.gossip    the guarded router
    link       frames over the socketpair       │  child.seam      frames over the socketpair
    ─────────── frames, credits: pure, shared by both sides ───────────

Only :mod:`knowchain_node.network.child` imports trio and libp2p; importing this package imports neither.
docs/spec/network.md is the specification of what goes over the wire and over the seam.
"""

from knowchain_node.network.config import Limits, NetworkConfig
from knowchain_node.network.errors import NetworkDown, PeerUnreachable, StreamBroken
from knowchain_node.network.identity import peer_id_of
from knowchain_node.network.messages import Message, Verdict
from knowchain_node.network.peers import Peer, PeerConnected, PeerDisconnected, PeerFound, PeerGrafted
from knowchain_node.network.service import ChildRestarted, Listening, NetworkService
from knowchain_node.network.streams import Stream

__all__ = [
    "ChildRestarted",
    "Limits",
    "Listening",
    "Message",
    "NetworkConfig",
    "NetworkDown",
    "NetworkService",
    "Peer",
    "PeerConnected",
    "PeerDisconnected",
    "PeerFound",
    "PeerGrafted",
    "PeerUnreachable",
    "Stream",
    "StreamBroken",
    "Verdict",
    "peer_id_of",
]
