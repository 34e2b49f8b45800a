"""Section 6: worlds of records, with the flags of each, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .people import K, Key, R, Value, accept, add, control, genesis, record, revoke, rid, step, successor

Case = dict[str, object]
P, X, K2, R2, P2, B0, BR = (Key(name) for name in ("P", "X", "K2", "R2", "P2", "B0", "BR"))
T1, T2, T3 = (Key(f"T{n}") for n in (1, 2, 3))
NOWHERE = b"\x01\x71\x12\x20" + b"\x99" * 32
SUPERSEDED, CONTESTED, REVOKED = "superseded", "contested", "revoked"
FORKED, MERGED, RETRACTED, ERASED, DISPUTED = "forked", "merged", "retracted", "erased", "disputed"


class World:
    """Blocks by name; records name each other by these names."""

    def __init__(self) -> None:
        self.blocks: dict[str, bytes] = {}
        self._seq: dict[str, int] = {}
        self._author: dict[str, str] = {}
        self._parents: set[str] = set()
        self._clock = 0

    def id(self, name: str) -> bytes:
        """The id of the record of that name."""
        return rid(self.blocks[name])

    def start(self, name: str, key: Key, ops: Sequence[Value], *, co: Sequence[Key] = ()) -> None:
        """Add a genesis."""
        self._keep(name, name, 0, (), genesis(key, ops, co=co, time=self._tick()))

    def step(
        self, name: str, key: Key, prev: str, ops: Sequence[Value] = (), *, co: Sequence[Key] = ()
    ) -> None:
        """Add a later record of a log."""
        author, seq = self._author[prev], self._seq[prev] + 1
        block = step(key, self.id(author), self.id(prev), seq, ops, co=co, time=self._tick())
        self._keep(name, author, seq, (prev,), block)

    def record(
        self, name: str, key: Key, *prev: str, first: bool = False, refs: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Add an ordinary record; ``first`` hangs it on an identity record."""
        author = self._author[prev[0]]
        seq = 0 if first else 1 + max(self._seq[parent] for parent in prev)
        targets = [(relation, self.id(target)) for relation, target in refs]
        parents = [self.id(parent) for parent in prev]
        block = record(key, self.id(author), parents, seq, refs=targets, time=self._tick())
        self._keep(name, author, seq, prev, block)

    def case(
        self, name: str, description: str, tips: dict[str, list[str]], flags: dict[str, list[str]]
    ) -> Case:
        """The world as a vector. Records that ``flags`` does not name have none."""
        assert flags.keys() <= self.blocks.keys()
        return {
            "name": name,
            "description": description,
            "blocks": {one: block.hex() for one, block in self.blocks.items()},
            "flags": {one: sorted(flags.get(one, ())) for one in self.blocks},
            "tips": {author: sorted(ends) for author, ends in tips.items()},
            "heads": sorted(self.blocks.keys() - self._parents),
        }

    def _tick(self) -> int:
        self._clock += 1
        return self._clock

    def _keep(self, name: str, author: str, seq: int, parents: Sequence[str], block: bytes) -> None:
        self.blocks[name], self._author[name], self._seq[name] = block, author, seq
        self._parents.update(parents)


def base() -> World:
    """K on rank 1 and R on rank 0; K and the phone P have written."""
    world = World()
    world.start("g", K, [control((1, [R]), (1, [K])), add(K)])
    world.step("a1", K, "g", [add(P)])
    world.record("k0", K, "g", first=True)
    world.record("k1", K, "k0")
    world.record("p0", P, "a1", first=True)
    return world


def cases() -> list[Case]:
    """The cases of standing.json."""
    parts: tuple[Callable[[], Iterator[Case]], ...] = (
        _quiet,
        _stolen,
        _same_rank,
        _cuts,
        _forks,
        _handover,
        _withdrawal,
        _reinstatement,
        _erasure,
        _dispute,
    )
    return [case for part in parts for case in part()]


