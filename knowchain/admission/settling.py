"""The stateful half of admission: links, ranks and what is held already, inside one transaction."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from knowchain.admission.answers import Answer, BodyOutcome, Verdict
from knowchain.admission.judging import Judged, RejectedMemory
from knowchain.admission.parking import Parked, Parking
from knowchain.chains.identity import IdentityState
from knowchain.chains.links import Parent, check_identity_link, check_link
from knowchain.chains.states import States
from knowchain.errors import InvalidRecord
from knowchain.identifiers import RecordId
from knowchain.records.block import Block, read_block
from knowchain.records.header import IdentityHeader
from knowchain.storage.writer import WriteTransaction

__all__ = ["Accepted", "Settler"]


class Accepted(NamedTuple):
    """News of one accepted record, for whoever listens."""

    id: RecordId
    kind: str
    prev: tuple[RecordId, ...]
    source: str
    forked: bool
    """Whether it opened a second branch of its key's chain."""

    @classmethod
    def of(cls, block: Block, source: str, *, forked: bool) -> Accepted:
        """The news of an accepted block."""
        return cls(block.id, block.header.kind, block.header.prev, source, forked)


class Settler:
    """Judges blocks against what is held, and gathers what is accepted. The writer thread's own.

    Args:
        parking: where blocks wait for parents.
        rejected: the rejections of lately.
        clock: milliseconds since 1970, by this machine.
    """

    def __init__(self, parking: Parking, rejected: RejectedMemory, clock: Callable[[], int]) -> None:
        self._parking = parking
        self._rejected = rejected
        self._clock = clock
        self._states = States()

    def forget(self) -> None:
        """A transaction failed: whatever was learnt in it may not be true."""
        self._states.clear()

    def prefetch(self, transaction: WriteTransaction, batch: Iterable[Judged]) -> None:
        """Look up everything that a batch mentions, at once."""
        rids: set[RecordId] = set()
        for judged in batch:
            header = judged.block.header
            rids.add(judged.block.id)
            rids.update(header.prev)
            rids.update(ref.target for ref in header.refs)
            if header.body is not None:
                rids.add(header.body.cid)
        transaction.prefetch(rids)

    def settle(
        self, transaction: WriteTransaction, judged: Judged, source: str
    ) -> tuple[Answer, list[Accepted]]:
        """Answer one judged block; whatever waited for it in parking is settled with it."""
        answer, forked = self._settle_one(transaction, judged, source)
        if answer.verdict is not Verdict.ACCEPTED:
            return answer, []
        news = [Accepted.of(judged.block, source, forked=forked)]
        todo = deque(self._parking.arrived(judged.block.id))
        while todo:
            parked = todo.popleft()
            outcome = BodyOutcome.NONE if parked.body is None else BodyOutcome.HELD
            waiting = Judged(parked.block, parked.body, outcome, "")
            verdict, forked = self._settle_one(transaction, waiting, parked.source)
            if verdict.verdict is Verdict.ACCEPTED:
                news.append(Accepted.of(parked.block, parked.source, forked=forked))
                todo.extend(self._parking.arrived(parked.block.id))
        return answer, news

    def _settle_one(self, transaction: WriteTransaction, judged: Judged, source: str) -> tuple[Answer, bool]:
        block = judged.block
        if transaction.known(block.id) is not None:
            outcome = self._take_body(transaction, judged)
            return Answer(Verdict.DUPLICATE, block.id, body=outcome, detail=judged.body_detail), False
        parents: list[Parent] = []
        missing = []
        for rid in block.header.prev:
            parent = transaction.parent(rid)
            if parent is None:
                missing.append(rid)
            else:
                parents.append(parent)
        if missing:
            return self._park(judged, missing, source), False
        try:
            forked = self._accept(transaction, block, parents, source)
        except InvalidRecord as exc:
            self._rejected.remember(block.id, exc.reason, str(exc))
            self._parking.refused(block.id)
            return Answer(Verdict.REJECTED, block.id, exc.reason, str(exc)), False
        outcome = self._take_body(transaction, judged)
        return Answer(Verdict.ACCEPTED, block.id, body=outcome, detail=judged.body_detail), forked

    def _park(self, judged: Judged, missing: list[RecordId], source: str) -> Answer:
        parked = Parked(judged.block, judged.body, source, self._clock() / 1000)
        self._parking.park(parked, missing)
        return Answer(Verdict.PARKED, judged.block.id, missing=tuple(missing))

    def _accept(
        self, transaction: WriteTransaction, block: Block, parents: list[Parent], source: str
    ) -> bool:
        """Check the links and gather the record; whether it opened a fork."""
        header = block.header
        if isinstance(header, IdentityHeader):
            parent = parents[0] if parents else None
            linked = parent is not None and parent.identity
            state = self._state(transaction, header.prev[0]) if linked else None
            link = check_identity_link(block.id, header, parent, state)
            self._states.keep(block.id, link.state)
            transaction.add_identity(block, header, link, received=self._clock(), source=source)
            forked = False
        else:
            check_link(header, parents)
            forked = transaction.add_ordinary(block, header, received=self._clock(), source=source)
        if source == "local":
            transaction.announce(block.id)
        return forked

    def _take_body(self, transaction: WriteTransaction, judged: Judged) -> BodyOutcome:
        header = judged.block.header
        if judged.body is None or header.body is None:
            return judged.body_outcome
        if transaction.is_erased(header.body.cid):
            return BodyOutcome.ERASED
        transaction.add_body(judged.block.id, header.body.cid, judged.body)
        return BodyOutcome.HELD

    def _state(self, transaction: WriteTransaction, rid: RecordId) -> IdentityState:
        """The identity's state at an accepted record of its log."""

        def header_of(rid: RecordId) -> IdentityHeader:
            header = read_block(transaction.block(rid)).header
            assert isinstance(header, IdentityHeader)
            return header

        return self._states.at(rid, header_of)
