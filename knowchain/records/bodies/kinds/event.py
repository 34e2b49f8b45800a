"""Events: what happened to a work, its files or its custody (PREMIS), who did it, and how it came out."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.examples import WORK_ID
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.terms import DATE, DESCRIPTION, LINE, PARTY
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.scalars import FileLink
from knowchain.records.bodies.structures import Field, Object
from knowchain.records.bodies.text import Choice, Text, pattern
from knowchain.records.bodies.values import Stored
from knowchain.records.vocabulary.event_types import EVENT_TYPES

__all__ = ["EVENT"]

_DIGEST_DIGITS: Final = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
_HEX: Final = pattern("a digest in hex", r"[0-9a-f]{32,128}", "e3b0c442…b855", lower=True)


def _digests_fit(stored: dict[str, Stored], at: Place) -> None:
    digits = _DIGEST_DIGITS.get(str(stored.get("alg")))
    for name in ("expected", "observed"):
        digest = stored.get(name)
        if digits is not None and isinstance(digest, str) and len(digest) != digits:
            at.report(
                at.child(name).error(
                    "{value} is no {alg} digest",
                    value=digest,
                    alg=stored["alg"],
                    remedy="give {digits} hex digits",
                    digits=digits,
                )
            )


_FIXITY: Final = Object(
    "fixity",
    (
        Field("alg", Choice(tuple(_DIGEST_DIGITS)), "the digest's algorithm", required=True),
        Field("expected", _HEX, "the digest on record", required=True),
        Field("observed", _HEX, "the digest that was found", required=True),
    ),
    checks=(_digests_fit,),
)

_WITHDRAWAL: Final = Object(
    "withdrawal",
    (
        Field(
            "reason",
            Choice(
                (
                    "community-request",
                    "cultural-protocol",
                    "privacy",
                    "rights-claim",
                    "court-order",
                    "safety",
                    "error",
                    "other",
                )
            ),
            "why",
            required=True,
        ),
        Field("scope", Choice(("files", "description", "everything")), "what is withdrawn", required=True),
        Field("label", Text("code"), "the Label that asks for it, if one does"),
        Field("contact", LINE, "whom to ask"),
    ),
)


def _outcome_agrees_with_digests(stored: dict[str, Stored], at: Place) -> None:
    fixity, outcome = stored.get("fixity"), stored.get("outcome")
    if not isinstance(fixity, dict) or "expected" not in fixity or "observed" not in fixity:
        return
    same = fixity["expected"] == fixity["observed"]
    if (outcome == "success" and not same) or (outcome == "failure" and same):
        found = "they are the same" if same else "they differ"
        raise at.child("outcome").error(
            "{value} contradicts the digests: {found}",
            value=outcome,
            found=found,
            remedy="the outcome is `{right}`",
            right="success" if same else "failure",
        )


def _type_has_its_fields(stored: dict[str, Stored], at: Place) -> None:
    needed = {
        "custody-transfer": ("from", "to"),
        "withdrawal-request": ("withdrawal",),
        "withdrawal": ("withdrawal",),
    }
    kind = str(stored.get("event"))
    for name in needed.get(kind, ()):
        if name not in stored:
            at.report(
                at.child(name).error(
                    "is missing", value="", remedy="a {kind} needs `{name}`", kind=kind, name=name
                )
            )


EVENT: Final = Kind(
    "event",
    "What happened: a fixity check, a migration, a change of custody, a withdrawal, a consultation.",
    (
        Field(
            "event",
            Text("event type", reader=EVENT_TYPES.canonical),
            "a PREMIS event type, or `custody-transfer`, `withdrawal-request`, `withdrawal`, "
            "`reinstatement`, `key-rotation`, `timestamp`, `consultation`",
            required=True,
        ),
        Field("when", DATE, "when it happened", required=True),
        Field("agent", PARTY, "who, or which program, did it", required=True),
        Field(
            "outcome", Choice(("success", "failure", "warning", "partial")), "how it came out", required=True
        ),
        Field("fixity", _FIXITY, "the digests of a fixity check; they must agree with the outcome"),
        Field("withdrawal", _WITHDRAWAL, "required for `withdrawal-request` and `withdrawal`"),
        Field("from", PARTY, "who held it before; required for `custody-transfer`"),
        Field("to", PARTY, "who holds it after; required for `custody-transfer`"),
        Field("detail", DESCRIPTION, "what else there is to say, by language"),
    ),
    (
        RefField("subject", "kc:about", "what it happened to", required=True),
        RefField(
            "evidence",
            "prov:used",
            "what shows it: records, or files such as a timestamp token (those stay in the body)",
            otherwise=FileLink(),
        ),
        RefField("attributed_to", "prov:wasAttributedTo", "the identities of those who did it"),
        *COMMON,
    ),
    {
        "event": "fixity-check",
        "subject": [WORK_ID],
        "when": "2026-01-31T12:00:00Z",
        "agent": {"name": "knowchain", "role": "executing program"},
        "outcome": "failure",
        "fixity": {"alg": "sha1", "expected": "00" * 20, "observed": "01" * 20},
        "detail": {"en": ["The copy in Aberystwyth differs; repaired from the second copy."]},
    },
    checks=(_outcome_agrees_with_digests, _type_has_its_fields),
)
