"""Files that rows name, held against what lies in the folder."""

from __future__ import annotations

import unicodedata

import pytest

from knowchain.archive.tables import match_files


def test_files_are_found_whatever_the_form_of_their_letters() -> None:
    decomposed = unicodedata.normalize("NFD", "scans/été.tif")
    match = match_files(
        [(2, "scans/été.tif"), (3, "scans\\b.tif")], [decomposed, "scans/b.tif", "readme.txt"]
    )
    assert match.found == {2: [("scans/été.tif", decomposed)], 3: [("scans\\b.tif", "scans/b.tif")]}
    assert match.extra == ("readme.txt",)
    assert match.issues == ()


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a/../../b", "C:\\x.tif", ""])
def test_a_path_out_of_the_folder_is_refused(path: str) -> None:
    (issue,) = match_files([(5, path)], ["etc/passwd", "b"]).issues
    assert "row 5, column filename" in str(issue)
    assert "must be a relative path inside the folder" in str(issue)


def test_a_missing_file_is_told_with_the_one_that_was_meant() -> None:
    (issue,) = match_files([(2, "scans/Page-1.TIF")], ["scans/page-1.tif"]).issues
    assert "row 2, column filename: scans/Page-1.TIF is not in the folder" in str(issue)
    assert issue.remedy == "did you mean `scans/page-1.tif`"


def test_a_file_belongs_to_one_row() -> None:
    match = match_files([(2, "a.tif"), (3, "a.tif")], ["a.tif"])
    (issue,) = match.issues
    assert "named by row 2 too" in str(issue)
    assert list(match.found) == [2]


def test_one_row_may_have_several_files() -> None:
    match = match_files([(2, "a.tif"), (2, "b.tif")], ["b.tif", "a.tif"])
    assert [there for _, there in match.found[2]] == ["a.tif", "b.tif"]
