"""Introductions: connected peers tell each other where they, and peers that they reach, can be dialled.

``/knowchain/peers/1``: whoever dialled opens a stream; each side sends one frame and ends its side.
A frame is a length of four bytes, then strict DAG-CBOR: ``[own, known]``, two lists of at most 8 and 32
multiaddresses.

An address is a hint, and costs a dial. So that nobody can point peers at a stranger's machine, what a
peer says of itself counts only at the IP address that it is connected from; of others, few dials are
made a minute; addresses of a private network are passed on and taken only within private networks. Only
addresses that were dialled with success are written down.

Source: docs/spec/network.md, "Introductions".
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias

from knowchain import codec
from knowchain.codec import Value
from knowchain.errors import CodecError, KnowchainError, PeerError, SyncError
from knowchain.sync import FrameReader, framed
from knowchain_node.network import (
    NetworkDown,
    NetworkService,
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Stream,
    StreamBroken,
)
from knowchain_node.replication.conduct import GARBAGE, Fault
from knowchain_node.replication.peerbook import PeerBook, peer_in

__all__ = ["PROTOCOL", "Introductions", "ip_of", "own_addresses", "scope_of"]

PROTOCOL: Final = "/knowchain/peers/1"
_OWN: Final = 8
_KNOWN: Final = 32
_MAX_FRAME: Final = 16_384
_MAX_ADDRESS: Final = 256
_PATIENCE: Final = 20.0
_ENOUGH: Final = 12
"""Connections beyond which nobody is dialled on somebody's word."""
_CANDIDATES: Final = 256
_PER_TELLER: Final = 16
"""Candidates that wait on the word of one peer."""
_PAUSE: Final = 5.0
"""Seconds between two dials on somebody's word, after the first few."""
_FREE_DIALS: Final = 4

_IP: TypeAlias = IPv4Address | IPv6Address


def ip_of(address: str) -> _IP | None:
    """The IP address at the beginning of a multiaddress; None for anything else."""
    parts = address.split("/")
    if len(parts) < 3 or parts[0] or parts[1] not in ("ip4", "ip6"):
        return None
    try:
        return ip_address(parts[2])
    except ValueError:
        return None


def scope_of(ip: _IP) -> int:
    """How far an address reaches: 0 this machine, 1 a private network, 2 everywhere."""
    return 0 if ip.is_loopback else 1 if ip.is_private or ip.is_link_local else 2


def own_addresses(peer: str, told: Iterable[str], seen: _IP) -> list[str]:
    """Where ``peer`` may be dialled, of what it says of itself, being connected from the address ``seen``.

    An address that stands for all of a machine's (``0.0.0.0``) becomes ``seen``; other machines' are left
    out.
    """
    found = []
    for address in told:
        ip = ip_of(address)
        if ip is None or peer_in(address) != peer:
            continue
        if ip.is_unspecified and ip.version == seen.version:
            head, _, rest = address.partition(f"/{ip}/")
            found.append(f"{head}/{seen}/{rest}")
        elif ip == seen:
            found.append(address)
    return list(dict.fromkeys(found))[:_OWN]


