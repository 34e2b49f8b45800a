"""Maps: read strictly, applied row by row, drafted for tables that nobody has described."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from knowchain.archive.tables import (
    HEADER,
    NOT_EVALUATED,
    TARGETS,
    Row,
    RowDraft,
    TableMap,
    builtin_map,
    check_columns,
    draft_row,
    located,
    open_table,
    read_map,
    shipped_map,
    shipped_maps,
    suggest,
)
from knowchain.errors import InvalidBody, InvalidValue, NotFound
from knowchain.records.bodies import compose

RIGHTS = "bafyreiakjwnwq2zcak463js3pnxmeuaruzp23bpomq7l5j7b6bsi54yafq"
MINIMAL = '[columns]\nid = "id"\ntitle = "title"\n[constants]\naccess = "metadata-only"\nkind = "Text"\n'


def drafted(table_map: TableMap | str, **fields: str) -> RowDraft:
    read = read_map(table_map) if isinstance(table_map, str) else table_map
    return draft_row(read, Row(2, fields), publisher="Archif Cwm Dychmygol")


def drafts_of(data: str | bytes, name: str, map_text: str | None = None) -> list[RowDraft]:
    """The drafts of a whole table, by a map or by the one that is suggested for it."""
    raw = data.encode() if isinstance(data, str) else data
    text = map_text or suggest(open_table(io.BytesIO(raw), name).rows, name)
    table_map = read_map(text)
    return [draft_row(table_map, row, publisher="A museum") for row in open_table(io.BytesIO(raw), name).rows]


def composed(draft: RowDraft) -> dict[str, Any]:
    assert draft.issues == []
    assert draft.rights is not None
    compose("rights", draft.rights)
    for event in draft.events:
        compose("event", {**event, "subject": [RIGHTS]})
    return compose("work", {**draft.work, "rights": [RIGHTS]}).body


# --- the header of bulk import, and Dublin Core ---------------------------------------------------------


def test_the_header_of_bulk_import_needs_no_map() -> None:
    table_map, issues = builtin_map(HEADER)
    assert issues == []
    assert set(table_map.columns) == set(HEADER)
    draft = drafted(
        table_map, filename="a.tif | b.tif", id="x1", title="Hen", title_lang="cy", kind="StillImage",
        date_display="c. 1974", date_edtf="1974~", creator="Mair", creator_role="singer", language="cy",
        glottocode="wels1247", accession="7", access="public", ai_train="ask", part_of="Songs",
        rights_uri="http://rightsstatements.org/vocab/InC/1.0/", checksum_sha256="AB" * 32,
    )  # fmt: skip
    body = composed(draft)
    assert body["title"] == {"cy": ["Hen"]}
    assert body["date"] == {"display": "c. 1974", "edtf": "1974~", "edtf_by": "human"}
    assert body["agents"] == [{"name": "Mair", "role": "singer"}]
    assert body["languages"] == [{"tag": "cy", "glottocode": "wels1247"}]
    assert draft.files == ["a.tif", "b.tif"]
    assert draft.checksums == {"a.tif": "ab" * 32}
    assert draft.part_of == ["Songs"]
    assert draft.rights is not None
    assert draft.rights["acts"] == [{"act": "ai-train", "rule": "ask"}]


@pytest.mark.parametrize("prefix", ["dc.", "dc:", "dcterms:", "Dublin Core:", "DC."])
def test_dublin_core_needs_no_map(prefix: str) -> None:
    names = [f"{prefix}{name}" for name in ("identifier", "title", "creator", "date", "type")]
    table_map, issues = builtin_map(names)
    assert issues == []
    assert [rules[0].to for rules in table_map.columns.values()] == [
        "identifier:dc",
        "title",
        "creator",
        "date_display",
        "kind",
    ]


def test_a_title_says_its_language_in_its_column() -> None:
    table_map, _ = builtin_map(["id", "dc.title[cy]", "dcterms:title@en"])
    draft = drafted(table_map, id="1", **{"dc.title[cy]": "Hen", "dcterms:title@en": "Old"})
    assert draft.work["title"] == {"cy": ["Hen"], "en": ["Old"]}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("tilte", "title"), ("titel", "title"), ("acces", "access"), ("dc.creatr", "dc.creator")],
)
def test_a_slip_in_a_column_is_told_with_the_right_name(wrong: str, right: str) -> None:
    _, (issue,) = builtin_map(["id", wrong])
    assert f"row 1: column {wrong} is unknown" in str(issue)
    assert f"did you mean `{right}`" in issue.remedy


def test_a_column_that_resembles_nothing_is_kept_under_source() -> None:
    table_map, issues = builtin_map(["id", "Gallery Number"])
    assert issues == []
    draft = drafted(table_map, id="1", **{"Gallery Number": "774"})
    assert draft.work["source"] == "Gallery Number: 774"


# --- defaults -------------------------------------------------------------------------------------------


def test_what_a_row_does_not_say_has_stated_defaults() -> None:
    draft = drafted(MINIMAL, id="1")
    assert draft.work["title"] == {"und": ["[untitled]"]}
    assert draft.rights == {
        "basis": "statement",
        "uri": NOT_EVALUATED,
        "asserted_by": {"name": "Archif Cwm Dychmygol", "role": "institution"},
    }
    composed(draft)


def test_access_must_be_said() -> None:
    (issue,) = drafted('[columns]\nid = "id"\n[constants]\nkind = "Text"\n', id="1").issues
    assert "row 2, column access: is missing" in str(issue)
    assert "metadata-only" in issue.remedy


# --- rules ----------------------------------------------------------------------------------------------


def test_cells_are_split_trimmed_translated_and_written_into_templates() -> None:
    draft = drafted(
        MINIMAL.replace(
            "[constants]",
            'tags = { to = "subject", split = "|;", values = { "sea" = "Sea", "x" = "" } }\n'
            'credit = { to = "description", language = "en", template = "Credit: {value}" }\n[constants]',
        ),
        id="1",
        tags=" sea | moon;x",
        credit="Gift",
    )
    assert draft.work["subjects"] == [{"term": "Sea"}, {"term": "moon"}]
    assert draft.work["description"] == {"en": ["Credit: Gift"]}


def test_a_template_makes_one_value_out_of_several_columns() -> None:
    text = '[templates]\nid = "m:{Room}/{No}"\n[constants]\naccess = "public"\nkind = "Text"\n'
    assert drafted(text, Room="A", No="7").work["id"] == "m:A/7"
    assert "id" not in drafted(text, Room="A").work


def test_names_and_roles_in_a_list_go_together_though_one_is_missing() -> None:
    text = MINIMAL.replace("[constants]", '"m[].name" = "creator"\n"m[].role" = "creator_role"\n[constants]')
    draft = drafted(text, id="1", **{"m[0].name": "A", "m[1].name": "B", "m[1].role": "author"})
    assert draft.work["agents"] == [{"name": "A", "role": "creator"}, {"name": "B", "role": "author"}]


def test_a_lenient_value_that_does_not_fit_is_kept_and_the_default_taken() -> None:
    text = (
        '[columns]\nid = "id"\ntype = { to = "kind", lenient = true }\n'
        'lang = { to = "language", lenient = true, language_names = true }\n'
        '[constants]\naccess = "public"\n[defaults]\nkind = "PhysicalObject"\n'
    )
    draft = drafted(text, id="1", type="Spoon", lang="Klingonisch")
    assert draft.work["kind"] == "PhysicalObject"
    assert draft.work["source"] == "type: Spoon | lang: Klingonisch"
    assert drafted(text, id="1", type="still image", lang="Welsh").work["languages"] == [{"tag": "cy"}]


def test_rights_in_words_stay_rights() -> None:
    text = MINIMAL.replace("[constants]", 'r = { to = "rights_uri", lenient = true }\n[constants]')
    draft = drafted(text, id="1", r="In copyright")
    assert draft.rights is not None
    assert draft.rights["uri"] == NOT_EVALUATED
    assert draft.rights["description"] == {"und": ["In copyright"]}


def test_a_licence_is_no_statement() -> None:
    text = MINIMAL.replace("[constants]", 'r = "rights_uri"\n[constants]')
    assert (
        drafted(text, id="1", r="https://creativecommons.org/licenses/by/4.0/").rights["basis"] == "license"
    )  # type: ignore[index]
    mark = "https://creativecommons.org/publicdomain/mark/1.0/"
    assert drafted(text, id="1", r=mark).rights["basis"] == "statement"  # type: ignore[index]


def test_a_notice_stands_beside_the_rights() -> None:
    text = MINIMAL.replace("[constants]", 'n = "label_code"\n[constants]')
    draft = drafted(text, id="1", n="TK Notice")
    (notice,) = draft.notices
    assert notice["basis"] == "notice"
    compose("rights", notice)


def test_windows_quotation_marks_are_put_right_if_the_map_says_so() -> None:
    broken = "Michael\x92s church"
    assert drafted(MINIMAL, id="1", title=broken).work["title"] == {"und": [broken]}
    mended = MINIMAL + "[reading]\nwindows_1252 = true\n"
    assert drafted(mended, id="1", title=broken).work["title"] == {"und": ["Michael’s church"]}


def test_a_custody_history_becomes_events_and_its_unread_rest_is_described() -> None:
    text = MINIMAL.replace("[constants]", 'p = { to = "custody", language = "en" }\n[constants]')
    draft = drafted(text, id="1", p="Mary Smith, Boston, MA; gift to Museum, 1903; seen by many")
    assert [event["to"]["name"] for event in draft.events] == ["Mary Smith, Boston, MA", "Museum"]
    assert "seen by many" in draft.work["description"]["und"][0]
    composed(draft)


def test_an_event_in_columns_of_its_own() -> None:
    text = MINIMAL.replace("[constants]", 'got = "event_when"\n[constants]\nevent_type = "accession"')
    (event,) = drafted(text, id="1", got="1979-12-06").events
    assert (event["event"], event["when"]) == ("accession", "1979-12-06")
    assert drafted(text, id="1").events == []


def test_more_than_source_holds_is_a_warning_and_stays_in_the_draft() -> None:
    draft = drafted(MINIMAL, id="1", a="x" * 1_500, b="y" * 1_500)
    assert draft.work["source"] == "a: " + "x" * 1_500
    assert draft.unmapped["b"] == "y" * 1_500
    (warning,) = draft.warnings
    assert "left out from b: yyy" in str(warning)
    composed(draft)


def test_what_composing_finds_is_told_by_row_and_column() -> None:
    text = MINIMAL.replace('title = "title"', '"Sprache" = "language"')
    draft = drafted(text, id="1", Sprache="english")
    with pytest.raises(InvalidBody) as caught:
        compose("work", {**draft.work, "rights": [RIGHTS]})
    problem = located(draft, caught.value.problems[0])
    assert str(problem) == "row 2, column Sprache: english is not a registered BCP 47 tag"
    assert problem.remedy == "did you mean `en`"


# --- map files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("[columns\n", "not TOML", "maps.md"),
        ("[colums]\n", "colums is no section", "did you mean `columns`"),
        ('[columns]\na = "tilte"\n', "columns.a: tilte is no target", "did you mean `title`"),
        ('[columns]\na = { to = "title", lang = "cy" }\n', "lang is no option", "did you mean `language`"),
        ('[columns]\na = { split = "|" }\n', "`to` is missing", "name the target"),
        ("[columns]\na = 3\n", "3 is not a target", "give a target"),
        (
            '[columns]\na = { to = "id", lenient = "yes" }\n',
            "yes is not true or false",
            "give true or false",
        ),
        ("[constants]\naccess = 1\n", "constants.access: 1 is not text", "give text"),
        ('[ignore]\ncolumns = "a"\n', "no list of columns", '["A", "B"]'),
        ("[reading]\nwindows1252 = true\n", "no option", "did you mean `windows_1252`"),
        ('columns = "a"\n', "no table", "[columns]"),
    ],
)
def test_a_fault_in_a_map_is_told_with_its_remedy(text: str, message: str, remedy: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        read_map(text)
    assert message in str(caught.value)
    assert remedy in caught.value.remedy


def test_a_column_that_the_table_lacks_is_told() -> None:
    table_map = read_map('[columns]\nTitel = "title"\nsubject = "subject"\n')
    (issue,) = check_columns(table_map, ["Title", "subject[]"])
    assert "names the column Titel" in str(issue)
    assert issue.remedy == "did you mean `Title`"


def test_the_shipped_maps_can_be_read_and_an_unknown_one_is_told() -> None:
    assert shipped_maps() == ("cmoa-json", "dublin-core-csv", "met-csv")
    for name in shipped_maps():
        assert read_map(shipped_map(name)).constants["access"] == "metadata-only"
    with pytest.raises(NotFound) as caught:
        shipped_map("met")
    assert "met-csv" in caught.value.remedy


CMOA = json.dumps(
    {
        "title": "Fragment", "creation_date": "c. 1860", "accession_number": "79.66", "id": "cmoa:things/1",
        "web_url": "http://collection.example/1", "provenance_text": "Anna Muster; gift to Museum, 1979.",
        "classification": "Textiles", "item_width": 5.875, "images": [],
        "creator": [{"full_name": "unknown", "cited_name": "Unknown", "role": None}],
    }
)  # fmt: skip
MET = (
    "Object Number,Is Public Domain,Object ID,Object Name,Title,"
    "Artist Role,Artist Display Name,Object Date,Medium\n"
    "1979.1,True,1,Coin,Liberty Coin,Maker|Artist,A B|C D,1853,Gold\n"
    "1979.2,False,2,Coin,,,,,Gold\n"
)
OMEKA = (
    "Identifier,Title,Creator,Date,Type,Language,Rights,Filename\n"
    "x1,Old stanzas,Anon.; Mair,1830,Still Image,Welsh,Unknown,scans/1.tif\n"
)


@pytest.mark.parametrize(
    ("data", "name", "shipped"),
    [(CMOA, "a.jsonl", "cmoa-json"), (MET, "a.csv", "met-csv"), (OMEKA, "a.csv", "dublin-core-csv")],
)
def test_a_shipped_map_makes_bodies_of_its_shape(data: str, name: str, shipped: str) -> None:
    drafts = drafts_of(data, name, shipped_map(shipped))
    bodies = [composed(draft) for draft in drafts]
    assert all(body["id"] and body["title"] for body in bodies)
    assert all("agents" in body for body in bodies[:1])


# --- suggestions ----------------------------------------------------------------------------------------

GERMAN = (
    "Inventarnummer;Titel;Künstler;Datierung;Material und Technik;Schlagwörter;Lizenz;Depot\n"
    "B 12;Waldweg;Anna Muster;um 1890;Öl auf Leinwand;Wald|Weg;http://rightsstatements.org/vocab/NKC/1.0/;3\n"
    "B 13;Meer;Otto Beispiel;1901;Aquarell;Meer;http://rightsstatements.org/vocab/NKC/1.0/;3\n"
)
FRENCH = (
    "Numéro d'inventaire\tTitre\tAuteur\tDate de création\tDomaine\n"
    "1\tLa mer\tX\t1901\tpeinture\n2\tLe bois\tY\t1902\tdessin\n"
)
LIBRARY = (
    "record_id|title_en|title_cy|author|language|file_name|Notes to self\n"
    "r1|Old stanzas|Hen benillion|Mair|English|a.pdf|check\nr2|Two|Dau|Huw|Welsh; English|b.pdf|\n"
)
NO_ID = "Name,Year\nSpoon,1900\nSpoon,1900\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GERMAN, {"id": "B 12", "title": {"und": ["Waldweg"]}, "date": {"display": "um 1890"},
                  "agents": [{"name": "Anna Muster", "role": "artist"}],
                  "subjects": [{"term": "Wald"}, {"term": "Weg"}],
                  "extent": "Öl auf Leinwand", "source": "Depot: 3"}),
        (FRENCH, {"id": "1", "title": {"und": ["La mer"]}, "agents": [{"name": "X", "role": "author"}],
                  "subjects": [{"term": "peinture"}]}),
        (LIBRARY, {"id": "r1", "title": {"en": ["Old stanzas"], "cy": ["Hen benillion"]},
                   "languages": [{"tag": "en"}],
                   "agents": [{"name": "Mair", "role": "author"}], "source": "Notes to self: check"}),
        (MET, {"id": "1", "title": {"und": ["Liberty Coin"]}, "extent": "Gold", "kind": "PhysicalObject"}),
        (OMEKA, {"id": "x1", "title": {"und": ["Old stanzas"]}, "kind": "StillImage",
                 "languages": [{"tag": "cy"}]}),
    ],
)  # fmt: skip
def test_a_suggested_map_works_as_it_stands(data: str, expected: dict[str, Any]) -> None:
    drafts = drafts_of(data, "museum.csv")
    for draft in drafts:
        composed(draft)
    assert {name: drafts[0].work.get(name) for name in expected} == expected


def test_a_suggestion_lists_what_it_did_not_recognise() -> None:
    text = suggest(open_table(io.BytesIO(LIBRARY.encode()), "x.csv").rows)
    assert '# "Notes to self" = ""  # such as check' in text


def test_a_suggestion_without_a_column_that_differs_asks_for_an_id() -> None:
    text = suggest(open_table(io.BytesIO(NO_ID.encode()), "x.csv").rows)
    assert "No column is different in every row" in text
    (issue, *_) = drafts_of(NO_ID, "x.csv")[0].issues
    assert "column id: is missing" in str(issue)


def test_a_suggestion_for_json_takes_one_name_of_each_creator() -> None:
    (draft,) = drafts_of(CMOA, "a.jsonl")
    assert draft.work["agents"] == [{"name": "unknown", "role": "creator"}]
    assert len(draft.events) == 2
    composed(draft)


def test_hostile_column_names_stay_names() -> None:
    data = '"x"" = 1 # ,\n[columns]",title\n1,A\n2,B\n'
    drafts = drafts_of(data, "x.csv")
    assert [draft.work["title"] for draft in drafts] == [{"und": ["A"]}, {"und": ["B"]}]


def test_the_guide_explains_every_target_and_shows_a_map_that_can_be_read() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "guide" / "maps.md").read_text("utf-8")
    for target, meaning in TARGETS.items():
        assert f"| `{target}` | {meaning} |" in guide
    assert read_map(guide.split("```toml")[1].split("```")[0]).ignored == {"Gallery Number"}
