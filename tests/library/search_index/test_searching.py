"""Searching a home: what is found, in which order, and how it is told."""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people_writing import START, Clock, Person

from knowchain.admission import Admission, Incoming
from knowchain.errors import Corruption, InvalidValue, NotFound, UserError
from knowchain.home import Home
from knowchain.home.searching import Found, SearchQuestion, search
from knowchain.identifiers import RecordId
from knowchain.search.index import SearchIndex
from knowchain.search.querying import MAX_CHARACTERS, MAX_WORDS, Filters, parse_words, ranked
from knowchain.storage.store import RecordStore


def ids(home: Home, words: str, **how: object) -> list[RecordId]:
    return [found.id for found in search(home, SearchQuestion(words, **how)).found]  # type: ignore[arg-type]


def one(home: Home, words: str, **how: object) -> Found:
    (found,) = search(home, SearchQuestion(words, **how)).found  # type: ignore[arg-type]
    return found


# --- what is found --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("東京の港", "東京"),
        ("東京の港", "京"),
        ("서울의 봄", "서울"),
        ("Ωδή στη ΘΆΛΑΣΣΑ", "θαλασσα"),
        ("Évariste, straße", "EVARISTE STRASSE"),
        ("كِتَابُ الأَغَانِي", "كتاب"),
        ("हिन्दी की किताब", "किताब"),
        ("ภาษาไทย", "ไทย"),
        ("Llyfr Coch Hergest", "llyfr hergest"),
    ],
)
def test_a_word_in_any_script_is_found(home: Home, mari: Person, written: str, words: str) -> None:
    work = mari.work(written)
    mari.work("something else")
    assert ids(home, words) == [work]


def test_every_field_with_words_is_searched(home: Home, mari: Person) -> None:
    work = mari.work(
        "untitled",
        id="ark:12148/btv1b8449691v",
        agents=[{"name": "Gwenllian Bowen", "role": "singer"}],
        languages=[{"tag": "cy", "name": "Cymraeg"}],
        subjects=["shipwrecks"],
        places=["Aberdaron"],
        description={"en": ["a ballad of a storm"]},
        identifiers=[{"scheme": "accession", "value": "79.66.115"}],
    )
    for words in (
        "gwenllian",
        "cymraeg",
        "welsh",
        "cy",
        "shipwrecks",
        "aberdaron",
        "ballad storm",
        "79.66.115",
        "btv1b8449691v",
        "gwenllian aberdaron untitled",
    ):
        assert ids(home, words) == [work], words


def test_all_words_must_stand_in_one_record(home: Home, mari: Person) -> None:
    mari.work("red boat")
    mari.work("blue house")
    assert ids(home, "red house") == []


def test_codes_and_ids_of_people_are_no_words(home: Home, mari: Person) -> None:
    mari.work("a boat")
    assert ids(home, "public") == []
    assert ids(home, "kind") == []
    assert ids(home, "by") == []


def test_a_kind_of_a_later_version_is_found_by_its_texts(home: Home, mari: Person) -> None:
    record = mari.write("hologram", {"caption": {"deep": ["spectral harbour"]}, "n": 3})
    assert ids(home, "spectral") == [record]


def test_a_body_with_fields_of_wrong_shapes_is_found_by_its_texts(home: Home, mari: Person) -> None:
    record = mari.write("work", {"title": ["not a language map"], "agents": {"name": 7}, "description": 4})
    assert ids(home, "language map") == [record]


def test_a_record_is_found_by_the_beginning_of_its_id(home: Home, mari: Person) -> None:
    work = mari.work("a boat")
    assert ids(home, str(work)[:20]) == [work]
    assert ids(home, str(work)) == [work]


# --- order ------------------------------------------------------------------------------------------------


def test_a_title_weighs_more_than_a_description(home: Home, mari: Person) -> None:
    described = mari.work("another thing", description={"en": ["lighthouse"]})
    titled = mari.work("lighthouse", description={"en": ["another thing"]})
    assert ids(home, "lighthouse") == [titled, described]


