"""People who write into one home: each with a key, a chain, and whatever they want to say, honest or not."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from knowchain.admission import Verdict
from knowchain.home import Home
from knowchain.identifiers import RecordId, key_id
from knowchain.records import (
    Accept,
    Add,
    Control,
    Cut,
    Operation,
    Rank,
    Ref,
    Revoke,
    Successor,
    write_body,
    write_genesis,
    write_identity,
    write_record,
)
from knowchain.records.bodies import compose
from knowchain.signing import KeyPair

_COUNT = itertools.count(1)
START = 1_767_225_600_000
"""2026-01-01."""
DAY = 24 * 3600 * 1000


class Clock:
    """Milliseconds that move when they are told to."""

    def __init__(self) -> None:
        self.now = 1_770_000_000_000

    def __call__(self) -> int:
        return self.now


class Person:
    """An identity with a recovery key above its device key.

    Args:
        home: where what they write goes, as from a peer.
        name: of a profile; None: they have none.
    """

    def __init__(self, home: Home, name: str | None = None) -> None:
        self.home = home
        self.device, self.reserve = KeyPair.generate(), KeyPair.generate()
        ranks = tuple(Rank(1, (key_id(key.public_key),)) for key in (self.reserve, self.device))
        genesis = write_genesis(
            [self.device], net="main", time=START, ops=[Control(ranks), Add(key_id(self.device.public_key))]
        )
        self.identity = self.admit(genesis.data)
        self.log_end, self.log_seq = self.identity, 0
        self.chain: list[RecordId] = []
        if name is not None:
            self.say("profile", {"name": name})

    def admit(self, block: bytes, body: bytes | None = None, source: str = "peer:12D3KooWtest") -> RecordId:
        answer = self.home.admission.admit(block, body, source=source)
        assert answer.verdict is Verdict.ACCEPTED, answer
        assert answer.id is not None
        return answer.id

    def say(self, kind: str, human: Mapping[str, object], **how: object) -> RecordId:
        """A record as an honest writer makes it."""
        draft = compose(kind, human)
        return self.write(kind, draft.body, draft.refs, **how)  # type: ignore[arg-type]

    def write(
        self,
        kind: str,
        body: Mapping[str, object] | None,
        refs: Iterable[Ref] = (),
        *,
        time: int | None = None,
        keep_body: bool = True,
        prev: Sequence[RecordId] | None = None,
        seq: int | None = None,
    ) -> RecordId:
        """A record with any body at all; the body may stay behind, and the chain be forked."""
        number = next(_COUNT)
        full = (
            None
            if body is None
            else write_body(dict(body), author=self.identity, salt=number.to_bytes(16, "big"))  # type: ignore[arg-type]
        )
        block = write_record(
            self.device,
            kind=kind,
            author=self.identity,
            prev=prev if prev is not None else self.chain[-1:] or [self.log_end],
            seq=len(self.chain) if seq is None else seq,
            time=START + number * 1000 if time is None else time,
            body=None if full is None else full.link,
            refs=sorted(set(refs)),
        )
        rid = self.admit(block.data, full.data if full is not None and keep_body else None)
        if prev is None:
            self.chain.append(rid)
        self.last_body = None if full is None else full.data
        return rid

    def work(self, title: str, /, **more: object) -> RecordId:
        """A work with an English title."""
        how = {name: more.pop(name) for name in ("time", "keep_body") if name in more}
        fields = {
            "title": {"en": [title]},
            "kind": "Text",
            "id": f"local:{next(_COUNT)}",
            "access": "public",
            "rights": [str(self.rights())],
        }
        return self.say("work", {**fields, **more}, **how)

    def rights(self) -> RecordId:
        """A rights record, the same each time."""
        if not hasattr(self, "_rights"):
            self._rights = self.say(
                "rights",
                {"basis": "license", "spdx": "CC0-1.0", "asserted_by": {"name": "they", "role": "author"}},
            )
        return self._rights

    def retract(
        self, *records: RecordId, reason: str = "mistake", scope: str = "retract", **more: object
    ) -> RecordId:
        human = {"scope": scope, "reason": reason, "subject": [str(rid) for rid in records], **more}
        return self.say("retraction", human)

    def change(self, *ops: Operation, key: KeyPair | None = None, prev: RecordId | None = None) -> RecordId:
        """A further record of the identity's log."""
        signer = key or self.device
        self.log_seq += 1
        block = write_identity(
            [signer],
            author=self.identity,
            prev=prev or self.log_end,
            seq=self.log_seq,
            time=START,
            ops=list(ops),
        )
        self.log_end = self.admit(block.data)
        return self.log_end

    def revoke_after(self, number: int) -> RecordId:
        """Disavow the device after its record number ``number``."""
        return self.change(
            Revoke(key_id(self.device.public_key), Cut(number, self.chain[number])), key=self.reserve
        )

    def hand_over_to(self, heir: Person) -> None:
        """Name an heir, who accepts."""
        offer = self.change(Successor(heir.identity))
        heir.change(Accept(offer))
