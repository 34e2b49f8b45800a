"""Typed values over HTTP: a value's JSON is :func:`~knowchain.home.plain.to_plain`; this reads it back.

The types that the functions of a home declare are read here from JSON, and described for the OpenAPI
document, so that neither can say something else than the code.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import (
    Any,
    Final,
    Literal,
    NoReturn,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from knowchain.errors import InvalidValue, KnowchainError, shown
from knowchain.identifiers import Cid, PublicKey, RecordId, parse_record_id

__all__ = ["Schema", "Schemas", "from_plain"]

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema, as plain data."""
_T = TypeVar("_T")
_MAPPINGS: Final = (dict, Mapping)
_ARRAYS: Final = (list, tuple, set, frozenset, Sequence)


def from_plain(wanted: type[_T], value: object, place: str = "") -> _T:
    """Read ``value``, as JSON holds it, as a ``wanted``.

    Args:
        wanted: a dataclass, or any type that stands in one: scalars, ids, paths, enums, literals, unions
            with None, tuples, lists, mappings.
        value: parsed JSON.
        place: where in the document the value stands, for messages.

    Raises:
        InvalidValue: it is no such value; names the place.
    """
    result: _T = _read(wanted, value, place)
    return result


def _read(wanted: Any, value: object, place: str) -> Any:
    wanted = getattr(wanted, "__supertype__", wanted) if wanted is not RecordId else wanted
    if wanted in (object, Any):
        return value
    if wanted is type(None):
        return None if value is None else _refuse(place, value, "nothing")
    if get_origin(wanted) in (Union, types.UnionType):
        return _read_union(get_args(wanted), value, place)
    if get_origin(wanted) is Literal:
        return value if value in get_args(wanted) else _refuse(place, value, _listed(get_args(wanted)))
    if wanted is RecordId or isinstance(wanted, type):
        return _read_class(wanted, value, place)
    return _read_collection(wanted, get_origin(wanted), value, place)


def _read_union(options: Sequence[Any], value: object, place: str) -> Any:
    if value is None:
        return None if type(None) in options else _refuse(place, value, "a value")
    refusal: InvalidValue | None = None
    for option in options:
        if option is not type(None):
            try:
                return _read(option, value, place)
            except InvalidValue as exc:
                refusal = exc
    assert refusal is not None
    raise refusal


def _read_class(wanted: Any, value: object, place: str) -> Any:
    if wanted is RecordId or (isinstance(wanted, type) and issubclass(wanted, Cid | PublicKey)):
        return _read_id(parse_record_id if wanted is RecordId else wanted.parse, value, place)
    if wanted in (str, bool) or (wanted is int and type(value) is not bool):
        return value if type(value) is wanted else _refuse(place, value, _WORDS[wanted])
    if wanted is float and type(value) in (int, float):
        return float(value)  # type: ignore[arg-type]
    if issubclass(wanted, Path):
        return wanted(value) if isinstance(value, str) and value else _refuse(place, value, "a path")
    if wanted is bytes and isinstance(value, str):
        return _read_hex(value, place)
    if issubclass(wanted, Enum):
        known = [member.value for member in wanted]
        return wanted(value) if value in known else _refuse(place, value, _listed(known))
    if issubclass(wanted, KnowchainError):
        return _read_problem(value, place)
    if is_dataclass(wanted):
        return _read_dataclass(wanted, value, place)
    if hasattr(wanted, "_fields"):
        return _read_named_tuple(wanted, value, place)
    return _read_collection(wanted, wanted, value, place)


_WORDS: Final = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


def _read_id(parse: Any, value: object, place: str) -> Any:
    if not isinstance(value, str):
        _refuse(place, value, "an id as text")
    try:
        return parse(value)
    except InvalidValue as exc:
        raise InvalidValue(
            "{field}: {why}", field=place, value=value, why=str(exc), remedy="{advice}", advice=exc.remedy
        ) from exc


