"""Gossip: new records of this home go out, others' come in, each judged once before it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from knowchain.admission import Answer, BodyOutcome, Incoming, Verdict
from knowchain.errors import SyncError
from knowchain.home import Home
from knowchain.storage.lineage import may_be_served
from knowchain_node.network import Message, NetworkDown, NetworkService, PeerGrafted
from knowchain_node.replication.conduct import GARBAGE, Fault
from knowchain_node.replication.envelope import pack, topic_of, unpack
from knowchain_node.replication.news import News

__all__ = ["Gossiping"]

_TICKETS: Final = 500
_BACKLOG: Final = 2000
"""Announcements that wait for a mesh; older ones are left to sync."""
_JUDGING: Final = 32
"""Messages that wait for admission; beyond that none is read, and the child's credit runs out."""


class Gossiping:
    """Both directions of gossip on the network's topic.

    Args:
        home: whose outbox is announced, and whose door judges.
        network: the network part.
        news: tells when the outbox may have something.
        blame: called with a peer and what it did wrong.
        behind: called with a peer that knows parents which lack here, or bodies.
    """

    def __init__(
        self,
        home: Home,
        network: NetworkService,
        news: News,
        *,
        blame: Callable[[str, Fault], None],
        behind: Callable[[str], None],
    ) -> None:
        self._home = home
        self._network = network
        self._news = news
        self._blame = blame
        self._behind = behind
        self._topic = topic_of(home.network)
        self._due = asyncio.Event()
        self._lane = home.admission.lane()
        self._judging: asyncio.Queue[tuple[Message, list[Incoming], asyncio.Future[list[Answer]]]] = (
            asyncio.Queue(_JUDGING)
        )
        self.announced = 0
        self.received = 0

    async def run(self) -> None:
        """Run until cancelled."""
        await self._network.subscribe(self._topic)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_news(), name="gossip news")
            tasks.create_task(self._watch_mesh(), name="gossip mesh")
            tasks.create_task(self._announce(), name="gossip out")
            tasks.create_task(self._receive(), name="gossip in")
            tasks.create_task(self._conclude_all(), name="gossip verdicts")

    # --- out -------------------------------------------------------------------------------------

    async def _watch_news(self) -> None:
        async for batch in self._news.listen():
            if not batch or any(news.source == "local" for news in batch):
                self._due.set()

    async def _watch_mesh(self) -> None:
        async for event in self._network.events():
            if isinstance(event, PeerGrafted) and event.topic == self._topic:
                self._due.set()

    async def _announce(self) -> None:
        self._due.set()
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                while await self._announce_some():
                    pass
            except NetworkDown:
                continue  # the mesh comes back with a PeerGrafted, which sets ``due``

    async def _announce_some(self) -> bool:
        """Announce the oldest tickets; whether there may be more."""
        waiting = await asyncio.to_thread(self._outgoing)
        if not waiting:
            return False
        sent: list[int] = []
        tickets = [ticket for ticket, _ in waiting]
        reached = 0
        for envelope in pack(incoming for _, incoming in waiting):
            reached += await self._network.publish(self._topic, envelope)
        if reached:
            sent = tickets
            self.announced += len(sent)
        elif len(tickets) >= _BACKLOG:
            sent = tickets[: len(tickets) - _BACKLOG // 2]
        if sent:
            await asyncio.to_thread(self._home.store.take_from_outbox, sent)
        return bool(reached) and len(tickets) >= _TICKETS

    def _outgoing(self) -> list[tuple[int, Incoming]]:
        with self._home.store.snapshot() as reader:
            found = []
            for ticket, rid in reader.outbox(_BACKLOG):
                block = reader.block(rid)
                body = reader.body(rid) if may_be_served(reader, rid) else None
                if block is not None:
                    found.append((ticket, Incoming(block, body)))
            return found

    # --- in --------------------------------------------------------------------------------------

    async def _receive(self) -> None:
        """Hand messages to admission in the order in which they came, none waiting for the last."""
        async for message in self._network.messages(self._topic):
            try:
                records = unpack(message.data)
            except SyncError:
                message.reject()
                self._blame(message.forwarder, GARBAGE)
                continue
            self.received += len(records)
            judging = self._lane.submit(records, source=f"peer:{message.forwarder}")
            await self._judging.put((message, records, asyncio.wrap_future(judging)))

    async def _conclude_all(self) -> None:
        while True:
            message, records, judging = await self._judging.get()
            self._conclude(message, records, await judging)

    def _conclude(self, message: Message, records: Sequence[Incoming], answers: Sequence[Answer]) -> None:
        """Forward what is good and new; blame for what nobody honest forwards; ask for what lacks."""
        if any(map(_is_garbage, answers)):
            message.reject()
            self._blame(message.forwarder, GARBAGE)
        elif all(a.ok for a in answers) and any(a.verdict is Verdict.ACCEPTED for a in answers):
            message.accept()
        else:
            message.ignore()
        parked = any(a.verdict is Verdict.PARKED for a in answers)
        bodiless = any(
            a.verdict is Verdict.ACCEPTED and r.body is None for a, r in zip(answers, records, strict=True)
        )
        if parked or bodiless:
            self._behind(message.forwarder)


def _is_garbage(answer: Answer) -> bool:
    """What whoever judged it would not have forwarded: a bad block, or a body that is not the header's."""
    if answer.body is BodyOutcome.DISCARDED:
        return True
    return answer.verdict is Verdict.REJECTED and answer.reason != "unsupported"
