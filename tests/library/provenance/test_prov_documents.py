"""A trace as a W3C PROV document: read back, it says the same; and other programs find what they expect."""

from __future__ import annotations

import json
import warnings

import pytest
from people_writing import Person
from prov.model import ProvDocument

from knowchain.home import Home
from knowchain.home.tracing import TraceQuestion, trace_record
from knowchain.identifiers import RecordId, record_id
from knowchain.provenance import Trace, prov_document, render_prov
from knowchain.records import Ref


def traced(home: Home, rid: RecordId) -> Trace:
    return trace_record(home, TraceQuestion(str(rid)))


@pytest.fixture
def storied(home: Home, mari: Person, ifor: Person) -> Trace:
    source = mari.work("manuscript")
    unknown = record_id(b"not held")
    collection = mari.say("collection", {"title": {"en": ["all"]}, "acceptance": "open"})
    making = mari.say(
        "event",
        {
            "event": "creation",
            "when": "1999",
            "agent": "Mari",
            "outcome": "success",
            "subject": [str(source)],
        },
    )
    work = mari.work(
        "song",
        derived_from=[str(source), str(unknown)],
        quoted_from=[str(source)],
        primary_source=[str(source)],
        specialization_of=[str(source)],
        alternate_of=[str(source)],
        format_of=[str(source)],
        generated_by=[str(making)],
        attributed_to=[str(ifor.identity)],
        references=[str(source)],
        part_of=[str(collection)],
        made_with=[
            {"tool": "a model", "kind": "ai-model", "version": "2", "role": "described", "human": "edited"},
            {"tool": "a camera", "kind": "instrument", "role": "captured"},
        ],
        title={"cy": ["Cân"], "en": ["Song"], "und": ["?"]},
    )
    mari.work("song, revised", revises=[str(work)])
    ifor.work("other", revises=[str(work)], disputes=[str(work)])
    ifor.say("evaluation", {"axis": "truth", "value": 1, "subject": [str(work)]})
    mari.say(
        "event",
        {
            "event": "custody-transfer",
            "when": "1850~",
            "agent": "A",
            "from": "B",
            "to": "C",
            "outcome": "success",
            "subject": [str(work)],
            "evidence": [str(source)],
            "attributed_to": [str(ifor.identity)],
        },
    )
    mari.retract(ifor.identity)
    return traced(home, work)


def statements(trace: Trace) -> dict[str, dict[str, dict[str, object]]]:
    document: dict[str, dict[str, dict[str, object]]] = json.loads(render_prov(trace))
    return document


@pytest.mark.parametrize("syntax", ["json", "provn"])
def test_a_document_that_is_read_back_says_the_same(storied: Trace, syntax: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        written = render_prov(storied, syntax)  # type: ignore[arg-type]
        again = ProvDocument.deserialize(content=written, format=syntax)
    assert again == prov_document(storied)
    assert again.unified() == prov_document(storied).unified()


def test_the_same_trace_gives_the_same_bytes(storied: Trace) -> None:
    assert render_prov(storied) == render_prov(storied)
    assert render_prov(storied, "provn") == render_prov(storied, "provn")


def test_each_relation_becomes_the_one_that_means_the_same(storied: Trace) -> None:
    told = statements(storied)
    root = f"kcr:{storied.root}"
    kinds = [str(one.get("prov:type")) for one in told["wasDerivedFrom"].values()]
    for kind, count in (("prov:Revision", 2), ("prov:Quotation", 1), ("prov:PrimarySource", 1)):
        assert sum(kind in one for one in kinds) == count, kind
    assert any(one["prov:specificEntity"] == root for one in told["specializationOf"].values())
    assert root in str(told["alternateOf"])
    assert any(one["prov:entity"] == root for one in told["hadMember"].values())
    assert any(str(one["prov:activity"]).startswith("kcevent:") for one in told["wasGeneratedBy"].values())
    influences = {one["kc:relation"] for one in told["wasInfluencedBy"].values()}
    assert {
        "dcterms:rights",
        "dcterms:references",
        "dcterms:isFormatOf",
        "kc:disputes",
        "kc:about",
    } <= influences


def test_identities_and_tools_and_parties_are_agents(storied: Trace, mari: Person, ifor: Person) -> None:
    told = statements(storied)
    labels = {str(agent.get("prov:label")) for agent in told["agent"].values()}
    assert {"Mari Ellis", "Ifor Rees", "a model 2", "a camera", "A", "B", "C"} <= labels
    attributed = {one["prov:agent"] for one in told["wasAttributedTo"].values()}
    assert {f"kcid:{mari.identity}", f"kcid:{ifor.identity}"} <= attributed
    roles = {str(one.get("prov:role")) for one in told["wasAssociatedWith"].values()}
    assert {"author", "described", "captured", "from", "to", "agent"} <= roles


def test_times_are_claims_and_receipts_never_facts(storied: Trace) -> None:
    text = render_prov(storied)
    assert '"prov:time"' not in text
    assert "kc:claimed" in text
    assert "kc:received" in text


def test_titles_keep_their_languages(storied: Trace) -> None:
    labels = statements(storied)["entity"][f"kcr:{storied.root}"]["prov:label"]
    assert {"$": "Cân", "lang": "cy"} in labels  # type: ignore[operator]
    assert "?" in str(labels)


def test_hostile_words_are_carried_as_words(home: Home, mari: Person) -> None:
    nasty = 'x"\\\n\x1b, [] %% xsd:string\') "@en \u202e]]>&'
    root = mari.write(
        "work",
        {
            "title": {"en\n": [nasty], "en": [nasty], "x" * 50: [nasty]},
            "made_with": [{"tool": nasty, "kind": nasty, "role": nasty, "human": nasty, "provider": nasty}],
        },
    )
    mari.write("event", {"event": nasty, "when": nasty, "agent": {"name": nasty}}, [Ref("kc:about", root)])
    mari.write("note", {"motivation": nasty}, [Ref("prov:wasDerivedFrom", root)], time=2**53 - 1)
    mari.write("zz-kind", {}, [Ref("zz:relation", root)])
    trace = traced(home, root)
    for syntax in ("json", "provn"):
        again = ProvDocument.deserialize(content=render_prov(trace, syntax), format=syntax)  # type: ignore[arg-type]
        assert again == prov_document(trace)


def test_an_identity_can_be_traced_as_an_agent(home: Home, mari: Person, ifor: Person) -> None:
    ifor.say("trust", {"level": 1, "subject": str(mari.identity)})
    trace = traced(home, mari.identity)
    assert ProvDocument.deserialize(content=render_prov(trace), format="json") == prov_document(trace)
    assert f"kcid:{mari.identity}" in statements(trace)["agent"]
