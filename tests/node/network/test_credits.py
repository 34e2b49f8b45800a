"""Credit: nothing is sent beyond it, nobody waits for ever, and nobody is overtaken."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain_node.network.credits import Allowance
from knowchain_node.network.errors import SeamBroken
from knowchain_node.network.purse import Purse


@given(st.integers(1, 1000), st.lists(st.tuples(st.booleans(), st.integers(0, 500))))
def test_an_allowance_never_leaves_its_window(window: int, moves: list[tuple[bool, int]]) -> None:
    allowance = Allowance(window)
    for take, amount in moves:
        before = allowance.available
        try:
            allowance.take(amount) if take else allowance.give(amount)
        except SeamBroken:
            assert allowance.available == before
        assert 0 <= allowance.available <= window


async def test_who_waits_is_served_in_order_and_a_small_one_does_not_overtake() -> None:
    purse, order = Purse(10), []
    await purse.pay(10)

    async def pay(name: str, cost: int) -> None:
        await purse.pay(cost)
        order.append(name)

    large, small = asyncio.create_task(pay("large", 8)), asyncio.create_task(pay("small", 1))
    await asyncio.sleep(0)
    purse.refund(2)
    await asyncio.sleep(0)
    assert order == []
    purse.refund(8)
    await asyncio.gather(large, small)
    assert order == ["large", "small"]


async def test_a_task_that_gives_up_takes_nothing() -> None:
    purse = Purse(10)
    await purse.pay(10)
    waiting = asyncio.create_task(purse.pay(4))
    await asyncio.sleep(0)
    waiting.cancel()
    purse.refund(10)
    await asyncio.gather(waiting, return_exceptions=True)
    assert await purse.pay_some(100) == 10


async def test_closing_wakes_all_who_wait() -> None:
    purse = Purse(1)
    await purse.pay(1)
    waiting = [asyncio.create_task(purse.pay(1)) for _ in range(3)]
    await asyncio.sleep(0)
    purse.close(SeamBroken("over"))
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, SeamBroken) for result in results)
    with pytest.raises(SeamBroken):
        await purse.pay(1)
