"""An allowance that asyncio tasks wait for, first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque

from knowchain_node.network.credits import Allowance

__all__ = ["Purse"]


class Purse:
    """Pays out of an :class:`Allowance`, and waits while it is empty."""

    def __init__(self, window: int) -> None:
        self._allowance = Allowance(window)
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._closed: Exception | None = None

    async def pay(self, cost: int) -> None:
        """Take ``cost``, waiting for it in line.

        Raises:
            Exception: what :meth:`close` was given, if the purse is closed.
        """
        if self._closed is not None:
            raise self._closed
        if not self._waiting and self._allowance.fits(cost):
            self._allowance.take(cost)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((cost, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.refund(cost)  # it was paid in the same moment
            raise

    async def pay_some(self, most: int) -> int:
        """Take from 1 to ``most``, as much as there is, and return how much."""
        await self.pay(1)
        more = min(most - 1, self._allowance.available)
        self._allowance.take(more)
        return 1 + more

    def refund(self, amount: int) -> None:
        """Give ``amount`` back and let those in line go on."""
        self._allowance.give(amount)
        while self._waiting:
            cost, turn = self._waiting[0]
            if turn.cancelled():
                self._waiting.popleft()
            elif self._allowance.fits(cost):
                self._waiting.popleft()
                self._allowance.take(cost)
                turn.set_result(None)
            else:
                return

    def close(self, error: Exception) -> None:
        """From now on, and for all in line, ``pay`` raises ``error``."""
        self._closed = error
        while self._waiting:
            _, turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(error)