def _quiet() -> Iterator[Case]:
    world = base()
    yield world.case("quiet", "nothing is flagged", {"g": ["a1"]}, {})
    world.step("a2", K, "a1")
    world.step("a3", R, "a2", [control((1, [R2]), (1, [K2]))])
    yield world.case("rotated", "new ranks flag nothing", {"g": ["a3"]}, {})


def _stolen() -> Iterator[Case]:
    world = base()
    world.step("t2", K, "a1", [add(X), revoke(P), control((1, [R]), (1, [X]))])
    world.record("x0", X, "t2", first=True, refs=[("kc:erases", "k1")])
    world.record("k2", K, "k1")
    erased = {"p0": [REVOKED], "k1": [RETRACTED, ERASED]}
    yield world.case("thief", "the thief's branch alone: valid, for now", {"g": ["t2"]}, erased)
    cut: Value = revoke(K, (1, world.id("k1")))
    world.step("r2", R, "a1", [cut, add(K2), control((1, [R2]), (1, [K2]))])
    world.record("q0", K2, "r2", first=True)
    flags = {"t2": [SUPERSEDED], "x0": [SUPERSEDED], "k2": [REVOKED]}
    yield world.case(
        "recovered", "rank 0 outweighs the thief's branch, whatever was first", {"g": ["r2"]}, flags
    )
    world.step("t3", X, "t2", [add(P2)])
    flags = {**flags, "t3": [SUPERSEDED]}
    yield world.case("thief goes on", "a longer branch of rank 1 weighs no more", {"g": ["r2"]}, flags)

    world = base()
    cut = revoke(K, (1, world.id("k1")))
    world.step("r2", R, "a1", [cut, add(K2), control((1, [R2]), (1, [K2]))])
    world.record("q0", K2, "r2", first=True)
    world.step("z", R, "g", [revoke(K), control((1, [X]))])
    both = {
        "a1": [CONTESTED],
        "r2": [CONTESTED],
        "z": [CONTESTED],
        "k0": [CONTESTED],
        "k1": [CONTESTED],
        "p0": [CONTESTED],
        "q0": [CONTESTED],
    }
    yield world.case(
        "retired top key", "R, found later, forks before its rotation: contested", {"g": ["r2", "z"]}, both
    )

    world = World()
    reserve = [control((1, [BR]), (1, [R]), (1, [K])), add(K)]
    world.start("g", K, reserve)
    world.record("k0", K, "g", first=True)
    world.step("r1", R, "g", [control((1, [BR]), (1, [R2]), (1, [K]))])
    world.step("z", R, "g", [revoke(K), control((1, [BR]), (1, [X]))])
    both = {"r1": [CONTESTED], "z": [CONTESTED], "k0": [CONTESTED]}
    yield world.case("retired key under a reserve", "rank 1 against rank 1", {"g": ["r1", "z"]}, both)
    world.step("b2", BR, "r1")
    yield world.case(
        "reserve endorses", "rank 0 ends it by an endorsement", {"g": ["b2"]}, {"z": [SUPERSEDED]}
    )
    world.step("b3", BR, "z")
    both = {"r1": [CONTESTED], "b2": [CONTESTED], "z": [CONTESTED], "b3": [CONTESTED], "k0": [CONTESTED]}
    yield world.case("reserve endorses both", "rank 0 against itself", {"g": ["b2", "b3"]}, both)


