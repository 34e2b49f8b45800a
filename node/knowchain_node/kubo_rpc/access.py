"""Who may call: a program on this machine that knows the token, and no web page.

The rules about browsers are those of Kubo: a page of anybody can send a POST to 127.0.0.1, and none of them
may do anything here. Kubo lets the pages of its own web interface through; there is none here, so none are.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from aiohttp import hdrs, web

from knowchain_node.api.failures import Refused
from knowchain_node.api.guard import check_host
from knowchain_node.api.tokens import Token

__all__ = ["check_access"]

_NAMES: Final = frozenset({"localhost"})


def check_access(request: web.Request, token: Token) -> None:
    """Raise Refused unless the call may go on."""
    check_host(request, _NAMES, remedy="call it by its address, such as 127.0.0.1")
    headers = request.headers
    if (
        hdrs.ORIGIN in headers
        or hdrs.REFERER in headers
        or headers.get("Sec-Fetch-Site", "none") != "none"
        or headers.get(hdrs.USER_AGENT, "").startswith("Mozilla")
    ):
        raise Refused(403, "cross-origin", "a web page may not call this", remedy="call it from a program")
    if not _is_known(headers.get(hdrs.AUTHORIZATION, ""), token):
        raise Refused(
            403,
            "token-needed",
            "this needs the token",
            remedy="send `Authorization: Bearer …`, or Basic with any user and the token as password; "
            "the file kubo-rpc.token of the home holds it",
        )


def _is_known(authorization: str, token: Token) -> bool:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return token.matches(authorization)
    try:
        _, _, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        password = ""
    return token.is_same(password)
