"""What a request asks for."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.content.selecting import Selection
from knowchain.identifiers import RAW, cid_of
from knowchain_node.api.failures import Refused
from knowchain_node.gateway.question import read_question, read_target

CID = cid_of(b"x", RAW)
PATH = f"/ipfs/{CID}"
CAR = "application/vnd.ipld.car"
BLOCK = "application/vnd.ipld.raw"


def asked(accept="", path=PATH, **query):
    return read_question(path, {name.replace("_", "-"): value for name, value in query.items()}, accept)


@pytest.mark.parametrize(
    ("accept", "query", "format_"),
    [
        (BLOCK, {}, "raw"),
        (CAR, {}, "car"),
        (f"{CAR};q=0.5, {BLOCK}", {}, "raw"),
        (f"{BLOCK};q=0, {CAR};q=0.1", {}, "car"),
        (f"text/html, */*;q=0.8, {CAR};q=0.2", {}, "car"),
        (CAR, {"format": "raw"}, "raw"),
        (BLOCK, {"format": "car"}, "car"),
        (CAR.upper(), {}, "car"),
    ],
)
def test_the_url_wins_over_the_header_and_the_header_weighs(accept, query, format_):
    assert asked(accept, **query).format == format_


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", "application/json", f"{CAR};q=0", f"{CAR};q=x"])
def test_what_nobody_can_check_is_not_given(accept):
    with pytest.raises(Refused) as refused:
        asked(accept)
    assert refused.value.status == 406
    assert "?format=car" in refused.value.remedy


@pytest.mark.parametrize("format_", ["html", "json", "tar", "dag-json", "ipns-record", ""])
def test_other_formats_are_refused_whatever_the_header_says(format_):
    with pytest.raises(Refused) as refused:
        asked(CAR, format=format_)
    assert refused.value.status == 406


def test_a_car_is_told_with_what_was_chosen():
    assert asked(CAR).content_type == f"{CAR}; version=1; order=dfs; dups=n"
    assert asked(f'{CAR};dups="y"; order=unk').content_type == f"{CAR}; version=1; order=dfs; dups=y"
    assert asked(f"{CAR};dups=n", car_dups="y").selection.duplicates
    assert asked(f"{CAR};dups=y", format="car").selection.duplicates
    assert not asked(f"{CAR};dups=y;q=0.1, {CAR}").selection.duplicates


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ({}, Selection("all")),
        ({"dag_scope": "block"}, Selection("block")),
        ({"dag_scope": "entity"}, Selection("entity")),
        ({"dag_scope": "entity", "entity_bytes": "0:*"}, Selection("entity", 0, -1)),
        ({"dag_scope": "entity", "entity_bytes": "-5:-2"}, Selection("entity", -5, -2)),
        ({"entity_bytes": "7:9"}, Selection("entity", 7, 9)),
        ({"dag_scope": "all", "entity_bytes": "7:9"}, Selection("all")),
    ],
)
def test_scope_and_bytes(given_, wanted):
    assert asked(CAR, **given_).selection == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dag_scope", "ALL"),
        ("dag_scope", "unknown"),
        ("entity_bytes", "5"),
        ("entity_bytes", "*:5"),
        ("entity_bytes", "1:" + "9" * 19),
        ("entity_bytes", "0:1:2"),
        ("car_order", "bfs"),
        ("car_dups", "yes"),
        ("car_version", "2"),
    ],
)
def test_what_can_not_be_read_names_the_parameter(name, value):
    with pytest.raises(Refused) as refused:
        asked(CAR, **{name: value})
    assert refused.value.status == 400
    assert str(refused.value).startswith(name.replace("_", "-"))


def test_segments_are_decoded_once():
    assert read_target(f"{PATH}/a%20b/%C3%A9/c%2525/")[1] == ("a b", "é", "c%25")
    assert read_target(PATH + "/") == (CID, ())


@pytest.mark.parametrize(
    "rest",
    [
        "..",
        ".",
        "a//b",
        "a/../b",
        "%2e%2e",
        "a/%2E",
        "a%2fb",
        "a%00b",
        "%ff",
        "x" * 1025,
        "/".join(["a"] * 257),
    ],
)
def test_tricks_with_paths_are_refused(rest):
    with pytest.raises(Refused) as refused:
        read_target(f"{PATH}/{rest}")
    assert refused.value.status == 400


@pytest.mark.parametrize("path", ["/", "/ipfs", "/ipfs/", "/ipns/x", "/api/v1/status", f"//ipfs/{CID}"])
def test_nothing_else_is_here(path):
    with pytest.raises(Refused) as refused:
        read_target(path)
    assert refused.value.status == 404


@given(st.text(), st.dictionaries(st.text(), st.text()), st.text())
def test_whatever_is_sent_is_understood_or_refused(rest, query, accept):
    for path in (rest, f"/ipfs/{rest}", f"{PATH}/{rest}"):
        with contextlib.suppress(Refused):
            question = read_question(path, {**query, "format": "car"}, accept)
            assert question.format == "car"
            assert not {"..", ".", ""} & set(question.segments)