def _same_rank() -> Iterator[Case]:
    world = base()
    world.step("b1", K, "g", [add(P2)])
    world.record("s0", P2, "b1", first=True)
    apart = {"a1": [CONTESTED], "b1": [CONTESTED], "p0": [CONTESTED], "s0": [CONTESTED]}
    yield world.case(
        "fork within a rank",
        "contested where branches disagree: k0 and k1 are ok at both",
        {"g": ["a1", "b1"]},
        apart,
    )
    world.step("a2", K, "a1", [add(P2)])
    world.step("b2", K, "b1", [add(P)])
    log = {name: [CONTESTED] for name in ("a1", "a2", "b1", "b2")}
    yield world.case(
        "healed by the same operations", "both branches name both keys", {"g": ["a2", "b2"]}, log
    )
    world.step("r3", R, "b2")
    yield world.case(
        "healed by a higher rank",
        "an endorsement by rank 0",
        {"g": ["r3"]},
        {"a1": [SUPERSEDED], "a2": [SUPERSEDED]},
    )

    world = base()
    world.step("a2", K, "a1", [revoke(P)])
    world.step("b2", K, "a1", [revoke(P, (0, world.id("p0")))])
    world.record("p1", P, "p0")
    flags = {"a2": [CONTESTED], "b2": [CONTESTED], "p0": [CONTESTED], "p1": [REVOKED]}
    yield world.case("two cuts", "revoked at both tips, from different places on", {"g": ["a2", "b2"]}, flags)

    world = base()
    world.step("a2", K, "a1", [revoke(P)])
    world.step("b1", K, "g", [add(P2)])
    flags = {"a1": [CONTESTED], "a2": [CONTESTED], "b1": [CONTESTED], "p0": [CONTESTED]}
    yield world.case("revoked and unnamed", "no tip says ok, and they disagree", {"g": ["a2", "b1"]}, flags)

    world = base()
    world.step("b1", R, "g", [add(P2)])
    flags = {"a1": [SUPERSEDED], "p0": [SUPERSEDED]}
    yield world.case("named on the losing branch", "its key is unnamed at the only tip", {"g": ["b1"]}, flags)
    world.step("b2", R, "b1", [add(P)])
    yield world.case(
        "named again by the winner",
        "the chain stays, though its parent is superseded",
        {"g": ["b2"]},
        {"a1": [SUPERSEDED]},
    )


def _cuts() -> Iterator[Case]:
    def lost(cut: Callable[[World], tuple[int, bytes] | None]) -> World:
        world = base()
        world.record("p1", P, "p0")
        world.record("p2", P, "p1")
        world.record("q1", P, "p0", refs=[("kc:after", "k0")])
        world.step("a2", K, "a1", [revoke(P, cut(world))])
        return world

    tips = {"g": ["a2"]}
    branch = {"p2": [REVOKED], "q1": [REVOKED]}
    yield lost(lambda w: (1, w.id("p1"))).case(
        "cut on a branch", "ancestors of the cut count, the other branch does not", tips, branch
    )
    flags = {"p1": [REVOKED], "p2": [REVOKED]}
    yield lost(lambda w: (1, w.id("q1"))).case(
        "cut on the other branch", "by ancestry, not by seq", tips, flags
    )
    flags = {name: [REVOKED] for name in ("p0", "p1", "p2", "q1")}
    yield lost(lambda w: None).case("no cut", "from the start", tips, flags)
    flags = {"p2": [REVOKED], "p1": [FORKED], "q1": [FORKED]}
    yield lost(lambda w: (2, NOWHERE)).case("cut unknown", "its number decides: below 2", tips, flags)
    flags = {name: [REVOKED] for name in ("p0", "p1", "p2", "q1")}
    yield lost(lambda w: (0, NOWHERE)).case("cut unknown at 0", "none is below", tips, flags)
    yield lost(lambda w: (1, w.id("k1"))).case(
        "cut of another key", "no record of P is an ancestor", tips, flags
    )
    yield lost(lambda w: (9, w.id("a1"))).case(
        "cut at an identity record", "no record of P is an ancestor", tips, flags
    )
    flags = {"q1": [REVOKED]}
    yield lost(lambda w: (9, w.id("p2"))).case(
        "cut with a wrong number", "a cut that is held decides by itself", tips, flags
    )


