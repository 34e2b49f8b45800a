"""A home's feed as its owner meets it: names, reasons, and an answer for what is not shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ranking_people import Person

from knowchain.errors import InvalidValue, NotAllowed, NotFound
from knowchain.home.changing import Change, WouldShowRequest, what_would_show
from knowchain.home.contributing import ContributionRequest, contributions
from knowchain.home.feeding import FeedRequest, FeedShown, Why, WhyRequest, explain_item, show_feed
from knowchain.home.following import Interest, follow
from knowchain.home.plain import to_plain
from knowchain.home.seen import forget_seen
from knowchain.identifiers import RecordId
from knowchain.ranking.columns import Columns


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


def feed(person: Person, **request: object) -> FeedShown:
    return show_feed(person.home, FeedRequest(**request))  # type: ignore[arg-type]


def why(person: Person, record: RecordId, **request: object) -> Why:
    return explain_item(person.home, WhyRequest(str(record), FeedRequest(**request)))  # type: ignore[arg-type]


def test_the_owners_trust_and_a_small_language_carry_an_item_and_say_so(mari: Person, owain: Person) -> None:
    for number in range(3):
        mari.work(f"English {number}", "en")
    welsh = owain.work("Hen benillion", "cy")
    mari.hear(owain)
    mari.trust(owain.id)
    shown = feed(mari, preset="small-languages")
    item = next(each for each in shown.items if each.item == welsh)
    assert (item.title, item.author_name, item.languages) == ("Hen benillion", "“Owain”", ("cy",))
    assert item.sources == ("recent", "trust:1")
    assert item.score == sum(each.adds for each in item.contributions)
    reasons = {each.signal: each.because for each in item.contributions}
    assert reasons["trust"].startswith("one step of trust leads to its author")
    assert "cy" in reasons["lang_lift"]
    assert shown.candidates == 4


def test_chronological_is_the_order_of_time(mari: Person) -> None:
    works = [mari.work(f"Work {n}") for n in range(6)]
    assert [each.item for each in feed(mari, preset="chronological").items] == works[::-1]


def test_the_same_inputs_give_the_same_feed_and_a_new_record_is_seen(mari: Person) -> None:
    mari.work("One")
    first = feed(mari, as_of=mari.now)
    assert feed(mari, as_of=mari.now) == first
    mari.work("Two")
    second = feed(mari, as_of=mari.now)
    assert second.snapshot != first.snapshot
    assert second.works == 2


def test_what_is_followed_comes_through_its_own_source(mari: Person, owain: Person) -> None:
    work = owain.work("Cân", "cy", subjects=[{"term": "Folk Song"}])
    mari.hear(owain)
    assert feed(mari).items[0].sources == ("recent",)
    for interest in (Interest(people=(str(owain.id),)), Interest(topics=("folk song",))):
        follow(mari.home, interest)
        assert "follows" in feed(mari).items[0].sources
    follow(mari.home, Interest(languages=("cy",)))
    assert feed(mari).items[0].sources == ("follows", "language", "recent")
    assert feed(mari).items[0].item == work


def test_why_answers_for_what_is_shown_below_or_left_out(mari: Person, owain: Person) -> None:
    old, new = mari.work("Old"), mari.work("New")
    gone = mari.work("Gone")
    mari.retract(gone)
    future = owain.work("Ahead")
    blocked = owain.work("Blocked")
    mari.hear(owain)
    mari.sign("trust", subject=str(owain.id), block=True)
    best = why(mari, new, preset="chronological", limit=1)
    assert best.shown
    assert best.placed is not None
    assert best.placed.rank == 1
    below = why(mari, old, preset="chronological", limit=1)
    assert not below.shown
    assert below.placed is not None
    assert below.placed.rank == 2
    assert below.short_of == best.placed.time - below.placed.time > 0
    left = why(mari, gone)
    assert (left.dropped, left.because) == ("retracted", "its author took it back")
    assert why(mari, blocked).dropped == "blocked-author"
    assert why(mari, future, as_of=1000).dropped == "future"
    assert why(mari, blocked, preset="plain").shown, "the profile without a reader blocks for nobody"


def test_bad_requests_are_refused_in_words(mari: Person) -> None:
    for request in ({"limit": 0}, {"limit": 501}, {"as_of": -1}, {"profile": "v = 2"}):
        with pytest.raises(InvalidValue) as caught:
            feed(mari, **request)
        assert caught.value.remedy
    with pytest.raises(InvalidValue, match="both"):
        feed(mari, profile="", preset="plain")
    with pytest.raises(NotFound):
        feed(mari, preset="nonesuch")
    with pytest.raises(NotAllowed, match="rights"):
        why(mari, mari.rights)


def test_an_empty_home_has_an_empty_feed_and_all_of_it_has_a_plain_form(mari: Person) -> None:
    assert feed(mari).items == ()
    mari.work("One")
    document = to_plain(feed(mari))
    assert isinstance(document, dict)
    assert document["unit"] == 65_536_000


def test_a_feed_that_was_interrupted_is_whole_the_next_time(
    mari: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The columns were brought up to date by half; nothing of that may be taken for the whole."""
    first = mari.work("One")
    feed(mari)
    second = mari.work("Two")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Columns, "put", interrupted)
        with pytest.raises(KeyboardInterrupt):
            feed(mari)
    assert {each.item for each in feed(mari).items} == {first, second}


