"""``/routing/v1``: who has what, as far as this peer can say: itself, over HTTP and over libp2p.

Source: the delegated routing HTTP API (IPIP-337, IPIP-484).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from knowchain.content.cids import parse_cid
from knowchain.errors import InvalidValue, shown
from knowchain.identifiers import Cid
from knowchain.records.vocabulary.peer_ids import canonical
from knowchain_node.api.failures import Refused, unreadable

__all__ = ["HTTP_PROTOCOL", "Routing", "filtered"]

HTTP_PROTOCOL: Final = "transport-ipfs-gateway-http"
_BITSWAP: Final = "transport-bitswap"
_NDJSON: Final = "application/x-ndjson"
_SECONDS: Final = {True: 300, False: 15}
"""For how long an answer may be kept, with something in it and without."""
Row: TypeAlias = dict[str, Any]


class Routing:
    """Answers for one peer.

    Args:
        peer: our libp2p peer id.
        has: whether a block is here and may be given.
        listening: the addresses at which others reach our libp2p part; none while it is not up.
        url: where the gateway is reached from outside, if the operator said so; else the address is told at
            which the one who asks reached it.
    """

    def __init__(
        self,
        peer: str,
        has: Callable[[Cid], Awaitable[bool]],
        *,
        listening: Callable[[], Sequence[str]],
        url: str = "",
    ) -> None:
        self._peer = peer
        self._has = has
        self._listening = listening
        self._url = url

    def routes(self) -> Iterable[tuple[str, Callable[[web.Request], Any]]]:
        """(path, handler) of each."""
        return (
            ("/routing/v1/providers/{cid}", self._providers),
            ("/routing/v1/peers/{peer}", self._peers),
            ("/routing/v1/ipns/{name}", self._names),
        )

    async def _providers(self, request: web.Request) -> web.Response:
        text = request.match_info["cid"]
        try:
            cid = parse_cid(text)
        except InvalidValue as exc:
            raise unreadable("cid", text, "give a CID, such as bafy… or bafk…") from exc
        held = await self._has(cid)
        return _answer(request, "Providers", [self._ourselves(request)] if held else [])

    async def _peers(self, request: web.Request) -> web.Response:
        text = request.match_info["peer"]
        try:
            peer = canonical(text)
        except InvalidValue as exc:
            raise unreadable("peer", text, "give a peer id, such as 12D3KooW… or bafz…") from exc
        return _answer(request, "Peers", [self._ourselves(request)] if peer == self._peer else [])

    async def _names(self, request: web.Request) -> web.Response:
        raise Refused(
            404,
            "not-found",
            "this peer keeps no IPNS record of {what}",
            what=shown(request.match_info["name"]),
            remedy="ask another router; knowchain publishes signed records instead of names",
        )

    def _ourselves(self, request: web.Request) -> Row:
        libp2p = list(self._listening())
        own = self._url or _reached(request)
        protocols = [*([_BITSWAP] if libp2p else []), *([HTTP_PROTOCOL] if own else [])]
        addresses = [*libp2p, *([_multiaddress(own)] if own else [])]
        return {"Schema": "peer", "ID": self._peer, "Addrs": addresses, "Protocols": protocols}


def _reached(request: web.Request) -> str:
    """The URL of the address at which a request came in."""
    name = request.transport.get_extra_info("sockname") if request.transport is not None else None
    if not name:
        return ""
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"http://{host}:{name[1]}"


def _multiaddress(url: str) -> str:
    """``/dns/example.org/tcp/443/https`` of ``https://example.org``, and so on."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        kind = f"ip{ip_address(host).version}"
    except ValueError:
        kind = "dns"
    return f"/{kind}/{host}/tcp/{parts.port or (443 if parts.scheme == 'https' else 80)}/{parts.scheme}"


def filtered(rows: Iterable[Row], protocols: str, addresses: str) -> list[Row]:
    """The rows that somebody wants: one of ``protocols``, and addresses with or without some parts.

    Both are lists divided by commas; nothing means everything. An address filter that begins with ``!`` is of
    what an address may not have in it; a row whose every address falls away goes too (IPIP-484).
    """
    wanted = {one.strip().lower() for one in protocols.split(",") if one.strip()}
    parts = [one.strip().lower() for one in addresses.split(",") if one.strip()]
    without = {one[1:] for one in parts if one.startswith("!")}
    having = {one for one in parts if not one.startswith("!")}
    found = []
    for row in rows:
        told = row["Protocols"] or ["unknown"]
        if wanted and not wanted & set(told):
            continue
        kept = [one for one in row["Addrs"] if _fits(one, having, without)]
        if kept or (not row["Addrs"] and (not parts or "unknown" in having)):
            found.append({**row, "Addrs": kept})
    return found


def _fits(address: str, having: set[str], without: set[str]) -> bool:
    parts = set(address.lower().split("/"))
    return not parts & without and (not having or bool(parts & having))


def _answer(request: web.Request, name: str, rows: list[Row]) -> web.Response:
    query = request.query
    rows = filtered(rows, query.get("filter-protocols", ""), query.get("filter-addrs", ""))
    headers = {
        hdrs.CACHE_CONTROL: f"public, max-age={_SECONDS[bool(rows)]}",
        hdrs.VARY: "Accept",
    }
    if _NDJSON in request.headers.get(hdrs.ACCEPT, ""):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        return web.Response(text=text, content_type=_NDJSON, headers=headers)
    return web.Response(text=json.dumps({name: rows}), content_type="application/json", headers=headers)
