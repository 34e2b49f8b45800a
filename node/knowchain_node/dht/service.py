"""The DHT at work: answers to others, what they are told of us, and searches of our own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from knowchain.errors import ContentError, InvalidValue, PeerError, SystemFault
from knowchain.identifiers import Cid, from_base58
from knowchain_node.bitswap.wire import Unframing
from knowchain_node.dht.addresses import is_local, reachable_from
from knowchain_node.dht.offering import Offer
from knowchain_node.dht.records import ProviderRecords
from knowchain_node.dht.searching import Ask, search
from knowchain_node.dht.table import NEAREST, Table, nearest
from knowchain_node.dht.wire import (
    ADD_PROVIDER,
    FIND_NODE,
    GET_PROVIDERS,
    MAX_MESSAGE,
    PING,
    PROTOCOL,
    Message,
    Whereabouts,
    decode,
    encode,
)
from knowchain_node.network import NetworkService, PeerConnected, PeerDisconnected, Stream
from knowchain_node.replication.conduct import GARBAGE, Fault

__all__ = ["LanDht"]

_log = logging.getLogger("knowchain.dht")
_STREAMS: Final = 4
"""Streams of one peer that are answered at once."""
_PATIENCE: Final = 10.0
"""Seconds in which a question is answered, and a message that began goes on."""
_IDLE: Final = 60.0
_PAUSE: Final = 0.002
"""Seconds between two answers to one peer: it gets five hundred a second."""
_LOOK: Final = 30.0
"""Seconds between two looks at what is new here."""
_AGAIN: Final = 22 * 3600.0
"""Seconds after which everything is told again; it is forgotten after 48 hours."""
_DIALS: Final = 8
"""Peers that are dialled for one search."""


class LanDht:
    """The provider part of the Kademlia DHT, among the peers of private networks.

    Args:
        network: the network part.
        offer: what others are told of; None to tell nothing.
        blame: called with a peer and what it did wrong.
        look_seconds: between two looks at what is new.
    """

    def __init__(
        self,
        network: NetworkService,
        offer: Offer | None,
        blame: Callable[[str, Fault], None],
        look_seconds: float = _LOOK,
    ) -> None:
        self._network = network
        self._offer = offer
        self._blame = blame
        self._look_seconds = look_seconds
        self._records = ProviderRecords()
        self._table = Table()
        self._where: dict[str, str] = {}
        self._told: dict[str, set[bytes]] = {}
        self._keys: dict[bytes, None] = {}
        self._news = asyncio.Event()
        self._reading: Counter[str] = Counter()
        self._told_count = 0

    async def run(self) -> None:
        """Run until cancelled."""
        events = self._network.events()
        self._network.on_stream(PROTOCOL, self._serve)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell_all(), name="dht telling")
            for peer in await self._network.peers():
                self._met(peer.id, peer.address, tasks)
            async for event in events:
                if isinstance(event, PeerConnected):
                    self._met(event.peer, event.address, tasks)
                elif isinstance(event, PeerDisconnected):
                    self._where.pop(event.peer, None)
                    self._table.failed(event.peer)
                    self._told.pop(event.peer, None)

    def status(self) -> dict[str, object]:
        """What it does, as JSON holds it."""
        return {
            "servers": len(self._table),
            "keys": len(self._keys),
            "told": self._told_count,
            "records": len(self._records),
        }

    async def find_providers(self, cid: Cid) -> list[Whereabouts]:
        """Who is said to have ``cid``; nobody is connected with for it but servers of the DHT."""
        question = Message(GET_PROVIDERS, cid.multihash)
        now = asyncio.get_running_loop().time()
        own = [each for each in self._records.of(question.key, now) if each.id != self._network.peer_id]
        found, _ = await search(question, iter(self._table), self._asker(), own=self._network.peer_id)
        return list({each.id: each for each in (*own, *found)}.values())

    # --- others are met -----------------------------------------------------------------------------------

    def _met(self, peer: str, address: str, tasks: asyncio.TaskGroup) -> None:
        """See whether a peer serves the DHT, and whom it knows that is near to us."""
        if peer not in self._where and is_local(address):
            self._where[peer] = address
            tasks.create_task(self._greet(peer), name="dht greeting")

    async def _greet(self, peer: str) -> None:
        """Ask a peer where it is itself, and then whom it knows.

        The address of its connection with us is not where others reach it, if it was the one to dial.
        """
        itself = await self._answer_of(Whereabouts(peer), Message(FIND_NODE, from_base58(peer)))
        if itself is None:
            return
        where = next((each for each in itself.closer if each.id == peer), Whereabouts(peer))
        self._table.answered(where)
        question = Message(FIND_NODE, from_base58(self._network.peer_id))
        await search(question, [where], self._asker(), own=self._network.peer_id)

    def _asker(self) -> Ask:
        """Asks servers, and dials a bounded number of them."""
        left = _DIALS

        async def ask(peer: Whereabouts, question: Message) -> Message | None:
            nonlocal left
            if peer.id not in self._network.connected:
                left -= 1
                if left < 0 or not await self._dialled(peer):
                    return None
            return await self._answer_of(peer, question)

        return ask

    async def _dialled(self, peer: Whereabouts) -> bool:
        for address in [one for one in peer.addresses if is_local(one)][:2]:
            with contextlib.suppress(PeerError, SystemFault, InvalidValue):
                await self._network.connect(f"{address}/p2p/{peer.id}")
                return True
        return False

    async def _answer_of(self, peer: Whereabouts, question: Message) -> Message | None:
        try:
            async with asyncio.timeout(_PATIENCE):
                async with await self._network.open_stream(peer.id, PROTOCOL) as stream:
                    await stream.write(encode(question))
                    answer = await _next_message(stream)
        except (PeerError, SystemFault, TimeoutError):
            self._table.failed(peer.id)
            return None
        if answer is not None and self._table.answered(peer):
            self._news.set()
        return answer

    # --- others are told what is here ---------------------------------------------------------------------

    async def _tell_all(self) -> None:
        """Tell the servers nearest to each key that it is here: what is new soon, all of it now and then."""
        loop = asyncio.get_running_loop()
        again = loop.time() + _AGAIN
        while True:
            if self._offer is not None:
                self._keys = dict.fromkeys(await asyncio.to_thread(self._offer.keys))
            if loop.time() >= again:
                self._told.clear()
                again = loop.time() + _AGAIN
            for peer, keys in (await asyncio.to_thread(self._untold, tuple(self._table))).items():
                await self._tell(peer, keys)
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), self._look_seconds)

    def _untold(self, servers: tuple[Whereabouts, ...]) -> dict[str, list[bytes]]:
        """By server, what it is to be told and was not."""
        found: dict[str, list[bytes]] = {}
        for key in self._keys:
            for server in servers if len(servers) <= NEAREST else nearest(key, servers):
                if key not in self._told.get(server.id, ()):
                    found.setdefault(server.id, []).append(key)
        return found

    async def _tell(self, peer: str, keys: list[bytes]) -> None:
        ourselves = self._ourselves(peer)
        if not ourselves.addresses:
            return
        told = self._told.setdefault(peer, set())
        try:
            async with asyncio.timeout(6 * _PATIENCE):
                async with await self._network.open_stream(peer, PROTOCOL) as stream:
                    for key in keys:
                        await stream.write(encode(Message(ADD_PROVIDER, key, providers=(ourselves,))))
                        told.add(key)
                        self._told_count += 1
        except (PeerError, SystemFault, TimeoutError):
            self._table.failed(peer)

    # --- others ask ---------------------------------------------------------------------------------------

    async def _serve(self, stream: Stream) -> None:
        """Answer the messages of one stream, one after the other."""
        peer = stream.peer
        if self._reading[peer] >= _STREAMS:
            stream.reset()
            return
        self._reading[peer] += 1
        unframing = Unframing(MAX_MESSAGE)
        try:
            with contextlib.suppress(TimeoutError):
                while True:
                    async with asyncio.timeout(_PATIENCE if unframing.under_way else _IDLE):
                        data = await stream.read()
                    if not data:
                        break
                    for payload in unframing.feed(data):
                        await self._reply(stream, decode(payload))
        except ContentError:
            stream.reset()
            self._blame(peer, GARBAGE)
        finally:
            self._reading[peer] -= 1
            if not self._reading[peer]:
                del self._reading[peer]

    async def _reply(self, stream: Stream, message: Message) -> None:
        now = asyncio.get_running_loop().time()
        match message.kind:
            case kind if kind == ADD_PROVIDER:
                self._note(stream.peer, message, now)
                return
            case kind if kind == GET_PROVIDERS:
                answer = self._providers(stream.peer, message.key, now)
            case kind if kind == FIND_NODE:
                answer = Message(FIND_NODE, message.key, tuple(self._closer(stream.peer, message.key)))
            case kind if kind == PING:
                answer = Message(PING)
            case _:
                answer = Message(message.kind, message.key, tuple(self._closer(stream.peer, message.key)))
        async with asyncio.timeout(_PATIENCE):
            await stream.write(encode(answer))
        await asyncio.sleep(_PAUSE)

    def _note(self, peer: str, message: Message, now: float) -> None:
        """A peer says that it has something; nobody's word is taken for another's."""
        for each in message.providers:
            if each.id == peer and each.addresses and message.key:
                self._records.add(message.key, each, now)

    def _providers(self, peer: str, key: bytes, now: float) -> Message:
        found = self._records.of(key, now)[:NEAREST]
        if key in self._keys:
            found.insert(0, self._ourselves(peer))
        return Message(GET_PROVIDERS, key, tuple(self._closer(peer, key)), tuple(found))

    def _closer(self, peer: str, key: bytes) -> Iterable[Whereabouts]:
        """The servers nearest to a key, ourselves among them only if the key is our own id."""
        own = [self._ourselves(peer)] if key == from_base58(self._network.peer_id) else []
        return [*own, *self._table.nearest(key, without=peer)]

    def _ourselves(self, peer: str) -> Whereabouts:
        """Where we are, as another peer can dial us."""
        own = reachable_from(self._where.get(peer, ""), self._network.listening)
        return Whereabouts(self._network.peer_id, tuple(one.partition("/p2p/")[0] for one in own))


async def _next_message(stream: Stream) -> Message | None:
    """The next message of a stream; None at its end.

    Raises:
        ContentError: it is malformed or too long. StreamBroken: the stream was reset.
    """
    unframing = Unframing(MAX_MESSAGE)
    while data := await stream.read():
        for payload in unframing.feed(data):
            return decode(payload)
    return None
