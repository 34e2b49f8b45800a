"""A trace tells where a record comes from and what became of it, with what must be known of each."""

from __future__ import annotations

import re

import pytest
from people_writing import Person

from knowchain.errors import InvalidValue, NotFound
from knowchain.home import Home
from knowchain.home.tracing import TraceQuestion, trace_record
from knowchain.identifiers import RecordId, record_id
from knowchain.provenance import Node, Trace, render_dot, render_mermaid, render_text
from knowchain.provenance.columns import cut, width
from knowchain.records import Ref


def traced(home: Home, rid: RecordId, **how: object) -> Trace:
    return trace_record(home, TraceQuestion(str(rid), **how))  # type: ignore[arg-type]


def remarks(node: Node) -> list[str]:
    return [remark.name for remark in node.remarks]


def edges(trace: Trace) -> set[tuple[str, RecordId, RecordId]]:
    return {(edge.relation, edge.later, edge.earlier) for edge in (*trace.up, *trace.down)}


# --- up and down ----------------------------------------------------------------------------------------


def test_sources_are_followed_to_the_first(home: Home, mari: Person, ifor: Person) -> None:
    first = mari.work("manuscript")
    copy = ifor.work("copy", specialization_of=[str(first)])
    edition = mari.work("edition", derived_from=[str(copy)], quoted_from=[str(first)])
    trace = traced(home, edition, direction="up")
    assert ("prov:wasDerivedFrom", edition, copy) in edges(trace)
    assert ("prov:specializationOf", copy, first) in edges(trace)
    assert ("prov:wasQuotedFrom", edition, first) in edges(trace)
    assert trace.sources == 2
    assert trace.down == ()
    assert trace.nodes[first].title == "manuscript"
    assert trace.nodes[copy].author_name == "“Ifor Rees”"


def test_what_became_of_a_record_is_told_with_the_role_of_each(
    home: Home, mari: Person, ifor: Person
) -> None:
    work = mari.work("song")
    newer = mari.work("song, revised", revises=[str(work)])
    variant = ifor.work("song, my way", revises=[str(work)])
    translation = ifor.say(
        "note",
        {
            "motivation": "translation",
            "subject": [str(work)],
            "text": {"en": ["song"]},
            "translation": {"from": "cy", "to": "en"},
        },
    )
    quote = ifor.say(
        "note", {"motivation": "quote", "subject": [str(translation)], "selector": {"exact": "so"}}
    )
    judged = ifor.say("evaluation", {"axis": "beauty", "value": 2, "subject": [str(work)]})
    trace = traced(home, work, direction="down")
    told = {edge.later: edge for edge in trace.down}
    assert told[newer].official is True
    assert told[variant].official is False
    assert told[translation].role == "translation"
    assert told[quote].earlier == translation
    assert told[judged].role == "evaluation"
    assert trace.up == ()
    assert trace.sources is None


def test_events_stand_in_the_order_in_which_they_happened(home: Home, mari: Person) -> None:
    vase = mari.work("vase")

    def event(when: str, name: str = "custody-transfer") -> RecordId:
        holders = {"from": "A", "to": "B"} if name == "custody-transfer" else {}
        return mari.say(
            "event",
            {
                "event": name,
                "when": when,
                "agent": "x",
                "outcome": "success",
                "subject": [str(vase)],
                **holders,
            },
        )

    late, early, open_, middle, ancient = (
        event(when) for when in ("1950-05", "183X", "../1832", "1832-02-01", "-0300")
    )
    trace = traced(home, vase)
    assert trace.events == (ancient, early, open_, middle, late)
    assert not {edge.later for edge in trace.down} & set(trace.events)
    assert trace.nodes[late].event is not None
    assert trace.nodes[late].event.giver == "A"
    text = render_text(trace)
    assert text.index("-0300") < text.index("183X") < text.index("1950-05")


