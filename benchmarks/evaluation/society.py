"""Made societies: people with languages, skill and a camp, who publish, cite, translate, judge and trust.

Each work has a *quality* from 0 to 3 that no record states. People see it through noise: good works are cited
more, judged better, and their authors are trusted more. Measures ask how much of it a feed finds again.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowchain.identifiers import RecordId, record_id
from knowchain.ranking import Fact, Statement, Viewer, World
from knowchain.ranking.facts import Evaluation
from knowchain.ranking.likeness import fingerprint

NOW = 1_800_000_000_000
DAY = 86_400_000
SPAN = 90 * DAY
"""How far back works go."""
SNAPSHOT = record_id(b"society")


@dataclass(frozen=True)
class Member:
    """Somebody: the languages that they read, the first being their own; how well they work; their camp."""

    id: RecordId
    languages: tuple[str, ...]
    skill: float
    camp: int


@dataclass(frozen=True)
class Society:
    """People, what they published and said, and what nobody can see: how good each work is."""

    members: tuple[Member, ...]
    world: World
    quality: dict[RecordId, int]
    camps: dict[RecordId, int]
    """Works that one camp likes and the other does not."""

    def viewer(self, member: Member) -> Viewer:
        """One of them as a reader, who follows nobody."""
        return Viewer(me=member.id, languages=member.languages)

    def readers(self, count: int) -> tuple[Member, ...]:
        """Some who trust at least five others: every so many-th, by id."""
        trusting: dict[RecordId, int] = {}
        for statement in self.world.statements:
            trusting[statement.author] = trusting.get(statement.author, 0) + (statement.weight > 0)
        able = sorted((each for each in self.members if trusting.get(each.id, 0) >= 5), key=lambda m: m.id)
        return tuple(able[:: max(1, len(able) // count)][:count])


def rid(*parts: object) -> RecordId:
    """An id made of words."""
    return record_id(repr(parts).encode())


def made(
    *, people: int = 300, works: int = 3_000, languages: int = 24, seed: int = 1, judged: int = 25
) -> Society:
    """A society out of nothing but a seed.

    Args:
        judged: how many works each person judges.
    """
    chance = random.Random(seed)
    tags = [f"q{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(languages)]
    members = _members(chance, [rid("person", n) for n in range(people)], tags)
    pairs = _trusting(chance, members)
    return inhabited(chance, members, pairs, works, judged)


def _members(chance: random.Random, ids: Sequence[RecordId], tags: Sequence[str]) -> list[Member]:
    """The first tag is the language of most; half of the others read it, too."""
    sizes = [1 / (n + 1) ** 1.1 for n in range(len(tags))]
    found = []
    for who in ids:
        spoken = chance.choices(tags, sizes, k=1)
        if chance.random() < 0.5:
            spoken.append(tags[0])
        if chance.random() < 0.15:
            spoken.append(chance.choice(tags))
        found.append(Member(who, tuple(dict.fromkeys(spoken)), chance.gauss(0, 1), chance.randrange(2)))
    return found


def _trusting(chance: random.Random, members: Sequence[Member]) -> list[tuple[RecordId, RecordId]]:
    """Each trusts about a dozen: mostly of their own language, and rather those who work well."""
    by_language: dict[str, list[Member]] = {}
    for each in members:
        by_language.setdefault(each.languages[0], []).append(each)
    pairs = []
    for each in members:
        for _ in range(24):
            near = chance.random() < 0.6
            other = chance.choice(by_language[each.languages[0]] if near else members)
            if other is not each and chance.random() < 1 / (1 + math.exp(-1.5 * other.skill)):
                pairs.append((each.id, other.id))
    return list(dict.fromkeys(pairs))


def inhabited(
    chance: random.Random,
    members: Sequence[Member],
    pairs: Sequence[tuple[RecordId, RecordId]],
    works: int,
    judged: int,
    titles: Sequence[str] = (),
) -> Society:
    """People and whom they trust, come to life.

    Args:
        titles: words of works; made ones, if there are none.
    """
    busy = [math.exp(chance.gauss(0, 1.2)) for _ in members]
    written = chance.choices(range(len(members)), busy, k=works)
    times = sorted(NOW - chance.randrange(SPAN) for _ in range(works))
    facts: list[Fact] = []
    quality: dict[RecordId, int] = {}
    camps: dict[RecordId, int] = {}
    prints: dict[RecordId, int] = {}
    for number, (at, time) in enumerate(zip(written, times, strict=True)):
        author = members[at]
        tier = _tier(0.8 * author.skill + 0.6 * chance.gauss(0, 1))
        fact = _work(chance, number, author, time, tier, facts)
        words = titles[number % len(titles)] if titles else " ".join(_word(chance) for _ in range(6))
        prints[fact.id] = fingerprint([words]) or 0
        facts.append(fact)
        quality[fact.id] = tier
        if chance.random() < 0.3:
            camps[fact.id] = author.camp
    statements = [
        Statement(rid("trust", *pair), *pair, NOW - 100 * DAY, chance.choice((85, 255, 255)))
        for pair in pairs
    ]
    society = Society(tuple(members), World(facts, statements, SNAPSHOT, fingerprints=prints), quality, camps)
    return replace(society, world=replace(society.world, evaluations=_judged(chance, society, judged)))


def _tier(skill: float) -> int:
    return sum(skill > bound for bound in (-0.3, 0.5, 1.3))


def _work(
    chance: random.Random,
    number: int,
    author: Member,
    time: int,
    tier: int,
    before: Sequence[Fact],
) -> Fact:
    sources = set()
    for _ in range(chance.choice((0, 1, 2, 3)) if before else 0):
        # What is worked well cites what can be found.
        found = chance.random() < (0.4, 0.7, 0.9, 0.97)[tier]
        sources.add(chance.choice(before[-500:]).id if found else rid("lost", number, len(sources)))
    languages = (author.languages[0] if chance.random() < 0.8 else chance.choice(author.languages),)
    refs = tuple(sorted(sources))
    return Fact(
        id=rid("work", number),
        kind="work",
        author=author.id,
        time=time,
        sources=refs,
        languages=languages,
        uses=refs,
    )


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("bdfglmnprst") + chance.choice("aeiou") for _ in range(chance.randint(1, 4)))


def _judged(chance: random.Random, society: Society, judged: int) -> list[Evaluation]:
    """Everybody judges works that are talked of; mostly such as they can read."""
    facts = society.world.facts
    talked = sorted(facts, key=lambda fact: (-society.quality[fact.id] - 2 * chance.random(), fact.id))
    talked = talked[: max(60, len(facts) // 6)]
    found = []
    for member in society.members:
        near = [each for each in talked if each.languages[0] in member.languages] or talked
        for turn in range(judged):
            fact = chance.choice(near if chance.random() < 0.7 else talked)
            axis, value = _opinion(chance, society, member, fact)
            found.append(
                Evaluation(
                    rid("evaluation", member.id, turn),
                    member.id,
                    fact.id,
                    min(NOW, fact.time + chance.randrange(10 * DAY)),
                    axis,
                    value,
                    member.languages[:1],
                )
            )
    return found


def _opinion(chance: random.Random, society: Society, member: Member, fact: Fact) -> tuple[str, int]:
    camp = society.camps.get(fact.id)
    if camp is not None and chance.random() < 0.8:
        return "goodness", 2 if camp == member.camp else -2
    felt = round(society.quality[fact.id] - 1.2 + 0.7 * chance.gauss(0, 1))
    return chance.choice(("truth", "truth", "truth", "goodness", "beauty")), max(-2, min(2, felt))
