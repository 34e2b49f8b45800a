"""Other peers: who is connected and known, greeting and shutting out, and sync on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from knowchain.errors import InvalidValue
from knowchain_node.api.endpoint import Call, Endpoint

__all__ = ["ENDPOINTS"]


@dataclass(frozen=True, slots=True)
class PeerLine:
    """A peer that is connected, known, or shut out; times in milliseconds since 1970.

    Attributes:
        seconds: how long it has been connected.
        rtt_us: microseconds to it and back.
    """

    id: str
    connected: bool
    addresses: tuple[str, ...]
    first_seen: int | None = None
    last_seen: int | None = None
    banned_until: int | None = None
    outbound: bool | None = None
    seconds: int | None = None
    agent: str | None = None
    rtt_us: int | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    rejected: int | None = None


@dataclass(frozen=True, slots=True)
class Peers:
    """The connected ones first, then those that were met before."""

    peer: str
    """Our own id."""
    peers: tuple[PeerLine, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a peer is: a multiaddress with ``/p2p/…``."""

    address: str


@dataclass(frozen=True, slots=True)
class PeerId:
    """A peer."""

    peer: str


@dataclass(frozen=True, slots=True)
class Ban:
    """For how long; for good if that is not said."""

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SyncWish:
    """With whom; with every connected peer if that is not said."""

    peer: str | None = None


@dataclass(frozen=True, slots=True)
class SyncReports:
    """What sessions did: with whom, how long, how they ended, and their counts."""

    sessions: tuple[dict[str, object], ...]


async def _list(call: Call) -> Peers:
    peer = call.peer
    book = {entry.id: entry for entry in peer.book.entries()}
    lines = []
    for live in await peer.network.peers():
        entry = book.pop(live.id, None)
        known = () if entry is None else tuple(entry.addresses)
        lines.append(
            PeerLine(
                id=live.id,
                connected=True,
                addresses=(live.address, *(address for address in known if address != live.address)),
                first_seen=None if entry is None else entry.first_seen,
                last_seen=None if entry is None else entry.last_seen,
                outbound=live.outbound,
                seconds=live.seconds,
                agent=live.agent,
                rtt_us=live.rtt or None,
                bytes_in=live.bytes_in,
                bytes_out=live.bytes_out,
                rejected=live.rejected,
            )
        )
    now = call.home.clock()
    for entry in book.values():
        banned = entry.banned_until if entry.banned_until > now else None
        lines.append(
            PeerLine(entry.id, False, tuple(entry.addresses), entry.first_seen, entry.last_seen, banned)
        )
    return Peers(peer.network.peer_id, tuple(lines))


async def _connect(call: Call) -> PeerId:
    wish = await call.body(Address)
    return PeerId(await call.peer.connect(wish.address))


async def _ban(call: Call) -> PeerId:
    wish = await call.body(Ban)
    if wish.seconds is not None and not 0 < wish.seconds <= 10 * 365 * 86_400:
        raise InvalidValue(
            "{field}: {value} is out of bounds",
            field="seconds",
            value=wish.seconds,
            remedy="give more than 0 and at most ten years, or leave it out",
        )
    await call.peer.ban(_peer_id(call), wish.seconds)
    return PeerId(call.path("peer"))


async def _unban(call: Call) -> PeerId:
    await call.peer.unban(_peer_id(call))
    return PeerId(call.path("peer"))


def _peer_id(call: Call) -> str:
    text = call.path("peer")
    if not (20 <= len(text) <= 64 and text.isascii() and text.isalnum()):
        raise InvalidValue(
            "{field}: {value} is no peer id", field="peer", value=text, remedy="give its id, 12D3KooW…"
        )
    return text


async def _sync(call: Call) -> SyncReports:
    wish = await call.body(SyncWish)
    reports = await call.peer.replicator.sync_now(wish.peer)
    return SyncReports(tuple(report.as_dict() for report in reports))


ENDPOINTS: Final = (
    Endpoint("GET", "/api/v1/peers", _list, "Other peers, connected and known.", Peers),
    Endpoint(
        "POST", "/api/v1/peers", _connect, "Greet a peer and stay connected with it.", PeerId,
        takes=Address, changes=True,
    ),
    Endpoint("PUT", "/api/v1/peers/{peer}/ban", _ban, "Shut a peer out.", PeerId, takes=Ban, changes=True),
    Endpoint("DELETE", "/api/v1/peers/{peer}/ban", _unban, "Let a peer in again.", PeerId, changes=True),
    Endpoint(
        "POST", "/api/v1/sync", _sync, "Sync now, and wait for the end.", SyncReports,
        takes=SyncWish, changes=True,
    ),
)  # fmt: skip
