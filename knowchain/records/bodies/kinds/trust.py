"""Trust: how far somebody relies on another identity, for what, and why."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.examples import IDENTITY_ID
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.terms import DESCRIPTION, LINE, NAME, TAGS
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.scalars import Flag, Instant, Integer
from knowchain.records.bodies.structures import Field, ListOf, Object
from knowchain.records.bodies.values import Stored

__all__ = ["TRUST"]

_AMOUNTS: Final = ("level", "mass", "block")

_SCOPE: Final = Object(
    "scope",
    (
        Field("topics", ListOf(LINE), "on these topics"),
        Field("languages", TAGS, "in these languages"),
        Field("axes", ListOf(NAME), "on these axes of evaluation"),
        Field("kinds", ListOf(NAME), "for these kinds of records"),
    ),
)


def _one_amount(stored: dict[str, Stored], at: Place) -> None:
    given = [name for name in _AMOUNTS if name in stored]
    if len(given) != 1:
        raise at.child("level").error(
            "{value} given; one is needed",
            value=" and ".join(given) or "nothing",
            remedy="give exactly one of `level` (−2 to 2), `mass` (per mille) and `block` (true)",
        )
    if stored.get("block") is False:
        raise at.child("block").error(
            "{value} blocks nobody", value=False, remedy="retract the block, or give a `level`"
        )


TRUST: Final = Kind(
    "trust",
    "How far the signer relies on an identity. The latest one toward an identity and scope counts.",
    (
        Field("level", Integer(-2, 2), "from −2, distrust, to 2, rely on as on oneself"),
        Field("mass", Integer(0, 1_000, "per mille"), "a share of the signer's trust, in place of `level`"),
        Field("block", Flag(), "true: show nothing of theirs, and take no trust through them"),
        Field("scope", _SCOPE, "for what; absent: for everything"),
        Field("reason", DESCRIPTION, "why, by language"),
        Field("expires", Instant(), "until when; absent: until it is revised or retracted"),
    ),
    (RefField("subject", "kc:about", "the identity", required=True, many=False), *COMMON),
    {
        "subject": IDENTITY_ID,
        "level": 2,
        "scope": {"topics": ["folk song"], "languages": ["cy"]},
        "reason": {"en": ["Her transcriptions have been right for years."]},
    },
    checks=(_one_amount,),
)
