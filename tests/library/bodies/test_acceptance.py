"""Which records a collection takes."""

from __future__ import annotations

from typing import Any

import pytest

from knowchain.identifiers import RecordId, record_id
from knowchain.records.bodies import Acceptance, acceptance_of

OWNER, CURATOR, INVITED, STRANGER = (record_id(bytes([n])) for n in range(4))


def rule(acceptance: Any, **fields: Any) -> Acceptance:
    return acceptance_of({"curators": [str(CURATOR)], "acceptance": acceptance, **fields}, OWNER)


def test_an_open_collection_takes_everybody() -> None:
    assert rule({"rule": "open"}).takes(author=STRANGER, kind="work")


@pytest.mark.parametrize(
    ("author", "taken"), [(OWNER, True), (CURATOR, True), (INVITED, False), (STRANGER, False)]
)
def test_a_curated_collection_takes_its_curators_and_its_owner(author: RecordId, taken: bool) -> None:
    assert rule({"rule": "curators"}).takes(author=author, kind="work") is taken


@pytest.mark.parametrize(
    ("author", "taken"), [(OWNER, True), (CURATOR, True), (INVITED, True), (STRANGER, False)]
)
def test_an_inviting_collection_takes_the_invited_too(author: RecordId, taken: bool) -> None:
    assert rule({"rule": "invited", "invited": [str(INVITED)]}).takes(author=author, kind="work") is taken


def test_a_curator_takes_a_strangers_record_by_accession() -> None:
    curated = rule({"rule": "curators"})
    assert curated.takes(author=STRANGER, kind="work", accessioned_by=[CURATOR])
    assert not curated.takes(author=STRANGER, kind="work", accessioned_by=[STRANGER])


def test_kinds_and_languages_hold_for_everybody() -> None:
    narrow = rule({"rule": "open", "kinds": ["work"], "languages": ["zh"]})
    assert narrow.takes(author=STRANGER, kind="work", languages=["zh-Hant"])
    assert not narrow.takes(author=STRANGER, kind="note", languages=["zh"])
    assert not narrow.takes(author=OWNER, kind="work", languages=["zha"])
    assert not narrow.takes(author=OWNER, kind="work")


@pytest.mark.parametrize("acceptance", [None, 3, {}, {"rule": "lottery"}, {"rule": 5, "invited": 1}])
def test_a_rule_that_is_not_understood_takes_what_curators_took(acceptance: Any) -> None:
    unknown = acceptance_of({"acceptance": acceptance} if acceptance is not None else {}, OWNER)
    assert unknown.takes(author=OWNER, kind="work")
    assert not unknown.takes(author=STRANGER, kind="work")
