"""Viewpoint groups: who judges alike is found from judgements alone, and by everybody the same."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

import groups_vectors
import numpy as np
import plain_groups
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ranking_worlds import DAY, NOW, rid, worlds

from knowchain.errors import InvalidValue
from knowchain.identifiers import Cid, RecordId
from knowchain.ranking.columns import Columns
from knowchain.ranking.engine import Engine
from knowchain.ranking.facts import Evaluation, Fact, Statement, Viewer, ViewpointGroup, Viewpoints, World
from knowchain.ranking.grouping import Grouping, Judgements, grouped, judgements_in, most_divided, most_united
from knowchain.ranking.grouping.grouping import MAX_MEMBERS
from knowchain.ranking.profile import Profile
from knowchain.ranking.readers_trust import ReadersTrust
from knowchain.records.vocabulary.axes import AXES

CASES = json.loads(groups_vectors.FILE.read_text("utf-8"))["cases"]
Said = list[tuple[RecordId, RecordId, int]]


def person(number: int) -> RecordId:
    return rid("person", number)


def work(number: int) -> RecordId:
    return rid("work", number)


def camps(count: int, people: int, works: int, judged: int, noise: float = 0.15, seed: int = 1) -> Said:
    """People in camps by turns, each with a taste of its own but for three works of ten, which all like."""
    chance = random.Random(seed)
    tastes = [[chance.choice((-1, 1)) for _ in range(works)] for _ in range(count)]
    for each in range(0, works, 3):
        for taste in tastes:
            taste[each] = 1
    said = []
    for number in range(people):
        for each in chance.sample(range(works), judged):
            value = tastes[number % count][each]
            said.append((person(number), work(each), -value if chance.random() < noise else value))
    return said


def found(said: Said, **asked: int | None) -> Grouping:
    return grouped(Judgements.of(said), **asked)  # type: ignore[arg-type]


def mostly(group: Sequence[tuple[RecordId, int]]) -> set[RecordId]:
    return {who for who, part in group if part > 500}


@pytest.mark.parametrize(
    ("count", "people", "works", "judged"), [(2, 30, 40, 20), (3, 90, 60, 40), (4, 200, 100, 60)]
)
def test_camps_are_found_and_counted(count: int, people: int, works: int, judged: int) -> None:
    answer = found(camps(count, people, works, judged))
    assert len(answer.groups) == count
    wanted = [{person(n) for n in range(people) if n % count == camp} for camp in range(count)]
    for group in answer.groups:
        best = max(len(mostly(group.members) & camp) / len(camp) for camp in wanted)
        assert best > 0.9
    assert answer.foretold[count] > answer.foretold[1]


def test_two_camps_are_found_in_whatever_order_works_and_people_stand() -> None:
    """Ids are hashes: which work stands where is chance, and must not decide."""
    for works in itertools.permutations(range(5)):
        for people in ((0, 1, 2, 3), (0, 2, 1, 3), (0, 3, 1, 2)):
            said = [
                (RecordId(bytes_of(who)), RecordId(bytes_of(10 + place)), value)
                for who, number in enumerate(people)
                for place, each in enumerate(works)
                for value in (1 if each == 4 or (each < 2) == (number < 2) else -1,)
            ]
            assert len(found(said).groups) == 2, (works, people)


def bytes_of(number: int) -> Cid:
    """Ids that stand in the order of their numbers."""
    return Cid(b"\x01\x71\x12\x20" + number.to_bytes(32, "big"))


def test_neither_the_order_of_judgements_nor_the_machine_enters() -> None:
    """The digest was made once; a processor, a numpy or a Python that sums otherwise changes it."""
    said = camps(2, 60, 50, 25, seed=4)
    answer = found(said)
    random.Random(0).shuffle(said)
    assert found(said) == answer
    text = repr([(str(who), part) for group in answer.groups for who, part in group.members])
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN


GOLDEN = "18bbd32aa8f0037a0cea3f2436c842293b65f9429999e7b57888187c47eace42"


def test_people_who_judge_alike_are_one_group_and_so_are_those_who_toss_coins() -> None:
    alike = found(camps(1, 40, 40, 20))
    assert len(alike.groups) == 1
    assert {part for _, part in alike.groups[0].members} == {1000}
    for seed in range(5):
        chance = random.Random(seed)
        coins = [(person(n), work(w), chance.choice((-1, 1))) for n in range(30) for w in range(25)]
        assert len(found(coins).groups) == 1


def test_where_nobody_differs_no_groups_can_be_forced() -> None:
    same = [(person(n), work(w), 1) for n in range(10) for w in range(10)]
    assert len(found(same, count=3).groups) == 1


def test_too_few_people_make_no_groups() -> None:
    for said in ([], camps(2, 3, 20, 10)):
        answer = found(said)
        assert answer.groups == ()
        assert answer.people == len({who for who, _, _ in said})
    answer = found(camps(2, 30, 40, 4), least=5)
    assert (answer.people, answer.too_few) == (0, 30)


def test_works_that_one_alone_judged_tell_nothing() -> None:
    said = camps(2, 30, 40, 20)
    lonely = [(person(n), rid("own", n, w), 1) for n in range(30) for w in range(10)]
    assert found(said + lonely).groups == found(said).groups


def test_two_who_flood_the_works_with_judgements_move_nobody() -> None:
    """They differ in fifty times as many works as all others judged; unbounded, they'd be all the spread."""
    said = camps(2, 40, 40, 20)
    before = [mostly(group.members) for group in found(said).groups]
    flood = [(person(900 + n), rid("flood", w), 1 if n else -1) for w in range(2_000) for n in range(2)]
    after = [mostly(group.members) - {person(900), person(901)} for group in found(said + flood).groups]
    assert sorted(map(sorted, after)) == sorted(map(sorted, before))