def test_equal_scores_stand_in_the_order_of_ids_whatever_came_first(
    home: Home, mari: Person, tmp_path: Path
) -> None:
    works = [mari.work("the same lighthouse", id="local:same") for _ in range(30)]
    assert ids(home, "lighthouse", limit=100) == sorted(works)
    with home.store.snapshot() as reader:
        items = [Incoming(item[2], item[3]) for item in reader.deliveries(after=0, limit=1000)]
    with (
        RecordStore(tmp_path / "o.sqlite") as other,
        Admission(other, network="main", clock=lambda: 1) as door,
    ):
        late = [item for item in items if item.body is not None]
        for item in items:
            door.admit(item.block, source="x")
        for item in reversed(late):
            door.admit(item.block, item.body, source="x")
            SearchIndex(other).catch_up()
        with other.snapshot() as reader:
            assert [match.id for match in ranked(reader, parse_words("lighthouse"))] == sorted(works)


def test_pages_join_to_the_whole_list(home: Home, mari: Person) -> None:
    for n in range(23):
        mari.work(f"lighthouse {'of ' * (n % 4)}{n % 3}", id=f"local:{n % 2}")
    whole = ids(home, "lighthouse", limit=200)
    assert len(whole) == 23
    for size in (1, 2, 7, 22, 23, 24):
        joined: list[RecordId] = []
        cursor = None
        while True:
            page = search(home, SearchQuestion("lighthouse", limit=size, cursor=cursor))
            assert len(page.found) <= size
            joined += [found.id for found in page.found]
            cursor = page.cursor
            if cursor is None:
                break
        assert joined == whole, size


