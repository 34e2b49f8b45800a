"""The stateless half of admission: what can be said of bytes without knowing any other record."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from knowchain.admission.answers import Answer, BodyOutcome, Incoming, Verdict
from knowchain.chains.links import author_of
from knowchain.errors import InvalidRecord
from knowchain.identifiers import RecordId, record_id
from knowchain.limits import MAX_BLOCK
from knowchain.records.block import Block, check_network, read_block, verify_block
from knowchain.records.body import read_body

__all__ = ["Judged", "RejectedMemory", "judge"]


class Judged(NamedTuple):
    """A block that passed the stateless rules, with what was found of its body."""

    block: Block
    body: bytes | None
    """The body's bytes if they are the header's (rule B1)."""
    body_outcome: BodyOutcome
    body_detail: str


class RejectedMemory:
    """The rejections of lately, so that hostile repeats cost a hash and no signature check.

    Only what is rejected by every peer for ever is remembered: ``unsupported`` is not, since the
    next version of this software may accept it; ``network`` is not, since it says nothing of the block.
    """

    def __init__(self, most: int = 16_384) -> None:
        self._most = most
        self._reasons: OrderedDict[RecordId, tuple[str, str]] = OrderedDict()

    def remember(self, rid: RecordId, reason: str, detail: str) -> None:
        """Keep a rejection; the oldest goes when there are too many."""
        if reason in ("unsupported", "network"):
            return
        self._reasons[rid] = (reason, detail)
        if len(self._reasons) > self._most:
            self._reasons.popitem(last=False)

    def recall(self, rid: RecordId) -> Answer | None:
        """The answer given before; None if none is remembered."""
        known = self._reasons.get(rid)
        return None if known is None else Answer(Verdict.REJECTED, rid, *known)


def judge(incoming: Incoming, network: str, rejected: RejectedMemory) -> Judged | Answer:
    """Apply rules S1 to S5 and B1.

    Returns:
        A :class:`Judged` block, or the answer when it is rejected.
    """
    data = incoming.block
    if len(data) > MAX_BLOCK:
        return Answer(
            Verdict.REJECTED, None, "malformed", f"a block of {len(data)} bytes is over {MAX_BLOCK}"
        )
    rid = record_id(data)
    if (known := rejected.recall(rid)) is not None:
        return known
    try:
        block = read_block(data)
        verify_block(block)
        check_network(block.header, network)
    except InvalidRecord as exc:
        rejected.remember(rid, exc.reason, str(exc))
        return Answer(Verdict.REJECTED, rid, exc.reason, str(exc))
    return judge_body(block, incoming.body)


def judge_body(block: Block, body: bytes | None) -> Judged:
    """Apply rule B1 to the body that came along. A bad one is discarded; the record stays."""
    if body is None:
        return Judged(block, None, BodyOutcome.NONE, "")
    try:
        read_body(body, block.header, author_of(block.id, block.header))
    except InvalidRecord as exc:
        return Judged(block, None, BodyOutcome.DISCARDED, str(exc))
    return Judged(block, body, BodyOutcome.HELD, "")
