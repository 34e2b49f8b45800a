"""One sync session between two peers, sans-I/O: payloads in, events out, payloads when asked for.

The initiator says hello and reconciles; then it tells the responder which heads it has alone; then
each side asks for the lineages of the heads that it lacks. Whatever is cut off is kept by
admission, so that the next session goes on from there: what came is among the heads that are
compared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from knowchain.errors import InvalidValue, NotAllowed, SyncError
from knowchain.sync.fetching import Fetcher
from knowchain.sync.frames import LENGTH_SIZE
from knowchain.sync.holdings import Counters, Event, Holdings, Outcome
from knowchain.sync.limits import SyncLimits
from knowchain.sync.messages import (
    MAX_TEXT,
    Blocks,
    Bodies,
    Close,
    Credit,
    Done,
    Have,
    Hello,
    Message,
    Reconcile,
    Served,
    Want,
    decode_session,
    encode_session,
)
from knowchain.sync.reconciler import Reconciler, Role
from knowchain.sync.serving import Server
from knowchain.sync.sorted_ids import ID_SIZE, split_ids

_OFFER: Final = 2**19 // ID_SIZE
"""Heads in one ``have`` message."""


class Session:
    """One side of one session. The transport calls :meth:`receive` with each payload that comes,
    and :meth:`next_payload` whenever it can send; the caller gives each event to admission and
    says what became of it with :meth:`settle`. Deadlines are the caller's.

    Args:
        holdings: the store.
        network: name of the network; peers of another one are refused.
        role: the initiator is the side that opened the connection, or the stream.
        limits: what the other side may cost.
        bodies: whether to ask for bodies together with records.

    Raises:
        InvalidValue: ``network`` is empty, too long, or not printable.
    """

    def __init__(
        self,
        holdings: Holdings,
        network: str,
        role: Role,
        *,
        limits: SyncLimits | None = None,
        bodies: bool = True,
    ) -> None:
        if not 0 < len(network) <= MAX_TEXT or not network.isprintable():
            raise InvalidValue(
                "{value} can't name a network",
                field="network",
                value=network,
                remedy="give 1 to 128 printable characters",
            )
        limits = SyncLimits() if limits is None else limits
        self.counters: Final = Counters()
        self._holdings = holdings
        self._network = network
        self._asks = role == "initiator"
        self._limits = limits
        ids = holdings.heads()
        self._reconciler = Reconciler(ids, role, limits)
        self._server = Server(holdings, limits, self.counters)
        self._fetcher = Fetcher(limits, self.counters, bodies)
        self._peer: Hello | None = None
        self._reason: str | None = None
        self._offers: deque[bytes] = deque()
        self._lacked: list[bytes] = []
        self._compared = False
        """Initiator: all differences are known. Responder: all offers have come."""
        self._told = not self._asks
        """The last ``have`` is sent; the responder sends none."""
        self._done_sent = False
        self._done_seen = False
        self._outbox: deque[Message] = deque([Hello(network, len(ids))])
        if self._asks:
            self._outbox.append(Reconcile(self._reconciler.initiate()))

    @property
    def reconciled(self) -> bool:
        """Whether the heads are compared, so that wants may go out."""
        return self._compared and self._told

    @property
    def left_over(self) -> bool:
        """Whether there was more to compare than fits a session: open the next one at once."""
        return self._reconciler.left_over

    @property
    def over(self) -> str | None:
        """None while the session runs; then ``done``, or the reason for which it was closed."""
        if self._reason is None and self._done_sent and self._done_seen and not self._outbox:
            return "done"
        return None if self._outbox and isinstance(self._outbox[0], Close) else self._reason

    def want_bodies(self, digests: Iterable[bytes]) -> None:
        """Ask for bodies alone, such as those that were left out before.

        Raises:
            NotAllowed: this side has said already that it is done.
        """
        if self._done_sent or self._reason is not None:
            raise NotAllowed("the session is over", remedy="open a new one")
        self._fetcher.want("bodies", digests)

    def receive(self, payload: bytes) -> list[Event]:
        """Take the payload of one frame; answer what came with it, in the order for admission.

        Raises:
            SyncError: the other side broke the protocol or lied. The session is over; the next
                payload tells the other side the reason.
        """
        self.counters.bytes_in += len(payload) + LENGTH_SIZE
        try:
            return self._take(decode_session(payload))
        except SyncError as error:
            self.close(error.reason)
            raise

    def settle(self, event: Event, outcome: Outcome) -> None:
        """Say what admission made of an event; frees the credit that it took.

        Raises:
            SyncError: as :meth:`Fetcher.settle`; the session is over then.
        """
        try:
            self._fetcher.settle(event, outcome)
        except SyncError as error:
            self.close(error.reason)
            raise

    def next_payload(self) -> bytes | None:
        """The next payload to send; None until something comes in or is settled.

        Raises:
            SyncError: ``exhausted``; the session is over then.
        """
        try:
            message = self._next()
        except SyncError as error:
            self.close(error.reason)
            raise
        if message is None:
            return None
        payload = encode_session(message)
        self.counters.bytes_out += len(payload) + LENGTH_SIZE
        return payload

    def close(self, reason: str) -> None:
        """End the session at once; the next payload tells the other side."""
        if self._reason is None:
            self._reason = reason
            self._outbox.clear()
            self._outbox.append(Close(reason))

    def _take(self, message: Message) -> list[Event]:
        if self._reason is not None or (self._done_seen and self._done_sent):
            raise SyncError("unexpected", "a message came after the session was over")
        if isinstance(message, Close):
            self._reason = message.reason
            self._outbox.clear()
            return []
        if isinstance(message, Hello):
            return self._on_hello(message)
        if self._peer is None:
            raise SyncError("unexpected", "the first message is no hello")
        if self._done_seen and isinstance(message, Want | Credit | Done):
            raise SyncError("unexpected", "a peer that was done asks for more")
        return self._take_known(message)

    def _take_known(self, message: Message) -> list[Event]:
        match message:
            case Reconcile():
                self._on_reconcile(message.message)
            case Have():
                self._on_have(message)
            case Want():
                self._server.on_want(message)
            case Credit():
                self._server.on_credit(message.amount)
            case Blocks():
                return self._fetcher.on_blocks(message)
            case Bodies():
                return self._fetcher.on_bodies(message)
            case Served():
                self._fetcher.on_served(message)
            case _:
                self._on_done()
        return []

    def _on_hello(self, hello: Hello) -> list[Event]:
        if self._peer is not None:
            raise SyncError("unexpected", "a second hello")
        if hello.network != self._network:
            raise SyncError("network", "the peer belongs to the network {name}", name=repr(hello.network))
        self._peer = hello
        return []

    def _on_reconcile(self, message: bytes) -> None:
        if self._compared or any(isinstance(each, Reconcile) for each in self._outbox):
            raise SyncError("pace", "a reconciliation message came out of turn")
        reply = self._reconciler.answer(message)
        self.counters.rounds = self._reconciler.rounds
        if reply.message is not None:
            self._outbox.append(Reconcile(reply.message))
        if self._asks:
            self._note_need(reply.need)
            self.counters.only_here += len(reply.have)
            self._offers.extend(reply.have)
            self._compared = reply.message is None

    def _on_have(self, have: Have) -> None:
        if self._asks or self._compared:
            raise SyncError("unexpected", "heads were offered out of turn")
        self._note_need(tuple(split_ids(have.ids)))
        if have.last:
            self._compared = True
            self._begin_fetching()

    def _note_need(self, ids: tuple[bytes, ...]) -> None:
        """Heads of the other side that are no heads here; those held here are where walks stop."""
        self.counters.only_there += len(ids)
        if self._peer is not None and self.counters.only_there > self._peer.heads:
            raise SyncError(
                "lied", "the peer names more heads than the {heads} it has", heads=self._peer.heads
            )
        lacked = self._holdings.unheld(ids)
        self._server.note_held(set(ids).difference(lacked))
        self._lacked += lacked

    def _begin_fetching(self) -> None:
        # Not before all offers are told: without them the other side can't know where to stop.
        self._fetcher.want("records", self._lacked)
        self._lacked = []

    def _on_done(self) -> None:
        if not self.reconciled:
            raise SyncError("unexpected", "done before the heads were compared")
        if not self._server.idle:
            raise SyncError("unexpected", "done with wants open")
        self._done_seen = True

    def _next(self) -> Message | None:
        if self._outbox:
            return self._outbox.popleft()
        if self._reason is not None:
            return None
        if self._compared and not self._told:
            return self._next_offer()
        message: Message | None = self._fetcher.next_message() or self._server.next_message()
        if message is None and self.reconciled and self._fetcher.idle and not self._done_sent:
            self._done_sent = True
            return Done()
        return message

    def _next_offer(self) -> Have:
        ids = b"".join(self._offers.popleft() for _ in range(min(len(self._offers), _OFFER)))
        self._told = not self._offers
        if self._told:
            self._begin_fetching()
        return Have(ids, self._told)
