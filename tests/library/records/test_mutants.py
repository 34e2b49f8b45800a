"""Blocks and bodies with a few bytes changed: none is accepted, and none raises anything of another kind."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from making.people import (
    EXAMPLE_BODY,
    GENESIS,
    WORK,
    A,
    K,
    Key,
    R,
    add,
    control,
    genesis,
    record,
    revoke,
    rid,
    step,
)

from knowchain.errors import InvalidRecord
from knowchain.identifiers import RecordId
from knowchain.records import read_block, read_body, verify_block

SEEDS = (
    GENESIS,
    WORK,
    record(K, A, [rid(WORK), A], 1, refs=[("kc:about", A), ("prov:wasDerivedFrom", rid(WORK))]),
    genesis(K, [control((2, [K, R]), (1, [Key("P")])), add(K)], co=[R, Key("P")]),
    step(K, A, A, 1, [revoke(K, (3, rid(WORK))), ["accept", ["x"]], ["successor", 1]]),
)


def mutants(seeds: tuple[bytes, ...], count: int, seed: int) -> Iterator[bytes]:
    rnd = random.Random(seed)
    for _ in range(count):
        original = rnd.choice(seeds)
        data = bytearray(original)
        for _ in range(rnd.choice((1, 1, 1, 2, 4))):
            at = rnd.randrange(len(data) + 1)
            match rnd.randrange(6):
                case 0 if at < len(data):
                    data[at] ^= 1 << rnd.randrange(8)
                case 1 if at < len(data):
                    data[at] = rnd.randrange(256)
                case 2:
                    del data[at : at + rnd.randrange(1, 40)]
                case 3:
                    data[at:at] = rnd.randbytes(rnd.randrange(1, 10))
                case 4:
                    other = rnd.choice(seeds)
                    data[at:] = other[rnd.randrange(len(other)) :]
                case _:
                    data = data[at:] + data[:at]
        if bytes(data) not in seeds:
            yield bytes(data)


def refused(judge: Callable[[], object]) -> str:
    with pytest.raises(InvalidRecord) as raised:
        judge()
    return raised.value.reason


def campaign(count: int, seed: int) -> set[str]:
    return {refused(lambda data=data: verify_block(read_block(data))) for data in mutants(SEEDS, count, seed)}  # type: ignore[misc]


def test_no_mutant_of_a_block_is_accepted() -> None:
    assert campaign(5_000, 1) == {"malformed", "signature", "unsupported"}


@pytest.mark.slow
def test_no_mutant_of_many_is_accepted() -> None:
    campaign(200_000, 2)


def test_no_mutant_of_a_body_is_accepted() -> None:
    header = read_block(WORK).header
    for data in mutants((EXAMPLE_BODY,), 2_000, 3):
        assert refused(lambda data=data: read_body(data, header, RecordId(A))) == "body"  # type: ignore[arg-type,misc]
