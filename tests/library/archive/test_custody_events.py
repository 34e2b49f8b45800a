"""Custody steps as events that can be composed, signed and read."""

from __future__ import annotations

from knowchain.archive.custody import read_custody, to_events, unread_note
from knowchain.records.bodies import compose

WORK = "bafyreie7an72fwkbbu4bzh56pnhbgfu74ngyqwm2nrpyu657mqqz5vtzv4"
TEXT = (
    "Anna Beispiel, Bonn, Germany, 7/9/1963; possibly Karl Muster, until 1970 [1]. Gift of Eva Muster, 1980. "
    "Chairs once seen in a castle.\nNotes: [1] See file."
)


def test_every_step_becomes_an_event_that_composes() -> None:
    events = to_events(read_custody(TEXT), WORK, "en")
    assert len(events) == 3
    for event in events:
        assert compose("event", event).kind == "event"


def test_a_semicolon_makes_the_holder_before_the_giver() -> None:
    first, second, third = to_events(read_custody(TEXT), WORK)
    assert first["from"] == {"name": "not stated"}
    assert second["from"] == {"name": "Anna Beispiel, Bonn, Germany"}
    assert third["from"] == {"name": "Eva Muster"}
    assert third["to"] == {"name": "not stated"}


def test_a_date_in_doubt_is_an_unknown_year_and_its_words_stay() -> None:
    first, second, third = to_events(read_custody(TEXT), WORK)
    assert [first["when"], second["when"], third["when"]] == ["XXXX", "/1970", "1980"]
    assert "7/9/1963" in first["detail"]["und"][0]


def test_a_hedge_is_a_warning_and_its_note_is_cited() -> None:
    _, hedged, _ = to_events(read_custody(TEXT), WORK, "en")
    assert hedged["outcome"] == "warning"
    assert hedged["detail"]["en"] == ["unstated: possibly Karl Muster, until 1970 [1]\n[1] See file."]


def test_what_is_unread_is_noted_with_the_whole_text() -> None:
    note = unread_note(read_custody(TEXT))
    assert note is not None
    assert TEXT in note
    assert note.endswith("Not read as events:\n- Chairs once seen in a castle")
    assert unread_note(read_custody("Mary Smith, Boston")) is None
