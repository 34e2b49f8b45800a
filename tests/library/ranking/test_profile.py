"""Profiles: what is refused says where and what to do; what is accepted can't go wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ranking_worlds import rid

from knowchain.errors import InvalidValue, NotFound
from knowchain.ranking.numbers import EXACT, ONE
from knowchain.ranking.presets import PRESETS, preset
from knowchain.ranking.profile import SOURCES, Profile, check_parents, default_cap
from knowchain.ranking.profile_text import read_profile
from knowchain.ranking.signals import SIGNALS, find_signal

HEAD = 'v = 1\nname = "x"\n'


def fault(text: str) -> InvalidValue:
    with pytest.raises(InvalidValue) as caught:
        read_profile(text)
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("name", PRESETS)
def test_the_presets_are_profiles_that_say_their_reason(name: str) -> None:
    profile = read_profile(preset(name))
    assert profile.name == name
    assert profile.reason


def test_two_presets_know_nothing_of_the_reader() -> None:
    for name in ("chronological", "plain"):
        profile = read_profile(preset(name))
        assert not profile.langs
        assert not {"trust", "lang_lift"} & profile.weights.keys()
        assert {source for source, cap in profile.sources.items() if cap} == {"recent"}
    assert read_profile(preset("plain")).seeds == ()


def test_an_unknown_preset_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFound) as caught:
        preset("chronologic")
    assert "chronological" in caught.value.remedy


def test_a_misspelled_signal_is_answered_with_line_and_word() -> None:
    found = fault(f"{HEAD}\n[weights]\n# how new\nfrehs = 900\n")
    assert str(found) == "the profile, line 6: weights.frehs: frehs is no signal"
    assert found.remedy == "did you mean `fresh`?"


@pytest.mark.parametrize("name", ["axis.truth", "axis.clear-to-children", "label:spam", "label:x-own"])
def test_axes_and_labels_are_signals_by_whatever_name(name: str) -> None:
    assert read_profile(f'{HEAD}[weights]\n"{name}" = 5\n').weights == {name: 5}
    found = find_signal(name)
    assert found is not None
    assert found.bound == ONE


@pytest.mark.parametrize("name", ["axis.", "label:", "axis.Truth", "label:spma", "axis." + "x" * 33])
def test_an_axis_or_label_needs_a_name(name: str) -> None:
    assert "is no signal" in str(fault(f'{HEAD}[weights]\nfresh = 1\n"{name}" = 1\n'))


def test_a_name_with_a_dot_that_lacks_its_quotes_is_told_so() -> None:
    assert '"axis.NAME"' in fault(f"{HEAD}[weights]\naxis.truth = 1\n").remedy


def test_braces_in_a_profile_are_data() -> None:
    assert "{line}" in str(fault(f'{HEAD}[weights]\n"{{line}}" = 1\n'))


@given(st.dictionaries(st.sampled_from(sorted(SIGNALS)), st.integers(-(2**54), 2**54), min_size=1))
def test_no_accepted_profile_can_pass_the_bound(weights: dict[str, int]) -> None:
    text = HEAD + "[weights]\n" + "".join(f"{name} = {weight}\n" for name, weight in weights.items())
    reach = sum(abs(weight) * SIGNALS[name].bound for name, weight in weights.items())
    if reach < EXACT and any(weights.values()):
        assert dict(read_profile(text).weights) == weights
    else:
        fault(text)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for whole in (text, HEAD + text, f"{HEAD}[weights]\nfresh = 1\n{text}"):
        assert remedy_or_profile(whole)


def remedy_or_profile(text: str) -> object:
    try:
        return read_profile(text)
    except InvalidValue as found:
        return found.remedy


def test_a_line_of_parents_that_comes_back_or_never_ends_is_refused() -> None:
    parents = {rid(1): rid(2), rid(2): rid(3), rid(3): None}
    check_parents(rid(1), parents.__getitem__)
    with pytest.raises(InvalidValue, match="twice"):
        check_parents(rid(1), {**parents, rid(3): rid(1)}.__getitem__)
    with pytest.raises(InvalidValue, match="twice"):
        check_parents(rid(1), parents.__getitem__, own=rid(3))
    endless = {rid(n): rid(n + 1) for n in range(200)}
    with pytest.raises(InvalidValue, match="more than 64"):
        check_parents(rid(0), endless.__getitem__)


def test_the_profile_of_the_guide_is_one() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "guide" / "feeds.md").read_text("utf-8")
    found = re.search(r"```toml\n(.*?)```", guide, re.DOTALL)
    assert found is not None
    profile = read_profile(found[1])
    defaults = Profile(name="", weights={})
    assert (profile.fresh_half_life_s, profile.lang_window_s) == (
        defaults.fresh_half_life_s,
        defaults.lang_window_s,
    )
    sources = {name: default_cap(name, profile.rerank) for name in SOURCES}
    assert (profile.sources, profile.page, profile.trust_hops) == (
        sources,
        defaults.page,
        defaults.trust_hops,
    )
    assert all(name in guide for name in PRESETS)


@pytest.mark.parametrize("name", ["سلام\u200cعلیکم", "क्\u200dष", "Māori 𞤀𞤣𞤤𞤢𞤥"])
def test_a_name_in_any_script_is_a_line(name: str) -> None:
    assert read_profile(f'v = 1\nname = "{name}"\n[weights]\nfresh = 1\n').name == name