def _forks() -> Iterator[Case]:
    world = base()
    world.record("k1b", K, "k0")
    world.record("k2b", K, "k1b")
    forked = {"k1": [FORKED], "k1b": [FORKED], "k2b": [FORKED]}
    yield world.case("fork", "k0 is an ancestor of all", {"g": ["a1"]}, forked)
    world.record("m", K, "k1", "k2b")
    merged = {"k1": [MERGED], "k1b": [MERGED], "k2b": [MERGED]}
    yield world.case("merge", "a record with both tips as parents", {"g": ["a1"]}, merged)
    world.record("k2c", K, "k1")
    again = {"k1": [MERGED], "k1b": [FORKED], "k2b": [FORKED], "m": [FORKED], "k2c": [FORKED]}
    yield world.case("fork beside a merge", "k1 is an ancestor of k2c", {"g": ["a1"]}, again)
    world.record("m2", K, "m", "k2c")
    merged = {name: [MERGED] for name in ("k1", "k1b", "k2b", "m", "k2c")}
    yield world.case("merge of a merge", "one record descends from all", {"g": ["a1"]}, merged)

    world = base()
    world.record("k1b", K, "k0")
    world.record("k1c", K, "k0")
    world.record("m", K, "k1", "k1b")
    flags = {"k1": [FORKED], "k1b": [FORKED], "k1c": [FORKED], "m": [FORKED]}
    yield world.case("half a merge", "one of three branches is left out", {"g": ["a1"]}, flags)
    world.record("m2", K, "k1b", "k1c")
    world.record("m3", K, "k1", "k1c")
    six = ("k1", "k1b", "k1c", "m", "m2", "m3")
    flags = {name: [FORKED] for name in six}
    yield world.case("merged pair by pair", "no record joins k1 and m2", {"g": ["a1"]}, flags)
    world.record("all", K, "m", "m2", "m3")
    flags = {name: [MERGED] for name in six}
    yield world.case("merged pairs merged", "three parents", {"g": ["a1"]}, flags)

    world = base()
    world.record("k0b", K, "g", first=True)
    flags = {"k0": [FORKED], "k1": [FORKED], "k0b": [FORKED]}
    yield world.case("second beginning", "two records at seq 0", {"g": ["a1"]}, flags)

    world = base()
    world.record("p1", P, "p0")
    world.record("p1b", P, "p0")
    world.step("a2", K, "a1", [revoke(P, (1, world.id("p1")))])
    yield world.case("fork cut away", "a revoked rival is none", {"g": ["a2"]}, {"p1b": [REVOKED]})

    world = base()
    world.record("p1", P, "p0")
    world.record("p1b", P, "p0")
    world.record("m", P, "p1", "p1b")
    world.step("a2", K, "a1", [revoke(P, (2, NOWHERE))])
    flags = {"p1": [FORKED], "p1b": [FORKED], "m": [REVOKED]}
    yield world.case("merge cut away", "a revoked record merges nothing", {"g": ["a2"]}, flags)

    world = base()
    world.start("h", X, [control((1, [X])), add(K)])
    world.record("j0", K, "h", first=True)
    flags = {"k0": [FORKED], "k1": [FORKED], "j0": [FORKED]}
    yield world.case("one key, two identities", "rivals of whatever author", {"g": ["a1"], "h": ["h"]}, flags)
    world.step("h1", X, "h", [revoke(K)])
    yield world.case(
        "disavowed by the second",
        "its own identity decides of each",
        {"g": ["a1"], "h": ["h1"]},
        {"j0": [REVOKED]},
    )


def _handed_over(*, accepted: bool, second_branch: bool = False) -> World:
    world = base()
    world.start("h", BR, [control((1, [BR])), add(B0)])
    gone: list[Value] = [revoke(K, (1, world.id("k1"))), revoke(P, (0, world.id("p0")))]
    world.step("o", R, "a1", [*gone, successor(world.id("h")), control()])
    if accepted:
        world.step("h1", BR, "h", [accept(world.id("o"))])
    if second_branch:
        world.step("h1b", BR, "h", [add(P2)])
    return world


