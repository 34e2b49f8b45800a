"""The one shape of every error: ``{"error": {"code", "message", "remedy", …}}``, and its status."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from knowchain.errors import (
    Corruption,
    HomeError,
    InvalidBody,
    InvalidRecord,
    InvalidValue,
    KnowchainError,
    NotAllowed,
    NotFound,
    PeerError,
    StorageFault,
    SyncError,
    UserError,
    shown,
)
from knowchain_node.network import NetworkDown, PeerUnreachable

__all__ = ["Refused", "failure", "failure_of", "http_failure", "last_resort", "status_of", "unreadable"]

_log = logging.getLogger("knowchain.api")

_STATUSES: Final[tuple[tuple[type[KnowchainError], int], ...]] = (
    (InvalidBody, 422),
    (InvalidValue, 400),
    (NotFound, 404),
    (NotAllowed, 403),
    (HomeError, 409),
    (UserError, 400),
    (NetworkDown, 503),
    (PeerUnreachable, 502),
    (SyncError, 502),
    (PeerError, 422),
    (StorageFault, 507),
    (Corruption, 500),
)


class Refused(KnowchainError):
    """A call that HTTP itself, or the guard, refuses.

    Args:
        status: of HTTP.
        name: the error's code.
    """

    def __init__(self, status: int, name: str, template: str, *, remedy: str = "", **fields: object) -> None:
        super().__init__(template, remedy=remedy, **fields)
        self.status: Final = status
        self._name: Final = name

    @property
    def code(self) -> str:
        """The error's code."""
        return self._name


def status_of(error: KnowchainError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, Refused):
        return error.status
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def failure_of(error: KnowchainError) -> dict[str, object]:
    """An error as JSON. ``template`` and ``fields`` let a client say it in another language."""
    document: dict[str, object] = {"code": error.code, "message": str(error), "remedy": error.remedy}
    for name in ("field", "value"):
        if name in error.fields:
            document[name] = str(error.fields[name])
    if isinstance(error, InvalidRecord | SyncError):
        document["reason"] = error.reason
    if isinstance(error, InvalidBody):
        document["problems"] = [failure_of(problem) for problem in error.problems]
        document["field"] = str(error.problems[0].fields["field"])
    document["template"] = error.template
    document["remedy_template"] = error.remedy_template
    document["fields"] = {name: _plain(value) for name, value in error.fields.items()}
    return document


def _plain(value: object) -> object:
    return value if type(value) in (str, int, float, bool) or value is None else str(value)


def failure(
    error: KnowchainError, headers: Mapping[str, str] | None = None, *, hide: str = ""
) -> web.Response:
    """An error as an answer; ``hide`` is a path that is not for whoever asks."""
    status = status_of(error)
    if status >= 500:
        _log.error("%s: %s", error.code, error)
    text = json.dumps({"error": failure_of(error)}, ensure_ascii=False)
    if hide:
        text = text.replace(json.dumps(hide, ensure_ascii=False)[1:-1], "<home>")
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)


_HTTP: Final = {
    400: ("bad-request", "the request is not proper HTTP", "send a proper request"),
    404: (
        "not-found",
        "there is nothing here",
        "/api/v1/openapi.json lists what there is",
    ),
    405: (
        "method-not-allowed",
        "this method is not for here",
        "use one of those in the Allow header",
    ),
    408: ("too-slow", "the request took too long", "send it again, faster"),
    411: ("length-required", "the request has no length", "send Content-Length, or in chunks"),
    413: ("too-large", "the request is too large", "send less at once"),
    415: ("unsupported-media-type", "the content type is not read here", "see /api/v1/openapi.json"),
    417: ("expectation-failed", "the expectation is not met", "send no Expect header but 100-continue"),
    500: ("internal", "the peer failed at this", "the log of the peer says more; please report it"),
}


def http_failure(status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    """What aiohttp refuses by itself, in the one shape."""
    code, message, remedy = _HTTP.get(
        status, (HTTPStatus(status).phrase.lower().replace(" ", "-"), "the request was refused", "")
    )
    return failure(Refused(status, code, message, remedy=remedy), headers)


async def last_resort(
    request: web.Request,
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]],
    headers: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    """An answer whatever happens: what HTTP or nobody foresaw is answered in the one shape, too.

    Args:
        request: what is asked.
        answer: answers it, and knowchain's own errors with it.
        headers: of an answer that is given here.
    """
    try:
        return await answer(request)
    except web.HTTPException as exc:
        allow = exc.headers.get("Allow")
        return http_failure(exc.status, {**(headers or {}), **({"Allow": allow} if allow else {})})
    except ConnectionError:
        raise
    except Exception:  # noqa: BLE001 - whatever fails here must answer in the one shape, and say nothing more
        _log.exception("%s %s failed", request.method, request.raw_path[:200])
        return http_failure(500, headers)


def unreadable(field: str, value: str, remedy: str) -> Refused:
    """What is said of a part of a request that can't be read."""
    return Refused(
        400,
        "invalid-value",
        "{field}: {value} can't be read",
        field=field,
        value=shown(value),
        remedy=remedy,
    )
