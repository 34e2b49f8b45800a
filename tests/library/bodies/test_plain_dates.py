"""Most dates are told without the grammar: whatever is told so, the grammar takes too."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from knowchain.records.vocabulary import dates

_YEARS = st.integers(0, 9999).map("{:04d}".format)
_DAYS = st.one_of(
    _YEARS,
    st.builds("{}{}".format, _YEARS, st.sampled_from("?~%")),
    st.builds("{}-{:02d}".format, _YEARS, st.integers(0, 13)),
    st.builds("{}-{:02d}-{:02d}".format, _YEARS, st.integers(1, 12), st.integers(0, 32)),
)
_DATES = st.one_of(
    _DAYS, _DAYS.map("/{}".format), _DAYS.map("[..{}]".format), st.builds("{}/{}".format, _DAYS, _DAYS)
)


@settings(max_examples=150, deadline=None)
@given(_DATES)
def test_a_date_that_needs_no_grammar_is_one_that_the_grammar_takes(text: str) -> None:
    assert not dates._is_plain(text) or dates._parse(text)


def test_what_the_calendar_does_not_have_is_left_to_the_grammar() -> None:
    for text in ("1900-02-29", "1974-13", "1974/1970", "0000-01-01", "1974~~", "/", "[..]"):
        assert not dates._is_plain(text)