def test_many_whom_trust_hardly_reaches_make_no_camp() -> None:
    said = camps(2, 40, 40, 20)
    sybils = [(person(1000 + n), work(w), -1) for n in range(500) for w in range(40)]
    weights = {person(n): 255 for n in range(40)} | {person(1000 + n): 1 for n in range(500)}
    answer = grouped(Judgements.of(said + sybils, weights), count=2)
    for group in answer.groups:
        honest = [n % 2 for n in range(40) if person(n) in mostly(group.members)]
        assert 18 <= len(honest) <= 22
        assert max(honest.count(0), honest.count(1)) >= 17
    nobody = grouped(Judgements.of(said + sybils, {**weights, **{person(1000 + n): 0 for n in range(500)}}))
    assert nobody.people == 40


def test_what_divides_and_what_unites() -> None:
    said = [
        (person(n), work(w), 1 if w < 4 or (n % 2) == (w % 2) else -1) for n in range(12) for w in range(20)
    ]
    answer = found(said, count=2)
    divided, united = most_divided(answer.approvals, 3), most_united(answer.approvals, 9)
    assert {each.work for each in united} == {work(w) for w in range(4)}
    assert {each.work for each in divided} <= {work(w) for w in range(4, 20)}
    assert all(each.milli in ((875, 125), (125, 875)) for each in divided)


@pytest.mark.parametrize("asked", [{"count": 1}, {"count": 6}, {"least": 1}, {"least": 1001}])
def test_what_is_out_of_range_is_refused(asked: dict[str, int]) -> None:
    with pytest.raises(InvalidValue) as caught:
        found([], **asked)
    assert caught.value.remedy


def test_a_record_has_room_for_the_weightiest() -> None:
    said = camps(2, 3_100, 30, 10)
    weights = {person(n): 100 if n < 100 else 255 for n in range(3_100)}
    answer = grouped(Judgements.of(said, weights), count=2)
    named = {who for group in answer.groups for who, _ in group.members}
    assert sum(len(group.members) for group in answer.groups) <= MAX_MEMBERS
    assert answer.unnamed == answer.people - len(named) > 0
    assert not any(weights[who] == 100 for who in named)


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 12), st.integers(-10, 10)),
        max_size=120,
        unique_by=lambda each: each[:2],
    ),
    st.sampled_from([None, 2, 3, 5]),
    st.randoms(use_true_random=False),
)
def test_any_judgements_give_groups_that_a_record_can_hold(
    pairs: list[tuple[int, int, int]], count: int | None, chance: random.Random
) -> None:
    said = [(person(who), work(what), total) for who, what, total in pairs]
    answer = found(said, count=count, least=2)
    for group in answer.groups:
        who = [each for each, _ in group.members]
        assert who == sorted(set(who))
        assert all(50 <= part <= 1000 for _, part in group.members)
    assert sum(group.nearest for group in answer.groups) == (answer.people if answer.groups else 0)
    chance.shuffle(said)
    assert found(said, count=count, least=2) == answer


