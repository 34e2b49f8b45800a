"""Ranking profiles: the rules by which a reader orders the feed, to be shared, forked and compared.

The TOML is kept as written. What others need without reading it stands beside it, and can't disagree.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, Final

from knowchain.errors import InvalidValue
from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.terms import NAME
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.scalars import Integer
from knowchain.records.bodies.structures import Field
from knowchain.records.bodies.text import Text

__all__ = ["RANKING_PROFILE"]

_MAX_TOML: Final = 65_536


def _read_toml(text: str, *, field: str) -> str:
    _parsed(text, field)
    return text


def _parsed(text: str, field: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise InvalidValue(
            "{field}: not TOML: {why}",
            field=field,
            value=text,
            why=str(exc) or "nested too deep",
            remedy="correct that line",
        ) from exc


def _complete(human: Mapping[object, object], at: Place) -> Mapping[object, object]:
    """Take name, v and parent from the text; what was given beside it must agree."""
    text = human.get("toml")
    if not isinstance(text, str) or len(text) > _MAX_TOML:
        return human
    try:
        profile = _parsed(text, "toml")
    except InvalidValue:
        return human  # the field's own type reports it
    whole = dict(human)
    for name in ("name", "v", "parent"):
        stated = profile.get(name)
        given = whole.setdefault(name, stated)
        if given != stated:
            place = at.child(name)
            place.report(
                place.error(
                    "{value} is not what the profile's text says, {stated}",
                    value=given,
                    stated=stated,
                    remedy="leave it out; it is taken from the text",
                )
            )
    return whole


RANKING_PROFILE: Final = Kind(
    "ranking-profile",
    "A reader's rules for ordering the feed (docs/spec/ranking.md), as signed TOML.",
    (
        Field(
            "toml",
            Text("TOML", limit=_MAX_TOML, breaks=True, blank=True, reader=_read_toml),
            "the profile, as written",
            required=True,
        ),
        Field(
            "v", Integer(1, 1_000), "the profile's version of the rules; taken from the text", required=True
        ),
        Field("name", NAME, "the profile's name; taken from the text", required=True),
    ),
    (
        RefField(
            "parent",
            "prov:wasDerivedFrom",
            "the profile that it was forked from; taken from the text",
            many=False,
        ),
        *COMMON,
    ),
    {
        "toml": 'v = 1\nname = "wide-river"\n[weights]\nfresh = 900\nlang_lift = 800\n',
        "v": 1,
        "name": "wide-river",
    },
    prepare=_complete,
)
