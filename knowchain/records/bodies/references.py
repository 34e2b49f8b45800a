"""Links to records: people write them as fields, they stand in the header's ``refs``.

So they survive the erasure of a body, and a recursive pin of a body never drags a chain along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.identifiers import Cid, RecordId, is_record_id, parse_record_id
from knowchain.limits import MAX_REFS
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.structures import ListOf
from knowchain.records.bodies.values import FieldType, Stored
from knowchain.records.header import Ref
from knowchain.records.vocabulary.relations import RELATIONS, advice
from knowchain.records.vocabulary.suggestions import remedy_for

__all__ = ["EXTRA_REFS", "RefField", "compose_refs", "present_refs"]

EXTRA_REFS: Final = "refs"
"""The field for references that a kind has no name for: a list of {relation, target}."""

_KEYRING: Final = "kc:keyring"


@dataclass(frozen=True)
class RefField:
    """A field whose values are ids of records.

    ``by`` chooses the relation by another field: (field, {value: relation}), else ``relation``.
    ``otherwise`` is the type of a value that is no record's id; such values stay in the body.
    """

    name: str
    relation: str
    meaning: str
    required: bool = False
    many: bool = True
    by: tuple[str, Mapping[str, str]] | None = None
    otherwise: FieldType | None = None

    @property
    def body_type(self) -> FieldType | None:
        """The type of what stays in the body under the same name; None when nothing can."""
        if self.otherwise is None:
            return None
        return ListOf(self.otherwise) if self.many else self.otherwise

    def relation_in(self, body: Mapping[str, Stored]) -> str:
        """The relation that the field means in ``body``."""
        if self.by is None:
            return self.relation
        choice = body.get(self.by[0])
        return self.by[1].get(choice, self.relation) if isinstance(choice, str) else self.relation


def compose_refs(
    fields: Sequence[RefField],
    human: Mapping[object, object],
    body: dict[str, Stored],
    at: Place,
    kind: str,
    *,
    complete: bool = True,
) -> tuple[Ref, ...]:
    """The references of a record, in canonical order; values that are none are added to ``body``.

    Args:
        complete: whether required references must be there; a body read alone has none.
    """
    refs: set[Ref] = set()
    if human.get(EXTRA_REFS) is not None:
        refs |= _extra(human[EXTRA_REFS], at.child(EXTRA_REFS), kind)
    for each in fields:
        if (value := human.get(each.name)) is not None:
            refs |= _named(each, value, body, at.child(each.name))
        elif complete and each.required and not any(ref.relation == each.relation_in(body) for ref in refs):
            place = at.child(each.name)
            place.report(
                place.error("is missing", value="", remedy="give the id of a record: {m}", m=each.meaning)
            )
    if len(refs) > MAX_REFS:
        at.report(
            at.error(
                "{value} references are more than {limit}",
                value=len(refs),
                limit=MAX_REFS,
                remedy="say the rest in a second record",
            )
        )
    return tuple(sorted(refs))


def _named(each: RefField, value: object, body: dict[str, Stored], at: Place) -> set[Ref]:
    items = list(value) if each.many and isinstance(value, (list, tuple)) else [value]
    relation, refs, others = each.relation_in(body), set[Ref](), list[Stored]()
    if not items:
        at.report(at.error("is empty", value=value, remedy="give the id of a record: {m}", m=each.meaning))
    for position, item in enumerate(items):
        place = at.item(position) if each.many and isinstance(value, (list, tuple)) else at
        try:
            target = _record(item)
            if target is not None:
                refs.add(Ref(relation, target))
            elif each.otherwise is not None:
                others.append(each.otherwise.compose(item, place))
            else:
                raise _no_record(item, place)
        except InvalidValue as problem:
            place.report(problem)
    if others:
        body[each.name] = others if each.many else others[0]
    return refs


def _record(item: object) -> RecordId | None:
    if isinstance(item, Cid):
        return RecordId(item) if is_record_id(item) else None
    try:
        return parse_record_id(item) if isinstance(item, str) else None
    except InvalidValue:
        return None


def _no_record(item: object, place: Place) -> InvalidValue:
    return place.error("{value} is not the id of a record", value=item, remedy="give its id, bafyrei…")


def _extra(value: object, at: Place, kind: str) -> set[Ref]:
    if not isinstance(value, (list, tuple)):
        at.report(
            at.error("{value} is not a list", value=value, remedy="give a list of {{relation, target}}")
        )
        return set()
    refs = set[Ref]()
    for position, item in enumerate(value):
        place = at.item(position)
        try:
            refs.add(_extra_ref(item, place, kind))
        except InvalidValue as problem:
            place.report(problem)
    return refs


def _extra_ref(item: object, at: Place, kind: str) -> Ref:
    if not isinstance(item, Mapping) or set(item) != {"relation", "target"}:
        raise at.error("{value} is no reference", value=item, remedy="give {{relation, target}}")
    relation, target = item["relation"], _record(item["target"])
    if relation not in RELATIONS:
        near = remedy_for(str(relation), RELATIONS)
        raise at.child("relation").error("{value} is unknown", value=relation, remedy="{near}", near=near)
    if relation == _KEYRING:
        raise at.child("relation").error(
            "{value} is refused: nothing can be sealed until encryption exists",
            value=relation,
            remedy="leave it out",
        )
    if target is None:
        raise _no_record(item["target"], at.child("target"))
    if reason := advice(relation, kind):
        at.warn(at.error("{reason}", value=relation, reason=reason, remedy="use another relation"))
    return Ref(relation, target)


def present_refs(
    fields: Sequence[RefField], body: Mapping[str, Stored], refs: Sequence[tuple[str, RecordId]]
) -> dict[str, object]:
    """References as people read them: under the names that the kind has for them, else in ``refs``."""
    left = sorted({Ref(relation, target) for relation, target in refs})
    shown: dict[str, object] = {}
    for each in fields:
        mine = [ref for ref in left if ref.relation == each.relation_in(body)]
        items: list[object] = [str(ref.target) for ref in mine]
        stored = body.get(each.name)
        if each.many:
            rest = stored if isinstance(stored, list) and each.otherwise is not None else []
            items += [each.otherwise.present(item) for item in rest] if each.otherwise is not None else []
        elif stored is not None and each.otherwise is not None:
            items, mine = [each.otherwise.present(stored)], []
        else:
            items, mine = items[:1], mine[:1]
        left = [ref for ref in left if ref not in mine]
        if items:
            shown[each.name] = items if each.many else items[0]
    if left:
        shown[EXTRA_REFS] = [{"relation": ref.relation, "target": str(ref.target)} for ref in left]
    return shown