def test_the_tools_that_took_part_are_told(home: Home, mari: Person) -> None:
    tool = {"tool": "OCR", "kind": "ai-model", "version": "2", "role": "transcribed", "human": "reviewed"}
    work = mari.work("scan", made_with=[tool])
    (told,) = traced(home, work).nodes[work].made_with
    assert (told.tool, told.version, told.role, told.human) == ("OCR", "2", "transcribed", "reviewed")
    assert "OCR 2 (ai-model, transcribed, a person: reviewed)" in render_text(traced(home, work))


def test_witnesses_and_keys_are_no_lineage(home: Home, mari: Person) -> None:
    work = mari.work("one")
    later = mari.work("two", after=[str(work)])
    assert traced(home, work).down == ()
    assert all(edge.relation != "kc:after" for edge in traced(home, later).up)


def test_a_relation_of_a_later_version_is_told_by_its_name(home: Home, mari: Person) -> None:
    work = mari.work("one")
    later = mari.write("note", {"text": {"en": ["x"]}}, [Ref("zz:echoes", work)])
    assert ("zz:echoes", later, work) in edges(traced(home, later))
    assert "zz:echoes" in render_text(traced(home, work))


# --- times and ways -----------------------------------------------------------------------------------


def test_claimed_and_received_times_stay_apart(home: Home, mari: Person) -> None:
    work = mari.work("old", time=5)
    node = traced(home, work).nodes[work]
    assert node.claimed == 5
    assert node.received is not None
    assert node.received.time == 1_770_000_000_000
    assert node.proven is None
    assert (node.received.way, node.received.source) == ("peer", "12D3KooWtest")
    text = render_text(traced(home, work))
    assert "claims the time 1970-01-01 00:00" in text
    assert "from the peer 12D3KooWtest" in text


def test_a_claimed_time_beyond_the_calendar_is_shown_in_figures(home: Home, mari: Person) -> None:
    work = mari.work("far", time=2**53 - 1)
    assert f"{2**53 - 1} ms" in render_text(traced(home, work))


# --- what must be known ---------------------------------------------------------------------------------


def test_a_source_that_is_not_held_is_a_visible_gap(home: Home, mari: Person) -> None:
    unknown = record_id(b"never seen")
    work = mari.work("one", derived_from=[str(unknown)])
    trace = traced(home, work)
    assert remarks(trace.nodes[unknown]) == ["missing"]
    assert not trace.nodes[unknown].verified
    assert "not held here" in render_text(trace)
    gap = traced(home, unknown)
    assert [edge.later for edge in gap.down] == [work]
    assert gap.current is None


def test_bodies_that_lack_are_told(home: Home, mari: Person) -> None:
    absent = mari.work("one", keep_body=False)
    erased = mari.work("two")
    home.store.erase_body(erased)
    assert remarks(traced(home, absent).nodes[absent]) == ["body-missing"]
    assert remarks(traced(home, erased).nodes[erased]) == ["body-erased"]
    assert traced(home, absent).nodes[absent].body == "missing"


def test_a_retraction_is_told_with_its_reason_and_the_words_are_closed(home: Home, mari: Person) -> None:
    work = mari.work("secret words")
    retraction = mari.retract(work, reason="privacy")
    trace = traced(home, work)
    (remark,) = trace.nodes[work].remarks
    assert remark.name == "retracted"
    assert remark.by == (retraction,)
    assert "Mari Ellis" in remark.text
    assert "privacy" in remark.text
    assert trace.nodes[work].body == "withheld"
    assert "secret words" not in render_text(trace) + render_mermaid(trace) + render_dot(trace)


def test_an_erasure_is_told_as_such(home: Home, mari: Person) -> None:
    work = mari.work("one")
    mari.retract(work, scope="erase", reason="rights")
    assert remarks(traced(home, work).nodes[work]) == ["erased"]


def test_a_dispute_names_who_disputes(home: Home, mari: Person, ifor: Person) -> None:
    work = mari.work("one")
    against = ifor.work("two", disputes=[str(work)])
    (remark,) = traced(home, work).nodes[work].remarks
    assert (remark.name, remark.by) == ("disputed", (against,))
    assert "Ifor Rees" in remark.text


