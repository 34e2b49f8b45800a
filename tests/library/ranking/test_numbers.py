"""The integers of ranking: columns equal single numbers, and both are what they stand for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from knowchain.ranking.numbers import ONE, TABLE, fresh, fresh_column, ilog2q, ilog2q_column

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
