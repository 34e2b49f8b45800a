"""What rows are part of, and the files that they name."""

from __future__ import annotations

import hashlib

import pytest

from knowchain.errors import InvalidValue
from knowchain.home import author

HEADER = "id,title,kind,access,part_of\n"


def test_a_part_may_stand_before_its_whole(museum) -> None:
    museum.publish(
        museum.table("x.csv", HEADER + "p1,A page,Text,public,album\nalbum,An album,Text,public,\n")
    )
    album, page = museum.held("work")
    assert album["id"] == "album"
    assert page["part_of"] == [album["record"]]


def test_a_name_that_nobody_bears_becomes_one_collection(museum) -> None:
    table = museum.table("x.csv", HEADER + "1,A,Text,public,Smith papers\n2,B,Text,public,Smith papers\n")
    done = museum.publish(table)
    (collection,) = museum.held("collection")
    assert done.counts.collections == 1
    assert collection["title"] == {"und": ["Smith papers"]}
    assert [work["part_of"] for work in museum.held("work")] == [[collection["record"]]] * 2
    assert museum.publish(table).counts.created == 0


def test_a_collection_that_was_made_before_is_found_by_its_title(museum) -> None:
    made = author(museum.home, "collection", {"title": {"en": ["Prints"]}, "acceptance": "curators"})
    museum.publish(museum.table("x.csv", HEADER + "1,A,Text,public,Prints\n"))
    assert museum.held("work")[0]["part_of"] == [str(made.id)]


def test_works_that_are_part_of_each_other_are_refused(museum) -> None:
    rows = "a,A,Text,public,b\nb,B,Text,public,a\nc,C,Text,public,\n"
    done = museum.publish(museum.table("x.csv", HEADER + rows))
    assert (done.counts.works, done.counts.refused) == (1, 2)


def test_a_part_of_a_bad_row_is_refused_and_makes_no_collection(museum) -> None:
    rows = "p,A,Text,public,album\nalbum,B,Album,public,\nc,C,Text,public,\n"
    done = museum.publish(museum.table("x.csv", HEADER + rows))
    assert (done.counts.works, done.counts.refused, done.counts.collections) == (1, 2, 0)


FILES = "id,title,kind,access,filename,checksum_sha256\n"


def scans(museum, **content: bytes) -> str:
    folder = museum.folder / "scans"
    folder.mkdir()
    for name, data in content.items():
        (folder / f"{name}.txt").write_bytes(data)
    return str(folder)


def test_files_come_with_their_rows(museum) -> None:
    folder = scans(museum, one=b"first", two=b"second", three=b"nobody's")
    table = museum.table("x.csv", FILES + "1,A,Text,public,one.txt|two.txt,\n")
    done = museum.publish(table, files=folder)
    (work,) = museum.held("work")
    assert [file["sha256"] for file in work["files"]] == [
        hashlib.sha256(data).hexdigest() for data in (b"first", b"second")
    ]
    assert all("cid" in file and file["mime"] == "text/plain" for file in work["files"])
    assert (done.counts.files, done.counts.file_bytes, done.extra_files) == (2, 11, ("three.txt",))
    assert museum.publish(table, files=folder).counts.created == 0


def test_files_of_what_is_described_only_are_measured_and_not_kept(museum) -> None:
    folder = scans(museum, one=b"first")
    museum.publish(museum.table("x.csv", FILES + "1,A,Text,metadata-only,one.txt,\n"), files=folder)
    (file,) = museum.held("work")[0]["files"]
    assert file["bytes"] == 5
    assert "cid" not in file


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../../etc/passwd", "must be a relative path inside the folder"),
        ("One.txt", "is not in the folder"),
        ("none.txt", "is not in the folder"),
        ("", "nothing to publish"),
    ],
)
def test_a_file_that_is_not_there_is_told_with_its_row(museum, name: str, told: str) -> None:
    folder = scans(museum, one=b"first")
    rows = f"1,A,Text,public,{name},\n" if name else ""
    with pytest.raises(InvalidValue, match=told):
        museum.publish(museum.table("x.csv", FILES + rows), files=folder)


def test_a_file_over_a_symlink_is_refused(museum) -> None:
    folder = scans(museum, one=b"first")
    (museum.folder / "scans" / "link.txt").symlink_to("/etc/hostname")
    with pytest.raises(InvalidValue, match="leads over a symlink"):
        museum.publish(museum.table("x.csv", FILES + "1,A,Text,public,link.txt,\n"), files=folder)


def test_a_file_with_another_digest_is_refused(museum) -> None:
    folder = scans(museum, one=b"first", two=b"second")
    right = hashlib.sha256(b"second").hexdigest()
    rows = f"1,A,Text,public,one.txt,{'0' * 64}\n2,B,Text,public,two.txt,{right}\n"
    done = museum.publish(museum.table("x.csv", FILES + rows), files=folder)
    assert (done.counts.works, done.counts.refused) == (1, 1)
    assert "has the SHA-256" in done.problems[0].example


def test_a_file_of_two_rows_is_refused_the_second_time(museum) -> None:
    folder = scans(museum, one=b"first")
    rows = "1,A,Text,public,one.txt,\n2,B,Text,public,one.txt,\n"
    done = museum.publish(museum.table("x.csv", FILES + rows), files=folder)
    assert (done.counts.works, done.counts.refused) == (1, 1)
    assert "is named by row 2 too" in done.problems[0].example


def test_rows_that_name_files_without_a_folder_are_described_and_it_is_said(museum) -> None:
    done = museum.publish(museum.table("x.csv", FILES + "1,A,Text,public,one.txt,\n"))
    assert done.counts.works == 1
    assert "1 rows name files" in done.remarks[0]
