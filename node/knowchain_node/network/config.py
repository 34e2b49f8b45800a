"""What the network part is told once, when it starts."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field, fields
from typing import Final, Literal

from knowchain.errors import InvalidValue

__all__ = ["MAX_ADDRESS", "MAX_DATA", "MAX_NAME", "MAX_PIECE", "Limits", "NetworkConfig"]

MAX_DATA: Final = 65_536
"""Bytes of a gossip message."""
MAX_PIECE: Final = 262_144
"""Bytes of a stream that cross the seam at once: with less, frames cost more than what they carry."""
MAX_NAME: Final = 128
"""Characters of a topic or of a protocol id."""
MAX_ADDRESS: Final = 256
"""Characters of a multiaddress."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds that the child keeps against other peers: whole numbers, each with its unit beside it."""

    connections: int = 128
    """Connections in all, both directions."""
    reserved_outbound: int = 24
    """Connections of the total that only dials of our own may use."""
    connections_per_ip: int = 16
    """Inbound connections from one IP address."""
    connections_per_peer: int = 2
    """Connections with one peer id."""
    handshakes: int = 32
    """Inbound connections that have not yet proven a peer id; a new one displaces the oldest."""
    handshake_seconds: int = 5
    """Seconds that an inbound connection has to prove a peer id."""
    streams_per_connection: int = 128
    """Streams that a peer may hold open on one connection."""
    streams_per_second: int = 300
    """Streams that a peer may open in one second, twice that at once; then they wait, and floods end it.

    Kubo opens one for every message of bitswap, 200 a second with blocks of 256 KiB.
    """
    streams: int = 512
    """Streams of the application's protocols in all, both directions."""
    streams_per_peer: int = 64
    """Streams of the application's protocols that one peer may open."""
    stream_idle_seconds: int = 120
    """Seconds without a byte in either direction after which a stream is reset."""
    silent_seconds: int = 90
    """Seconds without a byte after which a connection is closed (yamux pings every 30)."""
    gossip_messages_per_second: int = 400
    """New gossip messages a second read from one peer; twice that as a burst, then it has to wait."""
    gossip_bytes_per_second: int = 16 * 2**20
    """Gossip bytes a second read from one peer; twice that as a burst, then it has to wait."""
    verdict_seconds: int = 60
    """Seconds that the child waits for a verdict before it forgets a message."""
    heartbeat_seconds: int = 1
    """Seconds between two heartbeats of the gossip router."""
    memory: int = 2**30
    """Bytes of private memory that the child process may hold; 0 for no limit."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if type(value) is not int or value < (0 if one.name == "memory" else 1):
                raise InvalidValue(
                    "{field} is {value}, but a network limit is a whole number above zero",
                    field=one.name,
                    value=value,
                    remedy="give {field} a whole number",
                )
        if self.reserved_outbound >= self.connections:
            raise InvalidValue(
                "{field} is {value}, which leaves no connection for peers that dial us",
                field="reserved_outbound",
                value=self.reserved_outbound,
                remedy="make {field} smaller than connections",
            )

    def as_numbers(self) -> tuple[int, ...]:
        """The limits in the order of their fields, as they cross the seam."""
        return astuple(self)


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """How the network part runs.

    Args:
        seed: 32 bytes, the seed of the libp2p transport key. It is no identity key: it names this
            machine's peer id and signs nothing but libp2p's own envelopes.
        listen: multiaddresses to listen on; ``tcp/0`` lets the system choose, and the choice is kept
            over restarts of the child.
        keep: multiaddresses (with ``/p2p/…``) of peers to stay connected with: the bootstrap list.
        agent: what other peers see as our program's name.
        mdns: announce and find peers in the local network; found peers are dialled.
        mdns_interface: an IPv4 address whose interface alone mDNS uses, or all interfaces if empty.
        mode: ``process``, or ``thread`` for fast tests: the same code in a thread of this process,
            which then can't be killed and holds no limit of memory.
        limits: see :class:`Limits`.
        start_seconds: a child that does not report itself started in this time is killed.
        ping_seconds: how often the watchdog asks the child for a sign of life.
        silent_seconds: a child that says nothing for this long is killed and started again.
        first_restart_seconds, last_restart_seconds: the back-off between restarts.
    """

    seed: bytes = field(repr=False)
    listen: tuple[str, ...] = ("/ip4/127.0.0.1/tcp/0",)
    keep: tuple[str, ...] = ()
    agent: str = "knowchain"
    mdns: bool = False
    mdns_interface: str = ""
    mode: Literal["process", "thread"] = "process"
    limits: Limits = Limits()
    start_seconds: float = 20.0
    ping_seconds: float = 5.0
    silent_seconds: float = 15.0
    first_restart_seconds: float = 0.5
    last_restart_seconds: float = 30.0

    def __post_init__(self) -> None:
        if type(self.seed) is not bytes or len(self.seed) != 32:
            raise InvalidValue(
                "{field} has {size} bytes, but a transport key's seed has 32",
                field="seed",
                size=len(self.seed),
                remedy="make a new one with os.urandom(32)",
            )
        for address in (*self.listen, *self.keep):
            check_address(address)


def check_address(address: str) -> None:
    """Raise InvalidValue if ``address`` can't be a multiaddress; the child parses it in full."""
    if not address.startswith("/") or len(address) > MAX_ADDRESS or not address.isascii():
        raise InvalidValue(
            "{field} {value} is no multiaddress",
            field="address",
            value=address,
            remedy="write it like /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…",
        )
