"""Conditions: what they mean, what is refused, and that both evaluators and the CEL of Rust agree."""

from __future__ import annotations

import contextlib

import cel
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowchain.errors import InvalidValue
from knowchain.ranking.conditions import Coded, Condition, compile_condition

LANGUAGES = ("cy", "en", "gsw-CH", "")
LISTS = ((), ("cy",), ("en", "cy"))
NUMBERS = st.one_of(st.integers(-5, 5), st.sampled_from([2**31, 2**62, 2**63 - 1, -(2**63)]))


NEGATED = "\u00ac"
"""Stands for a minus; the CEL of Rust, other than the standard, lets −(−2^63) wrap, and reads `0 - `."""


def read(text: str) -> Condition:
    return compile_condition(text, 7)


# --- meaning -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("lang == 'cy' && provenance > 32768", True),
        ("lang in ['en', 'fr']", False),
        ("lang in langs", True),
        ("!(age < 3600)", True),
        ("1 + 2 * 3 == 7", True),
        ("-9223372036854775808 < 0x10", True),
        ("axis.truth < -32768 && bridge < 6554", False),
        ("label.spam == 0 || false", True),
        (r"'\u0063' + '\171' == lang", True),
        ("'B' < 'a'", True),
    ],
)
def test_a_condition_means_what_it_says(text: str, true: bool) -> None:
    env = {
        "lang": "cy",
        "langs": ("cy", "en"),
        "provenance": 40_000,
        "age": 7_200,
        "axis.truth": 0,
        "bridge": 0,
        "label.spam": 0,
    }
    condition = read(text)
    assert condition.test(env) is true
    assert condition.names <= env.keys()


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("age + 9223372036854775807 > 0", False),
        ("!(age + 9223372036854775807 > 0)", False),
        ("age + 9223372036854775807 > 0 || true", True),
        ("true || age * 9223372036854775807 > 0", True),
        ("-(0 - 9223372036854775807 - age) > 0", False),
        ("age in [age * 9223372036854775807, 2]", False),
    ],
)
def test_overflow_makes_a_condition_false_unless_it_does_not_matter(text: str, true: bool) -> None:
    condition = read(text)
    assert condition.test({"age": 2}) is true
    assert condition.mask({"age": np.array([2])}, 1).tolist() == [true]


# --- refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "not expected"),
        ("lang", 1, "bool is needed"),
        ("lang == 3", 6, "string and int"),
        ("lang = 'cy'", 6, "no part"),
        ("lang == 'cy", 9, "does not end"),
        (r"lang == '\q'", 10, "no escape"),
        (r"lang == '\ud800'", 10, "no character"),
        ("age > 1.5", 7, "no whole number"),
        ("age > 12u", 7, "no whole number"),
        ("age > 9223372036854775808", 7, "64 bits"),
        ("age > " + "9" * 4_000, 7, "64 bits"),
        ("langg == 'cy'", 1, "no name"),
        ("lang.size() > 2", 1, "no name"),
        ("lang == 'cy' lang", 14, "not expected"),
        ("(lang == 'cy'", 1, "not closed"),
        ("lang in ['cy', 3]", 9, "string is needed"),
        ("lang in []", 10, "not expected"),
        ("true && \u202etrue", 9, "no part"),
        ("\u0430ge > 3", 1, "no part"),
        ("(" * 100 + "true" + ")" * 100, 33, "deep"),
        ("!" * 100 + "true", 33, "deep"),
        ("age > " + "1+" * 100 + "1", None, "deep"),
        ("true" + "||true" * 600, None, "parts"),
        ("true " * 1_000, 4_097, "characters"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_column(text: str, column: int | None, says: str) -> None:
    with pytest.raises(InvalidValue, match=says) as refused:
        read(text)
    assert refused.value.fields["line"] == 7
    assert refused.value.remedy
    assert column is None or refused.value.fields["column"] == column


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InvalidValue) as refused:
        read("provenence > 3")
    assert "`provenance`" in refused.value.remedy


@given(st.text(max_size=60))
def test_no_text_at_all_does_more_than_being_refused(text: str) -> None:
    with contextlib.suppress(InvalidValue):
        read(text)


# --- agreement -------------------------------------------------------------------------------------------


def _numbers() -> st.SearchStrategy[str]:
    leaves = st.one_of(st.sampled_from(["age", "fresh"]), NUMBERS.map(lambda n: f"({n})"))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
            inner.map(lambda each: f"({NEGATED}({each}))"),
        ),
        max_leaves=4,
    )


def _texts() -> st.SearchStrategy[str]:
    literal = st.sampled_from([repr(each) for each in LANGUAGES])
    return st.one_of(st.just("lang"), literal, literal.map(lambda each: f"(lang + {each})"))


def _conditions() -> st.SearchStrategy[str]:
    relation = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    leaves = st.one_of(
        st.tuples(_numbers(), relation, _numbers()).map(" ".join),
        st.tuples(_texts(), relation, _texts()).map(" ".join),
        st.tuples(_texts(), st.sampled_from([" in langs", " in ['cy', lang]"])).map("".join),
        st.tuples(_numbers(), st.just(" in [1, 2, age]")).map("".join),
        st.sampled_from(["true", "false", "followed"]),
    ).map(lambda each: f"({each})")
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
            inner.map(lambda each: f"!{each}"),
        ),
        max_leaves=6,
    )


_ROWS = st.tuples(NUMBERS, NUMBERS, st.sampled_from(LANGUAGES), st.sampled_from(LISTS), st.booleans())


def _agree(text: str, rows: list[tuple[int, int, str, tuple[str, ...], bool]]) -> None:
    condition = read(text.replace(NEGATED, "-"))
    envs = [dict(zip(("age", "fresh", "lang", "langs", "followed"), row, strict=True)) for row in rows]
    plain = [condition.test(env) for env in envs]
    columns = {
        "age": np.array([row[0] for row in rows], np.int64),
        "fresh": np.array([row[1] for row in rows], np.int64),
        "lang": Coded(np.array([LANGUAGES.index(row[2]) for row in rows], np.intp), LANGUAGES),
        "langs": Coded(np.array([LISTS.index(row[3]) for row in rows], np.intp), LISTS),
        "followed": np.array([row[4] for row in rows], bool),
    }
    assert condition.mask(columns, len(rows)).tolist() == plain
    assert [_oracle(text, env) for env in envs] == plain


def _oracle(text: str, env: dict[str, object]) -> bool:
    """The CEL of Rust; an error, which overflow is there too, counts as false."""
    try:
        return cel.evaluate(text.replace(NEGATED, "0 - "), {**env, "langs": list(env["langs"])}) is True  # type: ignore[call-overload]
    except OverflowError:
        return False


@given(_conditions(), st.lists(_ROWS, min_size=1, max_size=6))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_masks_the_plain_evaluator_and_the_cel_of_rust_agree(
    text: str, rows: list[tuple[int, int, str, tuple[str, ...], bool]]
) -> None:
    _agree(text, rows)


@pytest.mark.slow
@given(_conditions(), st.lists(_ROWS, min_size=1, max_size=6))
@settings(max_examples=100_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_they_agree_in_a_long_campaign(
    text: str, rows: list[tuple[int, int, str, tuple[str, ...], bool]]
) -> None:
    _agree(text, rows)
