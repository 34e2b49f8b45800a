"""Rows 4 and 12: who may connect to us.

libp2p counts an inbound connection from its first byte to the end of the process, so that 250 of them are
all that a process ever takes, and connections that say nothing keep others out. Here

* a slot is held while a connection lives, and given back when it ends;
* a connection that has not proven its peer id holds none: a new one displaces the oldest of them;
* connections in all, from one IP address, and unproven ones are bounded apart;
* part of the total is reserved for dials of our own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from knowchain_node.network.config import Limits
from knowchain_node.network.counters import ChildCounters

__all__ = ["Door", "Visit"]


class Visit:
    """One inbound connection, from the knock to its end."""

    __slots__ = ("inside", "ip", "scope")

    def __init__(self, ip: str) -> None:
        self.ip = ip
        self.scope = trio.CancelScope()
        """Cancelling it ends the handshake."""
        self.inside = False


class Door:
    """Counts inbound connections, and says which may stay."""

    def __init__(self, limits: Limits, counters: ChildCounters) -> None:
        self._limits = limits
        self._counters = counters
        self._unproven: dict[Visit, None] = {}  # in the order of arrival
        self._by_ip: Counter[str] = Counter()

    @property
    def unproven(self) -> int:
        """Connections that have not proven a peer id yet."""
        return len(self._unproven)

    @property
    def inside(self) -> int:
        """Inbound connections with a proven peer."""
        return self._by_ip.total()

    @contextmanager
    def knock(self, ip: str) -> Iterator[Visit]:
        """Stand at the door while a connection shakes hands, and hold a place if :meth:`enter` gave one.

        The visit's scope is cancelled when newer connections need its place at the door.
        """
        if len(self._unproven) >= self._limits.handshakes:
            oldest = next(iter(self._unproven))
            del self._unproven[oldest]
            oldest.scope.cancel()
            self._counters.handshakes_displaced += 1
        visit = Visit(ip)
        self._unproven[visit] = None
        try:
            yield visit
        finally:
            self._unproven.pop(visit, None)
            if visit.inside:
                self._leave(ip)

    def enter(self, visit: Visit) -> bool:
        """Whether a visitor who has proven a peer id gets a place."""
        self._unproven.pop(visit, None)
        places = self._limits.connections - self._limits.reserved_outbound
        if self.inside >= places or self._by_ip[visit.ip] >= self._limits.connections_per_ip:
            self._counters.connections_refused += 1
            return False
        self._by_ip[visit.ip] += 1
        visit.inside = True
        return True

    def _leave(self, ip: str) -> None:
        self._by_ip[ip] -= 1
        if not self._by_ip[ip]:
            del self._by_ip[ip]
