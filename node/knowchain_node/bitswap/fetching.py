"""Everything under a CID, from several peers at once, into a CAR; every block is checked first."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import BinaryIO, Final, TypeAlias

from knowchain.content.blocks import BlockSource
from knowchain.content.car import car_header, car_section
from knowchain.content.gathering import Gathering
from knowchain.errors import ContentError, KnowchainError, NotFound, PeerError, SystemFault
from knowchain.identifiers import Cid
from knowchain_node.bitswap.asking import PATIENCE, Asking
from knowchain_node.bitswap.exchange import Exchange
from knowchain_node.bitswap.outlets import Outlet
from knowchain_node.bitswap.wire import PROTOCOLS, Entry, Message, encode, known
from knowchain_node.replication.conduct import NUISANCE

__all__ = ["Search", "fetch_dag"]

_ENTRIES: Final = 512
"""Wants of one message."""
_LINGER: Final = 1.0
"""Seconds that a stream stays open without anything to say."""
_LOOK: Final = 0.5
"""Seconds after which it is looked whether somebody stalls."""

Search: TypeAlias = Callable[[], Awaitable[Iterable[str]]]
"""Looks for connected peers that may have what is wanted; answers their ids."""
Advance: TypeAlias = Callable[[int], None]


async def fetch_dag(
    exchange: Exchange,
    root: Cid,
    file: BinaryIO,
    searches: Sequence[Search],
    *,
    held: BlockSource | None = None,
    advance: Advance = lambda _bytes: None,
    patience: float = PATIENCE,
) -> tuple[str, ...]:
    """Write everything under ``root`` that is not in ``held`` to ``file`` as a CAR, in the order it comes.

    Args:
        exchange: bitswap, running.
        root: what is wanted.
        file: where it goes.
        searches: where providers are looked for: each when those before were of no use.
        held: blocks that are here already.
        advance: told the bytes so far.
        patience: seconds without a block after which a provider is left.

    Returns:
        The peers that gave something.

    Raises:
        NotFound: nobody has it, or not all of it; it names the block.
        PeerError: who had it gave nothing; or the content is no graph, or larger than any that is taken.
    """
    fetch = _Fetch(exchange, root, file, held, advance, patience)
    with exchange.session(fetch):
        try:
            return await fetch.run(list(searches))
        finally:
            exchange.forgive(fetch.everybody)


class _Fetch:
    """One fetch."""

    def __init__(
        self,
        exchange: Exchange,
        root: Cid,
        file: BinaryIO,
        held: BlockSource | None,
        advance: Advance,
        patience: float,
    ) -> None:
        self._exchange = exchange
        self._gathering = Gathering(root)
        self._file = file
        self._held = held
        self._advance = advance
        self._asking = Asking(self._now(), patience)
        self._root = root
        self._came: list[tuple[Cid, bytes]] = []
        self._news = asyncio.Event()
        self._lines: dict[str, _Line] = {}
        self._gave: dict[str, None] = {}
        self._blamed = 0

    @property
    def everybody(self) -> tuple[str, ...]:
        """Who was ever asked."""
        return tuple(self._lines)

    # --- what peers say: called by the exchange -----------------------------------------------------------

    def received(self, peer: str, message: Message) -> int:
        now, asked = self._now(), 0
        for cid, block in message.blocks:
            if cid is not None and self._asking.came(peer, cid, len(block), now):
                asked += 1
                self._exchange.counts.bytes_in += len(block)
                self._gave[peer] = None
                self._came.append((cid, block))
        for presence in message.presences:
            cid = known(presence.cid)
            if cid is not None:
                self._asking.told(peer, cid, have=presence.have, now=now)
        self._news.set()
        return asked

    def left(self, peer: str, why: str) -> None:
        self._asking.left(peer, why)
        self._news.set()

    # --- the fetch ----------------------------------------------------------------------------------------

    async def run(self, searches: list[Search]) -> tuple[str, ...]:
        self._file.write(car_header([self._root]))
        self._asking.want(await asyncio.to_thread(self._take, []))
        async with _unwrapped(), asyncio.TaskGroup() as tasks:
            while not self._gathering.is_whole:
                self._news.clear()
                if self._came:
                    came, self._came = self._came, []
                    self._asking.want(await asyncio.to_thread(self._take, came))
                    self._advance(self._gathering.bytes)
                    continue
                self._tell(self._asking.orders(self._now()), tasks)
                self._blame_stalled()
                if not await self._has_whom_to_ask(searches):
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), _LOOK)
            self._tell(self._asking.cancelled(), tasks)
            for line in self._lines.values():
                line.end()
        return tuple(self._gave)

    async def _has_whom_to_ask(self, searches: list[Search]) -> bool:
        """Look for more providers if those that are known are of no use; whether it was looked.

        Raises:
            NotFound, PeerError: there is nobody left to ask.
        """
        lacking = self._asking.nobody_has()
        if searches and (lacking is not None or self._asking.is_unsure(self._now())):
            for peer in await searches.pop(0)():
                self._asking.add(peer, self._now())
            return True
        if lacking is not None:
            raise self._nobody(lacking)
        return False

    def _nobody(self, lacking: Cid) -> KnowchainError:
        if self._asking.lost:
            peer, why = list(self._asking.lost.items())[-1]
            return ContentError(
                "block {cid} did not come from {peer}: {why}",
                remedy="try again, or name another peer with --from",
                cid=str(lacking),
                peer=peer,
                why=why,
            )
        return NotFound(
            "no peer that can be asked has block {cid}",
            remedy="name one that has it with --from, a gateway with --gateway, or a router with --router",
            cid=str(lacking),
        )

    def _tell(self, orders: dict[str, list[Entry]], tasks: asyncio.TaskGroup) -> None:
        for peer, entries in orders.items():
            line = self._lines.get(peer)
            if line is None:
                line = self._lines[peer] = _Line(Outlet(self._exchange.network, peer, PROTOCOLS[:1]))
                tasks.create_task(line.run(self.left), name="bitswap wants")
            line.say(entries)

    def _blame_stalled(self) -> None:
        for peer in self._asking.stalled[self._blamed :]:
            self._exchange.blame(peer, NUISANCE)
        self._blamed = len(self._asking.stalled)

    def _take(self, came: list[tuple[Cid, bytes]]) -> list[Cid]:
        """Write what came, and find what is wanted since, past everything that is here already."""
        fresh: list[Cid] = [] if came else [*self._gathering.lacking]
        for cid, block in came:
            links = self._gathering.follow(cid, block)
            if links is not None:
                self._file.write(car_section(cid, block))
                fresh += links
        if self._held is None:
            return fresh
        lacking = []
        while fresh:
            cid = fresh.pop()
            block_here = self._block_here(cid)
            if block_here is None:
                lacking.append(cid)
            else:
                fresh += self._gathering.follow(cid, block_here) or ()
        return lacking[::-1]

    def _block_here(self, cid: Cid) -> bytes | None:
        try:
            return self._held.get(cid) if self._held is not None else None
        except KnowchainError:
            return None  # it is not here, or damaged

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


class _Line:
    """What one provider is still to be told, and the task that tells it."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._entries: list[Entry] = []
        self._news = asyncio.Event()
        self._ended = False

    def say(self, entries: list[Entry]) -> None:
        """Tell it soon."""
        self._entries += entries
        self._news.set()

    def end(self) -> None:
        """There is no more to tell."""
        self._ended = True
        self._news.set()

    async def run(self, left: Callable[[str, str], None]) -> None:
        """Tell what there is, until the end, or until the provider can't be told anything."""
        try:
            while True:
                while self._entries:
                    part, self._entries = self._entries[:_ENTRIES], self._entries[_ENTRIES:]
                    await self._outlet.send(encode(part))
                if self._ended:
                    return
                self._news.clear()
                try:
                    await asyncio.wait_for(self._news.wait(), _LINGER)
                except TimeoutError:
                    await self._outlet.close()
                    await self._news.wait()
        except (PeerError, SystemFault) as exc:
            left(self._outlet.peer, str(exc))
        except TimeoutError:
            left(self._outlet.peer, "it does not take what it is sent")
        finally:
            await self._outlet.close()


@contextlib.asynccontextmanager
async def _unwrapped() -> AsyncIterator[None]:
    """Let an error of ours out as itself, not in the group of a task group."""
    try:
        yield
    except ExceptionGroup as group:
        ours, others = group.split(KnowchainError)
        if ours is None or others is not None:
            raise
        raise ours.exceptions[0] from None
