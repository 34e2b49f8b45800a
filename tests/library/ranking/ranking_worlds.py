"""Worlds of facts that hypothesis makes: small ones with many ties, and whole shapes of trouble."""

from __future__ import annotations

import hashlib

from hypothesis import strategies as st

from knowchain.identifiers import RecordId, record_id
from knowchain.ranking.conditions import compile_condition
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
from knowchain.ranking.profile import ME, SOURCES, Boost, Floor, Profile, Rerank
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
TARGETS = st.lists(st.integers(0, 8), max_size=3, unique=True)
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
                uses=tuple(sorted(rid("record", each) for each in draw(TARGETS))),
            )
        )
    return found


@st.composite
def evaluations(draw: st.DrawFn) -> list[Evaluation]:
    return [
        Evaluation(
            id=rid("evaluation", number),
            author=author(draw(st.integers(0, 8))),
            subject=rid("record", draw(st.integers(0, 6))),
            time=draw(TIMES),
            axis=draw(st.sampled_from(["truth", "truth", "beauty", "clear"])),
            value=draw(st.integers(-2, 2)),
            languages=draw(st.sampled_from(SETS)),
        )
        for number in range(draw(st.integers(0, 25)))
    ]


@st.composite
def labels(draw: st.DrawFn) -> list[Label]:
    return [
        Label(
            id=rid("label", number),
            author=author(draw(st.integers(0, 3))),
            subject=draw(st.sampled_from([rid("record", 0), rid("record", 1), author(1), author(2)])),
            time=draw(TIMES),
            label=draw(st.sampled_from(["spam", "x-own"])),
            negated=draw(st.booleans()),
            until=draw(st.one_of(st.none(), TIMES)),
        )
        for number in range(draw(st.integers(0, 6)))
    ]


@st.composite
def viewpoints(draw: st.DrawFn) -> list[Viewpoints]:
    parts = st.dictionaries(st.integers(0, 8).map(author), st.integers(1, 1000))
    groups = st.builds(
        lambda members, minimum: ViewpointGroup(tuple(sorted(members.items())), minimum),
        parts,
        st.sampled_from([0, 1, 500, 1000]),
    )
    return [
        Viewpoints(rid("viewpoints", number), tuple(draw(st.lists(groups, max_size=3))))
        for number in range(draw(st.integers(0, 2)))
    ]


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


FINGERPRINTS = st.one_of(
    st.sampled_from([0, 1, 0xFF, 2**64 - 1, 2**63, 0xFFFF_FFFF]), st.integers(0, 2**64 - 1)
)


@st.composite
def worlds(draw: st.DrawFn, most: int = 40) -> World:
    snapshot = rid("snapshot", draw(st.integers(0, 3)))
    return World(
        draw(facts(most)),
        draw(statements()),
        snapshot,
        draw(evaluations()),
        draw(labels()),
        draw(viewpoints()),
        draw(st.dictionaries(st.integers(0, most).map(lambda n: rid("record", n)), FINGERPRINTS)),
    )


ALL_SIGNALS = [*SIGNALS, "axis.truth", "axis.beauty", "axis.clear", "label:spam", "label:x-own"]


CONDITIONS = [
    "lang == 'cy' && provenance < 32768",
    "lang in reader.blocked || 'en' in langs && followed",
    "axis.truth < -100 || label.x_own > 0",
    "'song' in topics || lang in reader.langs && age < 86400",
    "lang_lift > trust + 1000",
    "!(age * 9223372036854775807 > 0) && lang == ''",
    f"author == '{author(3)}' || '{rid('c', 0)}' in collections",
]


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    chosen = draw(st.lists(st.sampled_from(ALL_SIGNALS), min_size=1, unique=True))
    seeds = draw(st.lists(st.sampled_from([ME, author(0), author(1), author(7)]), unique=True))
    blocked = draw(st.sets(st.sampled_from([author(2), author(3), author(8)])))
    return Profile(
        name="drawn",
        weights={name: draw(st.integers(-3000, 3000)) for name in sorted(chosen)},
        langs=tuple(draw(st.lists(st.sampled_from(["cy", "en", "zh"]), unique=True))),
        seeds=tuple(seeds),
        blocked_people=frozenset(blocked),
        blocked_languages=tuple(draw(st.lists(st.sampled_from(["en", "zh-Hant", "und"]), unique=True))),
        fresh_half_life_s=draw(st.sampled_from([1, 172_800, 7, 3_155_760_000])),
        lang_window_s=draw(st.sampled_from([1, 2_419_200])),
        trust_hops=draw(st.integers(0, 6)),
        topics=draw(st.sampled_from([(), ("harbour",), ("harbour", "song")])),
        labelers=tuple(draw(st.lists(st.integers(0, 3).map(author), unique=True))),
        groups=draw(st.sampled_from([None, rid("viewpoints", 0), rid("viewpoints", 1)])),
        axis_half_life_s=draw(st.sampled_from([1, 86_400 * 20, 31_557_600])),
        axis_kappa=draw(st.sampled_from([1, 3_000])),
        contribution_half_life_s=draw(st.sampled_from([1, 86_400 * 20, 31_557_600])),
        sources={name: draw(st.sampled_from([0, 1, 3, 100_000, 100_000])) for name in SOURCES},
        page=draw(st.sampled_from([1, 20])),
        score_min=draw(st.one_of(st.none(), st.integers(-3000, 3000))),
        drop=tuple(
            compile_condition(text, 1)
            for text in draw(st.lists(st.sampled_from(CONDITIONS), max_size=2, unique=True))
        ),
        boosts=tuple(
            Boost(compile_condition(text, 1), draw(st.integers(-2000, 2000)), f"boost:{number}")
            for number, text in enumerate(draw(st.lists(st.sampled_from(CONDITIONS), max_size=3)), 1)
        ),
        rerank=draw(st.one_of(st.just(Rerank()), reranks())),
    )


@st.composite
def reranks(draw: st.DrawFn) -> Rerank:
    floors = draw(
        st.lists(
            st.sampled_from([Floor("minority", 200), Floor("outward", 300), Floor("minority", 500)]),
            max_size=2,
            unique_by=lambda floor: floor.group,
        )
    )
    return Rerank(
        author_decay=draw(st.booleans()),
        mmr_lambda=draw(st.sampled_from([0, 400, 1_000_000])),
        calibration_mu=draw(st.sampled_from([0, 700, 1_000_000])),
        floors=tuple(floors),
        explore_every=draw(st.sampled_from([None, 5, 7])),
        lift_min=draw(st.sampled_from([1, 32_768, 65_536])),
    )


@st.composite
def viewers(draw: st.DrawFn) -> Viewer:
    return Viewer(
        me=draw(st.sampled_from([None, author(0), author(4), author(9)])),
        people=frozenset(draw(st.sets(st.sampled_from([author(n) for n in range(7)])))),
        collections=frozenset(draw(st.sets(st.sampled_from([rid("c", 0)])))),
        languages=tuple(draw(st.lists(st.sampled_from(["cy", "x-a"]), unique=True))),
        topics=frozenset(draw(st.sets(st.sampled_from(["song"])))),
        history=draw(st.dictionaries(st.integers(0, 9).map(lambda n: rid("record", n)), st.integers(1, 20))),
        salt=b"salt",
        owed=draw(st.dictionaries(st.sampled_from(["cy", "en", "zh", "ga"]), st.integers(-400_000, 400_000))),
    )


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
