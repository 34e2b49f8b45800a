"""A peer without a network, for tests of the API: it keeps what a peer keeps, and meets whom it is told to.

It passes the conformance suite of the ports, as the real peer does.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from knowchain.errors import NotFound
from knowchain.identifiers import Cid
from knowchain_node.bitswap.bringing import Brought
from knowchain_node.bitswap.giving import Counts
from knowchain_node.network import Peer as ConnectedPeer
from knowchain_node.network import PeerUnreachable
from knowchain_node.network.config import check_address
from knowchain_node.network.counters import Counters

__all__ = ["FakePeer"]


@dataclass
class _Row:
    id: str
    addresses: list[str]
    first_seen: int
    last_seen: int
    banned_until: int = 0


@dataclass(frozen=True)
class _Report:
    peer: str

    def as_dict(self) -> dict[str, object]:
        counters = {"rounds": 1, "bytes_in": 0, "bytes_out": 0, "records_in": 0, "records_out": 0}
        return {
            "peer": self.peer,
            "role": "initiator",
            "started": time.time(),
            "seconds": 0.0,
            "ended": "done",
            "counters": counters,
        }


@dataclass
class _Network:
    peer_id: str
    listening: tuple[str, ...] = ()
    served: frozenset[str] = frozenset()
    is_up: bool = True
    counters: Counters = field(default_factory=Counters)
    live: dict[str, ConnectedPeer] = field(default_factory=dict)
    shut_out: set[str] = field(default_factory=set)

    @property
    def connected(self) -> frozenset[str]:
        return frozenset(self.live)

    @property
    def banned(self) -> frozenset[str]:
        return frozenset(self.shut_out)

    async def peers(self) -> list[ConnectedPeer]:
        return list(self.live.values())


@dataclass
class _Book:
    rows: dict[str, _Row] = field(default_factory=dict)

    def entries(self) -> list[_Row]:
        return sorted(self.rows.values(), key=lambda row: -row.last_seen)


class _Sync:
    def __init__(self, network: _Network) -> None:
        self._network = network
        self.sessions = 0

    async def sync_now(self, peer: str | None = None) -> list[_Report]:
        wanted = sorted(self._network.connected) if peer is None else [peer]
        if peer is not None and peer not in self._network.connected:
            raise NotFound("the peer {peer} is not connected", remedy="connect to it first", peer=peer)
        self.sessions += len(wanted)
        return [_Report(each) for each in wanted]


class FakePeer:
    """A peer that meets everybody at an address of ``reachable``.

    Args:
        peer_id: its own id.
        reachable: multiaddresses with ``/p2p/…`` at which somebody is.
    """

    def __init__(self, peer_id: str, reachable: tuple[str, ...] = ()) -> None:
        self.network: Final = _Network(peer_id)
        self.book: Final = _Book()
        self.replicator: Final = _Sync(self.network)
        self.found: Final = set[Cid]()
        """What its peers have."""
        self._reachable = reachable

    def status(self) -> dict[str, object]:
        """As a peer tells it."""
        return {
            "peer": self.network.peer_id,
            "up": self.network.is_up,
            "listening": [],
            "connected": sorted(self.network.connected),
            "sync": {
                "running": [],
                "sessions": self.replicator.sessions,
                "failed": 0,
                "totals": {"rounds": 0},
            },
            "gossip": {"announced": 0, "received": 0},
            "content": {"policy": "none", "wanted": 0, "files": 0, "bytes_in": 0, "bytes_out": 0},
            "bitswap": {"serving": 0, "peers": 0, "waiting": 0, "fetching": 0, **asdict(Counts())},
        }

    async def connect(self, address: str) -> str:
        """Meet whoever is at an address."""
        check_address(address)
        peer = address.rpartition("/p2p/")[2]
        if address not in self._reachable or peer in self.network.shut_out:
            raise PeerUnreachable("nobody answers at {address}", remedy="check the address", address=address)
        now = int(time.time() * 1000)
        row = self.book.rows.setdefault(peer, _Row(peer, [address], now, now))
        row.last_seen = now
        self.network.live[peer] = ConnectedPeer(
            peer, address, True, 0, "knowchain", 0, 0, 0, 0, ()
        )  # fmt: skip
        return peer

    async def ban(self, peer: str, seconds: float | None = None) -> None:
        """Shut a peer out."""
        now = int(time.time() * 1000)
        row = self.book.rows.setdefault(peer, _Row(peer, [], now, now))
        row.banned_until = now + int((10 * 365 * 86_400 if seconds is None else seconds) * 1000)
        self.network.shut_out.add(peer)
        self.network.live.pop(peer, None)

    async def unban(self, peer: str) -> None:
        """Let a peer in again."""
        self.network.shut_out.discard(peer)
        if peer in self.book.rows:
            self.book.rows[peer].banned_until = 0

    async def fetch(
        self,
        cid: Cid,
        *,
        addresses: Sequence[str] = (),
        routers: Sequence[str] = (),  # noqa: ARG002 - nobody is known here but those that are met
        name: str | None = None,
    ) -> Brought:
        """What is in ``found``, whomever it meets has; of one block, for all that is known of it."""
        for address in addresses:
            await self.connect(address)
        if cid not in self.found:
            raise NotFound("no peer that can be asked has block {cid}", remedy="name another", cid=str(cid))
        return Brought(cid, name or str(cid), 1, 0, tuple(sorted(self.network.connected)))
