"""A table becomes works with their rights and custody; given again, only what changed is signed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from knowchain.errors import InvalidValue
from knowchain.home import author
from knowchain.home.museum import Progress, TableImport, import_table

HEADER = "id,title,kind,creator,access\n"
CHAIR = "1,A chair,PhysicalObject,Ann Lee,public\n"
BOWL = "2,A bowl,PhysicalObject,Bo Dee,metadata-only\n"
OBJECTS = [
    {
        "id": "cmoa:1",
        "title": "A quiet harbour",
        "creator": [{"full_name": "Ann Lee", "role": "artist", "artist_id": "cmoa:p1"}],
        "creation_date": "c. 1890",
        "medium": "oil on canvas",
        "provenance_text": "Mary Smith, Boston, MA, until 1903; John Smith, by descent, 1903.",
    },
    {"id": "cmoa:2", "title": None, "creator": [], "provenance_text": 'A riddle (or not) "of" hands.'},
]


def test_a_row_becomes_a_work_under_stated_rights(museum) -> None:
    done = museum.publish(museum.table("objects.csv", HEADER + CHAIR + BOWL))
    assert (done.counts.works, done.counts.rights, done.counts.refused) == (2, 1, 0)
    chair, bowl = museum.held("work")
    assert chair["title"] == {"und": ["A chair"]}
    assert chair["agents"] == [{"name": "Ann Lee", "role": "creator"}]
    assert chair["access"] == "public"
    (rights,) = museum.held("rights")
    assert chair["rights"] == bowl["rights"] == [rights["record"]]
    assert rights["uri"] == "http://rightsstatements.org/vocab/CNE/1.0/"
    assert rights["asserted_by"]["name"] == "Museum of Invented Things"


def test_custody_becomes_an_event_for_each_step_and_the_unread_stays_whole(museum) -> None:
    done = museum.publish(museum.lines("objects.jsonl", OBJECTS), map="cmoa-json")
    assert (done.counts.works, done.counts.events, done.counts.unread) == (2, 2, 1)
    harbour, unnamed = museum.held("work")
    events = museum.held("event")
    assert {event["to"]["name"] for event in events} == {"Mary Smith, Boston, MA", "John Smith"}
    assert all(event["subject"] == [harbour["record"]] for event in events)
    assert unnamed["title"] == {"und": ["[untitled]"]}
    assert OBJECTS[1]["provenance_text"] in unnamed["description"]["und"][0]


def test_the_same_table_twice_creates_nothing_new(museum) -> None:
    table = museum.lines("objects.jsonl", OBJECTS)
    museum.publish(table, map="cmoa-json")
    before = museum.count()
    again = museum.publish(table, map="cmoa-json")
    assert (again.counts.unchanged, again.counts.created) == (2, 0)
    assert museum.count() == before


def test_a_changed_row_is_revised_and_its_unchanged_events_stay(museum) -> None:
    museum.publish(museum.lines("objects.jsonl", OBJECTS), map="cmoa-json")
    changed = [{**OBJECTS[0], "title": "A loud harbour"}, OBJECTS[1]]
    done = museum.publish(museum.lines("objects.jsonl", changed), map="cmoa-json")
    assert (done.counts.revised, done.counts.unchanged, done.counts.events) == (1, 1, 0)
    first, _, revision = museum.held("work")
    assert revision["revises"] == [first["record"]]
    assert revision["title"] == {"und": ["A loud harbour"]}
    again = museum.publish(museum.lines("objects.jsonl", changed), map="cmoa-json")
    assert again.counts.created == 0


def test_one_more_step_of_custody_is_one_more_event(museum) -> None:
    museum.publish(museum.lines("objects.jsonl", OBJECTS), map="cmoa-json")
    longer = {**OBJECTS[0], "provenance_text": OBJECTS[0]["provenance_text"] + " Gift to Museum, 1950."}
    done = museum.publish(museum.lines("objects.jsonl", [longer]), map="cmoa-json")
    assert (done.counts.unchanged, done.counts.events) == (1, 1)


def test_a_step_that_the_table_tells_no_more_is_named_and_stays(museum) -> None:
    museum.publish(museum.lines("objects.jsonl", OBJECTS), map="cmoa-json")
    shorter = {**OBJECTS[0], "provenance_text": "Mary Smith, Boston, MA, until 1903."}
    done = museum.publish(museum.lines("objects.jsonl", [shorter]), map="cmoa-json")
    assert "1 custody events of cmoa:1 are no longer in the table" in done.problems[0].example
    assert len(museum.held("event")) == 2


def test_what_was_published_is_known_after_the_home_was_closed(museum, reopened) -> None:
    table = museum.lines("objects.jsonl", OBJECTS)
    museum.publish(table, map="cmoa-json")
    museum.home.close()
    with reopened() as home:
        again = import_table(home, TableImport(table, map="cmoa-json", processes=0))
    assert (again.counts.unchanged, again.counts.created) == (2, 0)


def test_a_retracted_work_does_not_come_back_by_itself(museum) -> None:
    table = museum.table("objects.csv", HEADER + CHAIR + BOWL)
    museum.publish(table)
    chair = museum.held("work")[0]["record"]
    author(museum.home, "retraction", {"subject": [chair], "scope": "retract", "reason": "mistake"})
    again = museum.publish(table)
    assert (again.counts.withdrawn, again.counts.unchanged, again.counts.created) == (1, 1, 0)


def test_a_dry_run_counts_what_would_be_and_signs_nothing(museum) -> None:
    before = museum.count()
    table = museum.lines("objects.jsonl", OBJECTS)
    tried = museum.publish(table, map="cmoa-json", dry_run=True)
    assert museum.count() == before
    done = museum.publish(table, map="cmoa-json")
    assert tried.dry_run
    assert tried.counts == done.counts


def test_a_bad_row_is_told_by_row_column_and_remedy_and_the_good_are_published(museum) -> None:
    table = museum.table("objects.csv", HEADER + CHAIR + "2,A bowl,Bowl,Bo Dee,public\n")
    report = museum.folder / "report.jsonl"
    done = museum.publish(table, report=str(report))
    assert (done.counts.works, done.counts.refused, done.complete) == (1, 1, False)
    problem, summary = map(json.loads, report.read_text().splitlines())
    assert (problem["row"], problem["column"], problem["value"]) == (3, "kind", "Bowl")
    assert problem["severity"] == "error"
    assert problem["remedy"]
    assert summary["summary"]["works"] == 1
    assert "1 rows refused" in Path(f"{report}.txt").read_text()


def test_strict_signs_nothing_if_a_row_is_bad(museum) -> None:
    before = museum.count()
    table = museum.table("objects.csv", HEADER + CHAIR + "2,A bowl,Bowl,Bo Dee,public\n")
    with pytest.raises(InvalidValue, match="1 of 2 rows are bad, and so nothing was published"):
        museum.publish(table, strict=True)
    assert museum.count() == before


@pytest.mark.parametrize("rows", ["", "1,A chair,Chair,Ann Lee,public\n"])
def test_nothing_created_is_no_success(museum, rows: str) -> None:
    with pytest.raises(InvalidValue, match="nothing to publish in"):
        museum.publish(museum.table("objects.csv", HEADER + rows))


def test_an_id_that_stands_twice_names_both_rows(museum) -> None:
    done = museum.publish(museum.table("objects.csv", HEADER + CHAIR + CHAIR + BOWL))
    assert (done.counts.works, done.counts.refused) == (2, 1)
    assert done.problems[0].example == "row 3, column id: 1 is the id of row 2 too"


def test_who_may_see_it_must_be_said(museum) -> None:
    table = museum.table("objects.csv", "id,title,kind\n1,A chair,PhysicalObject\n")
    with pytest.raises(InvalidValue, match="--access is missing"):
        museum.publish(table)
    assert museum.publish(table, access="metadata-only").counts.works == 1


def test_a_slip_in_the_header_is_told_with_the_right_name(museum) -> None:
    with pytest.raises(InvalidValue, match="tilte") as caught:
        museum.publish(museum.table("objects.csv", "id,tilte,kind,access\n1,A,Text,public\n"))
    assert "title" in caught.value.remedy


def test_a_packed_table_is_read_as_it_is(museum) -> None:
    packed = gzip.compress((HEADER + CHAIR).encode())
    assert museum.publish(museum.table("objects.csv.gz", packed)).counts.works == 1


def test_a_packed_table_that_was_cut_off_is_told(museum) -> None:
    packed = gzip.compress((HEADER + CHAIR).encode())[:-9]
    with pytest.raises(InvalidValue, match="can't be read to its end"):
        museum.publish(museum.table("objects.csv.gz", packed))


def test_an_import_that_was_interrupted_goes_on_where_it_ended(museum) -> None:
    rows = "".join(f"{number},Thing {number},Text,Ann Lee,public\n" for number in range(1, 401))
    table = museum.table("objects.csv", HEADER + rows)

    def impatient(progress: Progress) -> None:
        if progress.rows >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_table(museum.home, TableImport(table, processes=0), impatient)
    assert len(museum.held("work")) == 200
    done = museum.publish(table)
    assert (done.counts.works, done.counts.unchanged) == (200, 200)


def test_records_that_are_signed_after_an_import_follow_it(museum) -> None:
    museum.publish(museum.table("objects.csv", HEADER + CHAIR))
    chair = museum.held("work")[0]["record"]
    author(museum.home, "retraction", {"subject": [chair], "scope": "retract", "reason": "mistake"})
    museum.publish(museum.table("more.csv", HEADER + BOWL))
    assert len(museum.home.store.reader().chain_tips(museum.home.device_public_key)) == 1


def test_progress_tells_rows_and_bytes_to_the_end(museum) -> None:
    told: list[Progress] = []
    table = museum.table("objects.csv", HEADER + CHAIR + BOWL)
    import_table(museum.home, TableImport(table, processes=0), told.append)
    size = len(HEADER + CHAIR + BOWL)
    assert (told[-1].rows, told[-1].bytes, told[-1].total) == (2, size, size)
    assert told[-1].signed == 3
