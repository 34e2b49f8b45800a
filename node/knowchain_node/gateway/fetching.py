"""Content from trustless gateways, named or found by delegated routing; what comes is checked as it comes.

Source: the trustless gateway specification; the delegated routing HTTP API (IPIP-337).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

import aiohttp

from knowchain.content.car import CarBlock, CarParser, car_header, car_section
from knowchain.content.gathering import Gathering
from knowchain.errors import ContentError, InvalidValue, KnowchainError, NotFound, PeerError, shown
from knowchain.identifiers import Cid
from knowchain_node.gateway.question import CAR
from knowchain_node.gateway.routing import HTTP_PROTOCOL

__all__ = ["PATIENCE", "check_url", "fetch_car", "find_gateways", "is_private", "provider_rows", "url_of"]

PATIENCE: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)
"""How long gateways and routers are waited for."""
_MOST_ANSWER: Final = 2**20
_MOST_PROVIDERS: Final = 16
_PIECE: Final = 2**18
_HTTP_ADDRESS: Final = re.compile(
    r"/(?P<kind>ip4|ip6|dns|dns4|dns6)/(?P<host>[^/]+)/tcp/(?P<port>\d{1,5})/(?:tls/)?(?P<scheme>https?)(?:/p2p/[^/]+)?"
)
Advance = Callable[[int], None]


def check_url(url: str, field: str) -> str:
    """The URL of a gateway or router, without a slash at its end.

    Raises:
        InvalidValue: it is none.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and 0 <= (parts.port or 0) < 65536
    except ValueError:
        good = False
    if not good:
        raise InvalidValue(
            "{field}: {value} is no URL of a gateway",
            field=field,
            value=url,
            remedy="give one such as https://gateway.example or http://127.0.0.1:7486",
        )
    return url.rstrip("/")


def url_of(address: str) -> str | None:
    """The URL that a multiaddress such as ``/dns/example.org/tcp/443/https`` stands for; else None."""
    found = _HTTP_ADDRESS.fullmatch(address)
    if found is None or int(found["port"]) > 65535:
        return None
    host = found["host"]
    if found["kind"].startswith("ip"):
        try:
            version = ip_address(host).version
        except ValueError:
            return None
        host = f"[{host}]" if version == 6 else host
    scheme = "https" if "/tls/" in address else found["scheme"]
    return f"{scheme}://{host}:{found['port']}"


# --- who has it --------------------------------------------------------------------------------------------


async def find_gateways(routers: Sequence[str], cid: Cid) -> list[str]:
    """The URLs of gateways of which a router says that they have ``cid``; at most 16 of each router.

    A router in the open network is not believed about addresses of private ones: nobody is sent to a machine
    behind the asker's own door.

    Raises:
        PeerError: no router could be asked; it says why of the last one.
    """
    found: dict[str, None] = {}
    failed: PeerError | None = None
    async with aiohttp.ClientSession(timeout=PATIENCE) as session:
        for router in routers:
            try:
                rows = await provider_rows(session, router, cid)
            except PeerError as exc:
                failed = exc
                continue
            for url in _urls(rows, within=is_private(router)):
                found[url] = None
    if failed is not None and not found:
        raise failed
    return list(found)


async def provider_rows(session: aiohttp.ClientSession, router: str, cid: Cid) -> list[Any]:
    """What a router answers to who has ``cid``: rows of which nothing is checked yet.

    Raises:
        PeerError: it gives no answer that can be read.
    """
    url = f"{router}/routing/v1/providers/{cid}"
    headers = {"Accept": "application/json"}
    try:
        async with session.get(url, headers=headers, allow_redirects=False) as response:
            if response.status == 404:
                return []
            if response.status != 200:
                raise _failed(router, f"it answers with status {response.status}")
            data = await response.content.read(_MOST_ANSWER + 1)
            while len(data) <= _MOST_ANSWER and (more := await response.content.read(_MOST_ANSWER)):
                data += more
    except (aiohttp.ClientError, TimeoutError) as exc:
        raise _failed(router, str(exc) or "it does not answer") from exc
    try:
        rows = json.loads(data)["Providers"] if len(data) <= _MOST_ANSWER else None
    except (ValueError, KeyError, TypeError, RecursionError):
        rows = None
    if not isinstance(rows, list):
        raise _failed(router, "its answer can't be read")
    return rows


