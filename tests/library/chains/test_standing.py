"""Standing: the vectors in many orders, and random worlds against the oracle."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from feeding import in_memory
from making.people import GENESIS, A, K, Key, R, accept, control, genesis, record, rid, step, successor
from naive import Naive, Verdicts
from worlds import world

from knowchain.chains import RecordSet, Standing
from knowchain.identifiers import PublicKey, RecordId, cid_of, record_id
from knowchain.records import read_block

VECTORS = Path(__file__).parents[2] / "vectors" / "records" / "standing.json"
ORDERS = 50
WORLDS = 60
P1, P2, P3 = (Key(f"heir{n}") for n in (1, 2, 3))


def cases() -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in json.loads(VECTORS.read_text())["cases"]]


def shuffled(blocks: list[bytes], seed: int) -> list[bytes]:
    return random.Random(seed).sample(blocks, len(blocks))


def heads(held: RecordSet) -> set[RecordId]:
    return set(held) - {parent for rid in held for parent in held.block(rid).header.prev}


@pytest.mark.parametrize("case", cases())
def test_vector_in_fifty_orders(case: dict[str, Any]) -> None:
    blocks = {name: bytes.fromhex(block) for name, block in case["blocks"].items()}
    names = {record_id(block): name for name, block in blocks.items()}
    for seed in range(ORDERS):
        held, rejected = in_memory(shuffled(list(blocks.values()), seed))
        assert not rejected
        assert set(held) == set(names)
        standing = Standing(held)
        asked = shuffled(list(names), seed)  # type: ignore[arg-type]
        flags = {names[rid]: sorted(standing.flags(rid)) for rid in asked}  # type: ignore[index,arg-type]
        assert flags == case["flags"]
        tips = {names[rid]: sorted(names[tip] for tip in standing.tips(rid)) for rid in names}
        assert {name: found for name, found in tips.items() if found} == case["tips"]
        assert sorted(names[rid] for rid in heads(held)) == case["heads"]


@pytest.mark.parametrize("case", cases())
def test_vector_by_the_oracle(case: dict[str, Any]) -> None:
    """The oracle and the expectations written by hand agree, too."""
    blocks = {name: bytes.fromhex(block) for name, block in case["blocks"].items()}
    held = Naive()
    for block in blocks.values():
        assert held.admit(block) == ("accepted", None)
    verdicts = Verdicts(held)
    flags = {name: sorted(verdicts.flags(bytes(record_id(block)))) for name, block in blocks.items()}
    assert flags == case["flags"]


def compare(seed: int, orders: int) -> Counter[str]:
    """One world: what the oracle says of it is what the library says, in every order."""
    blocks = world(seed)
    oracle = Naive()
    said = {record_id(block): oracle.admit(block) for block in blocks}
    verdicts = Verdicts(oracle)
    expected = {one: verdicts.flags(one) for one in oracle.records}
    for order in range(orders):
        held, rejected = in_memory(shuffled(blocks, order))
        assert set(held) == oracle.records.keys()
        assert rejected == {rid: why for rid, (verdict, why) in said.items() if verdict == "rejected"}
        standing = Standing(held)
        for one in shuffled(list(expected), order):
            assert standing.flags(RecordId(one)) == expected[one], (seed, order, one.hex())  # type: ignore[arg-type]
        for author in {oracle.author(one) for one in verdicts.log}:
            assert standing.tips(author) == tuple(sorted(verdicts.tips(author)))  # type: ignore[arg-type]
        for one in expected.keys() - verdicts.log:
            assert standing.firm(one) == verdicts.firm(one)  # type: ignore[arg-type]
            assert standing.arguable(one) == verdicts.arguable(one)  # type: ignore[arg-type]
        assert heads(held) == oracle.heads()
    return Counter(flag for flags in expected.values() for flag in flags)


def test_worlds_by_the_oracle_in_any_order() -> None:
    seen: Counter[str] = sum((compare(seed, 3) for seed in range(WORLDS)), Counter())
    for flag in ("superseded", "contested", "revoked", "forked", "merged", "retracted", "erased", "disputed"):
        assert seen[flag] >= 20, seen  # a comparison says something only of what the worlds contain


@pytest.mark.slow
def test_many_worlds_by_the_oracle_in_any_order() -> None:
    for seed in range(10_000, 16_000):
        compare(seed, 2)


def test_a_long_row_of_withdrawals_is_followed_without_recursion() -> None:
    blocks, last = [GENESIS], A
    for n in range(3_000):
        refs = [("kc:retracts", last)] if n else []
        blocks.append(record(K, A, [last], n, refs=refs))
        last = bytes(record_id(blocks[-1]))
    held, _ = in_memory(blocks[:1])
    for block in blocks[1:]:
        held.add(read_block(block))
    assert len(list(held.runs(PublicKey(K.public)))) == 1
    standing = Standing(held)
    ids = [record_id(block) for block in blocks[1:]]
    assert standing.retracted(ids[0]) == (len(ids) % 2 == 0)
    assert [standing.retracted(rid) for rid in ids[-3:]] == [False, True, False]


def test_what_is_not_held_has_no_standing() -> None:
    standing = Standing(RecordSet())
    nobody = record_id(b"nobody")
    assert standing.flags(nobody) == frozenset()
    assert standing.tips(nobody) == ()
    assert standing.state(nobody) == ()
    assert not standing.arguable(nobody)
    assert not standing.firm(nobody)
    assert not standing.retracted(nobody)
    assert standing.acts_for(nobody, nobody, firmly=True)
    assert not standing.acts_for(RecordId(cid_of(b"x", 0x71)), nobody, firmly=False)


def test_an_heir_that_is_not_held_acts_for_nobody() -> None:
    heir = record_id(b"nobody")
    offer = step(R, A, A, 1, [successor(heir)])
    held, rejected = in_memory([GENESIS, offer])
    assert not rejected
    standing = Standing(held)
    for firmly in (True, False):
        assert standing.acts_for(record_id(GENESIS), record_id(GENESIS), firmly=firmly) is True
        assert standing.acts_for(heir, record_id(GENESIS), firmly=firmly) is False


def test_every_offer_is_looked_at_whatever_their_order() -> None:
    """Several tips: one without an offer, and some that offer to different identities."""
    heirs = [genesis(key, [control((1, [key]))]) for key in (P1, P2, P3)]
    offers = [step(R, A, A, 1, [successor(rid(heir))]) for heir in heirs]
    silent = step(R, A, A, 1, [])
    taken = [
        step(key, rid(heir), rid(heir), 1, [accept(rid(offer))])
        for key, heir, offer in zip((P1, P2, P3), heirs, offers, strict=True)
    ]
    held, rejected = in_memory([GENESIS, silent, *heirs, *offers, *taken])
    assert not rejected
    standing = Standing(held)
    assert len(standing.tips(record_id(GENESIS))) == 4
    for heir in heirs:
        assert standing.acts_for(record_id(heir), record_id(GENESIS), firmly=False)
        assert not standing.acts_for(record_id(heir), record_id(GENESIS), firmly=True)
