"""Snippets are cut from the original text, and point at what was found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowchain.search.text import find, query_tokens, snippet

LONG = "Lorem ipsum dolor sit amet, " * 8 + "東京都の図書館 holds a Łódź map " + "and more of the same " * 8


def highlighted(text: str, words: str, width: int = 60) -> list[str]:
    shown, bounds = snippet(text, query_tokens(words), width)
    return [shown[start:end] for start, end in bounds]


def test_the_original_spelling_is_highlighted() -> None:
    assert highlighted(LONG, "LODZ") == ["Łódź"]
    assert highlighted(LONG, "図書館") == ["図書館"]
    assert highlighted(LONG, "図") == ["図"]
    assert highlighted("Straße, STRASSE", "strasse") == ["Straße", "STRASSE"]


def test_decomposed_letters_are_highlighted_with_their_marks() -> None:
    assert highlighted("un e\u0301te\u0301 chaud", "été") == ["e\u0301te\u0301"]


def test_a_cut_is_marked_and_the_width_kept() -> None:
    shown, _ = snippet(LONG, query_tokens("łódź"), 60)
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) <= 60 + 14


def test_a_short_text_is_shown_whole_on_one_line() -> None:
    assert snippet("one\ntwo", query_tokens("two"), 60) == ("one two", [(4, 7)])


def test_a_text_without_a_hit_gives_its_beginning() -> None:
    shown, bounds = snippet(LONG, query_tokens("absent"), 30)
    assert shown.startswith("Lorem ipsum")
    assert bounds == []


def test_the_window_with_most_hits_is_chosen() -> None:
    text = "red " + "x " * 100 + "red blue red " + "y " * 100
    shown, bounds = snippet(text, query_tokens("red blue"), 40)
    assert len(bounds) == 3
    assert "red blue red" in shown


def test_overlapping_hits_are_one_highlight() -> None:
    assert find("東京都", query_tokens("東京 京都")) == [(0, 3)]


@given(st.text(max_size=200), st.text(max_size=8), st.integers(1, 60))
def test_highlights_lie_in_the_snippet_in_order_and_apart(text: str, words: str, width: int) -> None:
    shown, bounds = snippet(text, query_tokens(words), width)
    edges = [edge for bound in bounds for edge in bound]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(shown) for start, end in bounds)
    assert (
        shown.strip("…") in " ".join(text.split("\n")) or any(char.isspace() for char in text) or "…" in text
    )
