"""Files: what works name is fetched from peers, as far as the owner keeps it, into the home's packs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

from knowchain.content.blocks import is_checkable, is_identity
from knowchain.content.walking import links_of
from knowchain.errors import ContentError, NotFound, PeerError, StorageFault
from knowchain.home import Home
from knowchain.home.serving import ServedBlocks
from knowchain.identifiers import RAW, Cid, RecordId
from knowchain.records import read_body
from knowchain.storage.blocks.uploads import Upload
from knowchain.storage.lineage import WITHHELD
from knowchain.storage.reader import StoredRecord
from knowchain_node.network import (
    NetworkDown,
    NetworkService,
    PeerConnected,
    PeerUnreachable,
    StreamBroken,
)
from knowchain_node.replication.blocks import MOST_WANTS, PROTOCOL, BlockAsker, BlockServer
from knowchain_node.replication.conduct import GARBAGE, NUISANCE, Fault
from knowchain_node.replication.news import News
from knowchain_node.replication.wants import Wanted, Wants

__all__ = ["PROTOCOL", "ContentKeeper", "KeepPolicy"]

_log = logging.getLogger("knowchain.content")
_AT_ONCE: Final = 2
_PAGE: Final = 500
_MOST_BODILESS: Final = 10_000
"""Works whose bodies are not here yet that are remembered, to be looked at again."""
_LEASE: Final = 3600.0
"""Seconds for which blocks of a file that came in part are kept from garbage collection."""
_SPARE: Final = 2**30
"""Free bytes of the disk below which no file is fetched."""
_RESTING: Final = 300.0
"""Seconds for which a peer that let us wait is asked after all others."""
_OVERHEAD: Final = 4 * 2**20
"""Bytes that a file's blocks may be more than the file: its inner blocks, and the last part of a folder."""

KeepPolicy: TypeAlias = Literal["none", "followed", "all"]
"""Whose files this peer fetches: nobody's, those of followed people and collections, or everybody's."""
_Outcome: TypeAlias = Literal["whole", "partly", "hopeless"]


