"""Random worlds of signed blocks, made so that forks, handovers, recoveries and reinstatements are common."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from naive import Id, Naive, id_of, keyid

from knowchain import codec
from knowchain.identifiers import Cid
from knowchain.signing import KeyPair

DOMAIN = b"knowchain/record/1\0"
RANKED = [KeyPair(bytes([n]) * 32) for n in range(1, 7)]
DEVICES = [KeyPair(bytes([n]) * 32) for n in range(101, 108)]
PAIRS = {keyid(pair.public_key): pair for pair in [*RANKED, *DEVICES]}
KEPT_WRONG = 0.2
"""The share of wrong blocks that stay in a world, for their verdicts."""


def signed(rec: dict[str, Any], signers: Sequence[KeyPair]) -> bytes:
    """A block of a header and its signers, the first first."""
    first, *others = signers
    others.sort(key=lambda pair: pair.public_key)
    rec = {**rec, "v": 1, "key": bytes(first.public_key)}
    if others:
        rec["with"] = [bytes(pair.public_key) for pair in others]
    message = codec.encode(rec)
    signature = b"".join(pair.sign(DOMAIN + message) for pair in (first, *others))
    return codec.encode({"rec": rec, "sig": signature})


@dataclass(frozen=True)
class Step:
    """A record of a log, for whoever builds on it."""

    id: Id
    author: Id
    seq: int


@dataclass(frozen=True)
class Ordinary:
    """An ordinary record, for whoever builds on it."""

    id: Id
    author: Id
    seq: int
    pair: KeyPair


class Maker:
    """Makes one world; the same seed makes the same world."""

    def __init__(self, seed: int, size: int) -> None:
        self.random = random.Random(seed)
        self.size = size
        self.held = Naive()
        self.blocks: list[bytes] = []
        self.steps: list[Step] = []
        self.ordinary: list[Ordinary] = []
        self.clock = 0

    def make(self) -> list[bytes]:
        """The blocks of the world, in an order in which parents come first."""
        for _ in range(self.random.choice((1, 2, 2, 3))):
            self._start()
        while len(self.blocks) < self.size:
            chance = self.random.random()
            if chance < 0.36:
                self._step()
            elif chance < 0.38 or not self.steps:
                self._start()
            else:
                self._record()
        return self.blocks

    def _one(self, items: Sequence[Any]) -> Any:
        return self.random.choice(items)

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _keep(self, rec: dict[str, Any], signers: Sequence[KeyPair]) -> Id | None:
        """Keep a block if it is right, and now and then if it is not; its id if it is right."""
        self.clock += 1
        block = signed({**rec, "time": self.clock}, signers)
        verdict, _ = self.held.admit(block)
        if verdict == "accepted" or self._chance(KEPT_WRONG):
            self.blocks.append(block)
        return id_of(block) if verdict == "accepted" else None

    # --- logs ---------------------------------------------------------------------------------------

    def _ranks(self, above: Sequence[Any] = ()) -> list[Any]:
        ranks = [[least, list(keys)] for least, keys in above]
        for _ in range(self._one((0, 1, 1, 2, 2, 3) if above else (1, 1, 2, 2, 3))):
            keys = self.random.sample(RANKED, self._one((1, 1, 1, 2, 3)))
            ranks.append(
                [self.random.randint(1, min(2, len(keys))), sorted(keyid(pair.public_key) for pair in keys)]
            )
        return ranks

    def _start(self) -> None:
        ranks = self._ranks()
        ops: list[Any] = [["control", ranks]]
        ops += [["add", keyid(pair.public_key)] for pair in self.random.sample(DEVICES, self._one((1, 1, 2)))]
        rec = {"kind": "identity", "net": "main" if self._chance(0.95) else "other", "seq": 0, "ops": ops}
        rid = self._keep(rec, self._satisfying(ranks))
        if rid is not None:
            self.steps.append(Step(rid, rid, 0))

    def _satisfying(self, ranks: Sequence[Any]) -> list[KeyPair]:
        """Signers that satisfy a rank, mostly."""
        if not ranks or self._chance(0.1):
            return self.random.sample(RANKED, self._one((1, 2)))
        least, keys = self._one(ranks)
        return [PAIRS[key] for key in self.random.sample(list(keys), least)]

    def _step(self) -> None:
        if not self.steps:
            return
        at: Step = self.steps[-1] if self._chance(0.7) else self._one(self.steps)
        state = self.held.states[at.id]
        signers = self._satisfying(state.control)
        rank = self.held._rank(state, {keyid(pair.public_key) for pair in signers}) or 0
        ops = [self._op(at, rank) for _ in range(self._one((0, 1, 1, 1, 2, 3)))]
        rec = {
            "kind": "identity", "author": Cid(at.author), "prev": [Cid(at.id)], "seq": at.seq + 1,
            "ops": [op for op in ops if op is not None],
        }  # fmt: skip
        if self._chance(0.03):
            rec["seq"] = at.seq + 2
        rid = self._keep(rec, signers)
        if rid is not None:
            self.steps.append(Step(rid, at.author, at.seq + 1))

    def _op(self, at: Step, rank: int) -> list[Any] | None:
        state = self.held.states[at.id]
        devices = dict(state.devices)
        offers = [
            one.id for one in self.steps
            if any(op[0] == "successor" and op[1] == at.author for op in self.held.records[one.id]["ops"])
        ]  # fmt: skip
        if offers and self._chance(0.6):
            return ["accept", Cid(self._one(offers))]
        chance = self.random.random()
        if chance < 0.3:
            unnamed = [keyid(pair.public_key) for pair in DEVICES if keyid(pair.public_key) not in devices]
            return ["add", self._one(unnamed)] if unnamed else None
        if chance < 0.6:
            in_force = [key for key, said in devices.items() if said == "in force"]
            return self._revoke(self._one(in_force)) if in_force else None
        if chance < 0.7:
            kept = state.control[:rank] if self._chance(0.9) else state.control[: max(0, rank - 1)]
            return ["control", self._ranks(kept)]
        if chance < 0.92:
            return ["successor", Cid(self._one(self.steps).author)]
        return ["accept", Cid(self._one(self.steps).id)]

    def _revoke(self, key: bytes) -> list[Any]:
        mine = [one for one in self.ordinary if keyid(one.pair.public_key) == key]
        chance = self.random.random()
        if mine and chance < 0.6:
            cut = self._one(mine)
            return ["revoke", key, [cut.seq, Cid(cut.id)]]
        if chance < 0.75:
            unknown = Cid(id_of(bytes([self.random.randrange(256)])))
            return ["revoke", key, [self.random.randrange(4), unknown]]
        if chance < 0.85 and self.ordinary:
            other = self._one(self.ordinary)
            return ["revoke", key, [other.seq, Cid(other.id)]]
        if chance < 0.9:
            return ["revoke", key, [1, Cid(self._one(self.steps).id)]]
        return ["revoke", key]

    # --- chains ---------------------------------------------------------------------------------------

    def _record(self) -> None:
        pair = self._one(DEVICES)
        mine = [one for one in self.ordinary if one.pair is pair]
        if mine and self._chance(0.85):
            ends = [one for one in mine if one.id in self.held.heads()]
            chosen = self._one(
                (
                    [mine[-1]],
                    [mine[-1]],
                    ends or mine,
                    self.random.sample(mine, min(2, len(mine))),
                    [self._one(mine)],
                )
            )
            parents = self.random.sample(chosen, min(len(chosen), self._one((1, 2, 3))))
            author, seq = parents[0].author, 1 + max(one.seq for one in parents)
            prev = [one.id for one in parents]
        else:
            adding = [
                one for one in self.steps
                if ["add", keyid(pair.public_key)] in self.held.records[one.id]["ops"]
            ]  # fmt: skip
            if not self.steps or (not adding and not self._chance(0.1)):
                return
            step = self._one(adding or self.steps)
            author, seq, prev = step.author, 0, [step.id]
        rec: dict[str, Any] = {
            "kind": "note", "author": Cid(author), "prev": [Cid(one) for one in sorted(set(prev))],
            "seq": seq if self._chance(0.97) else seq + 1,
        }  # fmt: skip
        if seq == 0:
            rec["seq"] = 0
        if refs := self._refs(author):
            rec["refs"] = [[relation, Cid(target)] for relation, target in sorted(refs)]
        rid = self._keep(rec, [pair])
        if rid is not None:
            self.ordinary.append(Ordinary(rid, author, seq, pair))

    def _refs(self, author: Id) -> set[tuple[str, Id]]:
        found: set[tuple[str, Id]] = set()
        for _ in range(self._one((0, 1, 1, 2))):
            relation = self._one(
                ("kc:retracts", "kc:retracts", "kc:erases", "kc:erases", "kc:disputes", "kc:about")
            )
            own = [one.id for one in self.ordinary if one.author == author]
            withdrawing = [
                one.id
                for one in self.ordinary
                if any(ref[0] != "kc:about" for ref in self.held.records[one.id].get("refs", []))
            ]
            pools = [
                own,
                own,
                withdrawing,
                [one.id for one in self.ordinary],
                [one.id for one in self.steps],
                [id_of(b"?")],
            ]
            if pool := self._one(pools):
                found.add((relation, self._one(pool)))
        return found


def world(seed: int, size: int = 60) -> list[bytes]:
    """The blocks of one random world."""
    return Maker(seed, size).make()