def _urls(rows: Iterable[Any], *, within: bool) -> Iterable[str]:
    count = 0
    for row in rows:
        if not isinstance(row, dict) or HTTP_PROTOCOL not in (row.get("Protocols") or ()):
            continue
        for address in row.get("Addrs") or ():
            url = url_of(address) if isinstance(address, str) else None
            if url is not None and (within or not is_private(url)):
                count += 1
                yield url
                if count == _MOST_PROVIDERS:
                    return


def is_private(url: str) -> bool:
    """Whether a URL names a machine of a private network by its address; names are not resolved here."""
    host = urlsplit(url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


# --- fetching ----------------------------------------------------------------------------------------------


async def fetch_car(
    gateways: Sequence[str], cid: Cid, file: BinaryIO, advance: Advance = lambda _bytes: None
) -> str:
    """Write everything under ``cid`` to ``file`` as a CAR, from the first gateway that gives all of it.

    Every block is checked, and that it was asked for, before it is written; so nobody can fill the disk with
    anything but what ``cid`` names.

    Returns:
        The gateway.

    Raises:
        NotFound: none has it. PeerError: none gave all of it; it says why of the last one.
    """
    last: KnowchainError = NotFound(
        "nobody is known who has {cid}", remedy="name a gateway with --gateway, or a router", cid=str(cid)
    )
    async with aiohttp.ClientSession(timeout=PATIENCE) as session:
        for gateway in gateways:
            file.seek(0)
            file.truncate()
            try:
                await _fetch(session, gateway, cid, file, advance)
            except (PeerError, NotFound) as exc:
                last = exc
                continue
            return gateway
    raise last


async def _fetch(
    session: aiohttp.ClientSession, gateway: str, cid: Cid, file: BinaryIO, advance: Advance
) -> None:
    url = f"{gateway}/ipfs/{cid}?format=car&dag-scope=all&car-dups=n"
    headers = {"Accept": f"{CAR}; version=1; order=dfs; dups=n"}
    try:
        async with session.get(url, headers=headers, allow_redirects=False) as response:
            _check_answer(response, gateway, cid)
            await _take(response.content, cid, gateway, file, advance)
    except (aiohttp.ClientError, TimeoutError) as exc:
        raise _failed(gateway, str(exc) or "it does not answer") from exc


def _check_answer(response: aiohttp.ClientResponse, gateway: str, cid: Cid) -> None:
    if response.status in (404, 410):
        raise NotFound("{gateway} does not have {cid}", remedy="ask another", gateway=gateway, cid=str(cid))
    if response.status != 200 or response.content_type != CAR:
        what = f"it answers with status {response.status} and {shown(response.content_type)}"
        raise _failed(gateway, what)


async def _take(
    content: aiohttp.StreamReader, cid: Cid, gateway: str, file: BinaryIO, advance: Advance
) -> None:
    gathering, parser = Gathering(cid), CarParser()
    file.write(car_header([cid]))
    try:
        while data := await content.read(_PIECE):
            for event in parser.feed(data):
                if isinstance(event, CarBlock) and gathering.take(event.cid, event.block):
                    file.write(car_section(*event))
            advance(gathering.bytes)
        parser.close()
    except ContentError as exc:
        raise _failed(gateway, str(exc)) from exc
    if gathering.lacking:
        raise _failed(gateway, f"it left out block {gathering.lacking[0]}")


def _failed(whom: str, why: str) -> PeerError:
    return ContentError(
        "{whom} gave nothing that can be used: {why}",
        remedy="ask another gateway or router",
        whom=whom,
        why=why,
    )
