"""A community that lives by its feeds: what people are shown decides what they judge, cite and trust.

Everybody reads by the same preset. Month by month people publish, newcomers come with little trust, everybody
reads a page and reacts, and whoever is not heard may leave.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from benchmarks.evaluation.measures import gini, mean
from benchmarks.evaluation.society import DAY, NOW, SNAPSHOT, Member, Society, made, rid
from knowchain.identifiers import RecordId
from knowchain.ranking import Columns, Engine, Fact, Profile, Statement
from knowchain.ranking.facts import Evaluation

MONTH = 30 * DAY
PAGES = 2
"""That somebody reads in a month."""
NEWCOMERS = 0.04
"""In a month, of those who are there."""
UNHEARD = 0.25
"""The chance of leaving in a month in which nobody was shown one's works."""
HEARD = 0.02
"""And otherwise."""


@dataclass(frozen=True)
class Month:
    """One month of a community; parts are of 1.

    Attributes:
        people: who are there at its end.
        languages: that somebody writes in who is there.
        rare: people there who write in the rarer half of the languages that there were at first.
        found: the mean quality of what was shown, 0 to 3.
        authors: Gini index of places over the authors who are there.
        newcomers: the part of places with works of those who came within three months.
        beyond: the part of places with works in no language that the reader reads.
        earning: people whose contribution counts anything, in the eyes of the first reader.
        faded: what the contribution of those who left is by now, of what it was when they left; 1 if it was
            nothing.
        owed: places that languages are owed, the mean over readers; 0 if the preset keeps no debts.
    """

    people: int
    languages: int
    rare: int
    found: float
    authors: float
    newcomers: float
    beyond: float
    earning: int
    faded: float
    owed: float


@dataclass
class _Person:
    """Somebody, and what the community has made of them."""

    member: Member
    came: int
    pace: float
    liked: list[RecordId] = field(default_factory=list)
    seen: dict[RecordId, int] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=dict)
    heard: int = 1
    """Places that their works had this month."""


