"""The vectors of docs/spec/groups.md, as plain integers make them: run this file to write them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from plain_groups import grouped
from ranking_worlds import rid

from knowchain.identifiers import RecordId, parse_record_id

FILE = Path(__file__).parents[2] / "vectors" / "ranking" / "groups.json"


def judgements_of(case: dict[str, Any]) -> tuple[dict[tuple[RecordId, RecordId], int], dict[RecordId, int]]:
    """What a case says: judgements by person and work, and weights by person."""
    people = [parse_record_id(each) for each in case["people"]]
    works = [parse_record_id(each) for each in case["works"]]
    said = {
        (who, works[work]): x
        for who, row in zip(people, case["judgements"], strict=True)
        for work, x in enumerate(row)
        if x is not None
    }
    return said, dict(zip(people, case["weights"], strict=True))


def answered(case: dict[str, Any]) -> dict[str, Any]:
    """What plain integers make of it."""
    said, weights = judgements_of(case)
    parts, told = grouped(said, weights, count=case["asked-groups"] or None, least=case["judgements-least"])
    return {
        "groups": [{str(who): part for who, part in sorted(each.items())} for each in parts],
        "foretold": told,
    }


def _case(
    name: str, camps: int, people: int, works: int, *, asked: int = 0, slips: float = 0.1
) -> dict[str, Any]:
    chance = random.Random(name)
    tastes = [[chance.choice((-1, 1)) for _ in range(works)] for _ in range(camps)]
    table: list[list[int | None]] = []
    for number in range(people):
        taste = tastes[number % camps]
        row: list[int | None] = [x if chance.random() > slips else chance.choice((-x, 0)) for x in taste]
        table.append([x if chance.random() < 0.7 else None for x in row])
    case: dict[str, Any] = {
        "name": name,
        "people": [str(rid("person", number)) for number in range(people)],
        "weights": [255 - 10 * (number % 7) for number in range(people)],
        "works": [str(rid("work", number)) for number in range(works)],
        "judgements": table,
        "judgements-least": 5,
        "asked-groups": asked,
    }
    return {**case, **answered(case)}


def written() -> str:
    """The file."""
    cases = [
        _case("two camps", 2, 14, 16),
        _case("three camps", 3, 24, 24),
        _case("one camp", 1, 12, 16),
        _case("two camps, three groups asked for", 2, 14, 16, asked=3),
        _case("too few", 1, 3, 16),
    ]
    return json.dumps({"cases": cases}, indent=1, ensure_ascii=False).replace(",\n    ", ", ") + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
