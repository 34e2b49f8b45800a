"""``/knowchain/blocks/1``: file blocks between peers, asked for by CID and checked by hash.

Frames as in sync: a length of four bytes, then strict DAG-CBOR. A want is a list of 1 to 16 CIDs; the
answer is as many frames, in that order, each ``[cid, block]``, or ``[cid]`` for one that is not here.

Source: docs/spec/network.md, "Blocks of files".
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from knowchain import codec
from knowchain.codec import Value
from knowchain.content.blocks import BlockSource, check_block
from knowchain.errors import CodecError, KnowchainError, PeerError, SyncError
from knowchain.identifiers import Cid
from knowchain.sync import FrameReader, framed
from knowchain_node.network import Stream, StreamBroken
from knowchain_node.replication.conduct import GARBAGE, Fault

__all__ = ["MAX_BLOCK", "MOST_WANTS", "PROTOCOL", "BlockAsker", "BlockServer"]

PROTOCOL: Final = "/knowchain/blocks/1"
MOST_WANTS: Final = 16
"""CIDs in one want."""
MAX_BLOCK: Final = 2 * 2**20
"""Bytes of a block; larger ones are not exchanged, as in all of IPFS."""
_MAX_ANSWER: Final = MAX_BLOCK + 256
_MAX_WANT: Final = 2048
_PATIENCE: Final = 30.0
"""Seconds in which a block, or the next want, must come."""
_STREAMS: Final = 4
"""Streams that one peer is served at once; each may hold a block in memory."""
_READING: Final = 8
"""Blocks that are read and given at once, to all peers together."""


class BlockServer:
    """Gives blocks that are here, whole and unchanged, to whoever asks.

    Args:
        blocks: where they are; it gives only what may be given.
        blame: called with a peer and what it did wrong.
    """

    def __init__(self, blocks: BlockSource, blame: Callable[[str, Fault], None]) -> None:
        self._blocks = blocks
        self._blame = blame
        self._streams: Counter[str] = Counter()
        self._reading = asyncio.Semaphore(_READING)
        self.bytes = 0
        """Bytes of blocks given away."""

    async def serve(self, stream: Stream) -> None:
        """Answer the wants of one stream until it ends, or nothing comes for long."""
        if self._streams[stream.peer] >= _STREAMS:
            stream.reset()
            return
        self._streams[stream.peer] += 1
        try:
            async with stream:
                await self._answer_all(stream)
        except PeerError as exc:
            if not isinstance(exc, StreamBroken):
                self._blame(stream.peer, GARBAGE)
        finally:
            self._streams[stream.peer] -= 1
            if not self._streams[stream.peer]:
                del self._streams[stream.peer]

    async def _answer_all(self, stream: Stream) -> None:
        frames = FrameReader(_MAX_WANT)
        with contextlib.suppress(TimeoutError):
            while data := await asyncio.wait_for(stream.read(_MAX_WANT), _PATIENCE):
                for payload in frames.feed(data):
                    for cid in _read_want(payload):
                        await asyncio.wait_for(self._answer(stream, cid), 2 * _PATIENCE)

    async def _answer(self, stream: Stream, cid: Cid) -> None:
        async with self._reading:
            block = await asyncio.to_thread(self._block, cid)
        answer: list[Value] = [cid] if block is None else [cid, block]
        await stream.write(framed(codec.encode(answer), _MAX_ANSWER))
        self.bytes += len(block or b"")

    def _block(self, cid: Cid) -> bytes | None:
        """The block; None if it is not here, or is not any more what it was."""
        try:
            block = self._blocks.get(cid)
        except KnowchainError:
            return None
        return block if len(block) <= MAX_BLOCK else None


class BlockAsker:
    """The asking side of one stream."""

    def __init__(self, stream: Stream, *, patience: float = _PATIENCE) -> None:
        self._stream = stream
        self._patience = patience
        self._frames = FrameReader(_MAX_ANSWER)
        self._payloads: deque[bytes] = deque()

    async def ask(self, cids: list[Cid]) -> dict[Cid, bytes]:
        """The blocks that the other side has of 1 to 16, each checked.

        Raises:
            SyncError, ContentError: the other side answered something else.
            StreamBroken, TimeoutError: it answered nothing.
        """
        await self._stream.write(framed(codec.encode([*cids])))
        blocks = {}
        for cid in cids:
            match await self._answer():
                case [found] if found == cid:
                    pass
                case [found, bytes(block)] if found == cid:
                    check_block(cid, block)
                    blocks[cid] = block
                case _:
                    raise SyncError("unexpected", "something else was answered than was asked for")
        return blocks

    async def _answer(self) -> Value:
        async with asyncio.timeout(self._patience):
            while not self._payloads:
                data = await self._stream.read()
                if not data:
                    raise StreamBroken("the blocks ended too early")
                self._payloads.extend(self._frames.feed(data))
        return _decoded(self._payloads.popleft(), _MAX_ANSWER)


def _read_want(payload: bytes) -> list[Cid]:
    value = _decoded(payload, _MAX_WANT)
    if type(value) is not list or not 1 <= len(value) <= MOST_WANTS:
        raise SyncError("malformed", "a want is a list of 1 to 16 CIDs")
    cids = [cid for cid in value if type(cid) is Cid]
    if len(cids) != len(value):
        raise SyncError("malformed", "a want holds something that is no CID")
    return cids


def _decoded(payload: bytes, most: int) -> Value:
    try:
        return codec.decode(payload, max_depth=1, max_size=most)
    except CodecError as exc:
        raise SyncError("malformed", "what came is no DAG-CBOR: {why}", why=str(exc)) from exc
