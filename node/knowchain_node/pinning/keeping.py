"""Pinning beside a running peer: what is to be pinned follows the home, and each target has its own queue.

One target that fails, or a look through the home that does, holds up none of the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from knowchain.content.car import write_car
from knowchain.content.walking import walk
from knowchain.errors import KnowchainError
from knowchain.home import Home
from knowchain.home.pinnable import PinReview, note_arrivals
from knowchain.home.pinning import declare_targets
from knowchain.home.serving import ServedBlocks
from knowchain.identifiers import Cid
from knowchain_node.api.ports import NewsPort
from knowchain_node.pinning.config import TargetConfig
from knowchain_node.pinning.opening import declared_targets
from knowchain_node.pinning.queue import Backoff, PinQueue
from knowchain_node.pinning.targets import Target

__all__ = ["Pace", "keep_pinned"]

_log = logging.getLogger("knowchain.pinning")


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon things are done, in seconds.

    Attributes:
        quiet: without news, before what arrived is looked at.
        between: two looks through the whole home, at least; twenty times as long as the last one took, if
            that is more.
        every: after which there is such a look though nothing arrived: bodies, files and revocations change
            what can be pinned, too.
        rounds: between two reconciliations with a target.
        failing: before the second attempt; doubled up to ``longest``.
        polling: before the second look at what a service works on; doubled up to ``longest_poll``.
        again: before a part that failed by a fault of ours starts again.
    """

    quiet: float = 1.0
    between: float = 2.0
    every: float = 3600.0
    rounds: float = 6 * 3600.0
    failing: float = 4.0
    longest: float = 3600.0
    polling: float = 2.0
    longest_poll: float = 600.0
    again: float = 30.0


_PACE: Final = Pace()
_SHARE: Final = 20
_READING: Final = 4


async def keep_pinned(
    home: Home,
    configs: Sequence[TargetConfig],
    targets: Sequence[Target],
    news: NewsPort,
    *,
    pace: Pace = _PACE,
    jitter: Callable[[], float] = random.random,
) -> None:
    """Pin what is to be pinned, and unpin what is not, until cancelled.

    Args:
        home: the open home.
        configs: the targets as the settings name them.
        targets: the same, opened; closed at the end.
        news: tells what arrives.
        pace: how soon.
        jitter: a number from 0 to 1, another each time.
    """
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(declare_targets, home, declared_targets(configs))
    if not targets:
        return
    blocks, threads = ServedBlocks(home), ThreadPoolExecutor(_READING, "pinning")
    queues = [
        _queue(home, target, lambda cid: _car(threads, blocks, cid), pace, jitter) for target in targets
    ]

    def changed() -> None:
        for queue in queues:
            loop.call_soon_threadsafe(queue.wake)

    home.remote_pins.watch(changed)
    try:
        async with asyncio.TaskGroup() as tasks:
            for target, queue in zip(targets, queues, strict=True):
                name = f"pinning at {target.name}"
                tasks.create_task(_supervised(name, queue.run, pace.again), name=name)
            follow = _Following(home, news, pace)
            tasks.create_task(_supervised("what to pin", follow.run, pace.again), name="what to pin")
    finally:
        home.remote_pins.unwatch(changed)
        for target in targets:
            await target.close()
        await asyncio.to_thread(threads.shutdown)


def _queue(
    home: Home,
    target: Target,
    car: Callable[[Cid], AsyncGenerator[bytes, None]],
    pace: Pace,
    jitter: Callable[[], float],
) -> PinQueue:
    return PinQueue(
        target,
        home.remote_pins,
        car,
        clock=home.clock,
        failing=Backoff(jitter, pace.failing, pace.longest),
        polling=Backoff(jitter, pace.polling, pace.longest_poll),
        rounds=pace.rounds,
    )


async def _car(threads: Executor, blocks: ServedBlocks, cid: Cid) -> AsyncGenerator[bytes, None]:
    """Everything under ``cid`` as a CAR; what is withdrawn is not given, and every block is checked.

    Nothing is read ahead of whoever takes it.
    """
    loop = asyncio.get_running_loop()
    pieces = write_car([cid], walk(blocks, cid))
    while (piece := await loop.run_in_executor(threads, next, pieces, None)) is not None:
        yield piece


async def _supervised(name: str, part: Callable[[], Coroutine[None, None, None]], again: float) -> None:
    """Run a part for the whole lifetime, whatever happens in it."""
    while True:
        try:
            await part()
        except (KnowchainError, OSError, ExceptionGroup) as exc:
            _log.error("%s stopped and starts again: %s", name, _reason(exc))
        await asyncio.sleep(again)


def _reason(exc: BaseException) -> str:
    if isinstance(exc, BaseExceptionGroup):
        return "; ".join(_reason(each) for each in exc.exceptions)
    return str(exc) or type(exc).__name__


class _Following:
    """What is to be pinned follows what the home holds."""

    def __init__(self, home: Home, news: NewsPort, pace: Pace) -> None:
        self._home = home
        self._news = news
        self._pace = pace
        self._arrived = asyncio.Event()
        self._next = 0.0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="pinning news")
            await self._review()
            while True:
                waited = True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pace.every):
                        await self._arrived.wait()
                        waited = False
                await asyncio.sleep(self._pace.quiet)
                self._arrived.clear()
                if await asyncio.to_thread(note_arrivals, self._home) or waited:
                    await asyncio.sleep(max(0.0, self._next - time.monotonic()))
                    await self._review()

    async def _listen(self) -> None:
        async for _ in self._news.listen():
            self._arrived.set()

    async def _review(self) -> None:
        """At half of one processor's time."""
        first = time.monotonic()
        review = await asyncio.to_thread(PinReview, self._home)
        going = True
        while going:
            begun = time.monotonic()
            going = await asyncio.to_thread(review.step)
            await asyncio.sleep(time.monotonic() - begun)
        now = time.monotonic()
        self._next = now + max(self._pace.between, _SHARE * (now - first))
