"""Whole tables: published, tried out, given again; maps drafted and checked."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).with_name("knowchain")
NO_COPYRIGHT = "http://rightsstatements.org/vocab/NoC-US/1.0/"
HISTORY = "Mary Smith, Boston, MA, until 1903; John Smith, by descent, 1903."
TABLE = f"""\ufeffid,kind,title,title_lang,creator,date_display,access,rights_uri,provenance_text,filename
sj-1,StillImage,Yr harbwr,cy,Mari Ellis,c. 1910,public,{NO_COPYRIGHT},"{HISTORY}",harbwr.txt
sj-2,Text,Hen benillion,cy,Anon.,,public,{NO_COPYRIGHT},,
sj-3,Text,Ôl-nodyn,cy,,1931,metadata-only,,,
""".encode()


@pytest.fixture
def table(mari: Any) -> str:
    mari.write("objects.csv", TABLE)
    mari.write("scans/harbwr.txt", b"a scan")
    return "objects.csv"


def counts(answer: Any) -> dict[str, int]:
    told: dict[str, int] = answer["import"]["counts"]
    return {name: value for name, value in told.items() if value}


def test_a_table_becomes_works_rights_and_custody(mari: Any, table: str) -> None:
    done = mari.json("publish", "--metadata", table, "--files", "scans")
    found = counts(done)
    assert (found["rows"], found["works"], found["files"], found["rights"]) == (3, 3, 1, 2)
    assert found["events"] >= 1
    assert done["ok"]
    (hit,) = mari.json("search", "harbwr")["found"]
    assert "Yr harbwr" in mari("show", hit["id"]).out


def test_the_same_table_again_creates_nothing_and_says_so(mari: Any, table: str) -> None:
    mari("publish", "--metadata", table, "--files", "scans")
    before = mari.json("stats")["stats"]["records"]
    assert (
        "Nothing new: all 3 rows are published already"
        in mari("publish", "--metadata", table, "--files", "scans").out
    )
    assert mari.json("stats")["stats"]["records"] == before


def test_only_what_changed_is_signed_anew(mari: Any, table: str) -> None:
    mari("publish", "--metadata", table)
    mari.write("objects.csv", TABLE.replace(b"Hen benillion", b"Hen benillion a thribannau"))
    found = counts(mari.json("publish", "--metadata", table))
    assert (found["revised"], found["unchanged"]) == (1, 2)
    assert "works" not in found


def test_a_dry_run_signs_nothing(mari: Any, table: str) -> None:
    before = mari.json("stats")["stats"]["records"]
    out = mari("publish", "--metadata", table, "--dry-run").out
    assert "A dry run: nothing was signed" in out
    assert "3 new works" in out
    assert mari.json("stats")["stats"]["records"] == before


def test_bad_rows_are_told_and_good_ones_are_published(mari: Any) -> None:
    bad = TABLE.replace(b"StillImage", b"Picture").replace(b"1931,metadata-only", b"1931,secret")
    mari.write("objects.csv", bad)
    answer = mari("publish", "--metadata", "objects.csv", "--report", "report.jsonl", code=1)
    assert "1 new works" in answer.out
    assert "row 2, column kind" in answer.out
    assert "row 4, column access" in answer.out
    assert "2 rows were refused" in answer.out
    lines = [json.loads(line) for line in (mari.folder / "report.jsonl").read_text().splitlines()]
    assert {(line["row"], line["column"]) for line in lines[:-1]} >= {(2, "kind"), (4, "access")}
    assert all(line["remedy"] for line in lines[:-1] if line["severity"] == "error")
    assert lines[-1]["summary"]["works"] == 1
    assert "2 rows refused" in (mari.folder / "report.jsonl.txt").read_text()


def test_strict_publishes_all_or_nothing(mari: Any) -> None:
    mari.write("objects.csv", TABLE.replace(b"StillImage", b"Picture"))
    answer = mari("publish", "--metadata", "objects.csv", "--strict", code=2)
    assert "nothing was published" in answer.err
    assert mari.json("search", "benillion")["found"] == []


def test_nothing_created_is_never_success(mari: Any) -> None:
    for content, words in (
        (b"", "empty"),
        (b"id,kind,title,access\n", "rows"),
        (b"id,kind,title,access\n1,Nonsense,x,public\n", "kind"),
    ):
        mari.write("objects.csv", content)
        answer = mari("publish", "--metadata", "objects.csv", code=2)
        assert words in answer.err, answer.err
        assert "→" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--title", "x"), "--title and --metadata can't stand together"),
        (("--lang", "cy"), "--lang and --metadata can't stand together"),
        (("--license", "CC0-1.0"), "--license and --metadata can't stand together"),
        (("scans",), "PATH and --metadata can't stand together"),
        (("--map", "nowhere.toml"), "nowhere.toml"),
        (("--files", "nowhere"), "nowhere"),
        (("--report", "nowhere/report.jsonl"), "--report"),
        (("--profile", "mine"), "profile"),
    ],
)
def test_what_does_not_go_together_is_said(mari: Any, table: str, words: tuple[str, ...], said: str) -> None:
    answer = mari.type("publish", "--metadata", table, *words)
    assert answer.code in (1, 2)
    assert said in answer.err
    assert mari.json("search", "benillion")["found"] == []


@pytest.mark.parametrize("words", [("--dry-run",), ("--map", "x"), ("--report", "r"), ("--strict",)])
def test_options_of_a_table_need_one(mari: Any, words: tuple[str, ...]) -> None:
    answer = mari("publish", "-t", "x", "-l", "en", "--access", "public", *words, code=2)
    assert f"{words[0]} is of a whole table" in answer.err
    assert "--metadata FILE" in answer.err


FIRST_TIME: dict[str, tuple[str, bytes, str | None]] = {
    "a workbook": ("objects.xlsx", b"PK\x03\x04" + bytes(100), "CSV"),
    "Windows-1252": (
        "objects.csv",
        "id;kind;title;access\n1;Text;Café “x”;public\n".encode("cp1252"),
        None,
    ),
    "tabs": ("objects.csv", b"id\tkind\ttitle\taccess\n1\tText\tx\tpublic\n", None),
    "semicolons": ("objects.csv", b"id;kind;title;access\r\n1;Text;x;public\r\n", None),
    "gzip": ("objects.csv.gz", gzip.compress(b"id,kind,title,access\n1,Text,x,public\n", mtime=0), None),
    "JSON lines": (
        "objects.jsonl",
        b'{"id": "1", "kind": "Text", "title": "x", "access": "public"}\n',
        None,
    ),
    "an id twice": ("objects.csv", b"id,kind,title,access\n1,Text,x,public\n1,Text,y,public\n", "row 2"),
    "no title": ("objects.csv", b"id,kind,access\n1,Text,public\n", None),
    "no id": ("objects.csv", b"kind,title,access\nText,x,public\n", "id"),
    "no access": ("objects.csv", b"id,kind,title\n1,Text,x\n", "--access"),
    "a cell without end": (
        "objects.csv",
        b'id,kind,title,access\n1,Text,"x' + b"y" * 3_000_000 + b",public\n",
        "row",
    ),
    "any bytes": ("objects.csv", bytes(range(256)) * 10, None),
}


@pytest.mark.parametrize(("name", "content", "said"), FIRST_TIME.values(), ids=FIRST_TIME)
def test_the_tables_of_a_first_time_archivist(mari: Any, name: str, content: bytes, said: str | None) -> None:
    """Each is published, or refused with a place and a remedy; never a traceback, never silence."""
    mari.write(name, content)
    answer = mari.type("publish", "--metadata", name)
    assert answer.code in (0, 1, 2)
    assert "Traceback" not in answer.err
    if answer.code == 0:
        assert said is None, answer.out
        assert "1 new works" in answer.out
    else:
        assert "→" in answer.err or "    " in answer.out
    if said is not None:
        assert said in answer.err + answer.out


OTHERS = {
    "hungarian.csv": (
        "Leltári szám;Megnevezés;Készítő;Kor;Anyag;Megjegyzés;Raktár\n"
        "51.7.12;Hímzett párnavég;Kis Jánosné;1890 körül;len, gyapjú;ajándék;B/4\n"
        "51.7.13;Festett láda;ismeretlen;19. század vége;fenyő;;C/1\n"
    ).encode(),
    "plates.jsonl": "\n".join(
        json.dumps(row)
        for row in (
            {"uid": f"pl-{n}", "object": {"label": f"Plate {n}", "maker": {"name": "T. Okafor"}},
             "when": {"from": 1900 + n, "to": 1901 + n}, "keywords": ["glass", "harbour"], "shelf": None}
            for n in range(5)
        )
    ).encode(),
    "dc.tsv": (
        b"dc:identifier\tdc:title\tdc:creator\tdc:date\tdc:type\tdc:rights\tloc_internal\n"
        b"t-1\tNgoma za mvua\tJuma bin Omari\tabout 1936\tSound\tIn copyright\tZ\n"
        b"t-2\tWimbo wa bahari\t\tn.d.\tSound\t\tZ\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_a_draft_for_a_table_that_nobody_has_seen_works_as_it_stands(mari: Any, name: str) -> None:
    mari.write(name, OTHERS[name])
    drafted = mari("map", "suggest", name, "-o", "draft.toml")
    assert "knowchain map check draft.toml" in drafted.out
    checked = mari.json("map", "check", "draft.toml", name)
    assert checked["ok"], checked
    done = mari.json("publish", "--metadata", name, "--map", "draft.toml")
    assert done["ok"]
    assert counts(done)["works"] == counts(done)["rows"] > 1
    assert counts(mari.json("publish", "--metadata", name, "--map", "draft.toml")).keys() >= {"unchanged"}


def test_a_draft_goes_to_the_standard_output_and_never_over_a_file(mari: Any, table: str) -> None:
    out = mari("map", "suggest", table).out
    assert "[columns]" in out
    mari.write("draft.toml", b"mine")
    answer = mari("map", "suggest", table, "-o", "draft.toml", code=2)
    assert "exists already" in answer.err
    assert (mari.folder / "draft.toml").read_bytes() == b"mine"


def test_the_maps_that_come_along_are_listed_and_shown(mari: Any) -> None:
    names = mari.json("map", "list")["maps"]
    assert len(names) >= 3
    for name in names:
        assert "[columns]" in mari("map", "show", name).out
    assert "no" in mari("map", "show", "nonsense", code=1).err


def test_a_running_peer_imports_the_same_table_with_the_same_words(mari: Any, table: str) -> None:
    process = subprocess.Popen(
        [COMMAND, "node", "run", "--json", "--set", "api.port=0", "--set", "network.enabled=false"],
        cwd=mari.folder, env=mari.variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("}"):
            assert process.poll() is None
        assert Path(mari.home, "api.json").exists()
        done = mari.json("publish", "--metadata", table, "--files", "scans", "--report", "r.jsonl")
        assert (counts(done)["works"], counts(done)["files"]) == (3, 1)
        assert (mari.folder / "r.jsonl").exists()
        again = mari("publish", "--metadata", table, "--files", "scans")
        assert "Nothing new" in again.out
        refused = mari("publish", "--metadata", "missing.csv", code=2)
        assert "missing.csv" in refused.err
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stdout is not None
        process.stdout.close()