def test_a_revoked_key_is_told(home: Home, mari: Person) -> None:
    mari.rights()
    honest = len(mari.chain) - 1
    stolen = mari.work("forged")
    mari.revoke_after(honest)
    (remark,) = traced(home, stolen).nodes[stolen].remarks
    assert remark.name == "revoked"
    assert "Mari Ellis" in remark.text
    assert "disavowed" in remark.text


def test_a_fork_and_its_merge_are_told_with_the_rival(home: Home, mari: Person) -> None:
    before = mari.work("before")
    seq = len(mari.chain)
    rivals = [mari.write("note", {"n": n}, prev=[before], seq=seq) for n in (1, 2)]
    for rid, rival in (rivals, rivals[::-1]):
        (remark,) = traced(home, rid).nodes[rid].remarks
        assert (remark.name, remark.by) == ("forked", (rival,))
    mari.write("note", {"n": 3}, prev=sorted(rivals), seq=seq + 1)
    assert remarks(traced(home, rivals[0]).nodes[rivals[0]]) == ["merged"]


def test_a_newer_version_is_told_with_its_title(home: Home, mari: Person) -> None:
    work = mari.work("song")
    newer = mari.work("song, revised", revises=[str(work)])
    trace = traced(home, work)
    (remark,) = trace.nodes[work].remarks
    assert remark.name == "replaced"
    assert "song, revised" in remark.text
    assert trace.current == newer


# --- bounds -----------------------------------------------------------------------------------------------


def test_depth_bounds_a_walk_and_says_so(home: Home, mari: Person) -> None:
    chain = [mari.work("0")]
    for n in range(1, 6):
        chain.append(mari.work(str(n), derived_from=[str(chain[-1])]))
    trace = traced(home, chain[-1], direction="up", depth=2)
    derived = [edge.earlier for edge in trace.up if edge.relation == "prov:wasDerivedFrom"]
    assert derived == [chain[4], chain[3]]
    assert trace.deeper
    assert trace.sources == 5
    assert "beyond depth 2" in render_text(trace)
    assert not traced(home, chain[-1], direction="up", depth=9).deeper
    nothing = traced(home, chain[-1], depth=0)
    assert nothing.up == ()
    assert nothing.deeper


def test_a_record_reached_by_many_ways_is_told_once(home: Home, mari: Person) -> None:
    """Twenty diamonds on top of each other: a million ways, sixty records."""
    top = mari.work("top")
    for _ in range(20):
        left, right = (mari.write("note", {}, [Ref("prov:wasDerivedFrom", top)]) for _ in range(2))
        top = mari.write("note", {}, [Ref("prov:wasDerivedFrom", rid) for rid in (left, right)])
    trace = traced(home, top, direction="up")
    assert trace.sources == 60
    assert len(trace.nodes) == 62  # and the rights of the first
    assert len(render_text(trace).splitlines()) < 300


def test_a_wide_record_is_cut_and_what_is_left_out_is_counted(home: Home, mari: Person) -> None:
    collection = mari.say("collection", {"title": {"en": ["many"]}, "acceptance": "open"})
    for _ in range(60):
        mari.write("note", {}, [Ref("dcterms:isPartOf", collection)])
    reviewed = mari.say(
        "note", {"motivation": "review", "subject": [str(collection)], "text": {"en": ["fine"]}}
    )
    trace = traced(home, collection)
    assert trace.down[0].later == reviewed
    (omitted,) = trace.omitted
    assert (omitted.relation, omitted.count, omitted.direction) == ("dcterms:isPartOf", 20, "down")
    assert "has the part: 20 more" in render_text(trace)


def test_the_bound_on_records_is_said(home: Home, mari: Person) -> None:
    work = mari.work("one")
    for _ in range(9):
        mari.write("note", {}, [Ref("kc:about", work)])
    trace = traced(home, work, direction="down", most=5)
    assert len(trace.nodes) == 5
    assert trace.full
    assert "--most" in render_text(trace)


