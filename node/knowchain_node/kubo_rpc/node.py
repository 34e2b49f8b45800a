"""What all commands share: the home, threads, the bounds, and how a path of Kubo's becomes a CID."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, ParamSpec, TypeVar

from aiohttp import web

from knowchain.content import dag_pb
from knowchain.content.blocks import BlockSource
from knowchain.content.cids import is_version_0
from knowchain.content.importing import Reader
from knowchain.content.names import split_path
from knowchain.content.trails import follow
from knowchain.errors import ContentError, Corruption, NotFound
from knowchain.home import Home
from knowchain.home.content import parse_address
from knowchain.home.serving import ServedBlocks
from knowchain.identifiers import DAG_PB, Cid
from knowchain_node.api.failures import Refused
from knowchain_node.api.ports import PeerPort
from knowchain_node.api.service import Streams
from knowchain_node.api.streaming import Inflow
from knowchain_node.kubo_rpc.failures import cannot
from knowchain_node.kubo_rpc.options import Asked

__all__ = ["Found", "RpcNode", "Self", "is_written_in_version_0"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Self:
    """Who we are to libp2p.

    Attributes:
        peer: our peer id.
        public_key: in protobuf.
        listening: the addresses at which others reach us; none while the network is not up.
        protocols: what is spoken on streams.
    """

    peer: str
    public_key: bytes
    listening: Callable[[], Sequence[str]] = tuple
    protocols: Callable[[], Sequence[str]] = tuple


@dataclass(frozen=True, slots=True)
class Found:
    """Where an argument led: the CID, and whether Kubo would show it in version 0."""

    cid: Cid
    version_0: bool


class RpcNode:
    """The home, as the commands see it.

    Args:
        home: the open home.
        me: who we are to libp2p.
        routers: who is asked who has what.
        peer: what meets others, while it runs.
        most_requests: commands at once.
        max_upload: bytes of one upload.
    """

    def __init__(
        self,
        home: Home,
        me: Self,
        *,
        routers: Sequence[str],
        peer: Callable[[], PeerPort | None],
        most_requests: int,
        max_upload: int,
    ) -> None:
        self.home: Final = home
        self.me: Final = me
        self.routers: Final = routers
        self.peer: Final = peer
        self.blocks: Final = ServedBlocks(home)
        self.requests: Final = Streams(most_requests)
        self._max_upload = max_upload
        self._threads = ThreadPoolExecutor(most_requests, "kubo-rpc")

    def close(self) -> None:
        """Start no further work."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Do work that waits for the disk, in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))

    @asynccontextmanager
    async def upload(self, request: web.Request) -> AsyncIterator[Reader]:
        """The body of an upload, for a thread to read for the time of the block.

        At its end a thread that still reads is told that the upload broke off: none outlives its request.
        """
        body = _Body(Inflow(request, self._max_upload, setting="kubo_rpc.max_upload_bytes"))
        try:
            yield body.read
        finally:
            await body.stop()

    def find(self, argument: str) -> Found:
        """Where ``CID``, ``/ipfs/CID`` or either with a path leads. For a thread.

        Raises:
            InvalidValue: it is no path. NotFound: nothing is there, or a block on the way is not here.
            Refused: it leads to a value within a block.
        """
        root, path = parse_address(argument)
        segments = split_path(path)
        if not segments:
            return Found(root, is_version_0(argument.removeprefix("ipfs://").removeprefix("/ipfs/")[:46]))
        trail = follow(self.blocks, root, segments)
        if trail.within:
            raise cannot("{path} is a value within a block, not a block", path=argument[:120])
        return Found(trail.end, is_written_in_version_0(self.blocks, trail.end))

    def shown(self, asked: Asked, found: Found) -> str:
        """A CID that an argument led to, as text."""
        return asked.show(found.cid, version_0=found.version_0)


class _Body:
    """A body that one thread reads, until it is stopped."""

    def __init__(self, inflow: Inflow) -> None:
        self._inflow = inflow
        self._loop = asyncio.get_running_loop()
        self._reading: asyncio.Task[bytes] | None = None
        self._stopped = False

    def read(self, size: int) -> bytes:
        """For the thread. Raises Refused."""
        if self._stopped:  # before a coroutine is made: the loop may be gone
            raise _broken_off()
        try:
            return asyncio.run_coroutine_threadsafe(self._next(size), self._loop).result()
        except CancelledError as exc:
            raise _broken_off() from exc

    async def _next(self, size: int) -> bytes:
        if self._stopped:
            raise _broken_off()
        self._reading = asyncio.create_task(self._inflow.next(size))
        return await self._reading

    async def stop(self) -> None:
        self._stopped = True
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])


def _broken_off() -> Refused:
    return Refused(400, "cut-off", "the request broke off", remedy="send it again")


def is_written_in_version_0(blocks: BlockSource, cid: Cid) -> bool:
    """Whether whoever made a block named it by its CIDv0, as far as its links to others like it tell.

    A dag-pb block that links to none is taken as made by ``ipfs add``; one with raw leaves alone as made with
    ``--cid-version=1``.
    """
    if cid.codec != DAG_PB:
        return False
    try:
        block = blocks.get(cid)
        node = dag_pb.decode(block)
    except (NotFound, ContentError, Corruption):
        return True
    if not node.links:
        return True
    if all(link.cid.codec != DAG_PB for link in node.links):
        return False
    links = [link for link in node.links if link.cid.codec == DAG_PB]
    return all(b"\x0a\x22\x12\x20" + link.cid.digest in block for link in links)
