"""Any body is read: of another version, careless, or hostile."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.identifiers import Cid, cid_of, record_id
from knowchain.records.bodies import KINDS, compose, present, read_body


def stored(kind: str, /, **fields: Any) -> dict[str, Any]:
    return {**compose(kind, KINDS[kind].example).body, **fields}


def places(kind: str, value: dict[str, Any]) -> set[str]:
    return {str(issue.fields["field"]) for issue in read_body(kind, value).issues}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_composed_has_no_issues(kind: str) -> None:
    body = read_body(kind, stored(kind))
    assert body.issues == ()
    assert body.extra == {}


def test_a_field_of_a_newer_version_is_kept_and_said() -> None:
    value = stored("work", mood="sad")
    body = read_body("work", value)
    assert body.extra == {"mood": "sad"}
    assert body.stored == value
    assert places("work", value) == {"mood"}
    assert present("work", value)["extra"] == {"mood": "sad"}


def test_a_word_of_a_newer_version_is_kept_where_it_stands() -> None:
    value = stored("work", access="on-request", kind="Hologram")
    body = read_body("work", value)
    assert body.fields["access"] == "on-request"
    assert body.fields["kind"] == "Hologram"
    assert places("work", value) == {"access", "kind"}


def test_a_kind_of_a_newer_version_is_kept_whole() -> None:
    body = read_body("recipe", {"steps": 3})
    assert body.fields == {}
    assert body.extra == {"steps": 3}
    assert "recipe is not known" in str(body.issues[0])


def test_the_envelope_is_no_part_of_the_fields() -> None:
    value = stored("work", salt=bytes(16), author=record_id(b"x"))
    assert read_body("work", value).extra == {}
    assert "salt" not in present("work", value)


def test_a_sealed_part_is_kept_though_it_can_not_be_written_yet() -> None:
    value = stored("work", sealed={"suite": 1, "box": b"\x00"})
    assert read_body("work", value).fields["sealed"] == {"suite": 1, "box": b"\x00"}


def test_a_reader_never_meets_another_shape_than_the_promised_one() -> None:
    value = stored(
        "work",
        title={"cy": ["a", 1], "en": 7},
        agents=[{"name": "Nest", "role": "singer"}, {"role": "x"}, 3, {"name": 1, "role": "y"}],
        description=[],
        extent=12,
    )
    fields = read_body("work", value).fields
    assert fields["title"] == {"cy": ["a"]}
    assert fields["agents"] == [{"name": "Nest", "role": "singer"}]
    assert "description" not in fields
    assert set(read_body("work", value).extra) == {"description", "extent"}


def test_a_body_that_lacks_what_is_required_says_so_but_not_what_stands_in_refs() -> None:
    assert places("work", {}) == {"title", "kind", "id", "access"}


def test_a_link_in_place_of_text_is_an_issue_and_no_failure() -> None:
    assert places("evaluation", stored("evaluation", axis=cid_of(b"x"))) == {"axis"}


values = st.recursive(
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(max_size=12)
    | st.binary(max_size=12)
    | st.builds(cid_of, st.binary(max_size=4)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
names = sorted({name for kind in KINDS.values() for name in kind.body_types})
parts = sorted({"name", "role", "tag", "path", "cid", "rule", "exact", "cy", "en", "scheme", "code", "act"})


@given(
    st.sampled_from(sorted(KINDS)),
    st.dictionaries(
        st.sampled_from(names) | st.text(max_size=6),
        values | st.lists(st.dictionaries(st.sampled_from(parts), values, max_size=4), max_size=3),
        max_size=6,
    ),
)
def test_no_body_whatever_can_make_a_reader_fail(kind: str, value: dict[str, Any]) -> None:
    body = read_body(kind, value)
    assert set(body.fields) | set(body.extra) == set(body.stored) == set(value) - {"salt", "author"}
    assert isinstance(body.issues, tuple)
    shown = present(kind, value, [("x:y", record_id(b"z"))])
    json.dumps(shown)
    for name, field in body.fields.items():
        assert KINDS[kind].body_types[name].view(field) == field


def test_reading_does_not_change_what_is_stored() -> None:
    value = stored("rights", uri="https://creativecommons.org/licenses/by/4.0")
    before = json.dumps(present("rights", value))
    assert read_body("rights", value).issues == ()
    assert json.dumps(present("rights", value)) == before
    assert isinstance(stored("event")["fixity"], dict)
    assert not any(isinstance(part, Cid) for part in value.values())
