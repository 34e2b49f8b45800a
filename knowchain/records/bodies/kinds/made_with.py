"""What a machine did in making something, and what a person did: told per tool, not in one flag."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kinds.terms import LINE
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.scalars import FileLink
from knowchain.records.bodies.structures import Field, ListOf, Object
from knowchain.records.bodies.text import Choice, Text
from knowchain.records.bodies.values import Stored

__all__ = ["MADE_WITH"]

ROLES: Final = (
    "generated",
    "translated",
    "transcribed",
    "described",
    "summarised",
    "classified",
    "edited",
    "restored",
    "colourised",
    "converted",
    "captured",
    "recorded",
    "assisted",
)

HUMAN_PART: Final = ("none", "prompted", "reviewed", "edited", "authored")


def _model_says_human_part(stored: dict[str, Stored], at: Place) -> None:
    if stored.get("kind") == "ai-model" and "human" not in stored:
        raise at.child("human").error(
            "is missing", value="", remedy="say what a person did: none, prompted, reviewed, edited, authored"
        )


_TOOL: Final = Object(
    "tool",
    (
        Field("tool", LINE, "the name of the model, program or instrument", required=True),
        Field("kind", Choice(("ai-model", "software", "instrument")), "what it is", required=True),
        Field("role", Choice(ROLES), "what it did", required=True),
        Field(
            "human",
            Choice(HUMAN_PART),
            "what a person did to its output: `none` published as it came; `prompted` asked for it; "
            "`reviewed` read and approved it; `edited` changed it; `authored` made the work, the tool "
            "helping. Required for an `ai-model`",
        ),
        Field("version", LINE, "which version, exactly enough to find it again"),
        Field("provider", LINE, "who makes or runs it"),
        Field(
            "parts",
            ListOf(Text("field or path")),
            "which fields (`title`, `description`, `text`) or files of this record; absent: all of it",
        ),
        Field("prompt_cid", FileLink(), "a published file with the instructions that it was given"),
    ),
    checks=(_model_says_human_part,),
)

MADE_WITH: Final = Field(
    "made_with", ListOf(_TOOL, limit=50), "AI models, programs and instruments that took part"
)
