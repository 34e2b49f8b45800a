"""One endpoint as data, of which router, guard and OpenAPI document are made; and one call of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, ParamSpec, TypeAlias, TypeVar

from aiohttp import web

from knowchain.errors import InvalidValue
from knowchain.home import Home
from knowchain.home.plain import to_plain
from knowchain_node.api.failures import Refused
from knowchain_node.api.ports import PeerPort
from knowchain_node.api.streaming import Inflow
from knowchain_node.wire import from_plain

if TYPE_CHECKING:
    from knowchain_node.api.service import Service

__all__ = [
    "BYTES",
    "CAR",
    "JSON",
    "Answer",
    "Call",
    "Endpoint",
    "Media",
    "Parameter",
    "integer",
    "text",
    "truth",
]

_T = TypeVar("_T")
_P = ParamSpec("_P")

JSON_LIMIT: Final = 4 * 2**20
"""Bytes of a JSON request: more than any record with its body."""

JSON: Final = "application/json"
CAR: Final = "application/vnd.ipld.car"
BYTES: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Media:
    """A request or an answer that is no JSON."""

    type: str
    what: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query."""

    name: str
    what: str
    schema: Mapping[str, Any]
    default: object = None
    many: bool = False


def integer(name: str, what: str, *, low: int, high: int, default: int | None = None) -> Parameter:
    """A parameter that is a whole number."""
    return Parameter(name, what, {"type": "integer", "minimum": low, "maximum": high}, default)


def text(name: str, what: str, *, choices: tuple[str, ...] = (), default: str | None = None) -> Parameter:
    """A parameter that is text."""
    schema: dict[str, Any] = {"type": "string", "maxLength": 1024}
    return Parameter(name, what, schema | ({"enum": list(choices)} if choices else {}), default)


def truth(name: str, what: str) -> Parameter:
    """A parameter that is true or false."""
    return Parameter(name, what, {"type": "boolean"}, False)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with another status than the endpoint's usual one."""

    value: object
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


Handler: TypeAlias = Callable[["Call"], Awaitable[object]]


@dataclass(frozen=True)
class Endpoint:
    """What stands at one method and path.

    Attributes:
        gives: a type whose JSON is answered, or what else is.
        takes: likewise, of the request's body.
        statuses: of success, the usual one first.
        changes: whether it changes anything: then it needs the token.
        open_to_all: whether it tells nothing that anybody may not know.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    handler: Handler
    summary: str
    gives: Any
    takes: Any = None
    query: tuple[Parameter, ...] = ()
    statuses: tuple[int, ...] = (200,)
    changes: bool = False
    open_to_all: bool = False


class Call:
    """One call of an endpoint."""

    def __init__(self, service: Service, endpoint: Endpoint, request: web.Request) -> None:
        self.service = service
        self.request = request
        self.endpoint = endpoint
        self._query = _read_query(endpoint, request)

    @property
    def home(self) -> Home:
        """The open home: for threads, never for the event loop's own."""
        return self.service.home

    @property
    def peer(self) -> PeerPort:
        """The running peer.

        Raises:
            Refused: it is starting, or ending, or the network is switched off.
        """
        if self.service.peer is None:
            raise Refused(
                503,
                "no-network",
                "the part of the peer that meets others is not running: {why}",
                why=self.service.state,
                remedy="wait a moment; /api/v1/ready tells when it runs",
            )
        return self.service.peer

    def path(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]

    def given(self, name: str) -> Any:
        """A parameter of the query, checked, or its default."""
        return self._query[name]

    async def body(self, wanted: type[_T]) -> _T:
        """The body of the request, as JSON of that type.

        Raises:
            InvalidValue, Refused: it is none.
        """
        if self.request.content_type != JSON:
            raise Refused(415, "unsupported-media-type", "this takes {type}", type=JSON, remedy="send JSON")
        inflow = Inflow(self.request, JSON_LIMIT)
        data = bytearray()
        while piece := await inflow.next():
            data += piece
        return from_plain(wanted, parsed(bytes(data)))

    def inflow(self) -> Inflow:
        """The body of the request as a stream, of as many bytes as an upload may have."""
        if self.request.content_type not in _types(self.endpoint.takes):
            wanted = ", ".join(_types(self.endpoint.takes))
            raise Refused(
                415, "unsupported-media-type", "this takes {type}", type=wanted, remedy="send {type}"
            )
        return Inflow(self.request, self.service.max_upload)

    async def run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Have a thread do what blocks."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.service.threads, lambda: function(*args, **kwargs))


def _types(takes: object) -> tuple[str, ...]:
    media = takes if isinstance(takes, tuple) else (takes,)
    return tuple(one.type for one in media if isinstance(one, Media))


def parsed(data: bytes) -> object:
    """JSON, without what JSON does not have.

    Raises:
        InvalidValue: it is none.
    """
    try:
        return json.loads(data, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError) as exc:
        raise InvalidValue(
            "{field}: this is no JSON: {why}",
            field="body",
            value=data[:80].decode("utf-8", "replace"),
            why=str(exc) or "nested too deep",
            remedy="send one JSON object in UTF-8",
        ) from exc


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return made


def answered(value: object, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    """A value as a JSON answer."""
    document = json.dumps(to_plain(value), ensure_ascii=False, separators=(",", ":"))
    return web.Response(status=status, text=document, content_type=JSON, headers=headers)


# --- the query -----------------------------------------------------------------------------------------


def _read_query(endpoint: Endpoint, request: web.Request) -> dict[str, Any]:
    known = {parameter.name: parameter for parameter in endpoint.query}
    found: dict[str, Any] = {p.name: [] if p.many else p.default for p in endpoint.query}
    for name, value in request.query.items():
        parameter = known.get(name)
        if parameter is None:
            raise InvalidValue(
                "{field} is no parameter here",
                field=name,
                value=value,
                remedy="leave it out; {known}",
                known="known are " + ", ".join(known) if known else "there are none",
            )
        read = _read_parameter(parameter, value)
        if parameter.many:
            found[name].append(read)
        else:
            found[name] = read
    return found


def _read_parameter(parameter: Parameter, value: str) -> object:
    schema = parameter.schema
    kind = schema["type"]
    if kind == "integer":
        if value.isascii() and value.isdigit() and len(value) <= 19:
            number = int(value)
            if schema["minimum"] <= number <= schema["maximum"]:
                return number
        raise _bad(parameter, value, f"a whole number from {schema['minimum']} to {schema['maximum']}")
    if kind == "boolean":
        if value not in ("true", "false"):
            raise _bad(parameter, value, "true or false")
        return value == "true"
    choices = schema.get("enum")
    if (choices is not None and value not in choices) or len(value) > schema["maxLength"]:
        raise _bad(parameter, value, f"one of {', '.join(choices)}" if choices else "text that short")
    return value


def _bad(parameter: Parameter, value: str, wanted: str) -> InvalidValue:
    return InvalidValue(
        "{field}: {value} is not {wanted}",
        field=parameter.name,
        value=value,
        wanted=wanted,
        remedy="give {wanted}",
    )