def same_in_plain(said: Said, weights: dict[RecordId, int], **asked: int | None) -> None:
    """Both ways give the same groups, parts and figures."""
    answer = grouped(Judgements.of(said, weights), **asked)  # type: ignore[arg-type]
    pairs = {(who, what): (total > 0) - (total < 0) for who, what, total in said}
    parts, told = plain_groups.grouped(pairs, weights, **asked)  # type: ignore[arg-type]
    assert [dict(group.members) for group in answer.groups] == parts
    assert list(answer.foretold.values()) == told


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 12), st.integers(-2, 2)),
        max_size=120,
        unique_by=lambda each: each[:2],
    ),
    st.dictionaries(st.integers(0, 9), st.sampled_from([0, 1, 20, 255])),
    st.sampled_from([None, 2, 3, 5]),
)
def test_plain_integers_say_the_same_of_any_judgements(
    pairs: list[tuple[int, int, int]], weights: dict[int, int], count: int | None
) -> None:
    said = [(person(who), work(what), total) for who, what, total in pairs]
    same_in_plain(said, {person(n): weights.get(n, 255) for n in range(10)}, count=count, least=2)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_plain_integers_say_the_same_of_camps(count: int) -> None:
    said = camps(count, 24, 30, 15)
    flood = [(person(900 + n), rid("flood", w), 1 if n else -1) for w in range(100) for n in range(2)]
    weights = {person(n): 255 - 5 * (n % 40) for n in range(24)} | {person(900): 255, person(901): 3}
    same_in_plain(said + flood, weights)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_published_groups_are_found(case: dict[str, Any]) -> None:
    said, weights = groups_vectors.judgements_of(case)
    triples = [(who, what, x) for (who, what), x in said.items()]
    answer = grouped(
        Judgements.of(triples, weights), count=case["asked-groups"] or None, least=case["judgements-least"]
    )
    found = [{str(who): part for who, part in group.members} for group in answer.groups]
    assert found == case["groups"]
    assert list(answer.foretold.values()) == case["foretold"]


def test_the_published_file_is_what_plain_integers_write() -> None:
    assert groups_vectors.FILE.read_text("utf-8") == groups_vectors.written()


@settings(max_examples=40)
@given(worlds(), st.integers(NOW - 60 * DAY, NOW + DAY), st.booleans())
def test_judgements_are_those_that_bridge_counts(world: World, as_of: int, everybody: bool) -> None:
    columns = Columns.of(world)
    profile = Profile(name="x", weights={"bridge": 1000}, seeds=(rid("author", 0),))
    vouched = ReadersTrust(columns).at(profile, Viewer(), as_of)
    judgements = judgements_in(columns, None if everybody else vouched, as_of)
    signals = dict(zip(columns.authors.names, vouched.signals.tolist(), strict=True))
    authors = {fact.id: fact.author for fact in world.facts if fact.kind == "work"}
    latest: dict[tuple[RecordId, RecordId, str], Evaluation] = {}
    for each in sorted(world.evaluations, key=lambda each: (each.time, each.id)):
        if each.time <= as_of:
            latest[each.author, each.subject, each.axis] = each
    totals: dict[tuple[RecordId, RecordId], int] = {}
    for each in latest.values():
        weight = 255 if everybody else signals[each.author] * 255 // 65_536
        if each.axis in AXES and weight and authors.get(each.subject, each.author) != each.author:
            pair = each.author, each.subject
            totals[pair] = totals.get(pair, 0) + each.value
    told = {
        (judgements.people[who], judgements.works[what]): sign
        for who, what, sign in zip(judgements.person, judgements.work, judgements.sign, strict=True)
    }
    assert told == {pair: int(np.sign(total)) for pair, total in totals.items()}


def two_camps() -> Iterator[Evaluation]:
    """Ten reds like red works, four blues blue ones, and all like the last a little."""
    for who in range(14):
        red = who < 10
        for what in range(11):
            value = 2 if what == 10 or (what < 5) == red else -1
            if what == 10:
                value = 1
            yield Evaluation(rid("e", who, what), person(who), work(what), NOW - DAY, "goodness", value)


def test_a_work_that_both_camps_like_passes_one_that_the_larger_camp_likes_more() -> None:
    """Ten reds and four blues. By plain judgement the reds' favourites lead; bridging puts the work that all
    like a little first."""
    reader, writer = rid("reader"), rid("writer")
    world = World(
        [Fact(work(n), "work", writer, NOW - DAY) for n in range(11)],
        [Statement(rid("t", n), reader, person(n), NOW - DAY, 255) for n in range(14)],
        rid("snapshot"),
        list(two_camps()),
    )
    columns = Columns.of(world)
    plain = Profile(name="plain", weights={"axis.goodness": 1000}, seeds=(reader,))
    vouched = ReadersTrust(columns).at(plain, Viewer(), NOW)
    answer = grouped(judgements_in(columns, vouched, NOW))
    assert [mostly(group.members) for group in answer.groups] == [
        {person(n) for n in range(10)},
        {person(n) for n in range(10, 14)},
    ]
    named = rid("groups")
    columns.put_viewpoints(
        Viewpoints(named, tuple(ViewpointGroup(group.members, 100) for group in answer.groups))
    )
    bridging = Profile(name="bridging", weights={"bridge": 1000}, seeds=(reader,), groups=named)
    engine = Engine(columns)
    leading = [
        engine.rank(profile, Viewer(), as_of=NOW, snapshot=world.snapshot).feed().items[0].id
        for profile in (plain, bridging)
    ]
    assert leading[0] in {work(n) for n in range(5)}
    assert leading[1] == work(10)
