"""Dials, and the loop that stays connected with the peers that are to be kept.

Row 11: libp2p dials only the first TCP address of a peer, then refuses to dial it for a minute. Here every
dial is of one address, and none is remembered. libp2p itself redials a restarted peer after 66 s; the loop
does it after 1 to 30 s.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from typing import Final

import trio
from libp2p.exceptions import BaseLibp2pError
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import InvalidAddrError, info_from_p2p_addr
from multiaddr import Multiaddr
from multiaddr.exceptions import Error as MultiaddrError

from knowchain_node.network.child.swarm import GuardedSwarm
from knowchain_node.network.counters import ChildCounters
from knowchain_node.network.errors import PeerUnreachable

__all__ = ["CannotDial", "Dialler"]

_DIAL: Final = 10.0
_SOONEST: Final = 1.0
_LATEST: Final = 30.0


class CannotDial(PeerUnreachable):
    """A dial came to nothing; ``why`` says how."""

    def __init__(self, why: str) -> None:
        super().__init__("{why}", why=why)


class _Kept:
    """One peer that is to be kept."""

    def __init__(self) -> None:
        self.addresses: list[Multiaddr] = []
        self.wait = _SOONEST
        self.due = -math.inf


class Dialler:
    """Dials addresses once, and keeps peers connected."""

    def __init__(self, swarm: GuardedSwarm, counters: ChildCounters) -> None:
        self._swarm = swarm
        self._counters = counters
        self._kept: dict[ID, _Kept] = {}
        self._busy: dict[ID, trio.Lock] = {}
        self._changed = trio.Event()
        self._at_once = trio.CapacityLimiter(8)

    async def dial(self, address: str) -> ID:
        """Connect with the peer at ``address``, or find it connected.

        Raises:
            CannotDial: no connection came about.
        """
        peer, parsed = parse(address)
        await self._dial(peer, [parsed])
        return peer

    def keep(self, addresses: Iterable[str]) -> None:
        """Stay connected with these peers and no others.

        Raises:
            CannotDial: one of the addresses names no peer.
        """
        by_peer: dict[ID, list[Multiaddr]] = {}
        for peer, address in map(parse, addresses):
            by_peer.setdefault(peer, []).append(address)
        by_peer.pop(self._swarm.self_id, None)
        self._kept = {peer: self._kept.get(peer, _Kept()) for peer in by_peer}
        for peer, kept in self._kept.items():
            kept.addresses = by_peer[peer]
        self.look_again()

    def drop(self, peer: ID) -> None:
        """Keep ``peer`` no more."""
        self._kept.pop(peer, None)

    def look_again(self) -> None:
        """Something changed: a peer left, or is to be kept."""
        self._changed.set()
        self._changed = trio.Event()

    async def run(self) -> None:
        """Redial kept peers that are not connected, each after 1 to 30 s, for ever."""
        async with trio.open_nursery() as nursery:
            while True:
                changed, now, soonest = self._changed, trio.current_time(), math.inf
                for peer, kept in self._kept.items():
                    if self._swarm.connections.get(peer):
                        continue
                    if kept.due <= now:
                        kept.due = now + kept.wait + _DIAL
                        nursery.start_soon(self._redial, peer, kept)
                    soonest = min(soonest, kept.due)
                with trio.move_on_at(soonest):
                    await changed.wait()

    async def _redial(self, peer: ID, kept: _Kept) -> None:
        try:
            await self._dial(peer, kept.addresses)
        except CannotDial:
            kept.wait = min(kept.wait * 2, _LATEST)
        else:
            kept.wait = _SOONEST
        kept.due = trio.current_time() + kept.wait * random.uniform(0.75, 1.0)  # noqa: S311 - spreads dials
        self.look_again()

    async def _dial(self, peer: ID, addresses: list[Multiaddr]) -> None:
        """Dial the addresses of one peer one after the other; one task for each peer at a time."""
        lock = self._busy.setdefault(peer, trio.Lock())
        try:
            async with lock:
                if self._swarm.connections.get(peer):
                    return
                failures = [await self._dial_one(peer, address) for address in addresses[:1]]
                for address in addresses[1:]:
                    if failures[-1] is None:
                        break
                    failures.append(await self._dial_one(peer, address))
                if failures and failures[-1] is not None:
                    raise CannotDial("; ".join(filter(None, failures)))
        finally:
            if not lock.statistics().tasks_waiting and not lock.locked():
                self._busy.pop(peer, None)

    async def _dial_one(self, peer: ID, address: Multiaddr) -> str | None:
        """Dial one address; None if that made a connection, and otherwise why not."""
        self._counters.dials += 1
        failure = f"{address} did not answer in {_DIAL:.0f} s"
        async with self._at_once:
            with trio.move_on_after(_DIAL):
                try:
                    await self._swarm.dial_once(address, peer)
                    return None
                except (BaseLibp2pError, OSError, MultiaddrError) as error:
                    failure = f"{address}: {_why(error)}"
        self._counters.dials_failed += 1
        return failure


def _why(error: BaseException) -> str:
    """The innermost reason that libp2p gives, in a line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{error}"[:200] or type(error).__name__


def parse(address: str) -> tuple[ID, Multiaddr]:
    """The peer and the dialled part of a multiaddress.

    Raises:
        CannotDial: it is none, or names no peer.
    """
    try:
        info = info_from_p2p_addr(Multiaddr(address))
        return info.peer_id, info.addrs[0]
    except (InvalidAddrError, MultiaddrError, ValueError, IndexError) as error:
        raise CannotDial(f"{address[:80]} is no address of a peer over TCP") from error
