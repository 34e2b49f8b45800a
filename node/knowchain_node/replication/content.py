"""File blocks between peers: asked for by CID, checked by hash, kept in the home's packs.

``/knowchain/blocks/1``: each side of a stream sends frames (a length of four bytes, then strict
DAG-CBOR). A want is a list of at most 16 CIDs; the answer is as many frames, in that order, each
``[cid, block]`` or ``[cid]`` for one that is not here (docs/spec/network.md).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from knowchain import codec
from knowchain.codec import Value
from knowchain.content.blocks import check_block
from knowchain.content.walking import links_of
from knowchain.errors import CodecError, ContentError, KnowchainError, NotFound, PeerError, SyncError
from knowchain.home import Home
from knowchain.identifiers import Cid, RecordId
from knowchain.records import read_body
from knowchain.storage.blocks.fixity import GuardedBlocks
from knowchain.storage.blocks.uploads import Upload
from knowchain.storage.lineage import WITHHELD
from knowchain.sync import FrameReader, framed
from knowchain_node.network import NetworkDown, NetworkService, PeerUnreachable, Stream, StreamBroken
from knowchain_node.replication.conduct import GARBAGE, Fault
from knowchain_node.replication.news import News

__all__ = ["PROTOCOL", "ContentKeeper", "KeepPolicy"]

PROTOCOL: Final = "/knowchain/blocks/1"
_WANTS: Final = 16
_MAX_BLOCK: Final = 2 * 2**20
"""Bytes of a block; larger ones are not exchanged, as in all of IPFS."""
_MAX_FRAME: Final = _MAX_BLOCK + 256
_PATIENCE: Final = 30.0
_AT_ONCE: Final = 2
_RETRY: Final = 1.0
_RETRY_MOST: Final = 3600.0
"""Seconds after which a file that nobody had is asked for again: twice as long each time."""

KeepPolicy: TypeAlias = Literal["none", "followed", "all"]
"""Whose files this peer fetches: nobody's, those of followed people and collections, or everybody's."""


@dataclass(slots=True)
class _Wanted:
    root: Cid
    record: RecordId
    tries: int = 0


class ContentKeeper:
    """Fetches the files that works name, and serves those that are here.

    Args:
        home: the store of records and of blocks.
        network: the network part.
        news: tells of new works.
        policy: whose files are fetched.
        followed: whether a record is of somebody or something that the owner follows.
        blame: called with a peer and what it did wrong.
    """

    def __init__(
        self,
        home: Home,
        network: NetworkService,
        news: News,
        *,
        policy: KeepPolicy,
        followed: Callable[[RecordId], bool],
        blame: Callable[[str, Fault], None],
    ) -> None:
        self._home = home
        self._network = network
        self._news = news
        self._policy = policy
        self._followed = followed
        self._blame = blame
        self._wanted: dict[Cid, _Wanted] = {}
        self._queue: asyncio.Queue[Cid] = asyncio.Queue()
        self._cursor = 0
        self.files = 0
        """Roots that were fetched whole."""
        self.bytes_in = 0
        self.bytes_out = 0

    async def run(self) -> None:
        """Run until cancelled."""
        self._network.on_stream(PROTOCOL, self._serve)
        if self._policy == "none":
            await asyncio.Event().wait()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_news(), name="content news")
            for _ in range(_AT_ONCE):
                tasks.create_task(self._fetch_all(), name="content fetching")

    def status(self) -> dict[str, object]:
        """What lacks, and what came."""
        return {
            "policy": self._policy,
            "wanted": len(self._wanted),
            "files": self.files,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
        }

    # --- what is wanted --------------------------------------------------------------------------

    async def _follow_news(self) -> None:
        listener = self._news.listen()
        nudged = asyncio.ensure_future(anext(listener))
        while True:
            for wanted in await asyncio.to_thread(self._new_wants):
                if wanted.root not in self._wanted:
                    self._wanted[wanted.root] = wanted
                    self._queue.put_nowait(wanted.root)
            await nudged
            nudged = asyncio.ensure_future(anext(listener))

    def _new_wants(self) -> list[_Wanted]:
        """The files of works that came since the last look, and are not here."""
        found = []
        reader = self._home.store.reader()
        standing = reader.standing()
        for stored in reader.records(after=self._cursor, kind="work"):
            if stored.body_state == "missing":
                break  # looked at again, with what follows, when its body is here
            self._cursor = stored.arrival
            if self._policy == "followed" and not self._followed(stored.id):
                continue
            if standing.flags(stored.id) & WITHHELD:
                continue
            found += [_Wanted(root, stored.id) for root in self._roots(stored.id) if not self._whole(root)]
        return found

    def _roots(self, record: RecordId) -> Iterable[Cid]:
        reader = self._home.store.reader()
        stored, data = reader.record(record), reader.body(record)
        if stored is None or data is None or stored.block.header.author is None:
            return []
        files = read_body(data, stored.block.header, stored.block.header.author).fields.get("files")
        entries = files if isinstance(files, list) else []
        return [cid for file in entries if isinstance(file, dict) and type(cid := file.get("cid")) is Cid]

    def _whole(self, root: Cid) -> bool:
        """Whether every block that ``root`` reaches is here."""
        content, todo, seen = self._home.content, [root], set[Cid]()
        while todo:
            cid = todo.pop()
            if cid in seen:
                continue
            seen.add(cid)
            if not content.has(cid):
                return False
            if cid.codec != 0x55:
                todo.extend(links_of(cid, content.get(cid)))
        return True

    # --- fetching ----------------------------------------------------------------------------------

    async def _fetch_all(self) -> None:
        while True:
            root = await self._queue.get()
            wanted = self._wanted[root]
            if await self._fetch_from_anyone(root):
                self.files += 1
                del self._wanted[root]
                continue
            wanted.tries += 1
            delay = min(_RETRY_MOST, _RETRY * 2.0 ** (wanted.tries - 1))
            asyncio.get_running_loop().call_later(delay, self._queue.put_nowait, root)

    async def _fetch_from_anyone(self, root: Cid) -> bool:
        for peer in sorted(self._network.connected, key=hash):
            try:
                async with await self._network.open_stream(peer, PROTOCOL) as stream:
                    if await self._fetch(root, _Exchange(stream)):
                        return True
            except (PeerUnreachable, NetworkDown, StreamBroken, TimeoutError, NotFound):
                continue
            except PeerError:
                self._blame(peer, GARBAGE)
        return False

    async def _fetch(self, root: Cid, exchange: _Exchange) -> bool:
        """Walk the DAG from ``root``, asking for what is not here; whether it is whole now."""
        upload = await asyncio.to_thread(self._home.content.begin_upload, f"fetch {root}")
        todo, seen = deque([root]), {root}
        try:
            while todo:
                part = [todo.popleft() for _ in range(min(_WANTS, len(todo)))]
                lacking = await asyncio.to_thread(self._lacking, part)
                blocks = await exchange.ask(lacking) if lacking else {}
                if len(blocks) != len(set(lacking)):
                    return False
                self.bytes_in += sum(map(len, blocks.values()))
                for link in await asyncio.to_thread(self._keep, part, blocks, upload):
                    if link not in seen:
                        seen.add(link)
                        todo.append(link)
            return True
        finally:
            await asyncio.to_thread(upload.end)

    def _lacking(self, cids: list[Cid]) -> list[Cid]:
        return [cid for cid in cids if not self._home.content.has(cid)]

    def _keep(self, part: list[Cid], blocks: dict[Cid, bytes], upload: Upload) -> list[Cid]:
        """Put what came, and answer what all of ``part`` links to."""
        content = self._home.content
        with content.batch(upload) as batch:
            for cid, block in blocks.items():
                batch.put(cid, block)
        links: list[Cid] = []
        for cid in part:
            if cid.codec != 0x55:
                links += links_of(cid, blocks[cid] if cid in blocks else content.get(cid))
        return links

    # --- serving -----------------------------------------------------------------------------------

    async def _serve(self, stream: Stream) -> None:
        frames = FrameReader()
        with contextlib.suppress(TimeoutError, StreamBroken):
            await self._serve_wants(stream, frames)

    async def _serve_wants(self, stream: Stream, frames: FrameReader) -> None:
        async with stream:
            while data := await asyncio.wait_for(stream.read(), _PATIENCE):
                try:
                    wants = [_read_want(payload) for payload in frames.feed(data)]
                except PeerError:
                    self._blame(stream.peer, GARBAGE)
                    stream.reset()
                    return
                for want in wants:
                    for cid in want:
                        await self._answer(stream, cid)

    async def _answer(self, stream: Stream, cid: Cid) -> None:
        block = await asyncio.to_thread(self._block, cid)
        answer: list[Value] = [cid] if block is None else [cid, block]
        self.bytes_out += len(block or b"")
        await stream.write(framed(codec.encode(answer), _MAX_FRAME))

    def _block(self, cid: Cid) -> bytes | None:
        try:
            block = GuardedBlocks(self._home.content).get(cid)
        except KnowchainError:
            return None
        return block if len(block) <= _MAX_BLOCK else None


class _Exchange:
    """The asking side of one stream."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._frames = FrameReader(_MAX_FRAME)
        self._payloads: deque[bytes] = deque()

    async def ask(self, cids: list[Cid]) -> dict[Cid, bytes]:
        """The blocks that the other side has, each checked.

        Raises:
            SyncError, ContentError: the other side answered something else.
            StreamBroken, TimeoutError: it answered nothing.
        """
        await self._stream.write(framed(codec.encode([*cids])))
        blocks = {}
        for cid in cids:
            answer = codec.decode(await self._next(), max_depth=1)
            if type(answer) is not list or not 1 <= len(answer) <= 2 or answer[0] != cid:
                raise SyncError("unexpected", "another block was answered than was asked for")
            if len(answer) == 2:
                block = answer[1]
                if type(block) is not bytes:
                    raise ContentError("a block is no bytes", remedy="ask another peer")
                check_block(cid, block)
                blocks[cid] = block
        return blocks

    async def _next(self) -> bytes:
        while not self._payloads:
            data = await asyncio.wait_for(self._stream.read(), _PATIENCE)
            if not data:
                raise StreamBroken("the blocks ended too early")
            self._payloads.extend(self._frames.feed(data))
        return self._payloads.popleft()


def _read_want(payload: bytes) -> list[Cid]:
    try:
        value = codec.decode(payload, max_depth=1)
    except CodecError as exc:
        raise SyncError("malformed", "a want is no DAG-CBOR: {why}", why=str(exc)) from exc
    if type(value) is not list or not 1 <= len(value) <= _WANTS or any(type(c) is not Cid for c in value):
        raise SyncError("malformed", "a want is a list of 1 to 16 CIDs")
    return value  # type: ignore[return-value]
