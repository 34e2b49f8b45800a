"""A pinning service as a target: the Pinning Service API, version 1.

A service is told where to fetch from: the addresses of our libp2p part, as ``origins``. It works through its
own queue; until it says ``pinned`` it is asked again. Source: ipfs/pinning-services-api-spec, v1.0.0.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn
from urllib.parse import quote

from knowchain.content.cids import parse_cid
from knowchain.errors import InvalidValue, KnowchainError
from knowchain.identifiers import Cid
from knowchain.storage.pin_states import Found, RemoteState
from knowchain_node.pinning.exchange import Exchange
from knowchain_node.pinning.targets import Pieces, PinRefused, TargetUnready

__all__ = ["PinningService", "Way"]

_ALL: Final = "queued,pinning,pinned,failed"
"""A list without this names what is pinned alone."""
_STATES: Final[dict[str, RemoteState]] = {
    "queued": "queued", "pinning": "pinning", "pinned": "pinned", "failed": "failed",
}  # fmt: skip
_BEST: Final = ("pinned", "pinning", "queued", "failed")
_PAGE: Final = 1000
_PAGES: Final = 10_000
_MOST_ORIGINS: Final = 20
_LONGEST_REQUEST: Final = 512
_MOST_DELEGATES: Final = 8
_MOST_MET: Final = 256
_MEETING: Final = 10.0
_TCP: Final = re.compile(r"/(?:ip4|ip6|dns|dns4|dns6)/[^/]{1,253}/tcp/\d{1,5}/p2p/\w{1,128}")
_log = logging.getLogger("knowchain.pinning")


@dataclass(frozen=True, slots=True)
class Way:
    """How a service gets at what it is to pin.

    Attributes:
        origins: the addresses of our libp2p part, each with our peer id; empty if it has none, None while it
            is not up.
        meet: dials a peer of the service at its address.
    """

    origins: Callable[[], Sequence[str] | None]
    meet: Callable[[str], Awaitable[object]]


class PinningService:
    """A :class:`~knowchain_node.pinning.targets.Target`.

    Args:
        name: by which the settings call it.
        exchange: with the service.
        way: from the service to this peer.
    """

    def __init__(self, name: str, exchange: Exchange, way: Way) -> None:
        self.name = name
        self._exchange = exchange
        self._way = way
        self._met: set[str] = set()

    async def greet(self) -> str:
        """That it answers."""
        await self._page({"limit": "1"})
        return "a pinning service"

    async def find(self, cid: Cid, request: str) -> Found | None:
        """The pin by its request, or the best that the service has of that CID; ours before others'."""
        if request:
            status, value = await self._exchange.json("GET", _path(request))
            if status == 200:
                found = self._read(value)
                return found if found.cid == cid else None
            if status != 404:
                self._fail(status, value)
        rows, _ = await self._page({"cid": str(cid), "status": _ALL, "limit": "10"})
        found_here = [found for found, _ in rows if found.cid == cid]
        found_here.sort(key=lambda found: (not found.is_ours, _BEST.index(found.state)))
        return found_here[0] if found_here else None

    async def pin(self, cid: Cid, name: str, pieces: Pieces, replacing: str) -> Found:  # noqa: ARG002 - it fetches
        """Ask for it; in place of a request that failed, if there is one."""
        origins = self._way.origins()
        if origins is None:  # a service that is not told where to fetch may look for ever
            raise TargetUnready(self.name, "it waits until this peer's own network is up")
        body = {"cid": str(cid), "name": name, "origins": list(origins)[:_MOST_ORIGINS]}
        path = _path(replacing) if replacing else "/pins"
        status, value = await self._exchange.json("POST", path, body={k: v for k, v in body.items() if v})
        if status == 404 and replacing:
            status, value = await self._exchange.json("POST", "/pins", body=body)
        if status not in (200, 201, 202):
            self._fail(status, value)
        found = self._read(value)
        if found.cid != cid:
            raise PinRefused(self.name, "it took up another CID than the one it was asked for")
        await self._meet(value.get("delegates"))
        return found

    async def _meet(self, delegates: object) -> None:
        """Connect with those that fetch for the service, once: it may be that they can't reach us."""
        for address in delegates[:_MOST_DELEGATES] if isinstance(delegates, list) else ():
            if not isinstance(address, str) or address in self._met or not _TCP.fullmatch(address):
                continue
            if len(self._met) == _MOST_MET:
                self._met.clear()
            self._met.add(address)
            try:
                async with asyncio.timeout(_MEETING):
                    await self._way.meet(address)
            except (KnowchainError, TimeoutError) as exc:
                _log.debug("a delegate of %s can't be met: %s", self.name, exc)

    async def unpin(self, cid: Cid, request: str) -> None:
        """Take back every request of ours for it."""
        asked: set[str] = set()
        request = request or await self._request_of_ours(cid)
        while request and request not in asked:  # one that it lists until it is done is not asked for twice
            asked.add(request)
            status, value = await self._exchange.json("DELETE", _path(request))
            if status not in (200, 202, 204, 404):
                self._fail(status, value)
            request = await self._request_of_ours(cid)

    async def _request_of_ours(self, cid: Cid) -> str:
        found = await self.find(cid, "")
        return found.request if found is not None and found.is_ours else ""

    async def pins(self) -> AsyncIterator[Found]:
        """Everything that the service lists, the newest first, page by page.

        What was made in the same moment as the last of a page may be passed over: the service's ``before``
        leaves it out. The queue asks for each pin that it misses before it does anything about it.
        """
        before, query = "", {"status": _ALL, "limit": str(_PAGE)}
        for _ in range(_PAGES):
            rows, more = await self._page(query | ({"before": before} if before else {}))
            for found, _ in rows:
                yield found
            if not more or not rows:
                return
            last = min((created for _, created in rows), key=_moment)
            if before and _moment(last) >= _moment(before):
                raise self._exchange.unready("its list does not end: a page repeats the one before it")
            before = last
        raise self._exchange.unready("its list does not end")

    async def close(self) -> None:
        """Close its connections."""
        await self._exchange.close()

    # --- inside ------------------------------------------------------------------------------------------

    async def _page(self, query: dict[str, str]) -> tuple[list[tuple[Found, str]], bool]:
        """Pins with the moments at which they were made, and whether there are more."""
        status, value = await self._exchange.json("GET", "/pins", query)
        if status != 200:
            self._fail(status, value, listing=True)
        count, results = (
            (value.get("count"), value.get("results")) if isinstance(value, dict) else (None, None)
        )
        if type(count) is not int or not isinstance(results, list) or len(results) > _PAGE:
            raise self._unread()
        rows = []
        for row in results:
            found, created = self._read(row, strict=False), row.get("created")
            if not isinstance(created, str) or _moment(created) is None:
                raise self._unread()
            rows.append((found, created))
        return rows, count > len(results)

    def _read(self, value: Any, *, strict: bool = True) -> Found:
        pin = value.get("pin") if isinstance(value, dict) else None
        request, state = (
            (value.get("requestid"), value.get("status")) if isinstance(pin, dict) else (None, None)
        )
        if (
            not isinstance(pin, dict)
            or not isinstance(request, str)
            or not 0 < len(request) <= _LONGEST_REQUEST
            or request in (".", "..")
            or not isinstance(state, str)
            or state not in _STATES
        ):
            raise self._unread()
        info = value.get("info")
        details = info.get("status_details") if isinstance(info, dict) else None
        reason = self._exchange.clean(str(details)) if details and state != "pinned" else ""
        return Found(self._cid(pin, strict), _STATES[state], request, str(pin.get("name") or ""), reason)

    def _cid(self, pin: dict[str, Any], strict: bool) -> Cid:
        try:
            return parse_cid(str(pin.get("cid")))
        except InvalidValue:
            if strict:
                raise self._unread() from None
            return _NOBODYS  # a list may hold what we can't name; it is not ours

    def _unread(self) -> TargetUnready:
        return self._exchange.unready("its answer is none of the Pinning Service API", blames_pin=True)

    def _fail(self, status: int, value: Any, *, listing: bool = False) -> NoReturn:
        error = value.get("error") if isinstance(value, dict) else None
        words = [error.get(key) for key in ("reason", "details")] if isinstance(error, dict) else []
        why = self._exchange.clean(", ".join([f"status {status}", *(str(word) for word in words if word)]))
        if listing and status == 404:
            raise TargetUnready(
                self.name,
                "there is no Pinning Service API at its URL",
                remedy="give the URL of the service without /pins",
            )
        if status >= 500 or listing:
            raise self._exchange.unready(f"it failed: {why}", blames_pin=True)
        raise PinRefused(self.name, f"it refuses: {why}")


_NOBODYS: Final = Cid(b"\x01\x55\x00\x00")


def _path(request: str) -> str:
    return f"/pins/{quote(request, safe='')}"


def _moment(text: str) -> Any:
    """A moment of RFC 3339, to be compared; None if it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo is None else found
