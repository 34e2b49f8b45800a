"""What is read in a custody history, clause by clause, and what is left unread."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knowchain.archive.custody import CustodyHistory, CustodyStep, read_custody


def only_step(text: str) -> CustodyStep:
    steps = read_custody(text).steps
    assert len(steps) == 1, steps
    return steps[0]


def names(history: CustodyHistory) -> list[str | None]:
    return [step.agent.name if step.agent else None for step in history.steps]


FULL = (
    "Anna Beispiel [1830-1903], Bonn, Germany; by descent to her son, Karl Beispiel [1860-1920?], until 1920 "
    "[1]. (Galerie Muster, Paris, by 1925); purchased by Museum of Art, Carnegie Institute, Pittsburgh, PA, "
    "March 4, 1926 [2].\n\nNotes:\n[1]. See the letter in the file.\n[2]. Paid for by subscription.\n\n"
    "Under review."
)


def test_a_history_in_the_usual_style_is_read_whole() -> None:
    history = read_custody(FULL)
    assert names(history) == [
        "Anna Beispiel",
        "Karl Beispiel",
        "Galerie Muster",
        "Museum of Art, Carnegie Institute",
    ]
    assert [step.method for step in history.steps] == ["unstated", "descent", "unstated", "purchase"]
    assert [step.direct for step in history.steps] == [False, True, False, True]
    assert [step.capacity for step in history.steps] == ["holder", "holder", "dealer", "holder"]
    assert [step.footnotes for step in history.steps] == [(), (1,), (), (2,)]
    assert [span.text.strip() for span in history.unread] == ["Under review."]


def test_people_keep_their_place_their_dates_and_their_relation() -> None:
    _, son, dealer, _ = read_custody(FULL).steps
    assert son.agent is not None
    assert dealer.agent is not None
    assert (son.agent.relation, son.agent.life) == ("her son", ("1860-1920?",))
    assert dealer.agent.place == "Paris"


def test_notes_are_found_by_their_numbers() -> None:
    notes = {note.number: " ".join(note.text.split()) for note in read_custody(FULL).footnotes}
    assert notes == {
        None: "Notes:",
        1: "[1]. See the letter in the file.",
        2: "[2]. Paid for by subscription.",
    }


@pytest.mark.parametrize(
    ("text", "agent", "method", "source"),
    [
        ("Gift of Mary Smith, Boston, MA, 1993.", None, "gift", "Mary Smith"),
        ("gift of Mary Smith to the Museum, 1993", "Museum", "gift", "Mary Smith"),
        ("Mary Smith bequest to Museum of Art, 1993", "Museum of Art", "bequest", "Mary Smith"),
        ("purchased from the artist by Museum, 1905", "Museum", "purchase", "the artist"),
        ("Acquired by Dr. Lee from Lewis, Inc., Nice, 8/1/1967.", "Dr. Lee", "acquisition", "Lewis, Inc."),
        ("(Sold at Christie's, London, May 3, 1912, lot 12)", "Christie's", "sale", None),
        ("J. Doe sale, American Art Association, New York, NY, April 16-17, 1917, no. 72",
         "American Art Association", "sale", "J. Doe"),
        ("by descent to his nephew, Thomas Baring, 2nd Earl of Northbrook, in 1873",
         "Thomas Baring, 2nd Earl of Northbrook", "descent", None),
        ("sold to Mr. Burns", "Mr. Burns", "purchase", None),
        ("Museum purchase, 2002", "Museum", "purchase", None),
        ("estate of Mary Smith, 1903", "estate of Mary Smith", "unstated", None),
        ("303 Gallery, New York", "303 Gallery", "unstated", None),
        ("partial gift to Museum of Art, Bonn, 1993", "Museum of Art", "partial-gift", None),
    ],
)  # fmt: skip
def test_the_way_of_acquisition_is_read(
    text: str, agent: str | None, method: str, source: str | None
) -> None:
    step = only_step(text)
    assert (step.agent.name if step.agent else None) == agent
    assert step.method == method
    assert (step.source.name if step.source else None) == source


@pytest.mark.parametrize(
    ("words", "edtf"),
    [
        ("1905", "1905"),
        ("March 1905", "1905-03"),
        ("March 4, 1905", "1905-03-04"),
        ("4 March 1905", "1905-03-04"),
        ("by 1905", "[..1905]"),
        ("until April 1, 1973", "/1973-04-01"),
        ("1904 until 1911", "1904/1911"),
        ("by 1904 until 1911", "/1911"),
        ("1904?", "1904?"),
        ("c. 1904", "1904~"),
        ("the 1960s", "196X"),
        ("1983-84", "1983/1984"),
        ("April 16-17, 1917", "1917-04-16/1917-04-17"),
        ("Spring 2010", "2010-21"),
        ("2010–present", "2010/.."),
        ("8/13/1968", "1968-08-13"),
        ("7/9/1963", None),
        ("5/6/85", None),
        ("February 30, 1905", None),
        ("before 1905", None),
        ("until at least 1927", None),
        ("1911 until 1904", None),
        ("likely by 1904 until 1911", None),
    ],
)
def test_a_date_keeps_its_words_and_has_edtf_only_without_doubt(words: str, edtf: str | None) -> None:
    date = only_step(f"Mary Smith, {words}").date
    assert date is not None
    assert (date.words, date.edtf) == (words, edtf)


@pytest.mark.parametrize(
    "text",
    [
        "Andrew Carnegie Fund",
        "Dupuy, Herbert",
        "John Doe, Jane Roe and others",
        "Knoedler & Co. or Tooth & Sons",
        "Frederick Keppel & Co. Charles Smith",
        "Chairs once in the collection of the king",
        "This vessel was bought at an auction",
        "gift to Museum of Art, Carnegie Institute Pittsburgh, PA, 1967",
        "Paris, France",
        "Possibly Frank. K. M. Rehn Gallery, New York",
        "Springfield, Ohio",
        'Inscribed: "from the Mellor collection"',
        "Acquired (along with its pair) by Dr. Lee from Mr. Mori",
        "Gavin Brown, New York through the 1999 Carnegie International",
    ],
)
def test_what_is_in_doubt_is_left_unread_and_whole(text: str) -> None:
    history = read_custody(text)
    assert history.steps == ()
    assert "".join(span.text for span in history.unread) == text


def test_the_writers_doubt_is_kept_apart_from_the_readers() -> None:
    assert not only_step("Possibly Mary Smith, Boston, MA").certain
    assert not only_step("Alfred Sensier?").certain
    assert only_step("Mary Smith, Boston, MA").certain


def test_the_artist_is_named_or_lives_somewhere() -> None:
    named = only_step("The artist, Everett Shinn, New York").agent
    assert named is not None
    assert (named.name, named.relation) == ("Everett Shinn", "The artist")
    living = only_step("The artist, New York").agent
    assert living is not None
    assert (living.name, living.place) == ("The artist", "New York")


def test_letters_written_as_two_are_read_as_one() -> None:
    step = only_step("Hubert de Be\u0301siade, Paris")
    assert step.agent is not None
    assert step.agent.name == "Hubert de Bésiade"
    assert step.text == "Hubert de Be\u0301siade, Paris"


def tiles(history: CustodyHistory) -> str:
    pieces = (*history.steps, *history.footnotes, *history.unread, *history.separators)
    at = 0
    for piece in sorted(pieces, key=lambda piece: piece.start):
        assert piece.start == at
        assert piece.end > piece.start
        assert piece.text == history.text[piece.start : piece.end]
        at = piece.end
    return history.text[:at]


@given(st.text(max_size=400))
def test_every_character_of_any_text_belongs_to_one_piece(text: str) -> None:
    assert tiles(read_custody(text)) == text


PARTS = [
    *(
        "Mary Smith",
        "Dr.",
        "J. ",
        "; ",
        ". ",
        "\n",
        " (",
        ") ",
        "[1]",
        "[1830-1903]",
        ", Paris",
        ", PA",
        " 1905",
    ),
    *(
        "?",
        "until ",
        "gift to ",
        "Notes: ",
        "[2]. ",
        " sale, ",
        "estate of ",
        " & Co.",
        "\n\n",
        ".",
        ",",
        " by ",
    ),
    *("from the artist", "Possibly ", "no. 7", "Museum"),
]


@example("Mary Smith (. Mary Smith")
@given(st.lists(st.sampled_from(PARTS), max_size=40).map("".join))
def test_every_character_of_what_looks_like_a_history_belongs_to_one_piece(text: str) -> None:
    assert tiles(read_custody(text)) == text


@pytest.mark.parametrize(
    "text", ["(" * 5_000, "A, " * 3_000, "[1830-" * 900, "by 1900 until " * 400, "a. " * 4_000]
)
def test_hostile_texts_take_no_time(text: str) -> None:
    assert tiles(read_custody(text)) == text
