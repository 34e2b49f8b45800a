"""Who may have something: peers that are named, peers that are connected, and those that a router names."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any, Final

import aiohttp

from knowchain.errors import InvalidValue, KnowchainError, PeerError
from knowchain.identifiers import Cid
from knowchain.records.vocabulary.peer_ids import canonical
from knowchain_node.bitswap.asking import MOST_PROVIDERS
from knowchain_node.bitswap.fetching import Search
from knowchain_node.dht.addresses import is_local
from knowchain_node.dht.service import LanDht
from knowchain_node.gateway.fetching import PATIENCE, is_private, provider_rows
from knowchain_node.network import NetworkDown, NetworkService, PeerUnreachable
from knowchain_node.network.config import check_address

__all__ = ["Providers", "check_peer", "peers_of"]

_MOST_DIALS: Final = 8
"""Peers that are dialled for one search."""
_MOST_ADDRESSES: Final = 4
"""Addresses of one peer that are dialled."""
_BITSWAP: Final = "transport-bitswap"
_DIALABLE: Final = re.compile(
    r"(?P<where>/(?P<kind>ip4|ip6|dns|dns4|dns6)/(?P<host>[^/]+)/tcp/\d{1,5})(?:/p2p/(?P<peer>[^/]+))?"
)


class Providers:
    """The searches of one fetch, in the order in which they are made.

    Args:
        network: the network part.
        routers: URLs of delegated routers.
        dht: the DHT of the local network, if it is used.
    """

    def __init__(
        self, network: NetworkService, routers: Sequence[str] = (), dht: LanDht | None = None
    ) -> None:
        self._network = network
        self._routers = routers
        self._dht = dht

    def of(self, cid: Cid, addresses: Sequence[str] = ()) -> list[Search]:
        """Where providers of ``cid`` are looked for: at ``addresses`` first."""
        return [
            *([lambda: self._named(addresses)] if addresses else []),
            self._connected,
            *([lambda: self._routed(cid)] if self._routers else []),
            *([lambda: self._told(cid)] if self._dht is not None else []),
        ]

    async def _named(self, addresses: Sequence[str]) -> Iterable[str]:
        """Those at addresses that the owner gave.

        Raises:
            PeerUnreachable, NetworkDown: none answers.
        """
        peers, last = await self._met(addresses)
        if last is not None and not peers:
            raise last
        return peers

    async def _connected(self) -> Iterable[str]:
        peers = list(self._network.connected)
        random.shuffle(peers)
        return peers[:MOST_PROVIDERS]

    async def _routed(self, cid: Cid) -> Iterable[str]:
        """Those that routers name; a router that can't be asked is passed over."""
        found: dict[str, None] = {}
        async with aiohttp.ClientSession(timeout=PATIENCE) as session:
            for router in self._routers:
                with contextlib.suppress(PeerError):
                    rows = await provider_rows(session, router, cid)
                    found |= dict.fromkeys(peers_of(rows, within=is_private(router)))
        peers, _ = await self._met([one for one in found if not one.endswith(f"/{self._network.peer_id}")])
        return peers

    async def _told(self, cid: Cid) -> Iterable[str]:
        """Those of whom the DHT of the local network says that they have it, at addresses of that network."""
        found = [] if self._dht is None else await self._dht.find_providers(cid)
        addresses = [f"{one}/p2p/{each.id}" for each in found for one in each.addresses if is_local(one)]
        peers, _ = await self._met(addresses)
        return peers

    async def _met(self, addresses: Iterable[str]) -> tuple[list[str], KnowchainError | None]:
        """Dial, all at once; the peers that answer, and why one that does not doesn't."""
        known: dict[str, list[str]] = {}
        for address in addresses:
            known.setdefault(address.rpartition("/p2p/")[2], []).append(address)
        connected = [peer for peer in known if peer in self._network.connected]
        others = [peer for peer in known if peer not in self._network.connected][:_MOST_DIALS]
        failures = await asyncio.gather(*(self._failure_to_dial(known[peer]) for peer in others))
        answered = [peer for peer, failure in zip(others, failures, strict=True) if failure is None]
        return connected + answered, next((each for each in failures if each is not None), None)

    async def _failure_to_dial(self, addresses: list[str]) -> KnowchainError | None:
        """Dial a peer at one address after the other; why the last failed, or None."""
        failure: KnowchainError | None = None
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                await self._network.connect(address)
            except (PeerUnreachable, NetworkDown, InvalidValue) as exc:
                failure = exc
            else:
                return None
        return failure


def check_peer(address: str, field: str) -> str:
    """The address of a peer, ``/ip4/…/tcp/…/p2p/…``.

    Raises:
        InvalidValue: it is none.
    """
    check_address(address)
    found = _DIALABLE.fullmatch(address)
    if found is None or not found["peer"]:
        raise InvalidValue(
            "{field}: {value} is no address of a peer",
            field=field,
            value=address,
            remedy="give one such as /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…; `node status` shows them",
        )
    return address


def peers_of(rows: Iterable[Any], *, within: bool) -> Iterable[str]:
    """The addresses of peers that speak bitswap over TCP, each with its peer id, out of a router's answer.

    Args:
        rows: what the router answered.
        within: whether addresses of private networks are believed.
    """
    for row in rows:
        if not isinstance(row, dict) or _BITSWAP not in (row.get("Protocols") or (_BITSWAP,)):
            continue
        try:
            peer = canonical(row.get("ID") or "")
        except (InvalidValue, TypeError):
            continue
        for address in row.get("Addrs") or ():
            found = _DIALABLE.fullmatch(address) if isinstance(address, str) else None
            if found is None or found["peer"] not in (None, row["ID"], peer):
                continue
            if within or _is_open(found):
                yield f"{found['where']}/p2p/{peer}"


def _is_open(address: re.Match[str]) -> bool:
    """Whether an address is one of the open network."""
    if address["kind"].startswith("dns"):
        return not is_private(f"http://{address['host']}")
    try:
        return ip_address(address["host"]).is_global
    except ValueError:
        return False