def test_more_equal_scores_than_a_batch_are_told_in_order(
    home: Home, mari: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowchain.search.querying._BATCH", 4)
    same = [mari.work("lighthouse", id="local:same") for _ in range(11)]
    better = mari.work("lighthouse lighthouse lighthouse", id="local:same")
    assert ids(home, "lighthouse", limit=50) == [better, *sorted(same)]
    with home.store.snapshot() as reader:
        matches = list(ranked(reader, parse_words("lighthouse")))
        for at, match in enumerate(matches):
            rest = list(ranked(reader, parse_words("lighthouse"), Filters(), match.position))
            assert rest == matches[at + 1 :]


# --- filters ----------------------------------------------------------------------------------------------


def test_filters_narrow_and_add_up(home: Home, mari: Person, ifor: Person) -> None:
    ours = mari.work("lighthouse", languages=["zh-Hant"], time=START + 10)
    theirs = ifor.work("lighthouse", languages=["cy"], time=START + 20)
    note = ifor.say("note", {"motivation": "review", "subject": [str(ours)], "text": {"en": ["lighthouse!"]}})
    assert set(ids(home, "lighthouse")) == {ours, theirs, note}
    assert set(ids(home, "lighthouse", kinds=("work",))) == {ours, theirs}
    assert set(ids(home, "lighthouse", kinds=("note", "event"))) == {note}
    assert ids(home, "lighthouse", languages=("zh",)) == [ours]
    assert ids(home, "lighthouse", languages=("zh-Hans",)) == []
    assert set(ids(home, "lighthouse", author="Ifor Rees")) == {theirs, note}
    assert ids(home, "lighthouse", author=str(mari.identity)) == [ours]
    assert ids(home, "lighthouse", kinds=("work",), author="Ifor Rees", languages=("cy",)) == [theirs]
    assert ids(home, "lighthouse", kinds=("ranking-profile",)) == []


def test_times_are_claimed_ones_and_the_end_is_left_out(home: Home, mari: Person) -> None:
    first = mari.work("lighthouse", time=START)
    last = mari.work("lighthouse", time=START + 24 * 3600 * 1000)
    assert ids(home, "lighthouse", since="2026-01-02") == [last]
    assert ids(home, "lighthouse", until="2026-01-02") == [first]
    assert ids(home, "lighthouse", since="2026-01-01T00:00:00.001Z", until="2026-01-02T01:00:00+01:00") == []


def test_a_collection_has_the_members_that_its_rule_takes(home: Home, mari: Person, ifor: Person) -> None:
    collection = mari.say("collection", {"title": {"en": ["Lights"]}, "acceptance": "curators"})
    asks = ifor.work("lighthouse one", part_of=[str(collection)])
    own = mari.work("lighthouse two", part_of=[str(collection)])
    taken = ifor.work("lighthouse three")
    outside = ifor.work("lighthouse four")
    assert ids(home, "lighthouse", collection=str(collection)) == [own]
    move = {"when": "2026-01-01", "agent": "Mari", "outcome": "success", "part_of": [str(collection)]}
    mari.say("event", {"event": "accession", "subject": [str(asks)], **move})
    mari.say("event", {"event": "accession", "subject": [str(taken)], **move})
    ifor.say("event", {"event": "accession", "subject": [str(outside)], **move})
    assert set(ids(home, "lighthouse", collection=str(collection))) == {own, asks, taken}
    mari.say("event", {"event": "deaccession", "subject": [str(taken)], **move})
    assert set(ids(home, "lighthouse", collection=str(collection))) == {own, asks}


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"languages": ("english",)}, "lang"),
        ({"kinds": ("No Kind",)}, "kind"),
        ({"since": "yesterday"}, "since"),
        ({"until": "31.1.2026"}, "until"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "\u00e9"}, "cursor"),
        ({"cursor": "bmFuIGJhZnk"}, "cursor"),
    ],
)
def test_a_filter_that_can_not_be_is_refused_by_name(home: Home, how: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        ids(home, "lighthouse", **how)
    assert refused.value.fields["field"] == field
    assert refused.value.remedy


def test_unknown_people_and_collections_are_said_to_be_unknown(home: Home) -> None:
    with pytest.raises(NotFound):
        ids(home, "lighthouse", author="Nobody")
    with pytest.raises(NotFound):
        ids(home, "lighthouse", collection="bafyreia4toklvit4oziwqwh5odtkjettintydknvf77n7iufhedj54e3my")


# --- standing ---------------------------------------------------------------------------------------------


def test_an_older_version_leads_to_the_newest_which_is_told_once(home: Home, mari: Person) -> None:
    first = mari.work("lighthouse with a typo")
    second = mari.work("lighthouse with a typo still", revises=[str(first)])
    newest = mari.work("beacon", revises=[str(second)])
    found = one(home, "typo")
    assert found.id == newest
    assert found.found_in in (first, second)
    assert found.title == "beacon"
    assert one(home, "beacon").found_in is None
    both = mari.work("beacon with no typo", revises=[str(newest)])
    assert one(home, "typo").id == both
    assert one(home, "typo").found_in is None


def test_an_older_version_is_told_once_over_all_pages(home: Home, mari: Person) -> None:
    first = mari.work("lighthouse")
    second = mari.work("lighthouse lighthouse", revises=[str(first)])
    newest = mari.work("beacon", revises=[str(second)])
    other = mari.work("lighthouse of the other side of the bay")
    seen: list[RecordId] = []
    cursor = None
    while True:
        page = search(home, SearchQuestion("lighthouse", limit=1, cursor=cursor))
        seen += [found.id for found in page.found]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted([newest, other])


def test_a_stranger_takes_no_record_s_place(home: Home, mari: Person, ifor: Person) -> None:
    work = mari.work("lighthouse")
    variant = ifor.work("beacon lighthouse", revises=[str(work)])
    assert set(ids(home, "lighthouse")) == {work, variant}


def test_what_a_revoked_key_signed_is_told_on_request_only(home: Home, mari: Person) -> None:
    mari.rights()
    honest = len(mari.chain) - 1
    stolen = mari.work("lighthouse")
    assert ids(home, "lighthouse") == [stolen]
    mari.revoke_after(honest)
    result = search(home, SearchQuestion("lighthouse"))
    assert result.found == ()
    assert result.passed_over == 1
    (shown,) = search(home, SearchQuestion("lighthouse", everything=True)).found
    assert [flag.value for flag in shown.flags] == ["revoked"]


def test_what_was_taken_back_is_not_told_even_on_request(home: Home, mari: Person) -> None:
    mari.retract(mari.work("lighthouse"))
    assert ids(home, "lighthouse", everything=True) == []


# --- how it is told -----------------------------------------------------------------------------------------


def test_the_words_are_marked_where_they_stand(home: Home, mari: Person) -> None:
    mari.work("The harbour", description={"en": ["x " * 300 + "an old LIGHTHOUSE, by night" + " y" * 300]})
    found = one(home, "lighthouse harbour")
    assert [found.title[a:b] for a, b in found.title_marks] == ["harbour"]  # type: ignore[index]
    assert found.snippet is not None
    assert [found.snippet.text[a:b] for a, b in found.snippet.marks] == ["LIGHTHOUSE"]
    assert found.snippet.field == "text"
    assert len(found.snippet.text) < 200
    assert one(home, "harbour").snippet is None


def test_titles_come_in_the_language_that_is_preferred(home: Home, mari: Person) -> None:
    mari.work("x", title={"cy": ["Goleudy"], "en": ["Lighthouse"], "fr": ["Phare"]})
    assert one(home, "phare", prefer=("en",)).title == "Lighthouse"
    assert one(home, "phare", prefer=("de", "fr")).title == "Phare"


# --- hostile questions ------------------------------------------------------------------------------------

HOSTILE = [
    '"',
    "'",
    "\x00",
    "a\x00b",
    "NEAR(a b, 2)",
    "title:lighthouse",
    "{title} : x",
    "facets:kind",
    "a AND",
    "OR",
    "NOT x",
    "^x",
    "x*",
    "-x",
    "+",
    "(",
    "a)(",
    "\ud800",
    "kind\u00b7work",
    "\u00b7",
    "'; DROP TABLE records; --",
    "%",
    "\u202e\u2066",
    "🏴󠁧󠁢󠁷󠁬󠁳󠁿",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_find_something_or_are_refused_in_words(home: Home, mari: Person, words: str) -> None:
    mari.work("lighthouse")
    with contextlib.suppress(InvalidValue):
        ids(home, words)


def test_a_facet_can_not_be_searched_as_a_word(home: Home, mari: Person) -> None:
    mari.work("lighthouse")
    assert ids(home, "kind\u00b7work") == []


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(words=st.text(max_size=60))
def test_any_text_at_all_raises_nothing_of_sqlite(home: Home, words: str) -> None:
    with contextlib.suppress(UserError):
        ids(home, words)


def test_too_many_words_are_refused(home: Home) -> None:
    with pytest.raises(InvalidValue, match="words"):
        parse_words(" ".join(f"w{n}" for n in range(MAX_WORDS + 1)))
    with pytest.raises(InvalidValue, match="characters"):
        parse_words("字" * (MAX_CHARACTERS + 1))
    with pytest.raises(InvalidValue):
        parse_words("word " * 10_000)
    assert ids(home, "字" * MAX_CHARACTERS) == []


def test_a_damaged_index_is_named(home: Home, mari: Person) -> None:
    mari.work("lighthouse")
    SearchIndex(home.store).catch_up()
    home.close()
    with closing(sqlite3.connect(home.layout.store)) as connection:
        connection.execute("UPDATE search_text_data SET block = x'00' WHERE id > 100")
        connection.commit()
    with Home.open(home.layout.root) as again, pytest.raises(Corruption, match="index"):
        ids(again, "lighthouse")


def test_a_clock_is_not_asked(home: Home, mari: Person, clock: Clock) -> None:
    work = mari.work("lighthouse")
    clock.now = 0
    assert ids(home, "lighthouse") == [work]
