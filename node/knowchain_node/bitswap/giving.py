"""Answers to the wants of other peers: what is here and may be given, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from knowchain.errors import KnowchainError, PeerError, SystemFault
from knowchain.identifiers import Cid
from knowchain_node.bitswap.ledgers import Ledgers
from knowchain_node.bitswap.outlets import Outlet, Streams
from knowchain_node.bitswap.wire import MAX_BLOCK, PROTOCOLS, Entry, Message, Presence, encode, known
from knowchain_node.network.purse import Purse
from knowchain_node.replication.conduct import NUISANCE, Fault

__all__ = ["Counts", "Giver", "HeldBlocks"]

_PORTION: Final = 256
"""Wants that are looked at for one message."""
_ENOUGH: Final = 512 * 1024
"""Bytes of blocks after which a message is closed; one more block, of :data:`MAX_BLOCK`, may be in it."""
_ROOM: Final = 64 * 2**20
"""Bytes of answers that are in memory at once, to all peers together."""
_LINGER: Final = 1.0
"""Seconds that a stream stays open without a want; some readers end streams that are silent for five."""


class HeldBlocks(Protocol):
    """What may be given to strangers; safe in any thread."""

    def has(self, cid: Cid) -> bool:
        """Whether :meth:`get` would give a block."""
        ...

    def get(self, cid: Cid) -> bytes:
        """The block, checked; raises KnowchainError where it is not here or may not be given."""
        ...


@dataclass(slots=True)
class Counts:
    """What was exchanged since the start."""

    blocks_out: int = 0
    bytes_out: int = 0
    """Bytes of blocks given."""
    blocks_in: int = 0
    bytes_in: int = 0
    """Bytes of blocks that were asked for and came."""
    refused: int = 0
    """Wants for which there was no place."""
    unasked: int = 0
    """Blocks that came without having been asked for."""
    malformed: int = 0
    """Streams that were ended because what came is no message, or a message that never ends."""


@dataclass(slots=True)
class _Answer:
    """What goes out for some wants, and the wants that did not fit in."""

    presences: list[Presence] = field(default_factory=list)
    blocks: list[tuple[bytes, bytes]] = field(default_factory=list)
    size: int = 0
    left: list[Entry] = field(default_factory=list)


class Giver:
    """Answers wants, peer by peer: one message at a time to each, so that nobody's wants stop another's.

    A want of a block that is not here is answered if the peer wishes it (DONT_HAVE), and forgotten.

    Args:
        streams: the network part.
        blocks: what may be given; None to give nothing.
        blame: called with a peer and what it did wrong.
        counts: where it is counted.
        patience: seconds in which an answer must be taken.
    """

    def __init__(
        self,
        streams: Streams,
        blocks: HeldBlocks | None,
        blame: Callable[[str, Fault], None],
        counts: Counts,
        patience: float,
    ) -> None:
        self._streams = streams
        self._blocks = blocks
        self._blame = blame
        self._counts = counts
        self._patience = patience
        self._ledgers = Ledgers()
        self._room = Purse(_ROOM)
        self._wanting: dict[str, asyncio.Event] = {}

    @property
    def waiting(self) -> int:
        """Wants that wait for their answer."""
        return len(self._ledgers)

    @property
    def peers(self) -> int:
        """Peers that are being answered."""
        return len(self._wanting)

    async def take(self, peer: str, protocol: str, message: Message, tasks: asyncio.TaskGroup) -> None:
        """Note a peer's wants; returns when the peer may be read again."""
        refused = self._ledgers.take(peer, message)
        if refused:
            self._counts.refused += refused
            self._blame(peer, NUISANCE)
        if message.entries:
            if peer not in self._wanting:
                self._wanting[peer] = asyncio.Event()
                tasks.create_task(self._answer_all(peer, protocol), name="bitswap answers")
            self._wanting[peer].set()
        now = asyncio.get_running_loop().time()
        if wait := self._ledgers.delay(peer, len(message.entries), now):
            await asyncio.sleep(wait)

    def forget(self, peer: str) -> None:
        """A peer left."""
        self._ledgers.forget(peer)

    async def _answer_all(self, peer: str, protocol: str) -> None:
        """Answer a peer's wants until there are none for a moment."""
        outlet = Outlet(self._streams, peer, [protocol], self._patience)
        try:
            while entries := self._ledgers.next(peer, _PORTION):
                await self._answer(outlet, protocol, entries)
                if not self._ledgers.waits(peer):
                    await self._more_within(peer, _LINGER)
        except TimeoutError:
            self._blame(peer, NUISANCE)  # it does not take what it asked for
        except (PeerError, SystemFault):
            pass  # it left, or the network part did
        finally:
            del self._wanting[peer]
            self._ledgers.forget(peer)
            await outlet.close()

    async def _more_within(self, peer: str, seconds: float) -> None:
        """Return when the peer wants more, or when the time is over."""
        self._wanting[peer].clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wanting[peer].wait(), seconds)

    async def _answer(self, outlet: Outlet, protocol: str, entries: list[Entry]) -> None:
        most = _ENOUGH + MAX_BLOCK
        await self._room.pay(most)
        try:
            answer = await asyncio.to_thread(self._looked_up, entries)
            self._ledgers.put_back(outlet.peer, answer.left)
            self._room.refund(most - answer.size)
            most = answer.size
            if answer.blocks or (answer.presences and protocol == PROTOCOLS[0]):
                data = encode(presences=answer.presences, blocks=answer.blocks, protocol=protocol)
                await outlet.send(data)
        finally:
            self._room.refund(most)
        self._counts.blocks_out += len(answer.blocks)
        self._counts.bytes_out += answer.size

    def _looked_up(self, entries: list[Entry]) -> _Answer:
        answer = _Answer()
        for at, entry in enumerate(entries):
            if answer.size >= _ENOUGH:
                answer.left = entries[at:]
                break
            cid = known(entry.cid) if self._blocks is not None else None
            block = None if entry.have or cid is None else self._block(cid)
            if block is not None:
                answer.blocks.append((entry.cid, block))
                answer.size += len(block)
                continue
            here = entry.have and cid is not None and self._has(cid)
            if here or entry.dont_have:
                answer.presences.append(Presence(entry.cid, here))
        return answer

    def _has(self, cid: Cid) -> bool:
        try:
            return self._blocks is not None and self._blocks.has(cid)
        except KnowchainError:
            return False

    def _block(self, cid: Cid) -> bytes | None:
        """The block; None if it is not here, may not be given, or is not any more what it was."""
        try:
            block = self._blocks.get(cid) if self._blocks is not None else None
        except KnowchainError:
            return None
        return block if block is not None and len(block) <= MAX_BLOCK else None
