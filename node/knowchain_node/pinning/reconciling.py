"""Reconciliation: what is pinned at a target, compared with what should be.

The target's list is taken as it comes, a thousand pins at a time, into the table that says what should be
there; neither list is ever in memory. What should be there and is not is asked for again; what is there and
is not ours is left alone. A list that ends too early makes nothing worse: before a pin is asked for, the
target is asked about it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from knowchain.storage.pin_states import Found
from knowchain.storage.remote_pins import RemotePins
from knowchain_node.pinning.targets import Target

__all__ = ["Round", "reconcile"]

_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Round:
    """What one reconciliation found.

    Attributes:
        there: pins at the target that are ours.
        others: pins at the target that are not.
        lost: pins that were there, and are no longer.
    """

    there: int
    others: int
    lost: int


async def reconcile(target: Target, pins: RemotePins, *, poll: int) -> Round:
    """Compare once.

    Args:
        target: whose pins are listed.
        pins: what should be there; what is found is written there.
        poll: when to ask about what the target is still working on, ms since 1970.

    Raises:
        TargetUnready, PinRefused: the list can't be had, or not to its end; what was read of it counts.
        StorageFault, Corruption: of the home's own disk.
    """
    number = await asyncio.to_thread(pins.begin_round, target.name)
    there = others = 0
    batch: list[Found] = []

    async def keep() -> None:
        nonlocal there, others
        ours = await asyncio.to_thread(pins.listed, target.name, number, batch, poll)
        there, others = there + ours, others + len(batch) - ours
        batch.clear()

    async for found in target.pins():
        batch.append(found)
        if len(batch) == _BATCH:
            await keep()
    await keep()
    lost = await asyncio.to_thread(pins.end_round, target.name, number)
    return Round(there, others, lost)
