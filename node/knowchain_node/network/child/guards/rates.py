"""Row 7: our own limiter; libp2p's spam protection lets 10 messages a second pass, own ones included."""

from __future__ import annotations

__all__ = ["Rate"]


class Rate:
    """A token bucket: ``per_second`` on average, twice that at once. The clock is passed in."""

    __slots__ = ("_at", "_per_second", "_tokens")

    def __init__(self, per_second: float, now: float) -> None:
        self._per_second = per_second
        self._tokens = 2 * per_second
        self._at = now

    def delay(self, amount: float, now: float) -> float:
        """Take ``amount``, and return the seconds to wait until it is within the rate.

        Who waits them out before the next call is held to the rate and loses nothing.
        """
        self._refill(now)
        self._tokens -= amount
        return max(0.0, -self._tokens / self._per_second)

    def admit(self, amount: float, now: float) -> bool:
        """Whether ``amount`` is within the rate at time ``now``; if it is, it is taken."""
        self._refill(now)
        if amount > self._tokens:
            return False
        self._tokens -= amount
        return True

    def _refill(self, now: float) -> None:
        self._tokens = min(2 * self._per_second, self._tokens + (now - self._at) * self._per_second)
        self._at = now