def _handover() -> Iterator[Case]:
    world = _handed_over(accepted=False)
    world.record("b0", B0, "h", first=True, refs=[("kc:retracts", "k0")])
    yield world.case("no accept", "an offer alone gives no right", {"g": ["o"], "h": ["h"]}, {})
    world.step("h1", BR, "h", [accept(world.id("o"))])
    yield world.case("accepted", "B acts for A", {"g": ["o"], "h": ["h1"]}, {"k0": [RETRACTED]})

    world = _handed_over(accepted=False)
    world.step("h1", BR, "h", [accept(world.id("a1"))])
    world.record("b0", B0, "h", first=True, refs=[("kc:retracts", "k0")])
    yield world.case("accept of another record", "it has no offer", {"g": ["o"], "h": ["h1"]}, {})

    world = base()
    world.start("h", BR, [control((1, [BR])), add(B0)])
    world.start("i", X, [control((1, [X])), add(X)])
    world.step("o", R, "a1", [successor(world.id("h"))])
    world.step("o2", R, "o", [successor(world.id("i"))])
    world.step("h1", BR, "h", [accept(world.id("o"))])
    world.record("b0", B0, "h", first=True, refs=[("kc:retracts", "k0")])
    yield world.case("offer replaced", "the last one counts", {"g": ["o2"], "h": ["h1"], "i": ["i"]}, {})
    world.step("i1", X, "i", [accept(world.id("o2"))])
    world.record("x0", X, "i", first=True, refs=[("kc:retracts", "k1")])
    yield world.case(
        "second offer accepted",
        "i acts, h does not",
        {"g": ["o2"], "h": ["h1"], "i": ["i1"]},
        {"k1": [RETRACTED]},
    )

    world = _handed_over(accepted=True)
    world.start("i", X, [control((1, [X])), add(X)])
    world.step("h2", BR, "h1", [successor(world.id("i"))])
    world.step("i1", X, "i", [accept(world.id("h2"))])
    world.record("x0", X, "i", first=True, refs=[("kc:erases", "k0")])
    tips = {"g": ["o"], "h": ["h2"], "i": ["i1"]}
    yield world.case("two handovers", "transitive, and firm", tips, {"k0": [RETRACTED, ERASED]})
    world.record("k1x", B0, "h", first=True, refs=[("kc:retracts", "x0")])
    yield world.case(
        "not backwards", "h no longer speaks for i, so x0 stands", tips, {"k0": [RETRACTED, ERASED]}
    )

    world = _handed_over(accepted=True, second_branch=True)
    world.record("b0", B0, "h", first=True, refs=[("kc:erases", "k0")])
    tips = {"g": ["o"], "h": ["h1", "h1b"]}
    flags = {"h1": [CONTESTED], "h1b": [CONTESTED], "k0": [RETRACTED]}
    yield world.case("accepted at one tip", "arguable, so hidden; not firm, so not erased", tips, flags)

    world = base()
    world.start("h", BR, [control((1, [BR])), add(B0)])
    world.step("o", R, "a1", [successor(world.id("h"))])
    world.step("ob", R, "a1", [add(P2)])
    world.step("h1", BR, "h", [accept(world.id("o"))])
    world.record("b0", B0, "h", first=True, refs=[("kc:erases", "k0")])
    flags = {"o": [CONTESTED], "ob": [CONTESTED], "k0": [RETRACTED]}
    yield world.case("offered at one tip", "arguable only", {"g": ["o", "ob"], "h": ["h1"]}, flags)

    world = base()
    world.start("h", BR, [control((1, [BR])), add(B0)])
    world.step("o", R, "a1", [successor(world.id("h"))])
    world.step("ob", R, "a1", [successor(world.id("h"))])
    world.step("h1", BR, "h", [accept(world.id("o")), accept(world.id("ob"))])
    world.record("b0", B0, "h", first=True, refs=[("kc:erases", "k0")])
    flags = {"o": [CONTESTED], "ob": [CONTESTED], "k0": [RETRACTED]}
    yield world.case(
        "two offers to one",
        "in two records: not firm, though both are accepted",
        {"g": ["o", "ob"], "h": ["h1"]},
        flags,
    )


