"""What people get wrong, and what they are told: the field, the value, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from knowchain.errors import InvalidBody, InvalidValue
from knowchain.records.bodies import KINDS, compose


def changed(kind: str, /, **fields: Any) -> dict[str, Any]:
    """The example of ``kind`` with other fields; None takes one away."""
    human = {**KINDS[kind].example, **fields}
    return {name: value for name, value in human.items() if value is not None}


def complaints(kind: str, human: dict[str, Any]) -> dict[str, InvalidValue]:
    """What is wrong with a human form, by field."""
    with pytest.raises(InvalidBody) as caught:
        compose(kind, human)
    problems = caught.value.problems
    assert all(problem.remedy for problem in problems)
    return {str(problem.fields["field"]): problem for problem in problems}


def warnings(kind: str, human: dict[str, Any]) -> dict[str, InvalidValue]:
    return {str(warning.fields["field"]): warning for warning in compose(kind, human).warnings}


def file(**fields: Any) -> dict[str, Any]:
    return {**KINDS["work"].example["files"][0], **fields}


def test_a_work_without_a_title_is_told_what_is_missing() -> None:
    problem = complaints("work", changed("work", title=None))["title"]
    assert "title: is missing" in str(problem)
    assert "by language" in problem.remedy


def test_a_language_by_its_english_name_is_no_tag_and_its_tag_is_offered() -> None:
    problem = complaints("work", changed("work", languages=["english"]))["languages[0].tag"]
    assert "english is not a registered BCP 47 tag" in str(problem)
    assert problem.remedy == "did you mean `en`"


def test_a_retired_language_code_names_its_replacement() -> None:
    problem = complaints("work", changed("work", languages=["ope"]))["languages[0].tag"]
    assert "retired" in str(problem)
    assert problem.remedy == "use `peo`"


def test_a_three_letter_code_with_a_two_letter_tag_is_stored_as_that_with_a_warning() -> None:
    human = changed("work", languages=["mri"])
    assert compose("work", human).body["languages"] == [{"tag": "mi"}]
    assert "stored as `mi`" in str(warnings("work", human)["languages[0].tag"])


def test_a_date_in_words_is_no_edtf_and_belongs_into_display() -> None:
    date = {"display": "c. 1974", "edtf": "c. 1974", "edtf_by": "human"}
    problem = complaints("work", changed("work", date=date))["date.edtf"]
    assert "c. 1974 is not EDTF" in str(problem)
    assert "keep the words in `date.display`" in problem.remedy


@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "/etc/passwd", "a/../b", "a//b", "./a", "a\\b", "C:/a", "a/", "x" * 1_025],
)
def test_a_path_that_leaves_the_folder_is_refused(path: str) -> None:
    problem = complaints("work", changed("work", files=[file(path=path)]))["files[0].path"]
    assert "must be a relative path inside the folder" in str(problem)


def test_a_path_holds_no_control_character() -> None:
    problem = complaints("work", changed("work", files=[file(path="a\x00b")]))["files[0].path"]
    assert "U+0000" in str(problem)


@pytest.mark.parametrize("access", ["community", "restricted", "sealed"])
@pytest.mark.parametrize("kind", ["work", "rights"])
def test_closed_access_is_refused_because_nothing_is_encrypted_yet(kind: str, access: str) -> None:
    problem = complaints(kind, changed(kind, access=access))["access"]
    assert "would publish restricted material in the clear" in str(problem)
    assert "metadata-only" in problem.remedy


def test_public_domain_is_no_rights_statement() -> None:
    human = changed("rights", basis="statement", uri="Public domain", spdx=None)
    assert "not a RightsStatements URI" in str(complaints("rights", human)["uri"])


def test_cc_by_is_no_spdx_expression_and_its_newest_version_is_offered() -> None:
    problem = complaints("rights", changed("rights", spdx="CC-BY"))["spdx"]
    assert "not an SPDX expression" in str(problem)
    assert problem.remedy == "did you mean `CC-BY-4.0`"


def test_a_misspelt_field_is_unknown_and_the_right_spelling_is_offered() -> None:
    problems = complaints("work", {**changed("work", title=None), "tilte": {"cy": ["Hen benillion"]}})
    assert str(problems["tilte"]) == "tilte: unknown"
    assert problems["tilte"].remedy == "did you mean `title`"
    assert "title" in problems


def test_an_institution_can_not_apply_a_label() -> None:
    human = changed(
        "rights",
        basis="label",
        label={"scheme": "own", "code": "Dim ond yn y gaeaf", "community": "Cwm Dychmygol"},
        asserted_by={"name": "An archive", "role": "institution"},
    )
    problem = complaints("rights", human)["asserted_by.role"]
    assert "only communities apply Labels" in str(problem)
    assert "publish a Notice" in problem.remedy


def test_success_with_digests_that_differ_contradicts_itself() -> None:
    problem = complaints("event", changed("event", outcome="success"))["outcome"]
    assert "success contradicts the digests" in str(problem)


def test_failure_with_digests_that_agree_contradicts_itself() -> None:
    fixity = {"alg": "sha1", "expected": "00" * 20, "observed": "00" * 20}
    assert "contradicts" in str(complaints("event", changed("event", fixity=fixity))["outcome"])


def test_every_mistake_is_told_at_once_with_its_place() -> None:
    human = changed(
        "work",
        kind="text",
        agents=[{"name": "A", "role": "singer"}, {"role": 7}],
        files=[file(bytes=-1, sha256="xyz"), file(path="b", role=None)],
        rights=["nonsense"],
        salt="x",
    )
    assert set(complaints("work", human)) == {
        "kind",
        "agents[1].name",
        "agents[1].role",
        "files[0].bytes",
        "files[0].sha256",
        "files[1].role",
        "rights[0]",
        "salt",
    }


def test_a_rule_across_fields_is_silent_about_what_was_refused_already() -> None:
    assert set(complaints("work", changed("work", languages=["english"]))) == {"languages[0].tag"}
    assert set(complaints("follow", {"people": ["Nest"]})) == {"people[0]"}


def test_text_read_in_the_wrong_encoding_is_told_which_letter_was_meant() -> None:
    problem = complaints("work", changed("work", title={"en": ["Boys\x92 Division"]}))["title.en[0]"]
    assert "U+0092" in str(problem)
    assert "did you mean `’`" in problem.remedy


def test_the_error_of_a_body_reads_as_one_message() -> None:
    with pytest.raises(InvalidBody) as caught:
        compose("work", changed("work", title=None, kind="text"))
    assert "title: is missing" in str(caught.value)
    assert "did you mean `Text`" in caught.value.remedy


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("identity", "no body"), ("keyring", "until encryption exists"), ("wrok", "unknown")],
)
def test_a_kind_that_can_not_be_written_says_why(kind: str, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason) as caught:
        compose(kind, {})
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("work", {"title": "Hen benillion"}, "title"),
        ("work", {"title": {"cy": []}}, "title.cy"),
        ("work", {"title": {"cy": ["a", "a"]}}, "title.cy[1]"),
        ("work", {"title": {"cy": [" \n"]}}, "title.cy[0]"),
        ("work", {"title": {"cy": ["line\nbreak"]}}, "title.cy[0]"),
        ("work", {"title": {"mi": ["a"], "mri": ["b"]}}, "title.mri"),
        ("work", {"title": {"cy": ["\ud800"]}}, "title.cy[0]"),
        ("work", {"id": "ark:nonsense"}, "id"),
        ("work", {"identifiers": [{"scheme": "doi", "value": "11.1/x"}]}, "identifiers[0].value"),
        ("work", {"date": {"display": "1974", "edtf": "1974"}}, "date.edtf_by"),
        ("work", {"languages": [{"name": "Cymraeg"}]}, "languages[0]"),
        ("work", {"languages": [{"glottocode": "welsh"}]}, "languages[0].glottocode"),
        ("work", {"languages": []}, "languages"),
        ("work", {"files": [file(), file()]}, "files[1].path"),
        ("work", {"files": [file(enc={"alg": "x"})]}, "files[0].enc"),
        ("work", {"sealed": {"suite": 1}}, "sealed"),
        ("work", {"rights": None}, "rights"),
        ("work", {"rights": []}, "rights"),
        ("work", {"agents": "Nest"}, "agents"),
        (
            "work",
            {"made_with": [{"tool": "t", "kind": "ai-model", "role": "generated"}]},
            "made_with[0].human",
        ),
        ("work", {"refs": [{"relation": "prov:wasDerivedform", "target": "x"}]}, "refs[0].relation"),
        ("work", {"refs": [{"relation": "kc:keyring", "target": "x"}]}, "refs[0].relation"),
        ("work", {"refs": [{"relation": "kc:about", "target": "x"}]}, "refs[0].target"),
        ("event", {"event": "fixity"}, "event"),
        ("event", {"event": "custody-transfer", "fixity": None}, "from"),
        ("event", {"event": "withdrawal"}, "withdrawal"),
        ("event", {"when": "yesterday"}, "when"),
        ("event", {"evidence": ["nonsense"]}, "evidence[0]"),
        (
            "event",
            {"fixity": {"alg": "sha256", "expected": "00" * 20, "observed": "00" * 32}},
            "fixity.expected",
        ),
        ("rights", {"spdx": None, "uri": None}, "spdx"),
        ("rights", {"basis": "statement", "uri": None}, "uri"),
        ("rights", {"basis": "label", "label": {"scheme": "tk", "code": "TK A"}}, "label.community"),
        ("rights", {"basis": "notice", "label": {"scheme": "tk", "code": "TK A"}}, "label.code"),
        ("rights", {"basis": "notice"}, "label"),
        (
            "rights",
            {"acts": [{"act": "view", "rule": "allow"}, {"act": "view", "rule": "deny"}]},
            "acts[1].act",
        ),
        ("collection", {"acceptance": "invited"}, "acceptance.invited"),
        ("collection", {"acceptance": {"rule": "open", "invited": []}}, "acceptance.invited"),
        ("collection", {"curators": ["Nest"]}, "curators[0]"),
        ("node", {"peer_id": "12D3KooW"}, "peer_id"),
        ("node", {"addresses": ["peer.example.org:4001"]}, "addresses[0]"),
        ("node", {"addresses": ["/ip4/300.0.0.1/tcp/1"]}, "addresses[0]"),
        ("node", {"addresses": ["/ip4/192.0.2.1/tcp/99999"]}, "addresses[0]"),
        ("node", {"addresses": ["/dns4/a.example/tcp/1/p2p/QmOther"]}, "addresses[0]"),
        ("node", {"valid_from": "2028-01-01T00:00:00Z"}, "valid_until"),
        ("node", {"valid_from": "2028-01-01"}, "valid_from"),
        ("note", {"motivation": "quote"}, "selector"),
        ("note", {"motivation": "review", "text": None, "translation": None}, "text"),
        ("note", {"translation": {"from": "cy", "to": "br"}}, "translation.to"),
        ("note", {"translation": {"from": "en", "to": "en"}}, "translation.to"),
        ("evaluation", {"value": 3}, "value"),
        ("evaluation", {"value": True}, "value"),
        ("evaluation", {"value": 1.0}, "value"),
        ("evaluation", {"axis": "thruth"}, "declares"),
        ("evaluation", {"declares": {"low": {"en": "a"}, "high": {"en": "b"}}}, "declares"),
        ("trust", {"level": None}, "level"),
        ("trust", {"block": True}, "level"),
        ("trust", {"level": None, "block": False}, "block"),
        ("trust", {"level": None, "mass": 1_001}, "mass"),
        ("trust", {"subject": ["x"]}, "subject"),
        ("follow", {"people": None, "collections": None, "languages": None, "topics": None}, "body"),
        ("moderation-label", {"label": "spma"}, "label"),
        ("retraction", {"scope": "everything"}, "scope"),
        ("retraction", {"reason": "why not"}, "reason"),
        ("ranking-profile", {"toml": "v = ["}, "toml"),
        ("ranking-profile", {"name": "other"}, "name"),
        ("ranking-profile", {"toml": "v = 1", "name": None}, "name"),
        ("fork-proof", {"blocks": [b"b", b"a"]}, "blocks"),
        ("fork-proof", {"blocks": [b"a"]}, "blocks"),
        ("fork-proof", {"blocks": [b"a", b"x" * 32_769]}, "blocks[1]"),
    ],
)
def test_a_rule_that_is_broken_is_named_by_its_field(kind: str, fields: dict[str, Any], field: str) -> None:
    assert field in complaints(kind, changed(kind, **fields))


def test_a_metadata_only_work_links_no_file() -> None:
    human = changed(
        "work",
        access="metadata-only",
        files=[file(cid="bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy")],
    )
    assert "metadata-only" in str(complaints("work", human)["files[0].cid"])


def test_paths_that_differ_in_case_only_are_worth_a_warning() -> None:
    human = changed("work", files=[file(path="a/B.tif"), file(path="a/b.tif")])
    assert "in case only" in str(warnings("work", human)["files[1].path"])


def test_paths_are_compared_after_normalisation() -> None:
    human = changed("work", files=[file(path="caf\u00e9.tif"), file(path="cafe\u0301.tif")])
    assert "files[1].path" in complaints("work", human)


def test_a_role_of_ones_own_is_kept_and_the_near_one_is_named() -> None:
    human = changed("work", agents=[{"name": "Nest", "role": "authr"}])
    assert compose("work", human).body["agents"] == [{"name": "Nest", "role": "authr"}]
    assert warnings("work", human)["agents[0].role"].remedy == "did you mean `author`"


def test_a_relation_that_the_kind_does_not_use_is_worth_a_warning() -> None:
    target = KINDS["event"].example["subject"][0]
    human = changed("work", refs=[{"relation": "kc:retracts", "target": target}])
    assert "retraction" in str(warnings("work", human)["refs[0]"])
