"""From what people write to what is stored, and back."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.codec import decode, encode
from knowchain.errors import InvalidBody, InvalidValue
from knowchain.identifiers import Cid, as_record_id, record_id
from knowchain.records.bodies import KINDS, Draft, Kind, compose, present, read_body
from knowchain.records.header import Ref
from knowchain.records.vocabulary.relations import RELATIONS

WORK = as_record_id(record_id(b"a work"))
OTHER = as_record_id(record_id(b"another"))
FILE = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"

kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@kinds
def test_every_example_composes_without_a_warning_and_is_presented_as_written(kind: Kind) -> None:
    draft = compose(kind.name, kind.example)
    assert draft.warnings == ()
    assert present(kind.name, draft.body, draft.refs) == dict(kind.example)
    assert decode(encode(dict(draft.body))) == draft.body


@kinds
def test_no_field_of_a_kind_has_two_meanings(kind: Kind) -> None:
    names = [each.name for each in kind.fields] + [each.name for each in kind.refs]
    assert len(names) == len(set(names))
    assert all(each.relation in RELATIONS for each in kind.refs)


def test_links_to_records_stand_in_refs_and_not_in_the_body() -> None:
    draft = compose("work", {**KINDS["work"].example, "part_of": [str(WORK)]})
    assert Ref("dcterms:isPartOf", WORK) in draft.refs
    assert "rights" not in draft.body
    assert "part_of" not in draft.body


def test_evidence_that_is_a_file_stays_in_the_body_as_a_link() -> None:
    human = {**KINDS["event"].example, "evidence": [str(WORK), FILE]}
    draft = compose("event", human)
    assert Ref("prov:used", WORK) in draft.refs
    assert draft.body["evidence"] == [Cid.parse(FILE)]
    assert present("event", draft.body, draft.refs)["evidence"] == [str(WORK), FILE]


def test_an_authority_is_an_identity_in_refs_or_words_in_the_body() -> None:
    human = KINDS["rights"].example
    words = compose("rights", human)
    assert words.body["authority"] == human["authority"]
    linked = compose("rights", {**human, "authority": str(WORK)})
    assert "authority" not in linked.body
    assert linked.refs == (Ref("prov:wasAttributedTo", WORK),)
    assert present("rights", linked.body, linked.refs)["authority"] == str(WORK)


@pytest.mark.parametrize(
    ("motivation", "relation"),
    [("annotation", "kc:about"), ("review", "kc:about"), ("citation", "dcterms:references")],
)
def test_the_relation_of_a_note_follows_from_its_motivation(motivation: str, relation: str) -> None:
    human = {"motivation": motivation, "subject": str(WORK), "text": {"en": "x"}}
    assert compose("note", human).refs == (Ref(relation, WORK),)


@pytest.mark.parametrize(("scope", "relation"), [("retract", "kc:retracts"), ("erase", "kc:erases")])
def test_the_relation_of_a_retraction_follows_from_its_scope(scope: str, relation: str) -> None:
    draft = compose("retraction", {"scope": scope, "reason": "privacy", "subject": [str(WORK)]})
    assert draft.refs == (Ref(relation, WORK),)


def test_identities_are_named_in_a_body_as_text_so_that_no_pin_walks_into_their_chains() -> None:
    draft = compose("follow", KINDS["follow"].example)
    assert draft.body["people"] == KINDS["follow"].example["people"]
    assert draft.refs == ()


def test_text_is_stored_in_form_c_and_windows_line_ends_become_plain() -> None:
    draft = compose(
        "note", {"motivation": "annotation", "subject": str(WORK), "text": {"fr": "cafe\u0301\r\nnoir"}}
    )
    assert draft.body["text"] == {"fr": ["caf\u00e9\nnoir"]}


def test_a_passage_keeps_the_spaces_around_it() -> None:
    human = {
        "motivation": "quote",
        "subject": str(WORK),
        "selector": {"exact": "hen", "prefix": "yr ", "suffix": " wlad"},
    }
    assert compose("note", human).body["selector"] == human["selector"]


def test_plain_words_stand_for_the_first_field_of_an_object() -> None:
    draft = compose("work", {**KINDS["work"].example, "subjects": ["harvest"], "date": "c. 1974"})
    assert draft.body["subjects"] == [{"term": "harvest"}]
    assert draft.body["date"] == {"display": "c. 1974"}


def test_a_moment_is_stored_in_milliseconds_whatever_its_offset() -> None:
    human = {**KINDS["node"].example, "valid_until": "2027-01-31T02:00:00.250+02:00"}
    draft = compose("node", human)
    assert draft.body["valid_until"] == 1_801_353_600_250
    assert present("node", draft.body)["valid_until"] == "2027-01-31T00:00:00.250Z"


def test_a_profile_gives_its_name_version_and_parent_from_its_text() -> None:
    draft = compose("ranking-profile", {"toml": f'v = 1\nname = "wide-river"\nparent = "{WORK}"\n'})
    assert draft.body["name"] == "wide-river"
    assert draft.body["v"] == 1
    assert draft.refs == (Ref("prov:wasDerivedFrom", WORK),)


def test_references_without_a_name_of_their_own_are_presented_and_read_back() -> None:
    draft = compose("work", KINDS["work"].example)
    refs = (*draft.refs, Ref("kc:about", WORK))
    human = present("work", draft.body, refs)
    assert human["refs"] == [{"relation": "kc:about", "target": str(WORK)}]
    assert set(compose("work", human).refs) == set(refs)


def test_more_references_than_a_header_holds_are_refused() -> None:
    many = [str(record_id(bytes([n]))) for n in range(65)]
    with pytest.raises(InvalidBody, match="65 references"):
        compose("evaluation", {**KINDS["evaluation"].example, "subject": many})


def test_an_axis_of_ones_own_is_declared() -> None:
    declares = {"low": {"en": ["useless"]}, "high": {"en": ["useful"]}}
    human = {**KINDS["evaluation"].example, "axis": "usefulness", "declares": declares}
    assert compose("evaluation", human).body["declares"] == declares


def test_a_community_applies_its_label_in_its_own_words() -> None:
    human = {
        "basis": "label",
        "label": {
            "scheme": "own",
            "code": "Dim ond yn y gaeaf",
            "community": "Cwm Dychmygol",
            "text": {"cy": ["I'w ganu yn y gaeaf yn unig."]},
        },
        "asserted_by": {"name": "Cyngor Cwm Dychmygol", "role": "community"},
    }
    assert compose("rights", human).warnings == ()


def test_an_institution_publishes_a_notice() -> None:
    human = {
        "basis": "notice",
        "label": {"scheme": "tk", "code": "tk notice"},
        "asserted_by": {"name": "An archive", "role": "institution"},
    }
    assert compose("rights", human).body["label"] == {"scheme": "tk", "code": "TK Notice"}


def test_a_peer_id_in_cid_form_is_stored_in_base58() -> None:
    cid = "bafzaajaiaejca4syrpdu6gdx4wsdnokxkprgzxf4wrstuc34gxw5k5jrag2so5gk"
    draft = compose("node", {"peer_id": cid})
    assert draft.body["peer_id"] == "12D3KooWHWixTFPxeJntamjHHZ5t4exgTTzjSdUHZQiRbv1PPwAR"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An example with some values, at any depth, replaced by others."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    human: dict[str, Any] = json.loads(json.dumps(dict(KINDS[kind].example)))
    for _ in range(draw(st.integers(1, 3))):
        target: Any = human
        while True:
            keys = list(target) if isinstance(target, dict) else list(range(len(target)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(target[key], (dict, list)) and draw(st.booleans()):
                target = target[key]
                continue
            target[key] = draw(json_values | st.just(str(WORK)) | st.just([str(OTHER)]) | st.just(FILE))
            break
    names = [each.name for each in (*KINDS[kind].fields, *KINDS[kind].refs)]
    if draw(st.booleans()):
        human[draw(st.sampled_from([*names, "refs"]))] = draw(json_values | st.just([str(WORK), str(OTHER)]))
    return kind, human


def tried(kind: str, human: dict[str, Any]) -> tuple[Draft | None, tuple[InvalidValue, ...]]:
    try:
        return compose(kind, human), ()
    except InvalidBody as refusal:
        return None, refusal.problems


@given(spoiled())
def test_whatever_is_written_is_refused_with_reasons_or_survives_the_round_trip(
    case: tuple[str, dict[str, Any]],
) -> None:
    kind, human = case
    draft, problems = tried(kind, human)
    assert all(str(problem) and problem.remedy for problem in problems)
    if draft is None:
        assert problems
        return
    shown = present(kind, draft.body, draft.refs)
    again = compose(kind, json.loads(json.dumps(shown)))
    assert (again.body, again.refs) == (draft.body, draft.refs)
    assert decode(encode(dict(draft.body))) == draft.body
    body = read_body(kind, draft.body)
    assert dict(body.fields) == draft.body
    assert not body.extra


@given(st.text(max_size=60))
def test_text_is_either_refused_or_stored_in_form_c(text: str) -> None:
    try:
        draft = compose("note", {"motivation": "annotation", "subject": str(WORK), "text": {"und": text}})
    except InvalidBody:
        return
    (stored,) = draft.body["text"]["und"]  # type: ignore[call-overload, index]
    assert stored == unicodedata.normalize("NFC", stored)
    assert stored == stored.strip()


def test_an_unknown_kind_is_never_composed_but_always_presented() -> None:
    with pytest.raises(InvalidValue):
        compose("recipe", {})
    shown = present("recipe", {"steps": [Cid.parse(FILE), b"\x01"]}, [("kc:about", WORK)])
    assert shown == {
        "extra": {"steps": [{"/": FILE}, {"/": {"bytes": "AQ"}}]},
        "refs": [{"relation": "kc:about", "target": str(WORK)}],
    }
