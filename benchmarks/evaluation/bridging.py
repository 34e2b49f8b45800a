"""Bridging on the votes of vTaiwan on UberX (Polis, CC BY 4.0): agreement, and agreement across groups.

Only statements that the moderators let through. A vote is an evaluation on `goodness`: 1, −1, or 0 for a
pass; who votes is trusted wholly. Three ways to rank: by plain agreement, A / N; by `bridge` over the groups
that Polis published; and by `bridge` over those that `knowchain groups` finds.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.evaluation.measures import mean
from benchmarks.evaluation.society import DAY, NOW, SNAPSHOT, rid
from benchmarks.evaluation.tables import print_table
from knowchain.identifiers import RecordId
from knowchain.ranking import Columns, Engine, Fact, Profile, Statement, Viewer, World
from knowchain.ranking.facts import Evaluation, ViewpointGroup, Viewpoints
from knowchain.ranking.grouping import Grouping, grouped, judgements_in

VOTES = Path("polis") / "vtaiwan.uberx" / "participants-votes.csv"
COMMENTS = VOTES.with_name("comments.csv")
TOLD = "121"
"""A statement that one side likes much and the other little."""
READER, WRITER = rid("reader"), rid("writer")


def measured(place: Path, *, quiet: bool) -> dict[str, Any]:
    """How bridging reorders the statements, and how far our groups are those of Polis."""
    voters = _read(place / VOTES)
    let_through = {row["comment-id"] for row in _read(place / COMMENTS) if row["moderated"] == "1"}
    statements = [name for name in voters[0] if name in let_through]
    columns = Columns.of(_world(voters, statements))
    engine = Engine(columns)
    vouched = engine.trust.at(_profile(rid("none")), Viewer(), NOW)
    ours = grouped(judgements_in(columns, vouched, NOW))
    polis = [{_voter(row) for row in voters if row["group-id"] == side} for side in ("0", "1")]
    plain = _agreement([row for row in voters if row["group-id"]], statements)
    records = {
        "groups of Polis": tuple(
            ViewpointGroup(tuple((who, 1000) for who in sorted(side)), 100) for side in polis
        ),
        "groups found": tuple(ViewpointGroup(group.members, 100) for group in ours.groups),
    }
    bridged = {name: _bridged(engine, rid(name), groups, statements) for name, groups in records.items()}
    place_before = _ranks(plain)[TOLD]
    found: dict[str, Any] = {
        "statements": len(statements),
        "groups": [group.nearest for group in ours.groups],
        "foretold": {str(count): milli for count, milli in ours.foretold.items()},
        "same as Polis": _same(ours, polis),
        "rank before": place_before,
    }
    for name, scores in bridged.items():
        found[name] = {"spearman": spearman(plain, scores), "rank": _ranks(scores)[TOLD]}
    if not quiet:
        _print(found, bridged)
    return found


def _print(found: Mapping[str, Any], bridged: Mapping[str, object]) -> None:
    sizes = " and ".join(map(str, found["groups"]))
    print_table(
        f"Bridging: {found['statements']} statements of vTaiwan; groups found: {sizes} people, "
        f"{found['same as Polis']:.1%} as Polis groups them",
        ["", "Spearman to plain agreement", f"rank of statement {TOLD}"],
        [
            ["plain agreement", "1.000", str(found["rank before"])],
            *([name, f"{found[name]['spearman']:.3f}", str(found[name]["rank"])] for name in bridged),
        ],
    )


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _voter(row: Mapping[str, str]) -> RecordId:
    return rid("voter", row["participant"])


def _statement(name: str) -> RecordId:
    return rid("statement", name)


def _world(voters: Sequence[Mapping[str, str]], statements: Sequence[str]) -> World:
    facts = [Fact(_statement(name), "work", WRITER, NOW - DAY) for name in statements]
    trust = [Statement(rid("trust", n), READER, _voter(row), NOW - DAY, 255) for n, row in enumerate(voters)]
    said = [
        Evaluation(rid("vote", n, name), _voter(row), _statement(name), NOW - DAY, "goodness", int(row[name]))
        for n, row in enumerate(voters)
        for name in statements
        if row[name]
    ]
    return World(facts, trust, SNAPSHOT, said)


def _profile(groups: RecordId) -> Profile:
    return Profile(name="bridging", weights={"bridge": 1000}, seeds=(READER,), groups=groups)


def _agreement(voters: Sequence[Mapping[str, str]], statements: Sequence[str]) -> dict[str, float]:
    return {name: mean(row[name] == "1" for row in voters if row[name]) for name in statements}


def _bridged(
    engine: Engine, named: RecordId, groups: tuple[ViewpointGroup, ...], statements: Sequence[str]
) -> dict[str, float]:
    engine.columns.put_viewpoints(Viewpoints(named, groups))
    ranking = engine.rank(_profile(named), Viewer(), as_of=NOW, snapshot=SNAPSHOT)
    judged = {name: ranking.judge(_statement(name)) for name in statements}
    return {name: each.placed.score for name, each in judged.items() if each and each.placed}


def _same(ours: Grouping, polis: Sequence[set[RecordId]]) -> float:
    """The part of those whom both grouped that is in the same group, the groups paired as they fit best."""
    mine = [{who for who, part in group.members if part >= 500} for group in ours.groups[:2]]
    both = set.union(*mine) & set.union(*polis)
    straight = sum(len(one & other) for one, other in zip(mine, polis, strict=False))
    crossed = sum(len(one & other) for one, other in zip(mine, polis[::-1], strict=False))
    return max(straight, crossed) / len(both)


def _ranks(scores: Mapping[str, float]) -> dict[str, int]:
    ordered = sorted(scores, key=lambda name: (-scores[name], int(name)))
    return {name: place for place, name in enumerate(ordered, 1)}


def spearman(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The correlation of ranks; equal values share their mean rank."""
    mine, theirs = _shared(one), _shared(other)
    pairs = [(mine[name], theirs[name]) for name in one]
    left, right = mean(a for a, _ in pairs), mean(b for _, b in pairs)
    top = sum((a - left) * (b - right) for a, b in pairs)
    return top / (sum((a - left) ** 2 for a, _ in pairs) * sum((b - right) ** 2 for _, b in pairs)) ** 0.5


def _shared(scores: Mapping[str, float]) -> dict[str, float]:
    return {
        name: sum(value < other for other in scores.values())
        + (1 + sum(value == other for other in scores.values())) / 2
        for name, value in scores.items()
    }
