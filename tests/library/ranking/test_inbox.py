"""The inbox tells what others did that concerns the owner, once, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ranking_people import Person

from knowchain.errors import InvalidValue
from knowchain.home.inbox import Concern, InboxRequest, Notice, inbox
from knowchain.identifiers import RecordId


@pytest.fixture
def mari(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path, "Mari")
    yield person
    person.home.close()


@pytest.fixture
def owain(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path, "Owain")
    yield person
    person.home.close()


def told(person: Person, **request: object) -> tuple[Notice, ...]:
    return inbox(person.home, InboxRequest(**request)).notices  # type: ignore[arg-type]


def concerns(notices: tuple[Notice, ...]) -> list[tuple[Concern, RecordId]]:
    return [(each.concern, each.about) for each in notices]


def test_answers_to_my_records_are_told_once_with_names_and_titles(mari: Person, owain: Person) -> None:
    work = mari.work("The harbour")
    assert told(mari) == ()
    owain.hear(mari)
    owain.work("Harbours", quoted_from=[str(work)])
    owain.sign("note", motivation="annotation", text={"en": ["Lovely."]}, subject=[str(work)])
    owain.sign("evaluation", axis="truth", value=2, subject=[str(work)])
    owain.work("The harbour, corrected", revises=[str(work)])
    owain.work("Another", disputes=[str(work)])
    owain.trust(mari.id)
    owain.work("Nothing to do with it")
    mari.hear(owain)
    notices = told(mari)
    assert concerns(notices) == [
        (Concern.QUOTES, work),
        (Concern.NOTES, work),
        (Concern.EVALUATES, work),
        (Concern.CORRECTS, work),
        (Concern.DISPUTES, work),
        (Concern.TRUSTS, mari.id),
    ]
    assert (notices[0].author_name, notices[0].title, notices[0].about_title) == (
        "“Owain”",
        "Harbours",
        "The harbour",
    )
    assert told(mari) == ()
    assert len(told(mari, everything=True)) == 6


def test_what_became_of_my_sources_is_told(mari: Person, owain: Person) -> None:
    gone, renewed = owain.work("One"), owain.work("Two")
    mari.hear(owain)
    mine = mari.work("Both", derived_from=[str(gone), str(renewed)])
    told(mari)
    owain.retract(gone)
    owain.work("Two again", revises=[str(renewed)])
    mari.hear(owain)
    notices = told(mari)
    assert [(each.concern, each.about, each.source) for each in notices] == [
        (Concern.WITHDRAWS_SOURCE, mine, gone),
        (Concern.RENEWS_SOURCE, mine, renewed),
    ]


def test_a_strangers_retraction_of_my_source_is_not_told(tmp_path: Path, mari: Person, owain: Person) -> None:
    source = owain.work("One")
    mari.hear(owain)
    mari.work("Mine", derived_from=[str(source)])
    stranger = Person(tmp_path, "Stranger")
    stranger.hear(owain)
    stranger.retract(source)
    told(mari)
    mari.hear(stranger)
    assert told(mari) == ()
    stranger.home.close()


def test_what_was_taken_back_or_comes_from_somebody_blocked_is_not_told(mari: Person, owain: Person) -> None:
    work = mari.work("The harbour")
    owain.hear(mari)
    note = owain.sign("note", motivation="annotation", text={"en": ["Bad."]}, subject=[str(work)])
    owain.retract(note)
    mari.hear(owain)
    assert told(mari) == ()
    mari.sign("trust", subject=str(owain.id), block=True)
    owain.sign("note", motivation="annotation", text={"en": ["Worse."]}, subject=[str(work)])
    mari.hear(owain)
    assert told(mari) == ()


def test_a_fork_of_my_key_is_told(tmp_path: Path, mari: Person) -> None:
    from knowchain.identifiers import record_id
    from knowchain.records import BodyLink, write_record

    mari.work("The harbour")
    told(mari)
    with mari.home.store.snapshot() as reader:
        chain = list(reader.chain(mari.home.device_public_key))
    thief = write_record(
        mari.home.device,
        kind="note",
        author=mari.id,
        prev=[chain[-2]],
        seq=len(chain) - 1,
        time=1,
        body=BodyLink(record_id(b"x"), 1),
    )
    assert mari.home.admission.admit(thief.data, None, source="peer:stranger").ok
    assert concerns(told(mari)) == [(Concern.FORKS_KEY, mari.id)]


def test_a_page_ends_where_the_next_begins_and_keep_leaves_it_unread(mari: Person, owain: Person) -> None:
    work = mari.work("The harbour")
    owain.hear(mari)
    for number in range(5):
        owain.work(f"Quote {number}", quoted_from=[str(work)])
    mari.hear(owain)
    assert len(told(mari, limit=2, keep=True)) == 2
    pages = [inbox(mari.home, InboxRequest(limit=2)) for _ in range(4)]
    assert [len(page.notices) for page in pages] == [2, 2, 1, 0]
    assert [page.more for page in pages] == [True, True, False, False]
    assert len({notice.record for page in pages for notice in page.notices}) == 5
    with pytest.raises(InvalidValue, match="limit"):
        told(mari, limit=0)
