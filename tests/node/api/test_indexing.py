"""The search index is brought up to date beside a running peer."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from knowchain.home import Home
from knowchain.home.publishing import Publication, publish
from knowchain.home.searching import SearchQuestion, search
from knowchain_node.indexing import keep_index
from knowchain_node.replication.news import News


def waiting(home: Home) -> int:
    """How many records wait to be indexed."""
    path: Path = home.layout.root / "store.sqlite"
    connection = sqlite3.connect(path)
    try:
        count: int = connection.execute("SELECT count(*) FROM search_queue").fetchone()[0]
    finally:
        connection.close()
    return count


def work(home: Home, n: int) -> Any:
    return publish(home, Publication({"title": {"en": [f"Harbour {n}"]}, "access": "public"}))


async def settled(home: Home) -> None:
    async with asyncio.timeout(60):
        while waiting(home):  # noqa: ASYNC110 - another thread's work has no event here
            await asyncio.sleep(0.02)


async def test_what_was_left_and_what_arrives_is_indexed_without_a_search(home: Home) -> None:
    for n in range(5):
        work(home, n)
    assert waiting(home) > 0
    task = asyncio.create_task(keep_index(home, News(home.admission, asyncio.get_running_loop()), quiet=0.01))
    try:
        await settled(home)
        await asyncio.to_thread(work, home, 99)
        await settled(home)
        assert not task.done()
        found = await asyncio.to_thread(search, home, SearchQuestion("harbour 99"))
        assert len(found.found) == 1
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
