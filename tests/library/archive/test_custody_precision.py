"""What was read is right: held against histories that a person read first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from knowchain.archive.custody import CustodyStep, read_custody

SAMPLE = Path(__file__).parents[2] / "vectors" / "custody" / "labelled.jsonl"


def cases(split: str) -> list[dict[str, Any]]:
    return [
        case for case in map(json.loads, SAMPLE.read_text("utf-8").splitlines()) if case["split"] == split
    ]


def plain(name: str | None) -> str:
    return " ".join((name or "").split()).removeprefix("the ").rstrip(".")


def is_right(step: CustodyStep, label: dict[str, Any] | None) -> bool:
    return (
        label is not None
        and "unclear" not in label
        and plain(step.agent.name if step.agent else None) == plain(label["agent"])
        and step.method == label["method"]
        and (step.date.words if step.date else None) == label["date"]
        and plain(step.source.name if step.source else None) == plain(label["source"])
    )


@pytest.mark.parametrize(("split", "recall"), [("tuning", 0.85), ("held-out", 0.85)])
def test_of_what_is_read_98_in_100_are_right(split: str, recall: float) -> None:
    right = read = there = 0
    for case in cases(split):
        text = case["text"]
        labels = {(label["start"], label["end"]): label for label in case["steps"]}
        for step in read_custody(text).steps:
            end = step.start + len(text[step.start : step.end].rstrip(". "))
            read += 1
            right += is_right(step, labels.get((step.start, end)))
        there += len(labels)
    assert right / read >= 0.98
    assert right / there >= recall


def test_the_sample_has_its_size_and_its_labels_lie_in_the_text() -> None:
    assert (len(cases("tuning")), len(cases("held-out"))) == (200, 100)
    for case in cases("tuning") + cases("held-out"):
        edges = [edge for label in case["steps"] for edge in (label["start"], label["end"])]
        assert edges == sorted(edges)
        assert edges[-1] <= len(case["text"])
