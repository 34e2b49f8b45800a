"""Content brought from peers into a home, or to a file where no peer runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO

from knowchain.home import Home
from knowchain.home.keeping import DagFile, keep_dag
from knowchain.identifiers import Cid
from knowchain.storage.blocks.fixity import GuardedBlocks
from knowchain_node.api import passing
from knowchain_node.bitswap.exchange import Exchange
from knowchain_node.bitswap.fetching import Search, fetch_dag
from knowchain_node.bitswap.providers import Providers
from knowchain_node.network import NetworkConfig, NetworkService

__all__ = ["Brought", "bring", "fetch_alone"]


@dataclass(frozen=True, slots=True)
class Brought:
    """Content that is here now, whole: how many blocks it has, their bytes, and which peers gave some."""

    cid: Cid
    name: str
    blocks: int
    bytes: int
    peers: tuple[str, ...] = ()


async def bring(
    home: Home, exchange: Exchange, cid: Cid, searches: Sequence[Search], name: str | None = None
) -> Brought:
    """Fetch what lacks of everything under ``cid``, keep it and pin it.

    Args:
        home: the open home.
        exchange: bitswap, running.
        cid: what is wanted.
        searches: where providers are looked for, in order.
        name: under which it is kept; by default the CID.

    Raises:
        NotFound, PeerError: nobody gave all of it. StorageFault: the disk refused.
    """
    with passing.scratch(home) as folder:
        path = folder / f"{cid}.car"
        with path.open("w+b") as file:
            peers = await fetch_dag(exchange, cid, file, searches, held=GuardedBlocks(home.content))
        request = DagFile(str(path), str(cid), name or str(cid))
        kept = await asyncio.to_thread(keep_dag, home, request)
    return Brought(kept.cid, kept.name, kept.blocks, kept.bytes, peers)


async def fetch_alone(
    addresses: Sequence[str], cid: Cid, file: BinaryIO, advance: Callable[[int], None]
) -> tuple[str, ...]:
    """Write everything under ``cid`` to ``file`` as a CAR, with a network part for this alone; who gave it.

    Raises:
        InvalidValue: an address is none.
        NotFound, PeerError: nobody at the addresses gave all of it. NetworkDown: there is no network.
    """
    async with _exchange_alone() as exchange:
        searches = Providers(exchange.network).of(cid, addresses)
        return await fetch_dag(exchange, cid, file, searches, advance=advance)


@asynccontextmanager
async def _exchange_alone() -> AsyncIterator[Exchange]:
    """Bitswap that gives nothing and listens nowhere, under a key that is thrown away."""
    async with NetworkService(NetworkConfig(os.urandom(32), listen=())) as network:
        exchange = Exchange(network, None, lambda _peer, _fault: None)
        running = asyncio.create_task(exchange.run())
        try:
            await network.ready()
            yield exchange
        finally:
            running.cancel()
            await asyncio.wait({running})