class ContentKeeper:
    """Fetches the files that works name, and serves those that are here.

    Args:
        home: the store of records and of blocks.
        network: the network part.
        news: tells of new works.
        policy: whose files are fetched.
        most_bytes: bytes of all files here beyond which none are fetched; 0 for no bound.
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
        most_bytes: int = 0,
        followed: Callable[[RecordId], bool],
        blame: Callable[[str, Fault], None],
    ) -> None:
        self._home = home
        self._network = network
        self._news = news
        self._policy = policy
        self._most_bytes = most_bytes
        self._full = False
        self._followed = followed
        self._blame = blame
        self._server = BlockServer(ServedBlocks(home), blame)
        self._wants = Wants()
        self._changed = asyncio.Event()
        self._look = asyncio.Event()
        self._cursor = 0
        self._bodiless: dict[RecordId, None] = {}
        self._resting: dict[str, float] = {}
        self.files = 0
        """Roots that were fetched whole."""
        self.bytes_in = 0

    async def run(self) -> None:
        """Run until cancelled."""
        self._network.on_stream(PROTOCOL, self._server.serve)
        if self._policy == "none":
            await asyncio.Event().wait()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_news(), name="content news")
            tasks.create_task(self._follow_peers(), name="content peers")
            tasks.create_task(self._find_wants(), name="content wants")
            for _ in range(_AT_ONCE):
                tasks.create_task(self._fetch_all(), name="content fetching")

    def look_again(self) -> None:
        """Bodies came that lacked: there may be works among them."""
        self._look.set()

    def status(self) -> dict[str, object]:
        """What lacks, and what came."""
        return {
            "policy": self._policy,
            "full": int(self._full),
            "wanted": len(self._wants),
            "files": self.files,
            "bytes_in": self.bytes_in,
            "bytes_out": self._server.bytes,
        }

    # --- what is wanted --------------------------------------------------------------------------

    async def _follow_news(self) -> None:
        async for batch in self._news.listen():
            if not batch or any(news.kind == "work" for news in batch):
                self._look.set()

    async def _follow_peers(self) -> None:
        async for event in self._network.events():
            if isinstance(event, PeerConnected):
                self._wants.hurry(self._now())
                self._changed.set()

    async def _find_wants(self) -> None:
        self._look.set()
        while True:
            await self._look.wait()
            self._look.clear()
            for wanted in await asyncio.to_thread(self._bodies_that_came):
                self._want(wanted)
            while not self._wants.full:
                page = await asyncio.to_thread(self._next_page)
                if page is None:
                    break
                for wanted in page:
                    self._want(wanted)

    def _want(self, wanted: Wanted) -> None:
        self._wants.add(wanted)
        self._changed.set()

    def _next_page(self) -> list[Wanted] | None:
        """The files of the next works in the order of arrival, as far as they lack; None at the end."""
        reader = self._home.store.reader()
        page = list(reader.records(after=self._cursor, kind="work", limit=_PAGE))
        if not page:
            return None
        found: list[Wanted] = []
        for stored in page:
            self._cursor = stored.arrival
            if stored.body_state == "missing":
                self._bodiless[stored.id] = None
                if len(self._bodiless) > _MOST_BODILESS:
                    del self._bodiless[next(iter(self._bodiless))]
            else:
                found += self._lacking_of(stored)
        return found

    def _bodies_that_came(self) -> list[Wanted]:
        reader, found = self._home.store.reader(), list[Wanted]()
        for rid in list(self._bodiless):
            stored = reader.record(rid)
            if stored is None or stored.body_state != "missing":
                del self._bodiless[rid]
                found += [] if stored is None else self._lacking_of(stored)
        return found

    def _lacking_of(self, stored: StoredRecord) -> list[Wanted]:
        """The files of a work that are kept here and lack."""
        if self._policy == "followed" and not self._followed(stored.id):
            return []
        reader = self._home.store.reader()
        if reader.standing().flags(stored.id) & WITHHELD:
            return []
        source = stored.source.removeprefix("peer:") if stored.source.startswith("peer:") else ""
        return [Wanted(root, size, source) for root, size in self._files(stored) if not self._whole(root)]

    def _files(self, stored: StoredRecord) -> Iterator[tuple[Cid, int | None]]:
        data, author = self._home.store.reader().body(stored.id), stored.block.header.author
        if data is None or author is None:
            return
        files = read_body(data, stored.block.header, author).fields.get("files")
        for file in files if isinstance(files, list) else []:
            cid, size = (file.get("cid"), file.get("bytes")) if isinstance(file, Mapping) else (None, None)
            if type(cid) is Cid and is_checkable(cid):
                yield cid, size if type(size) is int else None

    def _whole(self, root: Cid) -> bool:
        """Whether every block that ``root`` reaches is here; what is no graph will never be whole."""
        content, todo, seen = self._home.content, [root], set[Cid]()
        while todo:
            cid = todo.pop()
            if cid in seen or is_identity(cid):
                continue
            seen.add(cid)
            if not content.has(cid):
                return False
            with contextlib.suppress(ContentError):
                todo.extend(links_of(cid, content.get(cid) if cid.codec != RAW else b""))
        return True

    # --- fetching ----------------------------------------------------------------------------------

    async def _fetch_all(self) -> None:
        while True:
            wanted = self._wants.take(self._now())
            if wanted is None:
                await self._something_due()
                continue
            try:
                outcome = await self._fetch_from_anyone(wanted)
            except StorageFault as exc:
                _log.warning("a file can't be kept: %s", exc)
                outcome = "partly"
            except BaseException:
                self._wants.failed(wanted.root, self._now())
                raise
            if outcome == "partly":
                self._wants.failed(wanted.root, self._now())
                continue
            self.files += outcome == "whole"
            self._wants.done(wanted.root)
            self._look.set()  # there may be room for wants that were left out

    async def _something_due(self) -> None:
        self._changed.clear()
        wait = self._wants.next_due() - self._now()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), min(wait, _RESTING))

    async def _fetch_from_anyone(self, wanted: Wanted) -> _Outcome:
        lacks = await asyncio.to_thread(self._lacks_room, wanted.size or 0)
        if lacks and not self._full:
            _log.warning("no files are fetched: %s", lacks)
        self._full = bool(lacks)
        if lacks:
            return "partly"
        for peer in self._in_turn(wanted):
            try:
                async with await self._network.open_stream(peer, PROTOCOL) as stream:
                    outcome = await self._fetch(wanted, BlockAsker(stream))
                if outcome != "partly":
                    return outcome
            except TimeoutError:
                self._resting[peer] = self._now() + _RESTING
                self._blame(peer, NUISANCE)
            except (PeerUnreachable, NetworkDown, StreamBroken, NotFound):
                continue
            except PeerError:
                self._blame(peer, GARBAGE)
        return "partly"

    def _lacks_room(self, size: int) -> str:
        """Why a file of so many bytes can't be taken in, in words; empty if it can."""
        if shutil.disk_usage(self._home.layout.root).free < _SPARE + size:
            return f"the disk would have less than {_SPARE >> 20} MiB free"
        if self._most_bytes:
            held = self._home.content.totals()
            if held.packed_bytes + held.dead_bytes + size > self._most_bytes:
                return (
                    f"content.max_bytes is {self._most_bytes}; raise it, or let go of files with `content gc`"
                )
        return ""

    def _in_turn(self, wanted: Wanted) -> list[str]:
        """Connected peers: whom the work came from first, those that let us wait last."""
        now = self._now()
        self._resting = {peer: until for peer, until in self._resting.items() if until > now}
        peers = sorted(self._network.connected)
        random.shuffle(peers)
        return sorted(peers, key=lambda peer: (peer in self._resting, peer != wanted.source))

    async def _fetch(self, wanted: Wanted, asker: BlockAsker) -> _Outcome:
        """Walk the DAG, asking for what is not here."""
        upload = await asyncio.to_thread(self._home.content.begin_upload, f"fetch {wanted.root}", _LEASE)
        came, outcome = 0, "partly"
        try:
            todo, seen = deque([wanted.root]), {wanted.root}
            while todo:
                part = [todo.popleft() for _ in range(min(MOST_WANTS, len(todo)))]
                lacking = await asyncio.to_thread(self._lacking, part)
                blocks = await asker.ask(lacking) if lacking else {}
                came += sum(map(len, blocks.values()))
                if wanted.size is not None and came > wanted.size * 1.05 + _OVERHEAD:
                    outcome = "hopeless"
                    break
                links = await asyncio.to_thread(self._keep, part, blocks, upload)
                if links is None:
                    outcome = "hopeless"
                    break
                if len(blocks) < len(lacking):
                    break
                if not all(map(is_checkable, links)):
                    outcome = "hopeless"
                    break
                todo.extend(fresh := [link for link in dict.fromkeys(links) if link not in seen])
                seen.update(fresh)
            else:
                outcome = "whole"
        finally:
            self.bytes_in += came
            if outcome == "whole" or not came:
                await asyncio.to_thread(upload.end)
        return outcome  # type: ignore[return-value]

    def _lacking(self, cids: list[Cid]) -> list[Cid]:
        return [cid for cid in cids if not is_identity(cid) and not self._home.content.has(cid)]

    def _keep(self, part: list[Cid], blocks: dict[Cid, bytes], upload: Upload) -> list[Cid] | None:
        """Put what came, and answer what all of ``part`` that is here links to.

        None: a block is what its CID says and still no node of a graph, so that nobody can have the file.
        """
        content = self._home.content
        with content.batch(upload) as batch:
            for cid, block in blocks.items():
                batch.put(cid, block)
        links: list[Cid] = []
        for cid in part:
            if cid.codec == RAW or is_identity(cid) or not (cid in blocks or content.has(cid)):
                continue
            try:
                links += links_of(cid, blocks[cid] if cid in blocks else content.get(cid))
            except ContentError:
                return None
        return links

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
