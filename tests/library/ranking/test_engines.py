"""Two engines, written apart, give one answer: to the bit, whatever the order of the input."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ranking_vectors import big_world
from ranking_worlds import DAY, NOW, author, profiles, viewers, worlds

from knowchain.ranking.columns import Columns
from knowchain.ranking.engine import Engine
from knowchain.ranking.facts import Viewer, World
from knowchain.ranking.presets import PRESETS, preset
from knowchain.ranking.profile import Profile
from knowchain.ranking.profile_text import read_profile
from knowchain.ranking.reasons import because
from knowchain.ranking.referee import Referee


@given(worlds(), profiles(), viewers(), st.integers(0, 60))
@settings(max_examples=120, deadline=None)
def test_the_engines_agree_on_every_bit(world: World, profile: Profile, viewer: Viewer, limit: int) -> None:
    referee = Referee(world, profile, viewer, as_of=NOW)
    ranking = Engine(Columns.of(world)).rank(profile, viewer, as_of=NOW, snapshot=world.snapshot)
    assert ranking.feed(limit) == referee.feed(limit)
    assert ranking.feed() == referee.feed()
    for fact in world.facts:
        assert ranking.judge(fact.id, limit) == referee.judge(fact.id, limit)


@given(worlds(), profiles(), viewers(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_arrival_moves_nothing(
    world: World, profile: Profile, viewer: Viewer, chance: random.Random
) -> None:
    mixed = World(
        chance.sample(world.facts, len(world.facts)),
        chance.sample(world.statements, len(world.statements)),
        world.snapshot,
        chance.sample(world.evaluations, len(world.evaluations)),
        chance.sample(world.labels, len(world.labels)),
        world.viewpoints,
        world.fingerprints,
    )
    feeds = [
        Engine(Columns.of(each)).rank(profile, viewer, as_of=NOW, snapshot=world.snapshot).feed()
        for each in (world, mixed)
    ]
    assert feeds[0] == feeds[1]
    assert Referee(mixed, profile, viewer, as_of=NOW).feed() == feeds[0]


@given(worlds(), worlds(), profiles(), viewers())
@settings(max_examples=60, deadline=None)
def test_columns_brought_up_to_date_equal_columns_made_anew(
    before: World, after: World, profile: Profile, viewer: Viewer
) -> None:
    """Records are replaced and added under an engine that has answered already."""
    engine = Engine(Columns.of(before))
    engine.rank(profile, viewer, as_of=NOW, snapshot=before.snapshot).feed()
    for fact in after.facts:
        if fact.kind == engine.columns.facts.get(fact.id, fact).kind:
            engine.columns.put(fact)
    for gone in list(engine.columns.statements):
        engine.columns.remove_statement(gone)
    for statement in after.statements:
        engine.columns.put_statement(statement)
    for evaluation in after.evaluations:
        engine.columns.put_evaluation(evaluation.id, (evaluation,))
    for spoken in {each.id for each in before.evaluations} - {each.id for each in after.evaluations}:
        engine.columns.put_evaluation(spoken, ())
    for label in after.labels:
        engine.columns.put_label(label.id, (label,))
    for gone in {each.id for each in before.labels} - {each.id for each in after.labels}:
        engine.columns.put_label(gone, ())
    for viewpoints in before.viewpoints:
        engine.columns.remove_viewpoints(viewpoints.id)
    for viewpoints in after.viewpoints:
        engine.columns.put_viewpoints(viewpoints)
    engine.columns.fingerprint_of = after.fingerprints.get
    whole = replace(after, facts=list(engine.columns.facts.values()))
    ranking = engine.rank(profile, viewer, as_of=NOW, snapshot=after.snapshot)
    assert ranking.feed() == Referee(whole, profile, viewer, as_of=NOW).feed()


STEPS = st.one_of(st.integers(0, 5), st.integers(0, 3 * DAY), st.sampled_from([-DAY, -1, 1, DAY, 400 * DAY]))


@given(worlds(), profiles(), viewers(), st.lists(STEPS, min_size=3, max_size=7))
@settings(max_examples=80, deadline=None)
def test_one_engine_asked_at_ever_other_moments_stays_exact(
    world: World, profile: Profile, viewer: Viewer, steps: list[int]
) -> None:
    """Works age step by step, some come of age, languages leave the window; and somebody looks back."""
    profile = replace(profile, weights={**profile.weights, "fresh": 900})
    engine, moment = Engine(Columns.of(world)), NOW - 2 * DAY
    for step in steps:
        moment += step
        ranking = engine.rank(profile, viewer, as_of=moment, snapshot=world.snapshot)
        assert ranking.feed(30) == Referee(world, profile, viewer, as_of=moment).feed(30)


@given(worlds(), profiles(), viewers())
@settings(max_examples=60, deadline=None)
def test_contributions_sum_exactly_and_every_work_is_accounted_for(
    world: World, profile: Profile, viewer: Viewer
) -> None:
    ranking = Engine(Columns.of(world)).rank(profile, viewer, as_of=NOW, snapshot=world.snapshot)
    feed = ranking.feed(1000)
    assert all(item.score == sum(each.adds for each in item.contributions) for item in feed.items)
    assert all(each.adds == each.value * each.weight for item in feed.items for each in item.contributions)
    assert feed.candidates == len(feed.items)
    assert feed.candidates + sum(feed.dropped.values()) == feed.works
    assert all(item.sources for item in feed.items)


@given(worlds(), profiles(), viewers())
@settings(max_examples=60, deadline=None)
def test_every_value_of_every_item_is_explained_in_words(
    world: World, profile: Profile, viewer: Viewer
) -> None:
    ranking = Engine(Columns.of(world)).rank(profile, viewer, as_of=NOW, snapshot=world.snapshot)
    said = {fact.id for fact in world.facts} | {each.id for each in world.evaluations}
    said |= {each.id for each in (*world.labels, *world.viewpoints)}
    for item in ranking.feed(1000).items:
        for each in item.contributions:
            words = str(because(each, item.evidence, profile))
            assert words
            assert "{" not in words
        assert all(said.issuperset(ground.records) for ground in item.evidence.grounds.values())


@pytest.mark.slow
@given(worlds(most=1000), profiles(), viewers())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_engines_agree_over_worlds_of_a_thousand(world: World, profile: Profile, viewer: Viewer) -> None:
    ranking = Engine(Columns.of(world)).rank(profile, viewer, as_of=NOW, snapshot=world.snapshot)
    assert ranking.feed(500) == Referee(world, profile, viewer, as_of=NOW).feed(500)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_the_engines_agree_over_made_worlds_of_ten_thousand(seed: int) -> None:
    world = big_world(seed, 10_000)
    for name in PRESETS:
        profile, viewer = read_profile(preset(name)), Viewer(me=author(0), languages=("cy",))
        ranking = Engine(Columns.of(world)).rank(profile, viewer, as_of=NOW, snapshot=world.snapshot)
        referee = Referee(world, profile, viewer, as_of=NOW)
        assert ranking.feed(500) == referee.feed(500)
        for fact in world.facts[::997]:
            assert ranking.judge(fact.id) == referee.judge(fact.id)
