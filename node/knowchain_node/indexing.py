"""The search index kept up to date beside a running peer, so that no search waits for what came before it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from knowchain.errors import KnowchainError
from knowchain.home import Home
from knowchain.search.index import SearchIndex
from knowchain_node.api.ports import NewsPort

__all__ = ["keep_index"]

_log = logging.getLogger("knowchain.index")
_QUIET: Final = 1.0
"""Seconds without news after which what came is indexed: the store has one writer."""
_LONGEST: Final = 20.0
"""Seconds after which it is indexed though more comes."""
_SLICE: Final = 200
"""Records at a time; between two slices others have their turn."""
_AGAIN: Final = 30.0


async def keep_index(home: Home, news: NewsPort, *, quiet: float = _QUIET) -> None:
    """Index what arrives, and what was left from the last life, until cancelled.

    A search that comes earlier indexes what it needs itself, as it does without a peer.

    Args:
        home: whose records.
        news: tells of them.
        quiet: seconds without news after which it begins.
    """
    arrived = asyncio.Event()
    arrived.set()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_listen(news, arrived), name="index news")
        while True:
            await arrived.wait()
            await _settle(arrived, quiet)
            try:
                await _catch_up(SearchIndex(home.store))
            except KnowchainError as exc:
                _log.error("the search index can't be brought up to date: %s", exc)
                await asyncio.sleep(_AGAIN)
                arrived.set()


async def _listen(news: NewsPort, arrived: asyncio.Event) -> None:
    async for _ in news.listen():
        arrived.set()


async def _settle(arrived: asyncio.Event, quiet: float) -> None:
    """Wait for a pause in what arrives, but not for ever."""
    end = time.monotonic() + _LONGEST
    while arrived.is_set() and time.monotonic() < end:
        arrived.clear()
        await asyncio.sleep(quiet)
    arrived.clear()


async def _catch_up(index: SearchIndex) -> None:
    """At half of one processor's time."""
    while True:
        begun = time.monotonic()
        if await asyncio.to_thread(lambda: index.catch_up(most=_SLICE)) < _SLICE:
            return
        await asyncio.sleep(time.monotonic() - begun)
