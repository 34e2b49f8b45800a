"""Attacks on what readers see: who would push works of their own, or push others' down, and with what means.

Each has a world before and one after. Before, the attacker does what anybody may: publishes 20 works, as new
as can be, that cite what is held. After, the same works have the attack behind them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.evaluation.society import DAY, NOW, Society, rid
from knowchain.identifiers import RecordId
from knowchain.ranking import Fact, Statement, World
from knowchain.ranking.facts import Drop, Evaluation

WORKS = 20
MINUTE = 60_000
MALLORY = rid("mallory")
UNHEARD_OF = "qzz"
"""A language in which nobody else writes."""


@dataclass(frozen=True)
class Attack:
    """What is compared.

    Attributes:
        items: the works whose places are counted: the attacker's, or the victims'.
    """

    name: str
    before: World
    after: World
    items: frozenset[RecordId]


def attacks(society: Society, sybils: Sequence[int], flood: int) -> Iterator[Attack]:
    """All attacks on one society, each made when it is asked for."""
    spam = _spam(society, MALLORY, WORKS)
    alone = _with(society.world, facts=spam)
    fooled = _with(alone, statements=[_trusts(_median(society), MALLORY)])
    items = frozenset(fact.id for fact in spam)
    for count in sybils:
        yield Attack(
            f"{count:,} sybils behind one fooled key", alone, _sybils(society, alone, spam, count), items
        )
    yield _stolen(society, revoked=False)
    yield _stolen(society, revoked=True)
    flooded = _with(society.world, facts=_spam(society, MALLORY, flood))
    every = frozenset(fact.id for fact in flooded.facts) - frozenset(fact.id for fact in society.world.facts)
    yield Attack(f"{flood:,} works by nobody", alone, flooded, every)
    yield Attack(
        f"{flood:,} works by somebody whom one person trusts",
        fooled,
        _with(flooded, statements=[_trusts(_median(society), MALLORY)]),
        every,
    )
    tagged = [fact._replace(languages=(UNHEARD_OF,)) for fact in spam]
    yield Attack("a small language's tag, by nobody", alone, _with(society.world, facts=tagged), items)
    yield Attack(
        "a small language's tag, by somebody whom one trusts",
        fooled,
        _with(society.world, facts=tagged, statements=[_trusts(_median(society), MALLORY)]),
        items,
    )
    yield Attack("one in ten praises and cites", fooled, _praised(society, fooled, spam), items)
    yield _brigade(society)
    yield _ground(society)


def _spam(society: Society, author: RecordId, count: int) -> list[Fact]:
    """Works that are new and cite what is held, so that they have all that can be had for nothing."""
    held = [fact.id for fact in society.world.facts]
    tag = _largest(society)
    found = []
    for number in range(count):
        sources = tuple(sorted({held[number % len(held)], held[-1 - number % len(held)]}))
        time = NOW - MINUTE - number * 1_000
        found.append(Fact(rid("spam", number), "work", author, time, None, sources, (tag,), uses=sources))
    return found


def _largest(society: Society) -> str:
    counts = Counter(fact.languages[0] for fact in society.world.facts)
    return max(counts, key=lambda tag: (counts[tag], tag))


def _with(
    world: World,
    *,
    facts: Sequence[Fact] = (),
    statements: Sequence[Statement] = (),
    evaluations: Sequence[Evaluation] = (),
) -> World:
    return replace(
        world,
        facts=[*world.facts, *facts],
        statements=[*world.statements, *statements],
        evaluations=[*world.evaluations, *evaluations],
    )


def _trusts(one: RecordId, other: RecordId) -> Statement:
    return Statement(rid("trust", one, other), one, other, NOW - DAY, 255)


def _by_trust(society: Society) -> list[RecordId]:
    """People by how many trust them, the most first."""
    counts = Counter(each.subject for each in society.world.statements)
    return sorted((each.id for each in society.members), key=lambda who: (-counts[who], who))


def _median(society: Society) -> RecordId:
    return _by_trust(society)[len(society.members) // 2]


def _sybils(society: Society, alone: World, spam: Sequence[Fact], count: int) -> World:
    """A ring, each certifying the next five and the attacker; each praises five works, in ever other
    languages, and cites one in a note."""
    names = [rid("sybil", number) for number in range(count)]
    tags = sorted({tag for fact in society.world.facts for tag in fact.languages})
    statements = [_trusts(_median(society), names[0])]
    evaluations, notes = [], []
    for number, who in enumerate(names):
        near = {names[(number + step) % count] for step in range(1, 6)} - {who}
        statements += [_trusts(who, other) for other in (*sorted(near), MALLORY)]
        for step in range(5):
            fact = spam[(number + step) % len(spam)]
            evaluations.append(_praise(who, fact, tags[number % len(tags)]))
        cited = (spam[number % len(spam)].id,)
        notes.append(Fact(rid("note", who), "note", who, NOW - MINUTE, uses=cited))
    return _with(alone, facts=notes, statements=statements, evaluations=evaluations)


def _praise(who: RecordId, fact: Fact, tag: str, value: int = 2) -> Evaluation:
    return Evaluation(rid("praise", who, fact.id), who, fact.id, NOW - MINUTE, "truth", value, (tag,))


def _stolen(society: Society, *, revoked: bool) -> Attack:
    """The key of whom most trust signs the spam; later its owner revokes it."""
    owner = _by_trust(society)[0]
    spam = _spam(society, owner, WORKS)
    signed = [fact._replace(drop=Drop.REVOKED) for fact in spam] if revoked else spam
    alone = _with(society.world, facts=[fact._replace(author=MALLORY) for fact in spam])
    name = "the key most trusted is stolen" + (", and then revoked" if revoked else "")
    return Attack(name, alone, _with(society.world, facts=signed), frozenset(fact.id for fact in spam))


def _tenth(society: Society) -> list[RecordId]:
    """Every tenth person, as trusted as they come."""
    return _by_trust(society)[5::10]


def _praised(society: Society, fooled: World, spam: Sequence[Fact]) -> World:
    tags = sorted({tag for fact in society.world.facts for tag in fact.languages})
    friends = _tenth(society)
    evaluations = [
        _praise(who, fact, tags[(place + at) % len(tags)])
        for place, who in enumerate(friends)
        for at, fact in enumerate(spam)
    ]
    notes = [
        Fact(rid("note", who), "note", who, NOW - MINUTE, uses=tuple(sorted(fact.id for fact in spam)))
        for who in friends
    ]
    return _with(fooled, facts=notes, evaluations=evaluations)


def _brigade(society: Society) -> Attack:
    """One person in ten calls the hundred best works untrue. The places counted are those of these works."""
    best = sorted(society.world.facts, key=lambda fact: (-society.quality[fact.id], -fact.time, fact.id))[
        :100
    ]
    evaluations = [
        _praise(who, fact, "", -2) for who in _tenth(society) for fact in best if fact.author != who
    ]
    evaluations = [each._replace(languages=()) for each in evaluations]
    after = _with(society.world, evaluations=evaluations)
    return Attack(
        "one in ten calls the best 100 works untrue",
        society.world,
        after,
        frozenset(fact.id for fact in best),
    )


def _ground(society: Society) -> Attack:
    """A hundred others publish in the same second, all alike; the attacker tries ids for the least ones."""
    chance = random.Random(7)
    others = [each.id for each in society.members[:100]]
    source = society.world.facts[0]

    def like(rid_: RecordId, author: RecordId) -> Fact:
        return Fact(rid_, "work", author, NOW, None, (source.id,), source.languages, uses=(source.id,))

    crowd = [like(rid("crowd", who), who) for who in others]
    plain, least = _ids(WORKS, chance, tries=1), _ids(WORKS, chance, tries=2_000)
    before = _with(society.world, facts=[*crowd, *(like(each, MALLORY) for each in plain)])
    after = _with(society.world, facts=[*crowd, *(like(each, MALLORY) for each in least)])
    return Attack("ids ground to be the least among equals", before, after, frozenset((*plain, *least)))


def _ids(count: int, chance: random.Random, *, tries: int) -> list[RecordId]:
    return [min(rid("ground", number, chance.random()) for _ in range(tries)) for number in range(count)]


Baseline = Callable[[World], list[RecordId]]


def newest(world: World) -> list[RecordId]:
    """An undefended feed: the newest first, equal ones by id."""
    return [fact.id for fact in sorted(_works(world), key=lambda fact: (-fact.time, fact.id))]


def most_heads(world: World) -> list[RecordId]:
    """Another: by how many accounts praised or took up a work, whoever they are."""
    heads: dict[RecordId, set[RecordId]] = {}
    for each in world.evaluations:
        if each.value > 0:
            heads.setdefault(each.subject, set()).add(each.author)
    for fact in world.facts:
        for used in fact.uses:
            heads.setdefault(used, set()).add(fact.author)
    return [fact.id for fact in sorted(_works(world), key=lambda f: (-len(heads.get(f.id, ())), f.id))]


def _works(world: World) -> list[Fact]:
    return [fact for fact in world.facts if fact.kind == "work" and fact.drop is None and fact.time <= NOW]


BASELINES: dict[str, Baseline] = {"newest": newest, "most heads": most_heads}
