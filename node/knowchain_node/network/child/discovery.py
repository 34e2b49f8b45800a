"""mDNS: announcing ourselves in the local network, and hearing of others.

Source: libp2p specs, ``discovery/mdns.md``: service ``_p2p._udp.local``, one ``dnsaddr=`` text for each
multiaddress, an instance name that says nothing. What is heard is a hint; only the handshake proves a peer.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import ifaddr
import trio
from zeroconf import InterfaceChoice, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from knowchain_node.network.child.dialling import CannotDial, parse
from knowchain_node.network.child.guards.cleaning import cleaning
from knowchain_node.network.child.seam import Seam
from knowchain_node.network.config import MAX_ADDRESS
from knowchain_node.network.vocabulary import PeerSeen

__all__ = ["discovery"]

_SERVICE: Final = "_p2p._udp.local."
_ADDRESSES: Final = 8
"""Addresses that are taken from one announcement."""
_PER_MINUTE: Final = 60
"""Announcements that are passed on in one minute: anyone in the local network may send any number."""
_QUERY: Final = 3_000


@asynccontextmanager
async def discovery(seam: Seam, own: str, addresses: Sequence[str], interface: str) -> AsyncIterator[None]:
    """Announce ``addresses`` and say who else does, until left.

    ``own`` is our peer id, which is not reported; ``interface`` is an IPv4 address whose interface alone is
    used, or empty for all. zeroconf has threads of its own; it is called in worker threads, and calls back
    into trio.
    """
    interfaces = [interface] if interface else InterfaceChoice.Default
    zeroconf = await trio.to_thread.run_sync(lambda: Zeroconf(interfaces=interfaces))
    listener = _Listener(seam, own, trio.lowlevel.current_trio_token())
    try:
        info = _announcement(addresses, [interface] if interface else await trio.to_thread.run_sync(_own_ips))
        await trio.to_thread.run_sync(lambda: zeroconf.register_service(info, cooperating_responders=True))
        browser = await trio.to_thread.run_sync(
            lambda: ServiceBrowser(zeroconf, _SERVICE, handlers=[listener.changed])
        )
        yield
        await trio.to_thread.run_sync(browser.cancel)
    finally:
        with cleaning(3):
            await trio.to_thread.run_sync(zeroconf.close)


def _own_ips() -> list[str]:
    """The IPv4 addresses of this machine that others may reach."""
    ips = [str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
    return [ip for ip in ips if not ip.startswith("127.")]


def _announcement(addresses: Sequence[str], ips: Sequence[str]) -> ServiceInfo:
    """What we announce; an address that stands for all of this machine's is written out."""
    written = [address.replace("/0.0.0.0/", f"/{ip}/") for address in addresses for ip in ips]
    texts = b"".join(_text(f"dnsaddr={address}") for address in list(dict.fromkeys(written))[:_ADDRESSES])
    name = secrets.token_hex(20)
    return ServiceInfo(
        _SERVICE,
        f"{name}.{_SERVICE}",
        port=1,  # the texts say where we listen; a port of 0 is not announced
        properties=texts,
        server=f"{name}.local.",
        parsed_addresses=list(ips),
    )


def _text(value: str) -> bytes:
    raw = value.encode()[:255]
    return bytes([len(raw)]) + raw


class _Listener:
    """Hears announcements in zeroconf's thread and reports them in trio's."""

    def __init__(self, seam: Seam, own: str, token: trio.lowlevel.TrioToken) -> None:
        self._seam = seam
        self._own = own
        self._token = token
        self._minute = 0.0
        self._passed_on = 0

    def changed(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        """Called by zeroconf, in its thread."""
        if state_change is ServiceStateChange.Removed:
            return
        info = ServiceInfo(service_type, name)
        info.request(zeroconf, _QUERY)  # false also when only an A record is missing, which we don't need
        if info.text:
            try:
                self._token.run_sync_soon(self._heard, info.text)
            except trio.RunFinishedError:
                return

    def _heard(self, text: bytes) -> None:
        """In trio: report the peers that an announcement names, within the rate."""
        now = trio.current_time()
        if now - self._minute > 60:
            self._minute, self._passed_on = now, 0
        for peer, addresses in _named(text).items():
            self._passed_on += 1
            if peer != self._own and self._passed_on <= _PER_MINUTE:
                self._seam.say(PeerSeen(peer, tuple(addresses)))


def _named(text: bytes) -> dict[str, list[str]]:
    """The peers and addresses in an announcement's texts; what is malformed is left out."""
    found: dict[str, list[str]] = {}
    at = count = 0
    while at < len(text) and count < _ADDRESSES:
        raw = text[at + 1 : at + 1 + text[at]]
        at += 1 + text[at]
        value = raw.decode("ascii", "replace")
        if not value.startswith("dnsaddr=/") or len(value) > MAX_ADDRESS:
            continue
        try:
            peer, _ = parse(value.removeprefix("dnsaddr="))
        except CannotDial:
            continue
        found.setdefault(str(peer), []).append(value.removeprefix("dnsaddr="))
        count += 1
    return found
