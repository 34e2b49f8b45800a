"""Worlds of facts that hypothesis makes: small ones with many ties, and whole shapes of trouble."""

from __future__ import annotations

import hashlib

from hypothesis import strategies as st

from knowchain.identifiers import RecordId, record_id
from knowchain.ranking.facts import Drop, Fact, Statement, Viewer, World
from knowchain.ranking.profile import ME, SOURCES, Profile
from knowchain.ranking.signals import SIGNALS

NOW = 1_800_000_000_000
DAY = 86_400_000
SETS = ((), ("cy",), ("en",), ("cy", "en"), ("en-GB", "und"), ("zh-Hant",), ("wels1247",), ("mul",), ("x-a",))


def rid(*parts: object) -> RecordId:
    return record_id(repr(parts).encode())


def author(number: int) -> RecordId:
    return rid("author", number)


TIMES = st.one_of(
    st.integers(NOW - 60 * DAY, NOW + DAY),
    st.sampled_from([NOW, NOW - 1, NOW + 1, NOW - 28 * DAY, NOW - 28 * DAY + 1, NOW - 2 * DAY, 0]),
)
WORLD_DROPS = list(Drop)[:7]


@st.composite
def facts(draw: st.DrawFn, most: int = 40) -> list[Fact]:
    count = draw(st.integers(0, most))
    found = []
    for number in range(count):
        targets = draw(st.lists(st.integers(0, count + 2), max_size=4, unique=True))
        found.append(
            Fact(
                id=rid("record", number),
                kind=draw(st.sampled_from(["work", "work", "work", "event"])),
                author=author(draw(st.integers(0, 6))),
                time=draw(TIMES),
                drop=draw(st.sampled_from([None] * 6 + WORLD_DROPS)),
                # Real records can't cite in circles; the rules hold there, too.
                sources=tuple(sorted(rid("record", each) for each in targets)),
                languages=draw(st.sampled_from(SETS)),
                collections=tuple(sorted(draw(st.sets(st.sampled_from([rid("c", 0), rid("c", 1)]))))),
                topics=draw(st.sampled_from([(), (), ("song",), ("harbour", "song")])),
            )
        )
    return found


@st.composite
def statements(draw: st.DrawFn) -> list[Statement]:
    found = []
    for number in range(draw(st.integers(0, 14))):
        weight = draw(st.sampled_from([255, 85, 0, -85, -255]))
        found.append(
            Statement(
                id=rid("trust", number),
                author=author(draw(st.integers(0, 6))),
                subject=author(draw(st.integers(0, 8))),
                time=draw(TIMES),
                weight=weight,
                block=weight == -255 and draw(st.booleans()),
                until=draw(st.one_of(st.none(), TIMES)),
            )
        )
    return found


@st.composite
def worlds(draw: st.DrawFn, most: int = 40) -> World:
    snapshot = rid("snapshot", draw(st.integers(0, 3)))
    return World(draw(facts(most)), draw(statements()), snapshot)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    chosen = draw(st.lists(st.sampled_from(list(SIGNALS)), min_size=1, unique=True))
    seeds = draw(st.lists(st.sampled_from([ME, author(0), author(1), author(7)]), unique=True))
    blocked = draw(st.sets(st.sampled_from([author(2), author(3), author(8)])))
    return Profile(
        name="drawn",
        weights={name: draw(st.integers(-3000, 3000)) for name in SIGNALS if name in chosen},
        langs=tuple(draw(st.lists(st.sampled_from(["cy", "en", "zh"]), unique=True))),
        seeds=tuple(seeds),
        blocked_people=frozenset(blocked),
        blocked_languages=tuple(draw(st.lists(st.sampled_from(["en", "zh-Hant", "und"]), unique=True))),
        fresh_half_life_s=draw(st.sampled_from([1, 172_800, 7, 3_155_760_000])),
        lang_window_s=draw(st.sampled_from([1, 2_419_200])),
        trust_hops=draw(st.integers(0, 6)),
        sources={name: draw(st.sampled_from([0, 1, 3, 100_000, 100_000])) for name in SOURCES},
        page=draw(st.sampled_from([1, 20])),
        score_min=draw(st.one_of(st.none(), st.integers(-3000, 3000))),
    )


@st.composite
def viewers(draw: st.DrawFn) -> Viewer:
    return Viewer(
        me=draw(st.sampled_from([None, author(0), author(4), author(9)])),
        people=frozenset(draw(st.sets(st.sampled_from([author(n) for n in range(7)])))),
        collections=frozenset(draw(st.sets(st.sampled_from([rid("c", 0)])))),
        languages=tuple(draw(st.lists(st.sampled_from(["cy", "x-a"]), unique=True))),
        topics=frozenset(draw(st.sets(st.sampled_from(["song"])))),
    )


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
