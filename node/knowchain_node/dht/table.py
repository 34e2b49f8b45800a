"""The servers of the DHT that are known, and who of them is nearest to a key. No I/O.

A local network is small: no buckets, but a bounded list of servers that answered us.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from knowchain.identifiers import from_base58
from knowchain_node.dht.wire import Whereabouts

__all__ = ["NEAREST", "Table", "nearest"]

NEAREST: Final = 20
"""How many servers are told of a provider, and named in an answer."""
_MOST: Final = 256


@lru_cache(maxsize=4096)
def _place(peer: str) -> int:
    return int.from_bytes(hashlib.sha256(from_base58(peer)).digest(), "big")


def nearest(key: bytes, peers: Iterable[Whereabouts], most: int = NEAREST) -> list[Whereabouts]:
    """The peers nearest to a key, the nearest first."""
    place = int.from_bytes(hashlib.sha256(key).digest(), "big")
    return sorted(peers, key=lambda peer: place ^ _place(peer.id))[:most]


class Table:
    """The servers that are known; the one that was heard of longest ago gives way."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._servers: dict[str, Whereabouts] = {}

    def __len__(self) -> int:
        return len(self._servers)

    def __contains__(self, peer: object) -> bool:
        return peer in self._servers

    def __iter__(self) -> Iterator[Whereabouts]:
        return iter(tuple(self._servers.values()))

    def answered(self, peer: Whereabouts) -> bool:
        """A server answered; whether it is new."""
        former = self._servers.pop(peer.id, None)
        if former is None and len(self._servers) >= self._most:
            del self._servers[next(iter(self._servers))]
        self._servers[peer.id] = peer
        return former is None

    def failed(self, peer: str) -> None:
        """A server is one no more."""
        self._servers.pop(peer, None)

    def nearest(self, key: bytes, *, without: str = "") -> list[Whereabouts]:
        """The servers nearest to a key, but for one."""
        return nearest(key, (peer for peer in self._servers.values() if peer.id != without))
