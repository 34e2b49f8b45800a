"""What others say to have, kept for a while and bounded: by key, by peer and in all. No I/O."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import Final

from knowchain_node.dht.wire import Whereabouts

__all__ = ["ProviderRecords"]

_SECONDS: Final = 48 * 3600.0
"""For how long a word is kept, as the DHT's specification has it."""
_MOST_KEYS: Final = 50_000
_MOST_OF_KEY: Final = 20
_MOST_OF_PEER: Final = 10_000


class ProviderRecords:
    """Who said to have what.

    Args:
        most_keys, most_of_key, most_of_peer: the bounds. The oldest key gives way to a new one, the oldest
            provider of a key to a new one; of a peer that has told too much nothing more is taken.
    """

    def __init__(
        self,
        most_keys: int = _MOST_KEYS,
        most_of_key: int = _MOST_OF_KEY,
        most_of_peer: int = _MOST_OF_PEER,
    ) -> None:
        self._keys: OrderedDict[bytes, OrderedDict[str, tuple[Whereabouts, float]]] = OrderedDict()
        self._told: Counter[str] = Counter()
        self._most_keys = most_keys
        self._most_of_key = most_of_key
        self._most_of_peer = most_of_peer

    def __len__(self) -> int:
        """Keys that somebody has."""
        return len(self._keys)

    def add(self, key: bytes, peer: Whereabouts, now: float) -> bool:
        """Note that a peer has something; whether there was room for it."""
        providers = self._keys.get(key)
        known = providers is not None and peer.id in providers
        if not known and self._told[peer.id] >= self._most_of_peer:
            return False
        if providers is None:
            if len(self._keys) >= self._most_keys:
                self._drop(next(iter(self._keys)))
            providers = self._keys[key] = OrderedDict()
        if not known:
            self._told[peer.id] += 1
            if len(providers) >= self._most_of_key:
                self._forget(providers, next(iter(providers)))
        providers[peer.id] = peer, now + _SECONDS
        providers.move_to_end(peer.id)
        self._keys.move_to_end(key)
        return True

    def of(self, key: bytes, now: float) -> list[Whereabouts]:
        """Who has it, the latest first."""
        providers = self._keys.get(key)
        if providers is None:
            return []
        for peer, (_, until) in tuple(providers.items()):
            if until <= now:
                self._forget(providers, peer)
        if not providers:
            del self._keys[key]
        return [where for where, _ in reversed(providers.values())]

    def _drop(self, key: bytes) -> None:
        providers = self._keys.pop(key)
        for peer in tuple(providers):
            self._forget(providers, peer)

    def _forget(self, providers: OrderedDict[str, tuple[Whereabouts, float]], peer: str) -> None:
        del providers[peer]
        self._told[peer] -= 1
        if not self._told[peer]:
            del self._told[peer]
