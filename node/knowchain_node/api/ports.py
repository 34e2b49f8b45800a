"""What the API asks of a running peer: :class:`knowchain_node.peer.Peer`, or the fake beside this."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from knowchain.admission import Accepted
from knowchain.identifiers import Cid
from knowchain_node.bitswap.bringing import Brought
from knowchain_node.network import Peer as ConnectedPeer
from knowchain_node.network.counters import Counters

__all__ = ["BookPort", "BookRow", "NetworkPort", "NewsPort", "PeerPort", "ReportPort", "SyncPort"]


class NewsPort(Protocol):
    """A broadcast of what admission accepted."""

    def listen(self) -> AsyncIterator[Sequence[Accepted]]:
        """Every commit from now on; an empty batch says that some were missed."""
        ...


class NetworkPort(Protocol):
    """The network part, as far as it is shown."""

    @property
    def peer_id(self) -> str:
        """Our libp2p peer id."""
        ...

    @property
    def listening(self) -> Sequence[str]:
        """The addresses at which others reach us, each with our peer id; none while the child is not up."""
        ...

    @property
    def is_up(self) -> bool:
        """Whether the child is up now."""
        ...

    @property
    def counters(self) -> Counters:
        """What it counts."""
        ...

    @property
    def connected(self) -> frozenset[str]:
        """The ids of all connected peers."""
        ...

    @property
    def banned(self) -> frozenset[str]:
        """The ids of all banned peers."""
        ...

    @property
    def served(self) -> frozenset[str]:
        """The protocols whose streams are served."""
        ...

    async def peers(self) -> list[ConnectedPeer]:
        """All connected peers; none while the child is not up."""
        ...


class BookRow(Protocol):
    """What the peer book knows of one peer; times in milliseconds since 1970."""

    @property
    def id(self) -> str: ...
    @property
    def addresses(self) -> Sequence[str]: ...
    @property
    def first_seen(self) -> int: ...
    @property
    def last_seen(self) -> int: ...
    @property
    def banned_until(self) -> int: ...


class BookPort(Protocol):
    """The peer book."""

    def entries(self) -> Sequence[BookRow]:
        """All peers, the latest seen first."""
        ...


class ReportPort(Protocol):
    """What one sync session did."""

    def as_dict(self) -> dict[str, object]:
        """As JSON holds it: ``peer``, ``role``, ``started``, ``seconds``, ``ended``, ``counters``."""
        ...


class SyncPort(Protocol):
    """Sync sessions."""

    async def sync_now(self, peer: str | None = None) -> Sequence[ReportPort]:
        """Have a session with one peer, or with every connected one, and wait for the end.

        Raises:
            NotFound: that peer is not connected.
        """
        ...


class PeerPort(Protocol):
    """A running peer."""

    @property
    def network(self) -> NetworkPort:
        """The network part."""
        ...

    @property
    def book(self) -> BookPort:
        """Whom the peer has met."""
        ...

    @property
    def replicator(self) -> SyncPort:
        """Sync sessions."""
        ...

    def status(self) -> dict[str, object]:
        """What the peer is doing, as JSON holds it."""
        ...

    async def connect(self, address: str) -> str:
        """Dial a peer and stay connected with it; its id.

        Raises:
            InvalidValue, PeerUnreachable, NetworkDown: no address, nobody there, no network.
        """
        ...

    async def ban(self, peer: str, seconds: float | None = None) -> None:
        """Shut a peer out, for ``seconds`` or for good."""
        ...

    async def unban(self, peer: str) -> None:
        """Let a peer in again."""
        ...

    async def fetch(
        self, cid: Cid, *, addresses: Sequence[str] = (), routers: Sequence[str] = (), name: str | None = None
    ) -> Brought:
        """Fetch everything under ``cid`` from peers, keep it and pin it.

        Raises:
            NotFound, PeerError: nobody gave all of it. StorageFault: the disk refused.
        """
        ...