def _read_hex(text: str, place: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        _refuse(place, text, "hexadecimal digits")


def _read_problem(value: object, place: str) -> InvalidValue:
    """A warning that was told: its text stands, its template is gone."""
    if not isinstance(value, Mapping):
        _refuse(place, value, "an object")
    return InvalidValue(
        "{message}",
        remedy="{advice}",
        field=str(value.get("field", "")),
        message=str(value.get("message", "")),
        advice=str(value.get("remedy", "")),
    )


def _read_dataclass(wanted: Any, value: object, place: str) -> Any:
    if not isinstance(value, Mapping):
        _refuse(place, value, "an object")
    hints = _hints(wanted)
    known = {field.name: field for field in fields(wanted) if field.init}
    for name in value:
        if name not in known:
            raise InvalidValue(
                "{field} is not known here",
                field=_below(place, str(name)),
                value=value[name],
                remedy="leave it out; {known} are known",
                known=", ".join(known),
            )
    given = {name: _read(hints[name], value[name], _below(place, name)) for name in known if name in value}
    for name, field in known.items():
        if name not in given and not _has_default(field):
            if type(None) not in get_args(hints[name]):
                raise InvalidValue(
                    "{field} is missing",
                    field=_below(place, name),
                    remedy="give it; docs/spec/api.md says how",
                )
            given[name] = None
    return wanted(**given)


def _read_named_tuple(wanted: Any, value: object, place: str) -> Any:
    if not isinstance(value, list) or len(value) != len(wanted._fields):
        _refuse(place, value, f"a list of {len(wanted._fields)} values")
    hints = _hints(wanted)
    pairs = zip(wanted._fields, value, strict=True)
    return wanted(*(_read(hints[name], item, _below(place, name)) for name, item in pairs))


def _read_collection(wanted: Any, origin: Any, value: object, place: str) -> Any:
    arguments = get_args(wanted)
    if origin in _MAPPINGS or (isinstance(origin, type) and issubclass(origin, Mapping)):
        if not isinstance(value, Mapping):
            _refuse(place, value, "an object")
        key, item = arguments or (str, object)
        return {_read(key, k, place): _read(item, v, _below(place, str(k))) for k, v in value.items()}
    if not (isinstance(origin, type) and issubclass(origin, _ARRAYS)):
        raise TypeError(f"{wanted} can't be read from JSON")
    if not isinstance(value, list):
        _refuse(place, value, "a list")
    if issubclass(origin, tuple) and arguments and arguments[-1] is not Ellipsis:
        if len(value) != len(arguments):
            _refuse(place, value, f"a list of {len(arguments)} values")
        pairs = zip(arguments, value, strict=True)
        return tuple(_read(each, v, _below(place, str(i))) for i, (each, v) in enumerate(pairs))
    item = arguments[0] if arguments else object
    made = origin if origin in (tuple, set, frozenset) else list
    return made(_read(item, v, _below(place, str(i))) for i, v in enumerate(value))


def _refuse(place: str, value: object, wanted: str) -> NoReturn:
    raise InvalidValue(
        "{field}: {value} is not {wanted}",
        field=place or "body",
        value=value,
        wanted=wanted,
        remedy="give {wanted}",
    )


def _listed(choices: Sequence[object]) -> str:
    return "one of " + ", ".join(shown(choice) for choice in choices)


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


@lru_cache(256)
def _hints(wanted: Any) -> dict[str, Any]:
    return get_type_hints(wanted)


# --- description ---------------------------------------------------------------------------------------


class Schemas:
    """JSON Schemas of types, those of dataclasses gathered by name for ``components/schemas``."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._names: dict[Any, str] = {}

    def of(self, wanted: Any) -> Schema:
        """The schema of what :func:`~knowchain.home.plain.to_plain` makes of a ``wanted``."""
        if wanted is RecordId:
            return {"type": "string", "pattern": "^bafyrei[a-z2-7]{52}$"}
        wanted = getattr(wanted, "__supertype__", wanted)
        if wanted in (object, Any):
            return {}
        if wanted is type(None):
            return {"type": "null"}
        origin, arguments = get_origin(wanted), get_args(wanted)
        if origin in (Union, types.UnionType):
            options = [self.of(each) for each in arguments if each is not type(None)]
            empty: list[Schema] = [{"type": "null"}] if type(None) in arguments else []
            return options[0] if len(options) == 1 and not empty else {"anyOf": options + empty}
        if origin is Literal:
            return {"enum": list(arguments)}
        if isinstance(wanted, type) and origin is None:
            return self._of_class(wanted)
        return self._of_collection(origin, arguments)

    def _of_class(self, wanted: Any) -> Schema:
        for known, schema in _SCALARS:
            if wanted is known or (known in (Cid, PublicKey, Path) and issubclass(wanted, known)):
                return dict(schema)
        if issubclass(wanted, Enum):
            return {"enum": [member.value for member in wanted]}
        if issubclass(wanted, KnowchainError):
            return self._named(wanted, _PROBLEM)
        if is_dataclass(wanted):
            return self._named(wanted, None)
        if hasattr(wanted, "_fields"):
            items = [self.of(hint) for hint in _hints(wanted).values()]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        return self._of_collection(wanted, ())

    def _of_collection(self, origin: Any, arguments: tuple[Any, ...]) -> Schema:
        if issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1]) if arguments else {}}
        if issubclass(origin, tuple) and arguments and arguments[-1] is not Ellipsis:
            items = [self.of(each) for each in arguments]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        return {"type": "array", "items": self.of(arguments[0]) if arguments else {}}

    def _named(self, wanted: Any, given: Schema | None) -> Schema:
        if wanted not in self._names:
            name = wanted.__name__
            if name in self.components:
                name = f"{wanted.__module__.rsplit('.', 1)[-1].capitalize()}{name}"
            self._names[wanted] = name
            self.components[name] = {}  # a type may hold itself
            self.components[name] = given or dict(self._object(wanted))
        return {"$ref": f"#/components/schemas/{self._names[wanted]}"}

    def _object(self, wanted: Any) -> Iterator[tuple[str, Any]]:
        hints = _hints(wanted)
        shown_fields = fields(wanted)
        optional = {name for name, hint in hints.items() if type(None) in get_args(hint)}
        yield "type", "object"
        yield "properties", {field.name: self.of(hints[field.name]) for field in shown_fields}
        yield (
            "required",
            [field.name for field in shown_fields if field.name not in optional and not _has_default(field)],
        )
        yield "additionalProperties", False


_PROBLEM: Final[Schema] = {
    "type": "object",
    "properties": {"field": {"type": "string"}, "message": {"type": "string"}, "remedy": {"type": "string"}},
    "required": ["message", "remedy"],
}
_SCALARS: Final[tuple[tuple[type, Schema], ...]] = (
    (str, {"type": "string"}),
    (bool, {"type": "boolean"}),
    (int, {"type": "integer"}),
    (float, {"type": "number"}),
    (Cid, {"type": "string", "pattern": "^[bkz][0-9A-Za-z]+$"}),
    (PublicKey, {"type": "string", "pattern": "^did:key:z[1-9A-HJ-NP-Za-km-z]+$"}),
    (Path, {"type": "string", "minLength": 1}),
    (bytes, {"type": "string", "pattern": "^([0-9a-f]{2})*$"}),
)