class Introductions:
    """Asks, answers, and dials whom it hears of.

    Args:
        network: the network part.
        book: who was met; a successful dial is written down there by whoever follows the network's events.
        blame: called with a peer and what it did wrong.
    """

    def __init__(
        self, network: NetworkService, book: PeerBook, *, blame: Callable[[str, Fault], None]
    ) -> None:
        self._network = network
        self._book = book
        self._blame = blame
        self._from: dict[str, _IP] = {}
        self._own: dict[str, list[str]] = {}
        self._candidates: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._heard = asyncio.Event()
        self._answering: set[str] = set()
        self.dials = 0
        """Dials made on somebody's word."""

    async def run(self) -> None:
        """Run until cancelled."""
        self._network.on_stream(PROTOCOL, self._answer)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._meet(tasks), name="introductions")
            tasks.create_task(self._dial_candidates(), name="introductions dialling")

    async def _meet(self, tasks: asyncio.TaskGroup) -> None:
        events = self._network.events()
        for row in await self._connected_now():
            self._note(*row)
        async for event in events:
            if isinstance(event, PeerConnected):
                self._note(event.peer, event.address)
                self._candidates.pop(event.peer, None)
                if event.outbound:
                    tasks.create_task(self._ask(event.peer), name="introduction")
            elif isinstance(event, PeerDisconnected):
                self._from.pop(event.peer, None)
                self._own.pop(event.peer, None)

    async def _connected_now(self) -> list[tuple[str, str]]:
        with contextlib.suppress(NetworkDown):
            return [(peer.id, peer.address) for peer in await self._network.peers()]
        return []

    def _note(self, peer: str, address: str) -> None:
        ip = ip_of(address)
        if ip is not None:
            self._from[peer] = ip

    # --- what is said ------------------------------------------------------------------------------

    def _introduction(self, peer: str) -> bytes:
        """What ``peer`` is told: our own addresses, and where others that we are connected with are."""
        scope = scope_of(self._from[peer]) if peer in self._from else 2
        known: list[str] = []
        proven = {entry.id: entry.addresses for entry in self._book.entries()}
        for other in sorted(self._network.connected - {peer}, key=lambda _: random.random()):  # noqa: S311
            addresses = proven.get(other) or self._own.get(other, [])
            known += [a for a in addresses[:2] if (ip := ip_of(a)) and scope_of(ip) >= scope]
        value: list[Value] = [list(self._network.listening[:_OWN]), list(known[:_KNOWN])]
        return framed(codec.encode(value), _MAX_FRAME)

    def _take(self, peer: str, payload: bytes) -> None:
        """Hear an introduction.

        Raises:
            SyncError: ``malformed``: it is none.
        """
        own, known = _read(payload)
        seen = self._from.get(peer)
        if seen is None:
            return
        self._own[peer] = own_addresses(peer, own, seen)
        told = 0
        for address in known:
            other, ip = peer_in(address), ip_of(address)
            if other is None or ip is None or ip.is_unspecified or scope_of(ip) < scope_of(seen):
                continue
            if (
                other in (self._network.peer_id, peer)
                or other in self._network.banned | self._network.connected
            ):
                continue
            told += 1
            if told > _PER_TELLER:
                break
            self._candidates[other] = (address, peer)
            while len(self._candidates) > _CANDIDATES:
                self._candidates.popitem(last=False)
        self._heard.set()

    # --- streams -----------------------------------------------------------------------------------

    async def _ask(self, peer: str) -> None:
        try:
            async with asyncio.timeout(_PATIENCE), await self._network.open_stream(peer, PROTOCOL) as stream:
                await stream.write(self._introduction(peer))
                await stream.close()
                self._take(peer, await _one_frame(stream))
        except (PeerUnreachable, NetworkDown, StreamBroken, TimeoutError):
            return  # it speaks no introductions, or left
        except PeerError:
            self._blame(peer, GARBAGE)

    async def _answer(self, stream: Stream) -> None:
        if stream.peer in self._answering:
            stream.reset()
            return
        self._answering.add(stream.peer)
        try:
            async with asyncio.timeout(_PATIENCE), stream:
                self._take(stream.peer, await _one_frame(stream))
                await stream.write(self._introduction(stream.peer))
        except (StreamBroken, TimeoutError):
            return
        except PeerError:
            self._blame(stream.peer, GARBAGE)
        finally:
            self._answering.discard(stream.peer)

    # --- dials -------------------------------------------------------------------------------------

    async def _dial_candidates(self) -> None:
        loop = asyncio.get_running_loop()
        allowance, last = float(_FREE_DIALS), loop.time()
        while True:
            await self._heard.wait()
            self._heard.clear()
            while self._candidates and len(self._network.connected) < _ENOUGH:
                now = loop.time()
                allowance, last = min(_FREE_DIALS, allowance + (now - last) / _PAUSE), now
                if allowance < 1:
                    await asyncio.sleep((1 - allowance) * _PAUSE)
                    continue
                allowance -= 1
                await self._dial(*self._candidates.popitem(last=False))

    async def _dial(self, peer: str, told: tuple[str, str]) -> None:
        if peer in self._network.connected | self._network.banned:
            return
        self.dials += 1
        with contextlib.suppress(KnowchainError):
            await self._network.connect(told[0])


async def _one_frame(stream: Stream) -> bytes:
    frames = FrameReader(_MAX_FRAME)
    while data := await stream.read(_MAX_FRAME):
        if payloads := frames.feed(data):
            return payloads[0]
    raise StreamBroken("an introduction ended too early")


def _read(payload: bytes) -> tuple[list[str], list[str]]:
    try:
        value = codec.decode(payload, max_depth=2, max_size=_MAX_FRAME)
    except CodecError as exc:
        raise SyncError("malformed", "an introduction is no DAG-CBOR: {why}", why=str(exc)) from exc
    match value:
        case [list(own), list(known)] if len(own) <= _OWN and len(known) <= _KNOWN:
            return [_address(a) for a in own], [_address(a) for a in known]
    raise SyncError("malformed", "an introduction is two lists of addresses")


def _address(value: Value) -> str:
    if type(value) is str and value.startswith("/") and len(value) <= _MAX_ADDRESS and value.isascii():
        return value
    raise SyncError("malformed", "an introduction names something that is no address")
