"""Credit: how much data one side of the seam may still send before the other has to take some in.

Every byte of data that crosses the seam is paid for out of an allowance that the receiver granted, and the
receiver gives it back when it has dealt with the data. So neither side can be made to hold more than it
granted, however fast the other is, and a side that overdraws is at fault.
"""

from __future__ import annotations

from typing import Final

from knowchain_node.network.errors import SeamBroken

__all__ = ["GOSSIP_WINDOW", "MESSAGE_OVERHEAD", "STREAM_WINDOW", "Allowance", "cost_of"]

GOSSIP_WINDOW: Final = 4 * 2**20
"""Bytes of gossip in each direction that wait for a verdict, or for a publish to be answered."""
STREAM_WINDOW: Final = 2**20
"""Bytes of one stream in each direction that the receiver has not yet taken in."""
MESSAGE_OVERHEAD: Final = 256
"""What a message costs beside its data, so that empty messages are not free."""


def cost_of(data: bytes) -> int:
    """The credit that a gossip message with ``data`` takes."""
    return len(data) + MESSAGE_OVERHEAD


class Allowance:
    """What may still be sent, in bytes, out of a window that the receiver granted."""

    __slots__ = ("available", "window")

    def __init__(self, window: int) -> None:
        self.window: Final = window
        self.available = window

    def fits(self, cost: int) -> bool:
        """Whether ``cost`` may be sent now."""
        return cost <= self.available

    def take(self, cost: int) -> None:
        """Pay ``cost``.

        Raises:
            SeamBroken: there is not that much; on the receiving side, the sender broke its promise.
        """
        if cost > self.available:
            raise SeamBroken(
                "{cost} bytes were sent over the seam with credit for {available}",
                cost=cost,
                available=self.available,
            )
        self.available -= cost

    def give(self, amount: int) -> None:
        """Give ``amount`` back.

        Raises:
            SeamBroken: more is given back than was taken.
        """
        if amount > self.window - self.available:
            raise SeamBroken(
                "{amount} bytes of credit were given back, but only {taken} were taken",
                amount=amount,
                taken=self.window - self.available,
            )
        self.available += amount
