"""Rules that move works: what they promise holds at every place, and each move says what it did."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ranking_worlds import NOW, author, profiles, rid, viewers, worlds

from knowchain.errors import InvalidValue
from knowchain.identifiers import RecordId
from knowchain.ranking.columns import Columns
from knowchain.ranking.debts import MOST_OWED, owed_after, targets_of
from knowchain.ranking.engine import Engine, Ranking
from knowchain.ranking.facts import Evaluation, Fact, Statement, Viewer, World
from knowchain.ranking.feed import Feed
from knowchain.ranking.likeness import fingerprint, likeness
from knowchain.ranking.numbers import ONE
from knowchain.ranking.profile import Profile
from knowchain.ranking.profile_text import read_profile
from knowchain.ranking.reasons import why_dropped, why_moved, why_unmet

ME = author(0)
HOUR = 3_600_000


def profile(text: str, weights: str = "fresh = 1000") -> Profile:
    return read_profile(f'v = 1\nname = "moved"\n[weights]\n{weights}\n{text}')


def work(number: int, who: int, languages: tuple[str, ...] = ("en",), hours: int | None = None) -> Fact:
    time = NOW - (number if hours is None else hours) * HOUR
    return Fact(rid("work", number), "work", author(who), time, languages=languages)


def trusting(*people: int) -> list[Statement]:
    return [Statement(rid("trust", n), ME, author(n), NOW - HOUR, 255) for n in people]


def ranked(world: World, rules: Profile, viewer: Viewer | None = None) -> Ranking:
    engine = Engine(Columns.of(world))
    return engine.rank(rules, viewer or Viewer(me=ME), as_of=NOW, snapshot=world.snapshot)


def shown(feed: Feed) -> list[RecordId]:
    return [item.id for item in feed.items]


def test_an_author_who_floods_does_not_fill_the_page() -> None:
    flood = [work(n, 1) for n in range(30)]
    others = [work(100 + n, 10 + n, hours=30 + n) for n in range(5)]
    world = World([*flood, *others], [], rid("snapshot"))
    assert {item.author for item in ranked(world, profile("")).feed(10).items} == {author(1)}
    feed = ranked(world, profile("[rerank]\nauthor_decay = true")).feed(10)
    assert {author(10 + n) for n in range(5)} < {item.author for item in feed.items}
    second = [item for item in feed.items if item.author == author(1)][1]
    assert second.moves[0].rule == "author-decay"
    assert second.moves[0].before == 1
    assert second.moves[0].costs == second.score - (second.score * 40_960 >> 16)
    assert "1" in str(why_moved(second.moves[0]))


def test_near_copies_stand_further_down_and_name_what_they_are_like() -> None:
    text = ["A song of the harbour at dawn, sung by the net menders of the north quay"]
    copies = [text, [text[0] + "."], [text[0] + "!"]]
    other = fingerprint(["Ledger of wool and grain of the year 1742"])
    prints = {rid("work", n): fingerprint(each) or 0 for n, each in enumerate(copies)}
    prints[rid("work", 9)] = other or 0
    works = [*(work(n, n + 1) for n in range(3)), work(9, 9, hours=20)]
    world = World(works, [], rid("snapshot"), fingerprints=prints)
    plain = ranked(world, profile("")).feed()
    feed = ranked(world, profile("[rerank]\nmmr_lambda = 500")).feed()
    assert shown(plain)[3] == shown(feed)[1] == rid("work", 9)
    last = feed.items[3].moves[0]
    assert last.rule == "likeness"
    assert last.like == rid("work", 0)
    assert last.part > ONE // 2
    assert last.costs == 500 * last.part


def test_texts_without_anything_in_common_are_not_alike() -> None:
    texts = [["The tide tables of the northern islands"], ["水边的歌谣与故事集"], ["Llyfr y caneuon gwlad"]]
    prints = [fingerprint(each) for each in texts]
    assert likeness(prints[0], prints[0]) == ONE
    assert all(likeness(prints[0], each) < ONE // 2 for each in prints[1:])
    assert likeness(None, prints[0]) == 0
    assert fingerprint(["ab"]) is None


def test_a_floor_for_small_languages_is_kept_and_says_whom_it_displaced() -> None:
    works = [work(n, n % 7 + 1) for n in range(40)]
    works += [work(100 + n, 8, ("gd",), hours=2000 + n) for n in range(8)]
    world = World(works, trusting(*range(1, 9)), rid("snapshot"))
    rules = profile('[rerank]\npage = 20\nfloors = [{ group = "minority", p_milli = 200 }]')
    feed = ranked(world, rules).feed()
    places = [item.place for item in feed.items if item.author == author(8)]
    assert places == [5, 10, 15, 20]
    move = feed.items[4].moves[-1]
    assert (move.rule, move.needed, move.had) == ("floor:minority", 1, 0)
    assert move.displaced == shown(feed)[5]
    assert feed.items[4].rank == 41


def test_a_small_languages_tag_is_not_enough_for_a_floor() -> None:
    works = [work(n, 1) for n in range(40)]
    works += [work(100 + n, 66, ("gd",), hours=2000 + n) for n in range(8)]
    world = World(works, trusting(1), rid("snapshot"))
    feed = ranked(world, profile('[rerank]\nfloors = [{ group = "minority", p_milli = 200 }]')).feed()
    assert author(66) not in {item.author for item in feed.items}
    assert feed.unmet == {"floor:minority": 5}
    assert "from place 5" in str(why_unmet("floor:minority", 5))


def test_floors_that_fall_due_together_are_both_kept() -> None:
    works = [work(n, 1) for n in range(60)]
    works += [work(100 + n, 2, ("gd",), hours=2000 + n) for n in range(20)]
    works += [work(200 + n, 3, hours=3000 + n) for n in range(20)]
    said = [
        Evaluation(rid("said", n, who), author(who), rid("work", 200 + n), NOW, "truth", 2, (tag,))
        for n in range(20)
        for who, tag in ((1, "en"), (2, "gd"))
    ]
    world = World(works, trusting(1, 2, 3), rid("snapshot"), said)
    rules = profile(
        '[rerank]\npage = 40\nfloors = [{ group = "minority", p_milli = 500 }, '
        '{ group = "outward", p_milli = 500 }]'
    )
    feed = ranked(world, rules).feed()
    had: Counter[RecordId] = Counter()
    for place, item in enumerate(feed.items, 1):
        had[item.author] += 1
        assert had[author(2)] >= place // 2
        assert had[author(3)] >= place // 2


def test_drawn_places_go_round_authors_however_much_one_publishes() -> None:
    works = [work(n, 1) for n in range(50)]
    works += [work(1000 + n, 2, hours=5000 + n) for n in range(200)]
    works += [work(2000 + n, 10 + n, hours=6000 + n) for n in range(20)]
    world = World(works, [], rid("snapshot"))
    feed = ranked(world, profile("[rerank]\npage = 40\nexplore = { every = 4 }")).feed()
    drawn = [item for item in feed.items if item.moves]
    assert [item.place for item in drawn] == list(range(4, 41, 4))
    assert {move.rule for item in drawn for move in item.moves} == {"explore"}
    assert len({item.author for item in drawn}) == len(drawn), "nobody is drawn twice"


def test_a_language_with_more_than_its_part_gives_way_and_debts_are_carried() -> None:
    works = [work(n, n % 3 + 1) for n in range(40)] + [work(50 + n, 4, ("cy",), 100 + n) for n in range(9)]
    world = World(works, trusting(1, 2, 3, 4), rid("snapshot"))
    rules = profile("[rerank]\npage = 10\ncalibration_mu = 2000")
    feed = ranked(world, rules).feed()
    welsh = sum("cy" in item.evidence.languages for item in feed.items)
    assert 2 <= welsh <= 5, "about its part: the root of one author against that of three"
    assert feed.owed is not None
    assert set(feed.owed) == {"cy", "en"}
    indebted = Viewer(me=ME, owed={"cy": 4 * ONE, "en": -4 * ONE})
    more = sum("cy" in item.evidence.languages for item in ranked(world, rules, indebted).feed().items)
    assert more > welsh
    move = next(m for item in feed.items for m in item.moves if m.rule == "calibration")
    assert move.language in ("cy", "en")
    assert move.costs == 2000 * move.part


def test_parts_follow_the_root_of_what_is_published_and_debts_have_a_bound() -> None:
    assert targets_of({"en": 900, "cy": 100}, ["en", "cy", "ga"]) == {
        "cy": ONE // 4,
        "en": ONE * 30 // 40,
        "ga": 0,
    }
    assert targets_of({}, ["en"]) == {"en": 0}
    assert owed_after({"en": MOST_OWED}, {"en": ONE}, [("cy",)]) == {"cy": -ONE, "en": MOST_OWED}
    assert owed_after({"en": ONE}, {}, [("cy", "en"), ("cy", "en")]) == {"cy": -ONE}


def test_a_boost_has_its_own_line_and_may_take_away() -> None:
    world = World([work(1, 1), work(2, 1, ("cy",))], [], rid("snapshot"))
    boosts = "[[boost]]\nwhen = \"lang == 'cy'\"\nadd = 400\n[[boost]]\nwhen = 'age < 5400'\nadd = -100"
    first, second = ranked(world, profile(boosts)).feed().items
    assert first.id == rid("work", 2)
    assert [tuple(each) for each in first.contributions[1:]] == [
        ("boost:1", ONE, 400, 400 * ONE),
        ("boost:2", 0, -100, 0),
    ]
    assert second.contributions[2].adds == -100 * ONE
    assert second.score == sum(each.adds for each in second.contributions)


def test_a_condition_that_drops_a_work_is_named() -> None:
    world = World([work(1, 1), work(2, 1, ("cy",))], [], rid("snapshot"))
    rules = profile("[filter]\ndrop = [\"'gd' in langs\", \"lang == 'cy'\"]")
    judged = ranked(world, rules).judge(rid("work", 2))
    assert judged is not None
    assert judged.condition == "lang == 'cy'"
    assert judged.drop is not None
    assert "lang == 'cy'" in str(why_dropped(judged.drop, judged.condition))


@given(worlds(), profiles(), viewers(), st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_a_shorter_feed_begins_a_longer_one(world: World, rules: Profile, viewer: Viewer, limit: int) -> None:
    ranking = ranked(world, rules, viewer)
    short, long = ranking.feed(limit), ranked(world, rules, viewer).feed(40)
    assert short.items == long.items[: len(short.items)]


@given(worlds(), profiles(), viewers())
@settings(max_examples=60, deadline=None)
def test_every_floor_is_kept_in_every_beginning_or_said_to_be_unmet(
    world: World, rules: Profile, viewer: Viewer
) -> None:
    rules = replace(rules, weights={**rules.weights, "outward": 1})
    feed = ranked(world, rules, viewer).feed(40)
    for floor in rules.rerank.floors:
        if floor.group != "outward":
            continue
        unmet = feed.unmet.get("floor:outward", 10**6)
        had = 0
        for place, item in enumerate(feed.items, 1):
            had += any(each.signal == "outward" and each.value >= 8_192 for each in item.contributions)
            assert place >= unmet or had >= place * floor.p_milli // 1000


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[rerank]\nfloors = 3", 6, "is no list of tables"),
        ('[rerank]\nfloors = [{ group = "few", p_milli = 3 }]', 6, "is no group of works"),
        ('[rerank]\nfloors = [{ group = "minority", p_milli = 0 }]', 6, "not a whole number in range"),
        ('[rerank]\nfloors = [{ group = "minority", p_milli = 3, of = 2 }]', 6, "is no key here"),
        ("[rerank]\nexplore = 10", 6, "lacks what belongs there"),
        ("[rerank]\nexplore = [{ every = 3 }]", 6, "lacks what belongs there"),
        ("[rerank]\nexplore = { every = 0 }", 6, "not a whole number in range"),
        ('[rerank]\nauthor_decay = "yes"', 6, "neither true nor false"),
        ("[[boost]]\nwhen = 3\nadd = 3", 6, "is no condition"),
        ("[[boost]]\nwhen = 'age > 3'\nadd = 1\n[[boost]]\nwhen = 'age > 4'\nadd = true", 10, "not a whole"),
        ("[[boost]]\nwhen = 'frsh > 3'\nadd = 1", 6, "frsh"),
        ("[boost]\nwhen = 'age > 3'\nadd = 1", 5, "is no list of tables"),
        ("[[boost]]\nwhen = 'novelty > 3'\nadd = 1", 6, "novelty"),
    ],
)
def test_a_bad_rule_is_refused_at_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        profile(text)
    assert caught.value.fields["line"] == line
    assert said in str(caught.value)
    assert caught.value.remedy
