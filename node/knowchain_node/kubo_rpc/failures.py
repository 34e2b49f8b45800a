"""Errors in Kubo's shape: ``{"Message", "Code", "Type": "error"}``, and the status that goes with it."""

from __future__ import annotations

import logging
from typing import Final

from aiohttp import web

from knowchain.errors import KnowchainError, SystemFault
from knowchain_node.api.failures import Refused

__all__ = ["cannot", "failure", "misused"]

_log = logging.getLogger("knowchain.kubo_rpc")
_CODES: Final = {403: 4, 421: 4, 429: 3, 503: 3, 500: 0}
"""By status, the code in go-ipfs-cmds: 0 normal, 1 client, 3 rate-limited, 4 forbidden."""


def failure(error: KnowchainError) -> web.Response:
    """An error as an answer: 500 and code 0, as Kubo answers whatever a command could not do."""
    if isinstance(error, SystemFault):
        _log.error("%s: %s", error.code, error)
    status = error.status if isinstance(error, Refused) else 500
    message = f"{error} ({error.remedy})" if error.remedy else str(error)
    body = {"Message": message, "Code": _CODES.get(status, 1), "Type": "error"}
    return web.json_response(body, status=status)


def misused(template: str, *, remedy: str = "", **fields: object) -> Refused:
    """A request that is not formed as the command wants it: 400."""
    return Refused(400, "bad-request", template, remedy=remedy, **fields)


def cannot(template: str, *, remedy: str = "", **fields: object) -> Refused:
    """A request that is well formed, and that is not carried out here: 500 and code 0."""
    return Refused(500, "not-carried-out", template, remedy=remedy, **fields)
