"""Rights: under which statement, licence, Label, Notice, restriction or consent a work stands."""

from __future__ import annotations

from typing import Final

from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.terms import ACCESS, DATE, DESCRIPTION, LINE
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.structures import Check, Field, ListOf, Object
from knowchain.records.bodies.text import Choice, Text
from knowchain.records.bodies.values import Stored
from knowchain.records.vocabulary import labels, licences, rights_statements

__all__ = ["RIGHTS"]

_BASES: Final = ("statement", "license", "label", "notice", "restriction", "consent")
_ACTS: Final = (
    "view",
    "download",
    "reproduce",
    "derive",
    "redistribute",
    "commercial",
    "ai-train",
    "index",
    "pin",
)

_LABEL: Final = Object(
    "label",
    (
        Field(
            "scheme",
            Choice(("tk", "bc", "local-contexts", "own")),
            "whose vocabulary: Traditional Knowledge, Biocultural, other Notices of Local Contexts, or the "
            "community's own",
            required=True,
        ),
        Field("code", LINE, "such as `TK A` or `BC P`; for a Notice `TK Notice`", required=True),
        Field("hub_project", LINE, "the project in the Local Contexts Hub"),
        Field("community", LINE, "whose Label it is; required for a Label"),
        Field("text", DESCRIPTION, "the community's own words, by language"),
    ),
)

_ACT: Final = Object(
    "act",
    (
        Field("act", Choice(_ACTS), "what somebody would do", required=True),
        Field("rule", Choice(("allow", "ask", "deny")), "whether they may", required=True),
    ),
)

_ASSERTED_BY: Final = Object(
    "asserting party",
    (
        Field("name", LINE, "who says so", required=True),
        Field(
            "role",
            Choice(("community", "institution", "author", "rights-holder", "steward", "court", "researcher")),
            "in which capacity; only a `community` applies Labels",
            required=True,
        ),
        Field("id", LINE, "an identifier: a record id, ORCID, ISNI, QID or URI"),
    ),
)


def _basis_has_its_field(stored: dict[str, Stored], at: Place) -> None:
    needed = {
        "statement": ("uri",),
        "license": ("spdx", "uri"),
        "label": ("label",),
        "notice": ("label",),
        "restriction": ("acts", "description"),
    }
    basis = str(stored.get("basis"))
    names = needed.get(basis, ())
    if names and not any(name in stored for name in names):
        wanted = " or ".join(f"`{name}`" for name in names)
        raise at.child(names[0]).error(
            "is missing", value="", remedy="the basis {basis} needs {wanted}", basis=basis, wanted=wanted
        )


def _label_belongs_to_basis(stored: dict[str, Stored], at: Place) -> None:
    label, basis = stored.get("label"), stored.get("basis")
    if not isinstance(label, dict) or basis not in ("label", "notice"):
        return
    place = at.child("label")
    scheme, code = label.get("scheme"), label.get("code")
    if isinstance(scheme, str) and isinstance(code, str):
        read = labels.label_code if basis == "label" else labels.notice_code
        label["code"] = read(scheme, code, field=place.child("code").path)
    if basis == "label" and "community" not in label:
        raise place.child("community").error(
            "is missing", value="", remedy="name the community whose Label it is"
        )


def _only_communities_apply_labels(stored: dict[str, Stored], at: Place) -> None:
    by = stored.get("asserted_by")
    if stored.get("basis") != "label" or not isinstance(by, dict):
        return
    role = by.get("role")
    if role is not None and role != "community":
        raise (
            at.child("asserted_by")
            .child("role")
            .error(
                "{value} can't apply a Label: only communities apply Labels",
                value=role,
                remedy="publish a Notice (basis `notice`), or ask the community to sign the Label",
            )
        )


def _uri_fits_basis(stored: dict[str, Stored], at: Place) -> None:
    uri, basis = stored.get("uri"), stored.get("basis")
    readers = {"statement": rights_statements.canonical, "license": licences.uri}
    if not isinstance(uri, str) or basis not in readers:
        return
    place = at.child("uri")
    stored["uri"], warning = readers[str(basis)](uri, field=place.path)
    at.warn(warning)


def _acts_are_ruled_once(stored: dict[str, Stored], at: Place) -> None:
    acts, seen = stored.get("acts"), set[Stored]()
    for position, act in enumerate(acts if isinstance(acts, list) else ()):
        name = act.get("act") if isinstance(act, dict) else None
        if isinstance(name, str) and name in seen:
            place = at.child("acts").item(position).child("act")
            at.report(place.error("{value} has two rules", value=name, remedy="give one rule for each act"))
        seen.add(name if isinstance(name, str) else None)


_CHECKS: Final[tuple[Check, ...]] = (
    _basis_has_its_field,
    _uri_fits_basis,
    _label_belongs_to_basis,
    _only_communities_apply_labels,
    _acts_are_ruled_once,
)

RIGHTS: Final = Kind(
    "rights",
    "What may be done with the works that point here, on what ground, and who says so.",
    (
        Field("basis", Choice(_BASES), "the ground", required=True),
        Field("uri", LINE, "a RightsStatements URI (`statement`), or the URI of a licence (`license`)"),
        Field("spdx", Text("SPDX expression", reader=licences.spdx), "the licence, as SPDX names it"),
        Field("label", _LABEL, "a Label (`label`) or a Notice (`notice`)"),
        Field("acts", ListOf(_ACT), "what is allowed, to be asked for, or denied"),
        Field("access", ACCESS, "who may see the files"),
        Field("description", DESCRIPTION, "the same in plain words, by language"),
        Field("review", DATE, "when to look at it again"),
        Field("asserted_by", _ASSERTED_BY, "who says so", required=True),
    ),
    (
        RefField(
            "authority",
            "prov:wasAttributedTo",
            "who decides: an identity's id, or a name and address (that stays in the body)",
            many=False,
            otherwise=LINE,
        ),
        *COMMON,
    ),
    {
        "basis": "license",
        "spdx": "CC-BY-4.0",
        "uri": "https://creativecommons.org/licenses/by/4.0/",
        "acts": [{"act": "ai-train", "rule": "ask"}],
        "authority": "Pwyllgor Diwylliant Cwm Dychmygol, archif@example.org",
        "asserted_by": {"name": "Archif Cwm Dychmygol", "role": "rights-holder"},
    },
    checks=_CHECKS,
)