NOVEL = 'v = 1\nname = "new to me"\n[weights]\nnovelty = 1000\n[rerank]\npage = 2\n'


def test_what_was_shown_gives_way_to_what_was_not(mari: Person) -> None:
    works = {mari.work(f"Work {n}") for n in range(4)}
    first = feed(mari, profile=NOVEL)
    second = feed(mari, profile=NOVEL)
    assert {each.item for each in first.items} | {each.item for each in second.items} == works
    third = feed(mari, profile=NOVEL, limit=4)
    assert {each.contributions[0].because for each in third.items} == {"times that you were shown it: 1"}
    assert len({first.history, second.history, third.history}) == 3, "each commits to another history"


def test_nothing_is_remembered_of_other_feeds_or_other_moments(mari: Person) -> None:
    mari.work("One")
    feed(mari)
    feed(mari, profile=NOVEL, as_of=mari.now)
    feed(mari, profile=NOVEL, remember=False)
    assert feed(mari, profile=NOVEL).items[0].contributions[0].because == "you were not shown it yet"
    assert forget_seen(mari.home).works == 1
    assert feed(mari, profile=NOVEL).items[0].contributions[0].because == "you were not shown it yet"


def test_the_history_stays_in_the_home(mari: Person, owain: Person) -> None:
    mari.work("One")
    feed(mari, profile=NOVEL)
    owain.hear(mari)
    assert "new to me" not in str(to_plain(feed(owain)))
    with mari.home.store.snapshot() as reader:
        assert all(header != "seen" for header in {stored.block.header.kind for stored in reader.records()})


def test_an_evaluation_moves_a_feed_and_names_itself(mari: Person, owain: Person) -> None:
    works = [mari.work(f"Work {n}") for n in range(3)]
    owain.hear(mari)
    said = owain.sign("evaluation", axis="truth", value=2, subject=[str(works[0])], languages=["cy"])
    mari.hear(owain)
    mari.trust(owain.id)
    first = feed(mari, profile='v = 1\nname = "true"\n[weights]\n"axis.truth" = 1000\n').items[0]
    assert first.item == works[0]
    assert first.contributions[0].value > 0
    assert first.contributions[0].evidence == (said,)
    assert first.contributions[0].because == "one person whom your trust reaches has judged it on this axis"


def test_the_ledger_tells_who_relies_on_what(mari: Person, owain: Person) -> None:
    work = mari.work("The harbour")
    owain.hear(mari)
    use = owain.sign("note", motivation="citation", subject=[str(work)])
    everybody = contributions(owain.home, ContributionRequest())
    assert [(each.who, each.lines) for each in everybody.people] == [(mari.id, 1)]
    assert everybody.people[0].total == 2 * everybody.unit, "a work is worth two of the reader's trust"
    line = contributions(owain.home, ContributionRequest(str(mari.id))).earned[0]
    assert (line.record, line.use, line.by, line.made) == (work, use, owain.id, "work")
    shown = feed(owain, profile='v = 1\nname = "made"\n[weights]\ncontribution = 1000\n')
    assert shown.items[0].contributions[0].evidence == (use,)


def test_nobody_earns_by_citing_themselves_or_without_trust(mari: Person, owain: Person) -> None:
    work = mari.work("The harbour")
    mari.sign("note", motivation="citation", subject=[str(work)])
    owain.hear(mari)
    owain.sign("note", motivation="citation", subject=[str(work)])
    mari.hear(owain)
    assert contributions(mari.home, ContributionRequest()).people == ()
    mari.trust(owain.id)
    assert [each.who for each in contributions(mari.home, ContributionRequest()).people] == [mari.id]


def test_what_would_show_a_work_is_tried_and_holds(mari: Person, owain: Person) -> None:
    """The weights that are told put the work on the page, and a thousandth less does not."""
    source = mari.work("Source")
    wanted = mari.work("Sourced", "en", derived_from=[str(source)])
    mari.now += 10 * 86_400_000
    for number in range(4):
        mari.work(f"New {number}")
    told = what_would_show(mari.home, WouldShowRequest(str(wanted), FeedRequest(profile=WEIGHED, limit=3)))
    assert not told.shown
    changes = {each.signal: each for each in told.changes}
    assert "provenance" in changes
    assert "lang_lift" in told.tried, "all are in one language"
    for signal, change in changes.items():
        for weight, there in ((change.becomes, True), (_less(change), False)):
            text = WEIGHED.replace(f"{signal} = {change.weight}", f"{signal} = {weight}")
            items = {item.item: item.place for item in feed(mari, profile=text, limit=3).items}
            assert (wanted in items) is there
            if there:
                assert items[wanted] == change.place


WEIGHED = 'v = 1\nname = "weighed"\n[weights]\nfresh = 900\nprovenance = 10\nlang_lift = 50\n'


def _less(change: Change) -> int:
    return change.becomes + (-1 if change.becomes > change.weight else 1)


def test_what_is_shown_or_dropped_needs_no_other_weight(mari: Person) -> None:
    work = mari.work("Here")
    asked = WouldShowRequest(str(work))
    assert what_would_show(mari.home, asked).shown
    mari.retract(work)
    told = what_would_show(mari.home, asked)
    assert (told.shown, told.dropped, told.changes) == (False, "retracted", ())
