"""The parts of a profile that work on scores that are summed already: boosts, and what moves works then.

Source: docs/spec/ranking.md, sections 5 and 7.
"""

from __future__ import annotations

from typing import Final

from knowchain.ranking.conditions import compile_condition
from knowchain.ranking.numbers import EXACT, ONE
from knowchain.ranking.profile import GROUPS, MAX_BOOSTS, MAX_PAGE, Boost, Floor, Rerank
from knowchain.ranking.profile_values import ProfileValues

__all__ = ["RERANK_KEYS", "read_boosts", "read_rerank"]

RERANK_KEYS: Final = ("author_decay", "mmr_lambda", "calibration_mu", "floors", "explore", "lift_min")
_MOST_COST: Final = 1_000_000
_MOST_ADDED: Final = 2**36


def read_boosts(values: ProfileValues, reach: int) -> tuple[Boost, ...]:
    """The tables ``[[boost]]``, in the order in which they stand.

    Args:
        values: the profile.
        reach: the greatest score that its weights can give; with the boosts it stays below 2^53.
    """
    path = ("boost",)
    found = values.within(path, ("when", "add"))
    if len(found) > MAX_BOOSTS:
        raise values.fault(
            path,
            len(found),
            "the profile, line {line}: {field}: {value} entries are more than {most}",
            remedy="join conditions that add the same with ||",
            most=MAX_BOOSTS,
        )
    boosts = []
    for nth, each in enumerate(found, 1):
        when = each["when"]
        if not isinstance(when, str):
            raise values.fault(
                ("boost", "when"),
                when,
                "the profile, line {line}: {field}: {value} is no condition",
                remedy="write when = \"lang == 'cy'\"",
                nth=nth,
            )
        add = values.in_range(("boost", "add"), each["add"], -_MOST_ADDED, _MOST_ADDED, nth)
        reach += abs(add) * ONE
        if reach >= EXACT:
            raise values.fault(
                ("boost", "add"),
                add,
                "the profile, line {line}: {field}: {value} lets scores pass 2^53, beyond exactness",
                remedy="divide all weights and boosts by the same number; only their proportions matter",
                nth=nth,
            )
        condition = compile_condition(when, values.line(("boost", "when"), nth), "boost.when")
        boosts.append(Boost(condition, add, f"boost:{nth}"))
    return tuple(boosts)


def read_rerank(values: ProfileValues) -> Rerank:
    """What moves works after they were ordered by score."""
    table = "rerank"
    rerank = Rerank(
        author_decay=values.truth((table, "author_decay")),
        mmr_lambda=values.whole((table, "mmr_lambda"), 0, _MOST_COST, 0),
        calibration_mu=values.whole((table, "calibration_mu"), 0, _MOST_COST, 0),
        floors=_floors(values),
        explore_every=_explore(values),
        lift_min=values.whole((table, "lift_min"), 1, ONE, Rerank().lift_min),
    )
    _check_owed(values, rerank)
    return rerank


def _floors(values: ProfileValues) -> tuple[Floor, ...]:
    path = ("rerank", "floors")
    found: list[Floor] = []
    for each in values.within(path, ("group", "p_milli")):
        if each["group"] not in GROUPS:
            raise values.fault(
                path,
                each["group"],
                "the profile, line {line}: {field}: {value} is no group of works",
                remedy="give one of {known}",
                known=", ".join(GROUPS),
            )
        if any(floor.group == each["group"] for floor in found):
            raise values.fault(
                path,
                each["group"],
                "the profile, line {line}: {field}: {value} stands there twice",
                remedy="remove one of the two",
            )
        found.append(Floor(each["group"], values.in_range(path, each["p_milli"], 1, 1_000)))
    return tuple(found)


def _explore(values: ProfileValues) -> int | None:
    path = ("rerank", "explore")
    found = values.within(path, ("every",), many=False)
    return values.in_range(path, found[0]["every"], 1, MAX_PAGE) if found else None


def _check_owed(values: ProfileValues, rerank: Rerank) -> None:
    """All that is owed must find room: p1 + p2 + 1/N ≤ 1."""
    every = rerank.explore_every
    owed = sum(floor.p_milli for floor in rerank.floors) * (every or 1) + (1_000 if every else 0)
    if owed > 1_000 * (every or 1):
        raise values.fault(
            ("rerank", "floors"),
            "what they owe",
            "the profile, line {line}: {field}: {value} together with `explore` is more than all places",
            remedy="lower p_milli, or raise `every`: p_milli of all floors and 1000 / every are at most 1000",
        )