class Community:
    """People who read by one profile.

    Args:
        seed: chance begins from it; with the same seed every preset begins with the same people.
    """

    def __init__(self, profile: Profile, *, people: int = 120, works: int = 900, seed: int = 1) -> None:
        self._profile, self._chance = profile, random.Random(seed)
        self._society: Society = made(people=people, works=works, languages=12, seed=seed, judged=10)
        self._columns = Columns.of(self._society.world)
        self._engine = Engine(self._columns)
        self._quality, self._camps = dict(self._society.quality), dict(self._society.camps)
        self._here = [self._person(each, -12) for each in self._society.members]
        self._member = {each.id: each for each in self._society.members}
        self._came = {each.member.id: each.came for each in self._here}
        self._left: dict[RecordId, int] = {}
        counts = Counter(each.languages[0] for each in self._society.members)
        ordered = sorted(counts, key=lambda tag: (counts[tag], tag))
        self._rare = frozenset(ordered[: len(ordered) // 2])
        self._tags = [each.languages[0] for each in self._society.members]
        self._month = 0
        self._said = 0

    def _person(self, member: Member, came: int) -> _Person:
        return _Person(member, came, min(4.0, 0.3 + self._chance.expovariate(1)))

    def live(self) -> Month:
        """One month more."""
        self._month += 1
        self._come()
        now = NOW + self._month * MONTH
        for person in self._here:
            self._publish(person, now)
        places: list[tuple[_Person, RecordId]] = []
        for person in self._here:
            person.heard = 0
        for page in range(1, PAGES + 1):
            at = now - MONTH + page * MONTH // PAGES
            for person in self._here:
                places += [(person, work) for work in self._read(person, at)]
        counts = Counter(self._columns.facts[work].author for _, work in places)
        for person in self._here:
            person.heard = counts[person.member.id]
        earned = self._earned(now)
        month = self._told(places, earned)
        self._leave(earned)
        return month

    # --- what happens --------------------------------------------------------------------------------

    def _come(self) -> None:
        """Newcomers speak what people here speak, are trusted by one, and trust four."""
        for number in range(max(1, round(len(self._here) * NEWCOMERS))):
            tags = (
                self._chance.choice(self._tags),
                *self._chance.sample(self._tags, self._chance.choice((0, 1))),
            )
            member = Member(
                rid("newcomer", self._month, number),
                tuple(dict.fromkeys(tags)),
                self._chance.gauss(0.3, 1),
                self._chance.randrange(2),
            )
            host = self._chance.choice(
                [each for each in self._here if each.member.languages[0] == tags[0]] or self._here
            )
            self._trust(host.member.id, member.id)
            for other in self._chance.sample(self._here, min(4, len(self._here))):
                self._trust(member.id, other.member.id)
            self._here.append(self._person(member, self._month))
            self._came[member.id] = self._month
            self._member[member.id] = member

    def _trust(self, one: RecordId, other: RecordId) -> None:
        now = NOW + (self._month - 1) * MONTH
        if one != other:
            self._columns.put_statement(Statement(rid("trust", one, other), one, other, now, 255))

    def _publish(self, person: _Person, now: int) -> None:
        works = int(person.pace + self._chance.random())
        for number in range(works):
            skill = 0.8 * person.member.skill + 0.6 * self._chance.gauss(0, 1)
            tier = sum(skill > bound for bound in (-0.3, 0.5, 1.3))
            cited = self._chance.sample(person.liked, min(len(person.liked), self._chance.choice((0, 1, 2))))
            refs = tuple(sorted(set(cited)))
            fact = Fact(
                id=rid("new", person.member.id, self._month, number),
                kind="work",
                author=person.member.id,
                time=now - MONTH + self._chance.randrange(MONTH),
                sources=refs,
                languages=(self._chance.choice(person.member.languages[:1] * 4 + person.member.languages),),
                uses=refs,
            )
            self._columns.put(fact)
            self._quality[fact.id] = tier
            if self._chance.random() < 0.3:
                self._camps[fact.id] = person.member.camp

    def _read(self, person: _Person, at: int) -> list[RecordId]:
        viewer = replace(
            self._society.viewer(person.member), history=dict(person.seen), owed=dict(person.owed)
        )
        feed = self._engine.rank(self._profile, viewer, as_of=at, snapshot=SNAPSHOT).feed()
        if feed.owed is not None:
            person.owed = dict(feed.owed)
        shown = [item.id for item in feed.items]
        for work in shown:
            person.seen[work] = person.seen.get(work, 0) + 1
            self._react(person, work, at)
        return shown

    def _react(self, person: _Person, work: RecordId, at: int) -> None:
        """One work in five is judged; what pleases may be cited, and its author trusted."""
        fact = self._columns.facts[work]
        if self._chance.random() > 0.2 or fact.author == person.member.id:
            return
        camp = self._camps.get(work)
        felt = self._quality[work] - 1.2 + 0.7 * self._chance.gauss(0, 1)
        axis, value = "truth", max(-2, min(2, round(felt)))
        if camp is not None:
            axis, value = "goodness", 2 if camp == person.member.camp else -2
        self._said += 1
        name = rid("said", self._said)
        said = Evaluation(name, person.member.id, work, at, axis, value, person.member.languages[:1])
        self._columns.put_evaluation(name, [said])
        if value > 0:
            person.liked = [*person.liked[-30:], work]
            if self._chance.random() < 0.1:
                self._trust(person.member.id, fact.author)

    def _leave(self, earned: dict[RecordId, int]) -> None:
        staying = []
        for person in self._here:
            if self._chance.random() < (HEARD if person.heard else UNHEARD):
                self._left[person.member.id] = earned.get(person.member.id, 0)
            else:
                staying.append(person)
        self._here = staying

    def _earned(self, now: int) -> dict[RecordId, int]:
        """The ledger as whoever is here longest sees it."""
        reader = self._society.viewer(self._here[0].member)
        profile = replace(self._profile, seeds=("me",))
        return dict(self._engine.rank(profile, reader, as_of=now, snapshot=SNAPSHOT).ledger().totals)

    # --- what is told --------------------------------------------------------------------------------

    def _told(self, places: list[tuple[_Person, RecordId]], earned: dict[RecordId, int]) -> Month:
        facts = self._columns.facts
        here = {each.member.id for each in self._here}
        authors = [facts[work].author for _, work in places]
        before = sum(self._left.values())
        return Month(
            people=len(self._here),
            languages=len({each.member.languages[0] for each in self._here}),
            rare=sum(each.member.languages[0] in self._rare for each in self._here),
            found=mean(self._quality[work] for _, work in places),
            authors=gini([who for who in authors if who in here], set(here)),
            newcomers=mean(self._came[who] > self._month - 3 for who in authors),
            beyond=mean(not _both(facts[work].languages, reader.member.languages) for reader, work in places),
            earning=len(earned),
            faded=sum(earned.get(who, 0) for who in self._left) / before if before else 1.0,
            owed=mean(sum(max(0, due) for due in each.owed.values()) / 65_536 for each in self._here),
        )


def _both(some: Iterable[str], others: Iterable[str]) -> bool:
    return bool(set(some) & set(others))
