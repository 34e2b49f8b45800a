"""The vectors of docs/spec/bodies.md, read from files, as another implementation would read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from knowchain.codec import decode, encode
from knowchain.errors import InvalidBody
from knowchain.identifiers import parse_record_id
from knowchain.records.bodies import KINDS, compose, present, read_body

FOLDER = Path(__file__).parents[2] / "vectors" / "bodies"


def cases(name: str) -> list[Any]:
    loaded = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["name"]) for case in loaded]


@pytest.mark.parametrize("case", cases("valid"))
def test_a_valid_form_is_stored_as_these_bytes_and_these_refs(case: dict[str, Any]) -> None:
    draft = compose(case["kind"], case["human"])
    assert encode(dict(draft.body)).hex() == case["body"]
    assert [[relation, str(target)] for relation, target in draft.refs] == case["refs"]
    assert [warning.fields["field"] for warning in draft.warnings] == case["warnings"]


@pytest.mark.parametrize("case", cases("valid"))
def test_the_bytes_and_refs_are_presented_in_a_form_that_composes_to_them(case: dict[str, Any]) -> None:
    body: Any = decode(bytes.fromhex(case["body"]))
    refs = [(relation, parse_record_id(target)) for relation, target in case["refs"]]
    again = compose(case["kind"], present(case["kind"], body, refs))
    assert encode(dict(again.body)).hex() == case["body"]


@pytest.mark.parametrize("case", cases("invalid"))
def test_an_invalid_form_is_refused_for_these_fields(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidBody) as caught:
        compose(case["kind"], case["human"])
    told = {str(problem.fields["field"]): str(problem) for problem in caught.value.problems}
    assert sorted(told) == sorted(case["errors"])


@pytest.mark.parametrize("case", cases("foreign"))
def test_a_body_of_another_version_is_read_this_far(case: dict[str, Any]) -> None:
    value: Any = decode(bytes.fromhex(case["body"]))
    body = read_body(case["kind"], value)
    assert sorted(body.fields) == case["fields"]
    assert sorted(body.extra) == case["extra"]
    assert sorted(str(issue.fields["field"]) for issue in body.issues) == case["issues"]


def test_there_is_a_valid_vector_of_every_kind() -> None:
    assert {case.values[0]["kind"] for case in cases("valid")} == set(KINDS)
