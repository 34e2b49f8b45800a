"""What is counted along the way; the rest of the figures is read when it is asked for (``figures``)."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

__all__ = ["BUCKETS", "GatewayCounts", "KuboRpcCounts", "Latencies", "Metrics"]

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper ends, in seconds."""
_LAG_EVERY: Final = 5.0


@dataclass(slots=True)
class Latencies:
    """How long answers took: how many fell into each bucket, and seconds in all."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    def cumulative(self) -> Sequence[int]:
        """As Prometheus wants them: each bucket with all lower ones."""
        return list(accumulate(self.counts))


@dataclass(slots=True)
class GatewayCounts:
    """What the trustless gateway gave since it started."""

    url: str = ""
    """Where it answers; empty while it does not."""
    answers: int = 0
    failures: int = 0
    """Requests that were refused, or found nothing."""
    bytes_out: int = 0
    """Bytes of blocks and CARs."""


@dataclass(slots=True)
class KuboRpcCounts:
    """What scripts written for Kubo had done since the peer started."""

    url: str = ""
    """Where they are answered; empty while they are not."""
    commands: int = 0
    failures: int = 0
    """Of these, refused or failed."""


class Metrics:
    """Counters of the listeners and of the event loop, which alone writes them; any thread may read."""

    def __init__(self) -> None:
        self._latencies: dict[tuple[str, str, str], Latencies] = {}
        self._lag = 0.0
        self.gateway = GatewayCounts()
        """Of the trustless gateway; zero where there is none."""
        self.kubo_rpc = KuboRpcCounts()
        """Of Kubo's RPC; zero where it is not answered."""

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count one answer; ``path`` is the endpoint's template, so that there are only so many."""
        known = method if method in ("GET", "HEAD", "POST", "PUT", "DELETE") else "other"
        told = self._latencies.setdefault((known, path, f"{status // 100}xx"), Latencies())
        told.counts[bisect_left(BUCKETS, seconds)] += 1
        told.seconds += seconds

    def latencies(self) -> list[tuple[tuple[str, str, str], Latencies]]:
        """By method, path and class of status."""
        return sorted(self._latencies.items())

    async def watch_loop(self) -> None:
        """Measure how late the event loop is, until cancelled: one wake-up in five seconds."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LAG_EVERY
            await asyncio.sleep(_LAG_EVERY)
            self._lag = max(self._lag, loop.time() - due)

    def take_lag(self) -> float:
        """The greatest lateness, in seconds, since this was last asked."""
        lag, self._lag = self._lag, 0.0
        return lag
