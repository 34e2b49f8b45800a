"""Tables as other museums export them."""

from __future__ import annotations

import pytest

from knowchain.errors import InvalidValue
from knowchain.home.museum import check_map, draft_map


def test_a_wide_csv_with_a_byte_order_mark_and_semicolons(museum) -> None:
    table = museum.table(
        "met.csv",
        "\ufeffObject ID;Object Number;Title;Artist Display Name;Object Date;Medium;Is Public Domain\n"
        "12;1979.486.1;“Coin”;James Longacre;1853;Gold;False\n",
    )
    done = museum.publish(table, map="met-csv", access="metadata-only")
    assert done.counts.works == 1, done.problems
    (work,) = museum.held("work")
    assert work["title"] == {"en": ["“Coin”"]} or work["title"] == {"und": ["“Coin”"]}


def test_dublin_core_with_several_values_in_a_cell(museum) -> None:
    table = museum.table(
        "dc.csv",
        "id,dc.title,dc.type,dc.subject,dc.language\nd1,A song,Text,songs | sea,cy\n",
    )
    museum.publish(table, access="public")
    (work,) = museum.held("work")
    assert [each["term"] for each in work["subjects"]] == ["songs", "sea"]
    assert work["languages"] == [{"tag": "cy"}]


def test_windows_1252_is_refused_with_its_remedy(museum) -> None:
    table = museum.table("old.csv", "id,title,kind,access\n1,Caf\xe9,Text,public\n".encode("cp1252"))
    with pytest.raises(InvalidValue) as caught:
        museum.publish(table)
    assert "UTF-8" in caught.value.remedy


def test_a_ragged_row_is_refused_and_the_others_are_published(museum) -> None:
    table = museum.table("ragged.csv", "id,title,kind,access\n1,A, B,Text,public\n2,C,Text,public\n")
    done = museum.publish(table)
    assert (done.counts.works, done.counts.refused) == (1, 1)
    assert "row 2: has 5 cells" in done.problems[0].example


def test_what_nobody_mapped_is_kept_under_source(museum) -> None:
    museum.publish(museum.table("x.csv", "id,title,kind,access,Shelf\n1,A,Text,public,B 12\n"))
    assert museum.held("work")[0]["source"] == "Shelf: B 12"


def test_a_drafted_map_works_as_it_stands(museum) -> None:
    table = museum.lines(
        "theirs.jsonl", [{"objectNumber": "A.1", "objectTitle": "Vase", "maker": "Bo"} for _ in range(1)]
    )
    drafted = museum.table("map.toml", draft_map(table))
    assert check_map(drafted, table, access="metadata-only").good == 1
    assert museum.publish(table, map=drafted, access="metadata-only").counts.works == 1


def test_a_map_for_another_table_is_refused(museum) -> None:
    table = museum.table("x.csv", "id,title,kind,access\n1,A,Text,public\n")
    with pytest.raises(InvalidValue, match="speaks of no column"):
        museum.publish(table, map=museum.table("m.toml", '[columns]\nNummer = "id"\n'), access="public")


def test_ten_thousand_rows_planned_in_another_process_come_in_their_order(museum) -> None:
    rows = "".join(f"{number},Thing {number},Text,public\n" for number in range(10_000))
    done = museum.publish(museum.table("many.csv", "id,title,kind,access\n" + rows + "x,y\n"), processes=2)
    assert (done.counts.works, done.counts.refused) == (10_000, 1)
    reader = museum.home.store.reader()
    assert len(reader.chain_tips(museum.home.device_public_key)) == 1
    first, *_, last = museum.held("work")
    assert (first["id"], last["id"]) == ("0", "9999")
