"""docs/spec/bodies.md says of every kind what the code does: its tables, its examples, its words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from knowchain.records.bodies import KINDS, Kind, compose
from knowchain.records.bodies.structures import Field, ListOf, Object
from knowchain.records.bodies.values import FieldType
from knowchain.records.vocabulary import axes, labels, moderation, relations, rights_statements
from knowchain.records.vocabulary.event_types import CUSTODY, PREMIS

PAGE = Path(__file__).parents[3] / "docs" / "spec" / "bodies.md"


def objects(fields: tuple[Field, ...]) -> list[Object]:
    """The objects that fields hold, each after the one that holds it."""
    found: list[Object] = []
    for each in fields:
        inner: FieldType = each.type
        while isinstance(inner, ListOf):
            inner = inner.of
        if isinstance(inner, Object):
            found += [inner, *objects(inner.fields)]
    return found


def rows(fields: tuple[Field, ...]) -> list[str]:
    head = ["| field | type | | meaning |", "|---|---|---|---|"]
    marks = {True: "required", False: ""}
    return head + [f"| `{e.name}` | {e.type.name} | {marks[e.required]} | {e.meaning} |" for e in fields]


def ref_rows(kind: Kind) -> list[str]:
    lines = ["| in refs as | relation | | meaning |", "|---|---|---|---|"]
    for each in kind.refs:
        names = dict.fromkeys(each.by[1].values()) if each.by else [each.relation]
        relation = ", ".join(f"`{name}`" for name in names)
        mark = "required" if each.required else "" if each.many else "one"
        lines.append(f"| `{each.name}` | {relation} | {mark} | {each.meaning} |")
    return lines


def section(kind: Kind) -> str:
    """What the page says of a kind."""
    lines = [f"### {kind.name}", "", kind.summary, "", *rows(kind.fields), "", *ref_rows(kind)]
    for inner in objects(kind.fields):
        note = f" Plain text stands for `{inner.shorthand}`." if inner.shorthand else ""
        lines += ["", f"The object **{inner.name}**.{note}", "", *rows(inner.fields)]
    example = json.dumps(dict(kind.example), ensure_ascii=False, indent=1)
    return "\n".join([*lines, "", "```json", example, "```"])


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_page_has_the_section_of_every_kind_as_the_code_has_it(kind: Kind) -> None:
    assert section(kind) in PAGE.read_text(encoding="utf-8")


def test_every_example_of_the_page_composes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, example in re.findall(r"^### ([a-z-]+)\n.*?```json\n(.*?)\n```", page, re.S | re.M):
        assert compose(name, json.loads(example)).warnings == ()


@pytest.mark.parametrize(
    "words",
    [
        list(relations.RELATIONS),
        list(rights_statements.STATEMENTS),
        [code for scheme in labels.LABELS.values() for code in scheme],
        [code for scheme in labels.NOTICES.values() for code in scheme],
        [*PREMIS, *CUSTODY],
        list(moderation.LABELS),
        list(axes.AXES),
    ],
    ids=["relations", "statements", "labels", "notices", "events", "moderation", "axes"],
)
def test_the_page_lists_every_word_of_a_closed_vocabulary(words: list[str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [word for word in words if f"`{word}`" not in page] == []
