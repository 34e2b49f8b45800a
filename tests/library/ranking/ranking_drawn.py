"""Worlds, readers and profiles drawn from one seed, for an engine in another language.

Small worlds: few people and records, many ties, moments at every bound, and everything that can be said.
Profiles are drawn as text, so that both sides read them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

from ranking_worlds import DAY, NOW, author, rid

from knowchain.ranking.facts import (
    Drop,
    Evaluation,
    Fact,
    Label,
    Statement,
    Viewer,
    ViewpointGroup,
    Viewpoints,
    World,
)

TAGS = ("cy", "en", "en-GB", "EN-gb-scotland", "und", "zh-Hant", "wels1247", "mul", "x-a", "i-default", "I-x")
KINDS = [*["work"] * 5, "note", "evaluation", "event", "collection"]
WORLD_DROPS = list(Drop)[:7]
SIGNALS = [
    *("age", "fresh", "provenance", "trust", "lang_lift", "contribution", "popularity", "outward", "bridge"),
    *("novelty", "axis.truth", "axis.beauty", "axis.clear", "label:spam", "label:x-own"),
]
NUMBERS = ["age", "label.x_own", "axis.truth", "provenance", "trust", "lang_lift", "popularity", "bridge"]
PERIODS = ["axis_half_life_s", "contribution_half_life_s", "fresh_half_life_s", "lang_window_s"]
LENGTHS = [1, *(DAY // 1000 * days for days in (2, 28, 365, 36_525))]
SOURCES = ["explore", "follows", "language", "outward", "recent", "topic", "trust"]
BOUNDS = [0, NOW, NOW - 1, NOW + 1, NOW - 28 * DAY, NOW - 28 * DAY + 1, NOW - NOW % DAY, NOW - NOW % DAY - 1]


class Drawn:
    """What one seed gives."""

    def __init__(self, seed: int, size: int | None = None) -> None:
        self.chance = random.Random(f"drawn {seed}")
        self.pick = self.chance.choice
        self.long = self.chance.random() < 0.1
        self.records = [rid("drawn", seed, n) for n in range(size or self.pick([1, 6, 30, 60, 120]))]

    def some(self, choices: Sequence[Any], most: int) -> tuple[Any, ...]:
        """At most so many of them, each once."""
        return tuple(self.chance.sample(choices, min(len(choices), self.chance.randint(0, most))))

    def time(self) -> int:
        """Anywhere in two months, or at a bound."""
        return (
            self.pick(BOUNDS) if self.chance.random() < 0.4 else NOW - self.chance.randrange(-DAY, 60 * DAY)
        )

    def until(self) -> int | None:
        """A moment at which something ends, or none."""
        return self.pick([None, None, NOW, NOW + 1, NOW - 1])

    def someone(self) -> Any:
        """One of seven people."""
        return author(self.chance.randrange(7))

    # --- the world -------------------------------------------------------------------------------------

    def world(self) -> World:
        """All of it."""
        return World(
            [self.fact(n) for n in range(len(self.records))],
            [self.statement(n) for n in range(self.pick([0, 12, 40]))],
            rid("snapshot", self.chance.random()),
            [self.evaluation(n) for n in range(self.pick([0, 40, 120]))],
            [self.label(n) for n in range(self.pick([0, 20]))],
            [self.viewpoints(n) for n in range(self.pick([0, 2, 2]))],
            {each: self.fingerprint() for each in self.some(self.records, len(self.records))},
        )

    def fact(self, n: int) -> Fact:
        """A record; in a few worlds with so many sources that a walk passes its bounds."""
        gone = [rid("gone", each) for each in range(300 if self.long else 2)]
        sources = {*self.some(gone, 290 if self.long else 1), *self.some(self.records, 4)}
        if self.long and n % 3 == 0:
            sources = {self.records[(n + 1) % len(self.records)]}
        return Fact(
            id=self.records[n],
            kind=self.pick(KINDS),
            author=self.someone(),
            time=self.time(),
            drop=self.pick([*[None] * 30, *WORLD_DROPS]),
            sources=tuple(sorted(sources)),
            languages=tuple(sorted(self.some(TAGS, 3))),
            collections=tuple(sorted(self.some([rid("c", 0), rid("c", 1)], 2))),
            topics=tuple(sorted(self.some(["song", "harbour", "sẅn"], 2))),
            uses=tuple(sorted(self.some(self.records, 3))),
        )

    def statement(self, n: int) -> Statement:
        """Trust or a block."""
        weight = self.pick([255, 85, 1, 0, -1, -85, -255])
        return Statement(
            id=rid("statement", n),
            author=self.someone(),
            subject=author(self.chance.randrange(9)),
            time=self.time(),
            weight=weight,
            block=weight == -255 and self.chance.random() < 0.5,
            until=self.until(),
        )

    def evaluation(self, n: int) -> Evaluation:
        """A judgement of a record; of the first ones there are more."""
        return Evaluation(
            id=rid("evaluation", n),
            author=self.someone(),
            subject=self.pick(self.records[: self.pick([6, 40])]),
            time=self.time(),
            axis=self.pick(["truth", "beauty", "clear"]),
            value=self.pick([-2, -1, 0, 1, 2, 2]),
            languages=self.some(TAGS, 3),
        )

    def label(self, n: int) -> Label:
        """A label of a work or of a person."""
        return Label(
            id=rid("label", n),
            author=author(self.chance.randrange(4)),
            subject=self.pick([*self.records[:4], author(1), author(2)]),
            time=self.time(),
            label=self.pick(["spam", "x-own"]),
            negated=self.chance.random() < 0.3,
            until=self.until(),
        )

    def viewpoints(self, n: int) -> Viewpoints:
        """A record of groups, at times of none."""
        return Viewpoints(rid("viewpoints", n), tuple(self.group() for _ in range(self.pick([0, 1, 2, 2]))))

    def group(self) -> ViewpointGroup:
        """People who judge alike."""
        people = self.some([author(n) for n in range(7)], 14)
        members = sorted((who, self.pick([1000, self.chance.randint(1, 1000)])) for who in people)
        return ViewpointGroup(tuple(members), self.pick([0, 0, 0, 1, 500, 1000, 3000]))

    def fingerprint(self) -> int:
        """One of a few that are alike, or any."""
        near = [0, 1, 0xFF, 0xFFFF_FFFF, 0xFFFF_FFFE, 2**63, 2**64 - 1]
        return self.pick([*near, self.chance.getrandbits(64)])

    def viewer(self) -> Viewer:
        """Somebody who follows something, or nobody."""
        return Viewer(
            me=self.pick([None, author(0), author(3), author(9)]),
            people=frozenset(self.some([author(n) for n in range(7)], 2)),
            collections=frozenset(self.some([rid("c", 0)], 1)),
            languages=self.some(["cy", "x-a", "en-GB"], 2),
            topics=frozenset(self.some(["song"], 1)),
            history={each: self.chance.randint(0, 20) for each in self.some(self.records, 9)},
            salt=self.chance.randbytes(32),
            owed={
                each: self.pick([-400_000, -1, 70_000, 2**22]) for each in self.some(["cy", "en", "ga"], 3)
            },
        )

    # --- the profile -----------------------------------------------------------------------------------

    def profile(self) -> str:
        """The text of a profile that sets nearly everything."""
        signals = self.some(SIGNALS, len(SIGNALS)) or ("fresh",)
        lines = ["v = 1", 'name = "drawn"', *self.reader(), "[weights]", f'"{signals[0]}" = 900']
        lines += [f'"{each}" = {self.pick([0, -700, 1, 1000])}' for each in signals[1:]]
        for _ in range(self.pick([0, 0, 1, 3])):
            lines += ["[[boost]]", f"when = {text(self.truth(2))}", f"add = {self.pick([-2000, 0, 1, 700])}"]
        drop = {self.truth(3) for _ in range(self.pick([0, 0, 0, 0, 1, 2]))}
        lines += [
            "[filter]",
            f"drop = {text(sorted(drop))}",
            "[params]",
            f"axis_kappa = {self.pick([1, 3_000])}",
        ]
        lines += [
            f"trust_hops = {self.chance.randint(0, 6)}",
            *(f"{each} = {self.pick(LENGTHS)}" for each in PERIODS),
        ]
        lines += ["[sources]", *(f"{each} = {self.pick([0, 1, 3, *[100_000] * 4])}" for each in SOURCES)]
        return "\n".join([*lines, "[rerank]", *self.rerank()]) + "\n"

    def reader(self) -> list[str]:
        """The table of that name."""
        people = [str(author(n)) for n in range(9)]
        blocked = self.some([*people[2:4], people[8]], 2)
        tables = {
            "seeds": self.some(["me", *(each for each in people if each not in blocked)], 6),
            "blocked": [*blocked, *self.some(["en", "zh-Hant", "und", "x-a", "wels1247"], 2)],
            "langs": self.some(["cy", "en", "zh", "i-default"], 2),
            "labelers": self.some(people[:4], 3),
            "topics": self.some(["HARBOUR", "SẄN"], 2),
        }
        groups = self.some([f"groups = {text(str(rid('viewpoints', self.chance.randrange(2))))}"], 1)
        return ["[reader]", *(f"{name} = {text(value)}" for name, value in tables.items()), *groups]

    def rerank(self) -> list[str]:
        """Rules that move works, each of them at times."""
        floors = [("minority", self.pick([1, 100, 333])), ("outward", self.pick([100, 500]))]
        tables = [f'{{ group = "{group}", p_milli = {part} }}' for group, part in self.some(floors, 2)]
        lines = [
            "author_decay = true",
            f"mmr_lambda = {self.pick([400, 1_000_000])}",
            f"calibration_mu = {self.pick([700, 1_000_000])}",
            f"floors = [{', '.join(tables)}]",
            f"explore = {{ every = {self.pick([7, 10])} }}",
            f"lift_min = {self.pick([1, 20_000, 65_536])}",
        ]
        lowest = f"score_min = {self.pick([0, 900, self.chance.randint(-3000, 3000)])}"
        chosen = self.some(lines, len(lines)) if self.chance.random() < 0.6 else ()
        return [f"page = {self.pick([3, 20, 500])}", *chosen, *[lowest] * (self.chance.random() < 0.2)]

    # --- conditions ------------------------------------------------------------------------------------

    def truth(self, depth: int) -> str:
        """A condition in the part of CEL that profiles know."""
        if depth == 0:
            return self.pick(["true", "false", "followed", "'song' in topics", "lang in reader.langs"])
        less = depth - 1
        made: list[Callable[[], str]] = [
            lambda: f"{self.truth(less)} && {self.truth(less)}",
            lambda: f"({self.truth(less)} || {self.truth(less)})",
            lambda: f"!({self.truth(less)})",
            lambda: f"trust * age * 9223372036854775807 < 0 {self.pick(['||', '&&'])} !followed",
            lambda: f"{self.number(less)} {self.sign()} {self.number(less)}",
            lambda: f"{self.words(less)} {self.sign()} {self.words(less)}",
            lambda: f"{self.words(less)} in {self.pick(['langs', 'reader.blocked', 'topics'])}",
            lambda: f"{self.number(less)} in [{self.number(less)},{self.number(less)}]",
            lambda: f"author in ['{author(3)}', \"{author(4)}\"] == ({self.truth(0)})",
            lambda: f"'{rid('c', 0)}' in collections",
        ]
        return self.pick(made)()

    def sign(self) -> str:
        """A comparison."""
        return self.pick(["==", "!=", "<", "<=", ">", ">="])

    def number(self, depth: int) -> str:
        """A number, at times one beyond 64 bits."""
        if depth == 0:
            plain = ["0", "-1", "32768", "86400", "0x7fffffffffffffff", "-9223372036854775808"]
            return self.pick([*plain, *NUMBERS])
        parts = f"{self.number(depth - 1)} {self.pick(['+', '-', '*'])} {self.number(depth - 1)}"
        return self.pick([self.number(0), parts, f"({parts})", f"-({parts})"])

    def words(self, depth: int) -> str:
        """A text."""
        plain = ["lang", "'cy'", '"en"', "''", r"'\u0063y'", r"'\U0001F600'", "'\uffee'"]
        return self.pick(plain) if depth == 0 else f"{self.words(depth - 1)} + {self.pick(plain)}"


def text(value: object) -> str:
    """A text or a list of texts as TOML has it."""
    return json.dumps(value, ensure_ascii=False)
