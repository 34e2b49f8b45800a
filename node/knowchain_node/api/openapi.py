"""The OpenAPI 3.1 document, made of the endpoints and their types; a test holds every answer to it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final

from knowchain_node.api.endpoint import JSON, Endpoint, Media, Parameter
from knowchain_node.wire import Schema, Schemas

__all__ = ["document"]

_ERROR: Final[Schema] = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "remedy"],
            "properties": {
                "code": {"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$"},
                "message": {"type": "string", "minLength": 1},
                "remedy": {"type": "string"},
                "field": {"type": "string"},
                "value": {"type": "string"},
                "reason": {"type": "string"},
                "template": {"type": "string"},
                "remedy_template": {"type": "string"},
                "fields": {"type": "object"},
                "problems": {"type": "array", "items": {"type": "object"}},
            },
            "additionalProperties": False,
        }
    },
}
_BEARER: Final[list[dict[str, list[str]]]] = [{"token": []}]


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The document for these endpoints."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "knowchain peer",
            "version": version("knowchain"),
            "summary": "What a knowchain peer answers over HTTP.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.components | {"Error": _ERROR},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "What the home's file `token` holds.",
                }
            },
        },
    }


def _operation(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(endpoint),
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint.path), *map(_parameter, endpoint.query)],
        "responses": {
            **{str(status): _response(endpoint, status, schemas) for status in endpoint.statuses},
            "default": {
                "description": "An error, in the one shape.",
                "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        },
        "security": [] if endpoint.open_to_all else _BEARER if endpoint.changes else [{}, *_BEARER],
    }
    if endpoint.takes is not None:
        operation["requestBody"] = {"required": True, "content": _content(endpoint.takes, schemas)}
    return operation


def _response(endpoint: Endpoint, status: int, schemas: Schemas) -> dict[str, Any]:
    response: dict[str, Any] = {"description": _STATUSES.get(status, "Done.")}
    if status != 304:
        response["content"] = _content(endpoint.gives, schemas)
    return response


_STATUSES: Final = {
    201: "Made.",
    202: "Kept for a while: a parent is missing.",
    206: "The range that was asked for.",
    304: "Not changed.",
    503: "Not yet, or no longer.",
}


def _content(what: Any, schemas: Schemas) -> dict[str, Any]:
    media = what if isinstance(what, tuple) else (what,)
    found: dict[str, Any] = {}
    for one in media:
        if isinstance(one, Media):
            found[one.type] = {"schema": {"type": "string", "description": one.what}}
        else:
            found[JSON] = {"schema": schemas.of(one)}
    return found


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = dict(parameter.schema)
    if parameter.many:
        schema = {"type": "array", "items": schema}
    elif parameter.default is not None:
        schema["default"] = parameter.default
    return {"name": parameter.name, "in": "query", "description": parameter.what, "schema": schema}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _operation_id(endpoint: Endpoint) -> str:
    words = re.findall(r"[a-z]+", endpoint.path.removeprefix("/api/v1"))
    return "_".join([endpoint.method.lower(), *words])
