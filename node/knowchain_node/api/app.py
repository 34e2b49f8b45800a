"""All endpoints together as an aiohttp application: the guard in front, one shape of errors behind."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, Final, TypeAlias

from aiohttp import hdrs, web

from knowchain.errors import KnowchainError
from knowchain_node.api import (
    authoring,
    bundles,
    content,
    events,
    identities,
    operating,
    peers,
    records,
    verbs,
)
from knowchain_node.api.endpoint import Answer, Call, Endpoint, answered
from knowchain_node.api.failures import Refused, failure, last_resort
from knowchain_node.api.guard import HEADERS
from knowchain_node.api.service import Service

__all__ = ["ENDPOINTS", "make_app"]

_log = logging.getLogger("knowchain.api")
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


@cache
def _described() -> dict[str, Any]:
    from knowchain_node.api.openapi import document

    return document(ENDPOINTS)


async def _openapi(call: Call) -> object:
    return await call.run(_described)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *operating.ENDPOINTS,
    *records.ENDPOINTS,
    *authoring.ENDPOINTS,
    *identities.ENDPOINTS,
    *content.ENDPOINTS,
    *bundles.ENDPOINTS,
    *peers.ENDPOINTS,
    *events.ENDPOINTS,
    *verbs.ENDPOINTS,
    Endpoint("GET", "/api/v1/openapi.json", _openapi, "This API, as OpenAPI 3.1.", dict[str, object]),
)
_BY_ROUTE: Final[dict[tuple[str, str], Endpoint]] = {(one.method, one.path): one for one in ENDPOINTS}


def make_app(service: Service) -> web.Application:
    """The application that answers for a service."""
    app = web.Application(middlewares=[_Around(service)], client_max_size=1)
    app.on_response_prepare.append(_set_headers)
    for endpoint in ENDPOINTS:
        app.router.add_route(endpoint.method, endpoint.path, _handler(service, endpoint))
        if endpoint.method == "GET":
            app.router.add_route("HEAD", endpoint.path, _handler(service, endpoint))
    return app


def _handler(service: Service, endpoint: Endpoint) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        value = await endpoint.handler(Call(service, endpoint, request))
        if isinstance(value, web.StreamResponse):
            return value
        if isinstance(value, Answer):
            return answered(value.value, value.status, value.headers)
        return answered(value, endpoint.statuses[0])

    return handle


async def _set_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers[hdrs.SERVER] = "knowchain"


class _Around:
    """Around every request: the guard before, one shape of errors after, and the count of both."""

    __middleware_version__ = 1
    """How aiohttp knows a middleware."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        begun = time.perf_counter()
        endpoint = _endpoint_of(request)
        response = await last_resort(request, lambda asked: self._answer(asked, handler, endpoint))
        seconds = time.perf_counter() - begun
        path = endpoint.path if endpoint is not None else "elsewhere"
        self._service.metrics.answered(request.method, path, response.status, seconds)
        _log.debug(
            "request",
            extra={
                "method": request.method,
                "path": request.path[:200],
                "status": response.status,
                "ms": round(seconds * 1000, 1),
                "from": request.remote,
            },
        )
        return response

    async def _answer(
        self, request: web.Request, handler: Handler, endpoint: Endpoint | None
    ) -> web.StreamResponse:
        try:
            changes = endpoint is not None and endpoint.changes
            open_to_all = endpoint is not None and endpoint.open_to_all
            self._service.guard.check(request, changes=changes, open_to_all=open_to_all)
            return await handler(request)
        except Refused as exc:
            return failure(exc, {hdrs.WWW_AUTHENTICATE: "Bearer"} if exc.status == 401 else None)
        except KnowchainError as exc:
            owner = self._service.guard.knows(request)
            return failure(exc, hide="" if owner else str(self._service.home.layout.root))


def _endpoint_of(request: web.Request) -> Endpoint | None:
    resource = request.match_info.route.resource
    if resource is None:
        return None
    method = "GET" if request.method == "HEAD" else request.method
    return _BY_ROUTE.get((method, resource.canonical))
