"""Custody histories: how right, how complete and how fast they are read.

``python -m benchmarks.custody``. Precision and recall are measured on the labelled sample of
tests/vectors/custody; speed on all objects of the museum if ``KNOWCHAIN_DATA`` names the folder with
``cmoa.jsonl.gz``, else on the labelled texts repeated. The yardstick of speed is a bare ``str.split`` and
regular-expression pass that finds the clauses and the years, without reading anything.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import Row, print_table
from knowchain.archive.custody import CustodyStep, read_custody

SAMPLE = Path(__file__).parent.parent / "tests" / "vectors" / "custody" / "labelled.jsonl"
_YEAR = re.compile(r"\b(?:1\d{3}|20\d{2})\b")


def labelled(split: str) -> list[dict[str, Any]]:
    """The labelled histories of one part, ``tuning`` or ``held-out``."""
    lines = SAMPLE.read_text("utf-8").splitlines()
    return [case for case in map(json.loads, lines) if case["split"] == split]


def is_right(step: CustodyStep, label: dict[str, Any] | None) -> bool:
    """A step is right if its bounds, agent, method, date words and source are those of the label."""
    if label is None or "unclear" in label:
        return False
    return (
        _canonical(step.agent.name if step.agent else None) == _canonical(label["agent"])
        and step.method == label["method"]
        and (step.date.words if step.date else None) == label["date"]
        and _canonical(step.source.name if step.source else None) == _canonical(label["source"])
    )


def bounds(step: CustodyStep, text: str) -> tuple[int, int]:
    """The bounds without closing punctuation, as the labels have them."""
    return step.start, step.start + len(text[step.start : step.end].rstrip(". "))


def _canonical(name: str | None) -> str:
    return " ".join((name or "").split()).removeprefix("the ").rstrip(".")


def score(split: str) -> tuple[int, int, int]:
    """How many steps were read right, how many were read, and how many there are to read."""
    right = read = there = 0
    for case in labelled(split):
        text = case["text"]
        labels = {(label["start"], label["end"]): label for label in case["steps"]}
        steps = read_custody(text).steps
        right += sum(is_right(step, labels.get(bounds(step, text))) for step in steps)
        read += len(steps)
        there += len(labels)
    return right, read, there


def texts() -> list[str]:
    """The histories for the measurement of speed."""
    folder = os.environ.get("KNOWCHAIN_DATA")
    if not folder:
        print("KNOWCHAIN_DATA is not set: speed is measured on the labelled sample, not on the museum")
        return [case["text"] for split in ("tuning", "held-out") for case in labelled(split)] * 20
    with gzip.open(Path(folder) / "cmoa.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [text for line in lines if (text := json.loads(line)["provenance_text"])]


def _bare(text: str) -> int:
    clauses = [clause.split(",") for clause in re.split(r";|\n|\. ", text)]
    return len(clauses) + len(_YEAR.findall(text))


def _seconds(work: Callable[[str], object], material: list[str]) -> float:
    start = time.perf_counter()
    for text in material:
        work(text)
    return time.perf_counter() - start


def _ratios(material: list[str]) -> Iterator[tuple[float, float]]:
    for _ in range(3):
        yield _seconds(read_custody, material), _seconds(_bare, material)


def rows(scale: float = 1.0) -> list[Row]:
    """Precision and recall of both parts of the sample, and the speed on ``scale`` of the museum."""
    table = []
    for split in ("tuning", "held-out"):
        right, read, there = score(split)
        precision, recall = right / read, right / there
        table.append(Row(f"custody precision, {split}", right, read, precision, "≥ 0.98", precision >= 0.98))
        table.append(Row(f"custody recall, {split}", right, there, recall, "stated", True))
    material = texts()
    material = material[: max(1, int(len(material) * scale))]
    runs = list(_ratios(material))
    reading = max(seconds for seconds, _ in runs)  # the first run, which finds no clause in the cache
    bare = statistics.median(seconds for _, seconds in runs)
    name = f"reading {len(material)} histories"
    table.append(Row(name, reading, bare, reading / bare, "a few seconds", reading < 10, "s"))
    return table


if __name__ == "__main__":
    print_table(rows())
