"""Rules C1 to C3, S5 and I1 to I4: how records hang on their parents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .people import (
    GENESIS,
    WORK,
    A,
    K,
    Key,
    R,
    Value,
    accept,
    add,
    control,
    genesis,
    record,
    revoke,
    rid,
    step,
    successor,
)

Case = dict[str, object]
W = rid(WORK)
P, X, K2, R2 = Key("P"), Key("X"), Key("K2"), Key("R2")
T1, T2, T3, IT = Key("T1"), Key("T2"), Key("T3"), Key("IT")
NOBODY = W[:4] + b"\x99" * 32


def _case(
    name: str,
    description: str,
    given: Sequence[bytes],
    block: bytes,
    reason: str | None = None,
    *,
    missing: Sequence[bytes] = (),
    network: str | None = None,
) -> Case:
    verdict = "parked" if missing else "accepted" if reason is None else "rejected"
    case: Case = {
        "name": name,
        "description": description,
        "given": [one.hex() for one in given],
        "block": block.hex(),
        "verdict": verdict,
        "reason": reason,
        "missing": [one.hex() for one in sorted(missing)],
    }
    if network is not None:
        case["network"] = network
    return case


def chain() -> list[Case]:
    """The cases of chain.json."""
    return [*_parked(), *_first(), *_next()]


def _parked() -> Iterator[Case]:
    yield _case("parent not held", "C1", [], WORK, missing=[A])
    one = record(K, A, [W], 1)
    yield _case(
        "one of two lacks",
        "C1 names what lacks",
        [GENESIS, WORK],
        record(K, A, [W, NOBODY], 2),
        missing=[NOBODY],
    )
    yield _case(
        "both lack", "C1 names both", [GENESIS], record(K, A, [W, rid(one)], 2), missing=[W, rid(one)]
    )
    yield _case(
        "wrong seq, parent not held",
        "no verdict without the parents",
        [GENESIS],
        record(K, A, [W], 7),
        missing=[W],
    )
    yield _case("identity record, parent not held", "C1", [], step(K, A, A, 1, []), missing=[A])
    yield _case(
        "targets not held", "no condition", [GENESIS], record(K, A, [A], 0, refs=[("kc:about", NOBODY)])
    )


def _first() -> Iterator[Case]:
    phone = step(K, A, A, 1, [add(P)])
    yield _case("first of a key", "C2", [GENESIS], WORK)
    yield _case("first of a key added later", "C2", [GENESIS, phone], record(P, A, [rid(phone)], 0))
    yield _case("unnamed key", "no record adds it", [GENESIS], record(P, A, [A], 0), "chain")
    yield _case(
        "key added elsewhere",
        "the parent's own operations must add it",
        [GENESIS, phone],
        record(K, A, [rid(phone)], 0),
        "chain",
    )
    yield _case(
        "key not yet added", "the parent comes before", [GENESIS, phone], record(P, A, [A], 0), "chain"
    )
    yield _case("a rank's key", "ranks name no devices", [GENESIS], record(R, A, [A], 0), "chain")
    yield _case(
        "first after a record",
        "the parent is no identity record",
        [GENESIS, WORK],
        record(K, A, [W], 0),
        "chain",
    )
    other = genesis(X, [control((1, [X])), add(X), add(K)])
    yield _case(
        "author of another log",
        "the parent is another's",
        [GENESIS, other],
        record(K, A, [rid(other)], 0),
        "chain",
    )
    yield _case(
        "author is no genesis",
        "author names the second record",
        [GENESIS, phone],
        record(P, rid(phone), [rid(phone)], 0),
        "chain",
    )
    yield _case("revoked in the record that adds it", "C2 asks for the add alone", *_revoked_at_once())
    yield _case(
        "key of two identities", "each names it", [GENESIS, other], record(K, rid(other), [rid(other)], 0)
    )


def _revoked_at_once() -> tuple[list[bytes], bytes]:
    brief = step(K, A, A, 1, [add(P), revoke(P)])
    return [GENESIS, brief], record(P, A, [rid(brief)], 0)


def _next() -> Iterator[Case]:
    phone = step(K, A, A, 1, [add(P)])
    p0 = record(P, A, [rid(phone)], 0)
    one = record(K, A, [W], 1)
    held = [GENESIS, WORK, phone, p0, one]
    yield _case("next", "C3", held, record(K, A, [rid(one)], 2))
    yield _case("fork", "two records at one place are both accepted", held, record(K, A, [W], 1, kind="note"))
    for seq in (1, 3, 2**53 - 1):
        yield _case(f"seq {seq} after 1", "C3", held, record(K, A, [rid(one)], seq), "chain")
    yield _case("another key's parent", "C3", held, record(K, A, [rid(p0)], 1), "chain")
    yield _case("another key's as second parent", "C3", held, record(K, A, [rid(one), rid(p0)], 2), "chain")
    yield _case("an identity record as second parent", "C3", held, record(K, A, [rid(one), A], 2), "chain")
    yield _case("identity record at seq 1", "C3", held, record(K, A, [A], 1), "chain")
    other = genesis(X, [control((1, [X])), add(X), add(K)])
    foreign = record(K, rid(other), [rid(other)], 0)
    yield _case(
        "another author's parent", "C3", [GENESIS, WORK, other], record(K, rid(other), [W], 1), "chain"
    )
    yield _case(
        "parents of two authors",
        "C3",
        [GENESIS, WORK, other, foreign],
        record(K, A, [W, rid(foreign)], 1),
        "chain",
    )
    beside = record(K, A, [W], 1, kind="note")
    after = record(K, A, [rid(beside)], 2)
    forked = [*held, beside, after]
    yield _case("merge", "seq is one more than the greatest", forked, record(K, A, [rid(one), rid(after)], 3))
    yield _case(
        "merge with the least",
        "seq of the shorter side",
        forked,
        record(K, A, [rid(one), rid(after)], 2),
        "chain",
    )
    yield _case("merge of an ancestor", "allowed, if useless", forked, record(K, A, [W, rid(one)], 2))
    yield _case(
        "author replaced",
        "another author on one's own chain",
        held,
        record(K, rid(phone), [rid(one)], 2),
        "chain",
    )
    closed = step(R, A, A, 1, [revoke(K), control()])
    yield _case("revoked key", "a revocation rejects nothing", [GENESIS, WORK, closed], record(K, A, [W], 1))


def identity() -> list[Case]:
    """The cases of identity.json."""
    return [*_genesis(), *_later(), *_ranks(), *_devices(), *_bounds(), *_steps()]


def _genesis() -> Iterator[Case]:
    yield _case("genesis", "of section 13", [], GENESIS)
    yield _case("other network", "S5", [], genesis(K, [control((1, [K]))], net="test"), "network")
    yield _case("its own network", "S5", [], genesis(K, [control((1, [K]))], net="test"), network="test")
    yield _case("main elsewhere", "S5", [], GENESIS, "network", network="test")
    yield _case("no control", "I1: no rank to satisfy", [], genesis(K, [add(K)]), "identity")
    yield _case("no operations", "I1", [], genesis(K, []), "identity")
    yield _case("empty control", "I1", [], genesis(K, [control()]), "identity")
    yield _case("signer in no rank", "I1", [], genesis(K, [control((1, [R]))]), "identity")
    yield _case(
        "lowest rank", "I1: any rank will do", [], genesis(K, [control((1, [R]), (1, [T1]), (1, [K]))])
    )
    yield _case("1 of 2", "I1: a threshold is not met", [], genesis(K, [control((2, [K, R]))]), "identity")
    yield _case("2 of 2", "I1", [], genesis(K, [control((2, [K, R]))], co=[R]))
    yield _case(
        "stranger co-signs",
        "a signer whom no rank names does no harm",
        [],
        genesis(K, [control((1, [K]))], co=[X]),
    )
    yield _case(
        "last control counts",
        "I1: the control that the operations leave",
        [],
        genesis(K, [control((1, [K])), control((1, [R]))]),
        "identity",
    )
    yield _case(
        "control twice in a genesis",
        "both free in a genesis",
        [],
        genesis(K, [control((1, [R])), control((1, [K]))]),
    )
    yield _case("key added twice", "I3", [], genesis(K, [control((1, [K])), add(P), add(P)]), "identity")
    yield _case(
        "revoke before add",
        "I3: in order",
        [],
        genesis(K, [control((1, [K])), revoke(P), add(P)]),
        "identity",
    )


def _later() -> Iterator[Case]:
    one = step(K, A, A, 1, [add(P)])
    other = genesis(X, [control((1, [X])), add(X)])
    yield _case("endorsement", "no operations", [GENESIS], step(K, A, A, 1, []))
    yield _case("sibling", "a log is a tree", [GENESIS, one], step(K, A, A, 1, [add(X)]))
    yield _case("seq 2 after 0", "I2", [GENESIS], step(K, A, A, 2, []), "identity")
    yield _case("seq 1 after 1", "I2", [GENESIS, one], step(K, A, rid(one), 1, []), "identity")
    yield _case("another log's parent", "I2", [GENESIS, other], step(K, A, rid(other), 1, []), "identity")
    yield _case("author is no genesis", "I2", [GENESIS, one], step(K, rid(one), rid(one), 2, []), "identity")
    yield _case("ordinary parent", "I2", [GENESIS, WORK], step(K, A, W, 1, []), "identity")
    yield _case(
        "ordinary parent and a control",
        "it is no second genesis",
        [GENESIS, WORK],
        step(K, A, W, 1, [control((1, [K])), add(P)]),
        "identity",
    )
    yield _case("a stranger", "I2: in no rank", [GENESIS], step(X, A, A, 1, []), "identity")
    yield _case("a device in no rank", "I2", [GENESIS, one], step(P, A, rid(one), 2, []), "identity")


def _ranks() -> Iterator[Case]:
    moved = step(K, A, A, 1, [control((1, [R]), (1, [K2]))])
    yield _case("own rank", "I3", [GENESIS], moved)
    yield _case(
        "higher rank edited",
        "I3: K may not touch rank 0",
        [GENESIS],
        step(K, A, A, 1, [control((1, [K]), (1, [K]))]),
        "identity",
    )
    yield _case("higher rank dropped", "I3", [GENESIS], step(K, A, A, 1, [control((1, [K]))]), "identity")
    yield _case(
        "higher rank loosened",
        "I3",
        [GENESIS],
        step(K, A, A, 1, [control((1, [K, R]), (1, [K]))]),
        "identity",
    )
    yield _case("all dropped by rank 1", "I3", [GENESIS], step(K, A, A, 1, [control()]), "identity")
    yield _case(
        "ranks added below", "I3", [GENESIS], step(K, A, A, 1, [control((1, [R]), (1, [K]), (1, [P]))])
    )
    yield _case("own rank dropped", "I3: the first r stay", [GENESIS], step(K, A, A, 1, [control((1, [R]))]))
    yield _case("rank 0 edits all", "I3", [GENESIS], step(R, A, A, 1, [control((1, [R2]), (1, [K2]))]))
    yield _case(
        "retired key",
        "I2: replaced on this path",
        [GENESIS, moved],
        step(K, A, rid(moved), 2, []),
        "identity",
    )
    yield _case("its successor", "I2", [GENESIS, moved], step(K2, A, rid(moved), 2, []))
    yield _case(
        "R and K together",
        "the highest satisfied rank counts",
        [GENESIS],
        step(K, A, A, 1, [control((1, [R2]))], co=[R]),
    )
    twice = [control((1, [R]), (1, [K2])), control((1, [R]), (1, [K]))]
    yield _case("control twice", "each keeps the ranks above", [GENESIS], step(K, A, A, 1, twice))
    later = [control((1, [R]), (1, [K2])), control((1, [K]), (1, [K]))]
    yield _case("second control too high", "I3 for each", [GENESIS], step(K, A, A, 1, later), "identity")
    closed = step(R, A, A, 1, [control()])
    yield _case("closing", "an empty control", [GENESIS], closed)
    yield _case(
        "after closing", "I2: no rank is left", [GENESIS, closed], step(R, A, rid(closed), 2, []), "identity"
    )
    trust = genesis(T1, [control((2, [T1, T2, T3]), (1, [IT]))], co=[T2])
    it = rid(trust)
    yield _case("archive", "2 of 3 and a rank below", [], trust)
    yield _case("1 of 3", "I2", [trust], step(T1, it, it, 1, []), "identity")
    yield _case("another 2 of 3", "I2", [trust], step(T2, it, it, 1, [control((1, [T2]))], co=[T3]))
    yield _case("1 of 3 and a stranger", "I2", [trust], step(T1, it, it, 1, [], co=[X]), "identity")
    yield _case("below the trustees", "rank 1 acts alone", [trust], step(IT, it, it, 1, [add(IT)]))
    yield _case(
        "below edits the trustees", "I3", [trust], step(IT, it, it, 1, [control((1, [IT]))]), "identity"
    )


def _devices() -> Iterator[Case]:
    phone = step(K, A, A, 1, [add(P)])
    lost = step(K, A, rid(phone), 2, [revoke(P, (41, NOBODY))])
    yield _case("add", "a phone", [GENESIS], phone)
    yield _case("add again", "I3", [GENESIS, phone], step(K, A, rid(phone), 2, [add(P)]), "identity")
    yield _case(
        "add on another branch", "I3 looks at this path", [GENESIS, phone], step(K, A, A, 1, [add(X), add(P)])
    )
    yield _case("revoke with a cut", "c is not held", [GENESIS, phone], lost)
    yield _case(
        "revoke twice", "I3", [GENESIS, phone, lost], step(K, A, rid(lost), 3, [revoke(P)]), "identity"
    )
    yield _case(
        "re-add a revoked key",
        "I3: a stolen key stays out",
        [GENESIS, phone, lost],
        step(K, A, rid(lost), 3, [add(P)]),
        "identity",
    )
    yield _case("revoke a stranger", "I3", [GENESIS], step(K, A, A, 1, [revoke(X)]), "identity")
    yield _case("add and revoke at once", "in order", [GENESIS], step(K, A, A, 1, [add(P), revoke(P)]))
    yield _case(
        "revoke and add at once",
        "I3",
        [GENESIS, phone],
        step(K, A, rid(phone), 2, [revoke(P), add(P)]),
        "identity",
    )


def _hash(n: int) -> bytes:
    return n.to_bytes(32, "big")


def _rid(n: int) -> bytes:
    return A[:4] + _hash(n)


def _bounds() -> Iterator[Case]:
    """Rule I4, on two long logs that several cases share."""
    for name, op in (("keys", _add), ("accepted", _accept)):
        log = _log_of(op)
        author, last = rid(log[0]), log[-1]

        def case(title: str, description: str, numbers: Sequence[int], reason: str | None = None) -> Case:
            ops = [op(n) for n in numbers]  # noqa: B023
            block = step(K, author, rid(last), len(log), ops)  # noqa: B023
            made = _case(f"I4: {title} {name}", description, [], block, reason)  # noqa: B023
            return {**made, "given_shared": name}  # noqa: B023

        yield case("4,096", "the most", [4095])
        yield case("4,097", "one too many", [4095, 4096], "identity")
    yield case("one more of the same", "different ones count", [0, 1, 2, 4095])


def shared() -> dict[str, list[str]]:
    """The logs that cases share, by name."""
    return {name: [one.hex() for one in _log_of(op)] for name, op in (("keys", _add), ("accepted", _accept))}


def _add(n: int) -> Value:
    return ["add", _hash(n)]


def _accept(n: int) -> Value:
    return accept(_rid(n))


def _log_of(op: Callable[[int], Value]) -> list[bytes]:
    """A log with 4,095 operations, one short of the most."""
    ops = [op(n) for n in range(4095)]
    blocks = [genesis(K, [control((1, [K])), *ops[:63]])]
    for at in range(63, len(ops), 64):
        blocks.append(step(K, rid(blocks[0]), rid(blocks[-1]), len(blocks), ops[at : at + 64]))
    return blocks


def _steps() -> Iterator[Case]:
    """Each row of the table of section 5."""
    phone = step(K, A, A, 1, [add(P)])
    lost = step(K, A, rid(phone), 2, [revoke(P, (0, NOBODY))])
    thief = step(K, A, rid(lost), 3, [add(X), control((1, [R]), (1, [X]))])
    held = [GENESIS, WORK, phone, lost]
    yield _case("row: thief", "valid, for now", held, thief)
    recovery: list[Value] = [revoke(K, (0, W)), add(K2), control((1, [R2]), (1, [K2]))]
    yield _case(
        "row: recovery", "beside the thief's branch", [*held, thief], step(R, A, rid(lost), 3, recovery)
    )
    yield _case(
        "row: recovery after the thief",
        "also valid: R is rank 0 there too",
        [*held, thief],
        step(R, A, rid(thief), 4, [control((1, [R2]), (1, [K2]))]),
    )
    heir = genesis(X, [control((1, [X])), add(X)])
    gone: list[Value] = [revoke(K, (0, W)), successor(rid(heir)), control()]
    offer = step(R, A, rid(lost), 3, gone)
    yield _case("row: handover", "A closes", [*held, heir], offer)
    yield _case(
        "row: acceptance",
        "B accepts",
        [*held, heir, offer],
        step(X, rid(heir), rid(heir), 1, [accept(rid(offer))]),
    )
    yield _case(
        "acceptance of nothing known",
        "targets are no condition",
        [heir],
        step(X, rid(heir), rid(heir), 1, [accept(NOBODY)]),
    )