@pytest.mark.parametrize(("how", "field"), [({"depth": -1}, "depth"), ({"most": 0}, "most")])
def test_a_bound_that_bounds_nothing_is_refused(home: Home, how: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        traced(home, home.identity, **how)
    assert refused.value.fields["field"] == field


def test_what_nobody_has_heard_of_is_not_found(home: Home) -> None:
    with pytest.raises(NotFound):
        traced(home, record_id(b"nothing"))


# --- as text, and drawn -------------------------------------------------------------------------------------

NASTY = 'x"];\n n9[label="\x1b[31mred"]\u202eevil\u2028<b>&#35; --> -- %% {}'


def hostile(home: Home, mari: Person) -> Trace:
    root = mari.write("work", {"title": {"en": [NASTY], "ar\n": ["كتاب"]}, "made_with": [{"tool": NASTY}]})
    mari.write("note", {"text": {"en": [NASTY]}, "motivation": NASTY}, [Ref("kc:about", root)])
    mari.write("event", {"event": NASTY, "when": NASTY, "agent": {"name": NASTY}}, [Ref("kc:about", root)])
    mari.write("retraction", {"reason": NASTY}, [Ref("kc:disputes", root)])
    return traced(home, root)


def test_text_of_strangers_moves_no_cursor_and_turns_no_line(home: Home, mari: Person) -> None:
    text = render_text(hostile(home, mari))
    assert all(char.isprintable() for char in text.replace("\n", ""))
    assert "\\x1b[31m" in text
    assert "\\u202e" in text


def test_titles_can_not_end_a_label_of_a_drawing(home: Home, mari: Person) -> None:
    trace = hostile(home, mari)
    drawn = render_mermaid(trace)
    for line in drawn.splitlines()[1:]:
        assert line.count('"') in (0, 2), line
        assert "<b>" not in line
    dot = render_dot(trace)
    for line in dot.splitlines():
        bare = line.replace("\\\\", "").replace('\\"', "")
        assert bare.count('"') % 2 == 0, line
    assert "\x1b" not in drawn + dot


def test_lines_keep_to_eighty_columns_in_wide_scripts_too(home: Home, mari: Person) -> None:
    wide = mari.work("図書館の歴史についての長い長い題名" * 8, description={"ja": ["x"]})
    for n in range(12):
        wide = mari.work(f"長い題名{n}" * 20, derived_from=[str(wide)])
    mari.retract(wide, reason="mistake")
    for line in render_text(traced(home, wide)).splitlines():
        assert width(line) <= 80, line


def test_a_deep_line_of_descent_is_rendered(home: Home, mari: Person) -> None:
    rid = mari.write("note", {}, [])
    for _ in range(150):
        rid = mari.write("note", {}, [Ref("prov:wasDerivedFrom", rid)])
    text = render_text(traced(home, rid))
    assert text.count("derived from") == 150
    assert all(width(line) <= 80 for line in text.splitlines())


def test_width_and_cutting_count_columns() -> None:
    assert width("東京") == 4
    assert width("e\u0301") == 1
    assert cut("東京都庁", 5) == "東京…"
    assert cut("東京", 4) == "東京"
    assert cut("cafe\u0301 au lait", 5) == "cafe\u0301…"
    assert cut("abc", 0) == ""


def test_a_translated_catalogue_leaves_no_english(home: Home, mari: Person, ifor: Person) -> None:
    """Every word of the renderer passes the catalogue; what is left are data."""
    work = mari.work("Q1")
    mari.work("Q2", revises=[str(work)])
    ifor.work("Q3", derived_from=[str(work)])

    def shouting(template: str, /, **fields: object) -> str:
        pieces = re.split(r"(\{\w+\})", template)
        return "".join(piece if piece[:1] == "{" else piece.upper() for piece in pieces).format_map(fields)

    text = render_text(traced(home, work), say=shouting)
    left = text
    for data in ("Mari Ellis", "Ifor Rees", "local:", "Test", "peer", "12D3KooWtest"):
        left = left.replace(data, "")
    words = [word for word in re.sub(r"bafyrei\w+", "", left).split() if word.isalpha() and word.islower()]
    assert words == []
