"""Who may call. A web page of anybody can send requests to 127.0.0.1; none of them may do anything here.

- ``Host`` must be an address or name of this listener: a name that was rebound to it is neither;
- ``Origin`` must lack or be this listener, ``Sec-Fetch-Site`` likewise; nothing is ever shared (no CORS);
- whoever changes something carries the token, on loopback, too;
- whoever reads carries it where the listener is not on loopback, or where the operator asks for it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from aiohttp import hdrs, web

from knowchain_node.api.failures import Refused
from knowchain_node.api.tokens import Token

__all__ = ["HEADERS", "Guard", "check_host"]

_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_OWN_SITES: Final = frozenset({"same-origin", "none"})

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""On every answer: what is served here runs nowhere, is framed nowhere, and is kept nowhere."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of one listener.

    Args:
        token: of the home.
        names: host names, beside the addresses, under which the listener may be called.
        loopback: whether it is reachable from this machine alone.
        token_for_reads: whether reading needs the token, too.
    """

    token: Token
    names: frozenset[str]
    loopback: bool
    token_for_reads: bool

    @classmethod
    def of(cls, token: Token, *, host: str, names: Iterable[str], token_for_reads: bool) -> Guard:
        """The rules for a listener on ``host``, an IP address."""
        loopback = ip_address(host).is_loopback
        known = {name.lower().rstrip(".") for name in names} | ({"localhost"} if loopback else set())
        return cls(token, frozenset(known), loopback, token_for_reads)

    def check(self, request: web.Request, *, changes: bool, open_to_all: bool) -> None:
        """Raise Refused unless the call may go on.

        Args:
            changes: whether the endpoint changes anything.
            open_to_all: whether it tells nothing that anybody may not know.
        """
        check_host(request, self.names)
        self._check_origin(request)
        if (
            request.method not in _SAFE_METHODS
            or changes
            or ((self.token_for_reads or not self.loopback) and not open_to_all)
        ):
            self._check_token(request)

    def knows(self, request: web.Request) -> bool:
        """Whether the call carries the token."""
        return self.token.matches(request.headers.get(hdrs.AUTHORIZATION))

    def _check_origin(self, request: web.Request) -> None:
        origin = request.headers.get(hdrs.ORIGIN)
        site = request.headers.get("Sec-Fetch-Site")
        own = origin is None or origin.lower() in (
            f"http://{request.headers[hdrs.HOST].lower()}",
            f"https://{request.headers[hdrs.HOST].lower()}",
        )
        if not own or (site is not None and site not in _OWN_SITES):
            raise Refused(
                403,
                "cross-origin",
                "another web site may not call this peer",
                remedy="call it from a program, or from a page that the peer itself serves",
            )

    def _check_token(self, request: web.Request) -> None:
        if not self.knows(request):
            raise Refused(
                401,
                "token-needed",
                "this needs the token of the home",
                remedy="send `Authorization: Bearer …` with what the file `token` of the home holds",
            )


_ADDRESS_OR_NAME: Final = "call it by its address, or add the name to api.names in config.toml"


def check_host(request: web.Request, names: Container[str], *, remedy: str = _ADDRESS_OR_NAME) -> None:
    """Raise Refused unless the call names the listener by its address, or by one of ``names``."""
    hosts = request.headers.getall(hdrs.HOST, [])
    name = _host_name(hosts[0]) if len(hosts) == 1 else None
    if name is None or not (name in names or name == _own_address(request)):
        raise Refused(
            421,
            "wrong-host",
            "the peer is not called {host}",
            host=(hosts[0] if hosts else "")[:80] or "nothing",
            remedy=remedy,
        )


def _host_name(host: str) -> str | None:
    """The name or address in a ``Host`` header; None if it is malformed."""
    if host.startswith("["):
        name, bracket, port = host[1:].partition("]")
        return _canonical(name) if bracket and (not port or _is_port(port)) else None
    name, colon, port = host.partition(":")
    return _canonical(name) if not colon or _is_port(":" + port) else None


def _is_port(text: str) -> bool:
    return text[:1] == ":" and text[1:].isascii() and text[1:].isdigit() and len(text) <= 6


def _canonical(name: str) -> str:
    try:
        return str(ip_address(name))
    except ValueError:
        return name.lower().rstrip(".")


def _own_address(request: web.Request) -> str:
    """The address at which this connection came in: no name can be rebound to be it."""
    transport = request.transport
    name = None if transport is None else transport.get_extra_info("sockname")
    return "" if not name else str(ip_address(str(name[0]).partition("%")[0]))