def _withdrawal() -> Iterator[Case]:
    world = base()
    world.record("k2", K, "k1", refs=[("kc:retracts", "p0")])
    yield world.case("by another device", "one identity, two keys", {"g": ["a1"]}, {"p0": [RETRACTED]})
    world.start("h", X, [control((1, [X])), add(X)])
    world.record(
        "x0", X, "h", first=True, refs=[("kc:retracts", "k0"), ("kc:erases", "k1"), ("kc:retracts", "a1")]
    )
    yield world.case("by a stranger", "it says so in vain", {"g": ["a1"], "h": ["h"]}, {"p0": [RETRACTED]})
    world = base()
    world.record("k2", K, "k1", refs=[("kc:retracts", "a1"), ("kc:erases", "g"), ("kc:disputes", "a1")])
    yield world.case("of an identity record", "it has no such flags", {"g": ["a1"]}, {})
    world = base()
    world.record("p1", P, "p0", refs=[("kc:retracts", "k0")])
    world.step("a2", K, "a1", [revoke(P, (0, world.id("p0")))])
    yield world.case("by a revoked record", "not arguable", {"g": ["a2"]}, {"p1": [REVOKED]})
    world = base()
    world.step("b1", K, "g", [add(P2)])
    world.record("s0", P2, "b1", first=True, refs=[("kc:retracts", "k0"), ("kc:erases", "k1")])
    flags = {
        "a1": [CONTESTED],
        "b1": [CONTESTED],
        "p0": [CONTESTED],
        "s0": [CONTESTED],
        "k0": [RETRACTED],
        "k1": [RETRACTED],
    }
    yield world.case("by a contested record", "arguable: hidden, not destroyed", {"g": ["a1", "b1"]}, flags)
    world = base()
    world.record("k2", K, "k1", refs=[("prov:wasRevisionOf", "k0"), ("kc:about", "k1")])
    yield world.case("other relations", "flag nothing", {"g": ["a1"]}, {})


def _reinstatement() -> Iterator[Case]:
    world = base()
    world.record("k2", K, "k1", refs=[("kc:retracts", "p0")])
    world.record("k3", K, "k2", refs=[("kc:retracts", "k2")])
    yield world.case("reinstated", "the retraction is retracted, firmly", {"g": ["a1"]}, {"k2": [RETRACTED]})
    world.record("k4", K, "k3", refs=[("kc:retracts", "k3")])
    yield world.case(
        "retracted after all", "three deep", {"g": ["a1"]}, {"k3": [RETRACTED], "p0": [RETRACTED]}
    )
    world.record("k5", K, "k4", refs=[("kc:retracts", "p0")])
    flags = {"k3": [RETRACTED], "p0": [RETRACTED]}
    yield world.case("retracted twice", "by k2 and by k5", {"g": ["a1"]}, flags)

    world = base()
    world.record("k2", K, "k1", refs=[("kc:retracts", "k0")])
    world.step("b1", K, "g", [add(P2)])
    world.record("s0", P2, "b1", first=True, refs=[("kc:retracts", "k2")])
    flags = {"a1": [CONTESTED], "b1": [CONTESTED], "p0": [CONTESTED], "s0": [CONTESTED], "k0": [RETRACTED]}
    yield world.case(
        "reinstatement contested", "not firm, so what is withdrawn stays hidden", {"g": ["a1", "b1"]}, flags
    )
    world.step("a2", K, "a1", [add(P2)])
    world.step("b2", K, "b1", [add(P)])
    log = {name: [CONTESTED] for name in ("a1", "a2", "b1", "b2")}
    yield world.case(
        "reinstatement made firm",
        "both branches name the key",
        {"g": ["a2", "b2"]},
        {**log, "k2": [RETRACTED]},
    )

    world = _handed_over(accepted=True, second_branch=True)
    world.record("b0", B0, "h", first=True, refs=[("kc:retracts", "k0")])
    world.record("b1", B0, "b0", refs=[("kc:retracts", "b0")])
    flags = {"h1": [CONTESTED], "h1b": [CONTESTED], "b0": [RETRACTED]}
    yield world.case(
        "own withdrawal reinstated", "B acts firmly for itself", {"g": ["o"], "h": ["h1", "h1b"]}, flags
    )


