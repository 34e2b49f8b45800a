"""Tables in the dress in which other people's programs export them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.archive.tables import Row, Table, open_table
from knowchain.errors import InvalidValue


def opened(data: bytes | str, name: str = "table.csv") -> Table:
    return open_table(io.BytesIO(data.encode() if isinstance(data, str) else data), name)


def rows(data: bytes | str, name: str = "table.csv") -> list[Row]:
    return list(opened(data, name).rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    text = "\n".join(
        delimiter.join(cells) for cells in (["id", "title", "note"], ["1", "A", ""], ["2", "B", "x"])
    )
    table = opened(text)
    assert table.delimiter == delimiter
    assert table.columns == ("id", "title", "note")
    assert [row.fields["title"] for row in table.rows] == ["A", "B"]


def test_a_delimiter_inside_values_does_not_win() -> None:
    table = opened('id;title\n1;"Sun, moon, stars, sea"\n2;"Tea, milk"\n')
    assert table.delimiter == ";"


def test_one_column_is_a_table_too() -> None:
    assert [row.fields for row in rows("title\nA\nB\n")] == [{"title": "A"}, {"title": "B"}]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("id,title\n1,Łódź\n".encode(), "utf-8"),
        ("id,title\n1,Łódź\n".encode("utf-8-sig"), "utf-8-sig"),
        ("id,title\n1,Łódź\n".encode("utf-16"), "utf-16"),
        ("id,title\n1,Łódź\n".encode("utf-16-le"), "utf-16-le"),
        ("id,title\n1,Łódź\n".encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_the_encoding_is_found(data: bytes, encoding: str) -> None:
    table = opened(data)
    assert (table.encoding, table.columns) == (encoding, ("id", "title"))
    assert next(table.rows).fields == {"id": "1", "title": "Łódź"}


def test_bytes_that_are_no_utf_8_are_told_with_a_remedy() -> None:
    with pytest.raises(InvalidValue, match="not utf-8") as caught:
        rows("id,title\n1,Café\n".encode("latin-1"))
    assert "CSV UTF-8" in caught.value.remedy


def test_a_line_break_inside_quotes_stays_and_rows_are_counted_as_a_spreadsheet_does() -> None:
    read = rows('id,note\n1,"two\nlines"\n2,x\n')
    assert [(row.number, row.fields["note"]) for row in read] == [(2, "two\nlines"), (3, "x")]


def test_empty_rows_are_passed_over_and_counted() -> None:
    assert [row.number for row in rows("id,title\n1,A\n,\n\n2,B\n")] == [2, 5]


def test_a_row_that_is_too_long_is_told_by_its_number() -> None:
    (row,) = rows("id,title\n1,Sun, moon\n")
    (issue,) = row.issues
    assert "row 2: has 3 cells, the header has 2" in str(issue)
    assert "quotation marks" in issue.remedy
    assert row.fields == {"id": "1", "title": "Sun"}


def test_a_row_that_is_too_short_has_empty_cells() -> None:
    assert rows("id,title,note\n1,A\n") == [Row(2, {"id": "1", "title": "A"})]


def test_a_column_that_stands_twice_keeps_both_values() -> None:
    table = opened("id,subject,subject,\n1,sea,moon,x\n")
    assert table.columns == ("id", "subject[0]", "subject[1]", "column 4")
    assert next(table.rows).fields == {"id": "1", "subject[0]": "sea", "subject[1]": "moon", "column 4": "x"}


def test_nested_json_is_addressed_by_dotted_paths_and_numbers_stay_as_written() -> None:
    line = {"id": 7, "creator": [{"name": "A"}, {"name": None, "role": "x"}], "size": {"w": 1}, "ok": True}
    (row,) = rows(json.dumps(line) + "\n", "x.jsonl")
    assert row == Row(
        1, {"id": "7", "creator[0].name": "A", "creator[1].role": "x", "size.w": "1", "ok": "true"}
    )
    assert rows('{"w": 5.870}\n', "x.jsonl")[0].fields == {"w": "5.870"}


def test_lines_that_are_no_objects_are_told_and_the_others_read() -> None:
    read = rows('{"a": 1}\n[2]\n\n{oops}\n{"a": NaN}\n{"a": 3}\n', "x.jsonl")
    assert [row.number for row in read] == [1, 2, 4, 5, 6]
    assert ["row 2: is [2], not an object" in str(i) for row in read[1:2] for i in row.issues] == [True]
    assert [len(row.issues) for row in read] == [0, 1, 1, 1, 0]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b" \r\n"])
def test_an_empty_table_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidValue, match="is empty"):
        opened(data)


def test_a_table_is_read_as_a_stream() -> None:
    class Endless(io.RawIOBase):
        served = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            self.served += size
            return (
                (b"1,A\n" * (size // 4 + 1))[:size]
                if self.served > 70_000
                else b"id,title\n" + b"1,A\n" * 16_000
            )

    stream = Endless()
    table = open_table(stream, "x.csv")  # type: ignore[arg-type]
    assert next(table.rows).number == 2
    assert stream.served < 200_000


CELL = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12)


@given(
    st.integers(2, 5).flatmap(
        lambda n: st.lists(st.lists(CELL, min_size=n, max_size=n), min_size=1, max_size=8)
    ),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_a_spreadsheet_writes_is_what_is_read(cells: list[list[str]], delimiter: str) -> None:
    header = [f"column {i}" for i in range(len(cells[0]))]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([header, *cells])
    read = {row.number: dict(row.fields) for row in rows(out.getvalue())}
    for number, row in enumerate(cells, 2):
        expected: dict[str, Any] = {h: c.strip() for h, c in zip(header, row, strict=True) if c.strip()}
        assert read.get(number, {}) == expected


@given(st.binary(max_size=300), st.sampled_from(["x.csv", "x.tsv", "x.jsonl"]))
def test_any_bytes_are_read_or_refused_by_name(data: bytes, name: str) -> None:
    try:
        issues = [issue for row in rows(data, name) for issue in row.issues]
    except InvalidValue as refused:
        issues = [refused]
    assert all(str(issue) and issue.remedy for issue in issues)
