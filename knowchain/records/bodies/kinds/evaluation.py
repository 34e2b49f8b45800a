"""Evaluations: how a record stands on one axis, in somebody's judgement, and why."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.examples import WORK_ID
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.made_with import MADE_WITH
from knowchain.records.bodies.kinds.terms import DESCRIPTION, NAME, TAGS, TITLE
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.scalars import Integer
from knowchain.records.bodies.structures import Field, Object
from knowchain.records.bodies.values import Stored
from knowchain.records.vocabulary.axes import AXES
from knowchain.records.vocabulary.suggestions import nearest

__all__ = ["EVALUATION"]

_DECLARATION: Final = Object(
    "declaration of an axis",
    (
        Field("low", TITLE, "what −2 means, by language", required=True),
        Field("high", TITLE, "what 2 means, by language", required=True),
    ),
)


def _own_axis_is_declared(stored: dict[str, Stored], at: Place) -> None:
    axis = stored.get("axis")
    if not isinstance(axis, str) or (axis in AXES) != ("declares" in stored):
        return
    place = at.child("declares")
    if axis in AXES:
        raise place.error("{value} needs no declaration", value=axis, remedy="leave `declares` out")
    near = nearest(axis, AXES)
    raise place.error(
        "is missing: {value} is an axis of your own",
        value=axis,
        remedy="{advice}say what −2 and 2 mean on it",
        advice=f"did you mean `{near}`? if not, " if near else "",
    )


EVALUATION: Final = Kind(
    "evaluation",
    "One judgement of a record on one axis, with the reason for it.",
    (
        Field(
            "axis",
            NAME,
            "`truth`, `goodness`, `beauty`, `wisdom`, `sacredness`, or one that `declares` explains",
            required=True,
        ),
        Field("value", Integer(-2, 2), "from −2 to 2; 0 is a judgement too", required=True),
        Field("reason", DESCRIPTION, "why, by language"),
        Field("declares", _DECLARATION, "what the ends of an axis mean that is none of the five"),
        Field("languages", TAGS, "the languages in which the evaluator took the work in"),
        MADE_WITH,
    ),
    (RefField("subject", "kc:about", "what is judged", required=True), *COMMON),
    {
        "axis": "truth",
        "value": 2,
        "reason": {"en": ["The parish register agrees."]},
        "languages": ["cy"],
        "subject": [WORK_ID],
    },
    checks=(_own_axis_is_declared,),
)