def _erasure() -> Iterator[Case]:
    world = base()
    world.record("k2", K, "k1", refs=[("kc:erases", "p0")])
    yield world.case("erased", "an erasure retracts, too", {"g": ["a1"]}, {"p0": [RETRACTED, ERASED]})
    world.record("k3", K, "k2", refs=[("kc:retracts", "k2")])
    yield world.case(
        "erasure taken back", "within the days that it is held", {"g": ["a1"]}, {"k2": [RETRACTED]}
    )
    world = base()
    world.record("k2", K, "k1", refs=[("kc:erases", "p0"), ("kc:retracts", "p0")])
    yield world.case("both at once", "one record, two relations", {"g": ["a1"]}, {"p0": [RETRACTED, ERASED]})
    world = base()
    world.record("k2", K, "k1", refs=[("kc:retracts", "k0")])
    world.record("k3", K, "k2", refs=[("kc:erases", "k2")])
    yield world.case(
        "erasing a retraction",
        "reinstates, and erases the retraction's body",
        {"g": ["a1"]},
        {"k2": [RETRACTED, ERASED]},
    )
    world = base()
    world.step("b1", K, "g", [add(P2)])
    world.record("s0", P2, "b1", first=True, refs=[("kc:erases", "k0")])
    world.record("k2", K, "k1", refs=[("kc:erases", "k1")])
    flags = {
        "a1": [CONTESTED],
        "b1": [CONTESTED],
        "p0": [CONTESTED],
        "s0": [CONTESTED],
        "k0": [RETRACTED],
        "k1": [RETRACTED, ERASED],
    }
    yield world.case(
        "erasure contested and firm", "K is ok at both tips, P2 at one", {"g": ["a1", "b1"]}, flags
    )


def _dispute() -> Iterator[Case]:
    world = base()
    world.start("h", X, [control((1, [X])), add(X)])
    world.record("x0", X, "h", first=True, refs=[("kc:disputes", "k0")])
    tips = {"g": ["a1"], "h": ["h"]}
    yield world.case("disputed", "anybody can", tips, {"k0": [DISPUTED]})
    world.record("x1", X, "x0", refs=[("kc:retracts", "x0")])
    yield world.case("dispute taken back", "by its author", tips, {"x0": [RETRACTED]})
    world = base()
    world.start("h", X, [control((1, [X])), add(X)])
    world.record("x0", X, "h", first=True, refs=[("kc:disputes", "k0")])
    world.step("h1", X, "h", [revoke(X)])
    flags = {"x0": [REVOKED]}
    yield world.case("dispute of a revoked key", "not arguable", {"g": ["a1"], "h": ["h1"]}, flags)
    world = World()
    world.start("g", T1, [control((2, [T1, T2, T3])), add(K)], co=[T2])
    world.record("k0", K, "g", first=True)
    world.step("a1", T2, "g", [add(P)], co=[T3])
    world.step("b1", T1, "g", [add(P2)], co=[T3])
    world.record("p0", P, "a1", first=True, refs=[("kc:disputes", "k0")])
    flags = {"a1": [CONTESTED], "b1": [CONTESTED], "p0": [CONTESTED], "k0": [DISPUTED]}
    yield world.case(
        "dispute contested", "arguable is enough; a threshold group forked", {"g": ["a1", "b1"]}, flags
    )


__all__ = ["World", "cases"]
