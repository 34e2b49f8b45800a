"""The integers of ranking: columns equal single numbers, and both are what they stand for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knowchain.ranking.moving import Faded, Fading
from knowchain.ranking.numbers import (
    HALVINGS,
    ONE,
    STEPS,
    TABLE,
    fresh,
    fresh_column,
    ilog2q,
    ilog2q_column,
)

AGES = st.integers(-(2**53), 2**53)
LIVES = st.integers(1, 3_155_760_000_000)


def test_the_table_is_the_floor_of_each_root() -> None:
    for i, entry in enumerate(TABLE):
        assert Fraction(entry, ONE) ** 64 <= Fraction(1, 2**i) < Fraction(entry + 1, ONE) ** 64


@given(st.lists(AGES, max_size=20), LIVES)
@example([0, 1, -1, 63, 64, 1087, 1088], 64)
def test_a_column_of_ages_is_each_age(ages: list[int], life: int) -> None:
    assert fresh_column(np.array(ages, np.int64), life).tolist() == [fresh(age, life) for age in ages]


@given(AGES, st.integers(0, 2**40), LIVES)
def test_what_is_older_is_never_fresher(age: int, more: int, life: int) -> None:
    assert age < 0 or fresh(age + more, life) <= fresh(age, life) <= ONE


@given(st.lists(st.integers(1, 2**62 - 1), max_size=20))
@example([1, 2**30 - 1, 2**30, 2**31 - 1, 2**31, 2**53 - 1, 2**53 + 1, 2**61, 2**62 - 1])
def test_a_column_of_logarithms_is_each_logarithm(xs: list[int]) -> None:
    assert ilog2q_column(np.array(xs, np.int64)).tolist() == [ilog2q(x) for x in xs]


@given(st.integers(1, 2**20), st.integers(0, 2**20))
def test_the_logarithm_is_right_to_two_units_and_grows(x: int, more: int) -> None:
    """2^(y / Q) ≤ x < 2^((y + 2) / Q), in integers."""
    y = ilog2q(x)
    assert 2**y <= x**ONE if x < 64 else True
    assert ilog2q(x + more) >= y


@given(st.integers(0, 61))
def test_powers_of_two_are_exact(power: int) -> None:
    assert ilog2q(2**power) == power * ONE


@pytest.mark.parametrize("half_life", [1, 7, 64, 1_000, 86_400_000])
def test_scores_that_are_kept_fade_at_the_very_millisecond(half_life: int) -> None:
    """At every moment at which a work loses a step, one before and one after."""
    times = np.array([0.0, 1.0, 5.0, 1_000.0, 90_000_000.0])
    ends = {
        int(time) - -(step * half_life // -STEPS)
        for time in times.tolist()
        for step in (*range(1, 70), STEPS * HALVINGS - 1, STEPS * HALVINGS)
    }
    moments = sorted({max(0, end + near) for end in ends for near in (-1, 0, 1)})
    summed = np.zeros(len(times))
    kept = Faded(summed, Fading(times, moments[0], half_life), 3)
    for moment in moments:
        fading = Fading(times, moment, half_life)
        assert kept.holds_for(summed, fading, 3)
        of_age = times <= moment
        assert kept.at(moment)[of_age].tolist() == (fading.every() * 3)[of_age].tolist()
    assert not kept.holds_for(summed, Fading(times, moments[0], half_life), 3), "nobody looks back in it"
