"""What the peer is told about other peers. Everything here is the child's word: hints, never proof."""

from __future__ import annotations

from dataclasses import dataclass

from knowchain_node.network.errors import SeamBroken
from knowchain_node.network.frames import Item

__all__ = ["Peer", "PeerConnected", "PeerDisconnected", "PeerFound", "PeerGrafted"]


@dataclass(frozen=True, slots=True)
class Peer:
    """One connected peer."""

    id: str
    """The libp2p peer id."""
    address: str
    """The multiaddress of its oldest connection, as seen from here."""
    outbound: bool
    """Whether we dialled it."""
    seconds: int
    """How long it has been connected."""
    agent: str
    """What it calls its program; empty until it said so."""
    rtt: int
    """Microseconds to it and back; 0 while unknown."""
    bytes_in: int
    bytes_out: int
    rejected: int
    """Messages from it that were rejected since it connected."""
    topics: tuple[str, ...]
    """Those of our topics that it joined."""

    @classmethod
    def from_row(cls, row: tuple[Item, ...]) -> Peer:
        """Read one row of ``PeerRows``.

        Raises:
            SeamBroken: the row has not the shape of a peer.
        """
        match row:
            case (
                str() as peer, str() as address, bool() as outbound, int() as seconds, str() as agent,
                int() as rtt, int() as bytes_in, int() as bytes_out, int() as rejected, tuple() as topics,
            ) if all(type(topic) is str for topic in topics):  # fmt: skip
                names = tuple(str(topic) for topic in topics)
                return cls(peer, address, outbound, seconds, agent, rtt, bytes_in, bytes_out, rejected, names)
        raise SeamBroken("a peer with {count} fields came over the seam", count=len(row))


@dataclass(frozen=True, slots=True)
class PeerConnected:
    """The first connection with a peer is up."""

    peer: str
    address: str
    outbound: bool


@dataclass(frozen=True, slots=True)
class PeerDisconnected:
    """The last connection with a peer ended."""

    peer: str


@dataclass(frozen=True, slots=True)
class PeerGrafted:
    """A peer came into the mesh of a topic: what we publish there goes to it from now on."""

    peer: str
    topic: str


@dataclass(frozen=True, slots=True)
class PeerFound:
    """A peer announced itself in the local network; for a peer book, unproven."""

    peer: str
    addresses: tuple[str, ...]
