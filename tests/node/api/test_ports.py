"""What the API asks of a peer: the fake and the real one give the same answers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from knowchain.errors import InvalidValue, KnowchainError, NotFound, PeerError
from knowchain.identifiers import cid_of
from knowchain_node.api.fake import FakePeer
from knowchain_node.api.ports import PeerPort
from knowchain_node.network import NetworkConfig, NetworkService, PeerUnreachable
from knowchain_node.peer import Peer


@asynccontextmanager
async def fake(home: Any) -> AsyncIterator[tuple[PeerPort, str]]:
    address = "/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
    yield FakePeer("12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp", (address,)), address


@asynccontextmanager
async def real(home: Any) -> AsyncIterator[tuple[PeerPort, str]]:
    other = NetworkConfig(seed=os.urandom(32), mode="thread")
    async with (
        NetworkService(other) as friend,
        Peer(home, NetworkConfig(seed=os.urandom(32), mode="thread")) as peer,
    ):
        await asyncio.wait_for(asyncio.gather(friend.ready(), peer.network.ready()), 30)
        yield peer, friend.listening[0]


@pytest.fixture(params=[fake, real], ids=["fake", "real"])
async def met(request: pytest.FixtureRequest, home: Any) -> AsyncIterator[tuple[PeerPort, str]]:
    async with request.param(home) as made:
        yield made


async def until(holds) -> None:
    async def look() -> None:
        while not await holds():  # noqa: ASYNC110 - what the child reports has no event of its own
            await asyncio.sleep(0.01)

    await asyncio.wait_for(look(), 30)


async def test_whoever_is_met_is_connected_and_in_the_book(met):
    peer, address = met
    found = await peer.connect(address)
    assert found == address.rpartition("/p2p/")[2]

    async def connected() -> bool:
        return found in peer.network.connected

    await until(connected)
    assert [each.id for each in await peer.network.peers()] == [found]
    entry = next(entry for entry in peer.book.entries() if entry.id == found)
    assert address in entry.addresses
    assert entry.first_seen <= entry.last_seen
    assert entry.banned_until == 0


async def test_nobody_is_met_where_nobody_is(met):
    peer, address = met
    with pytest.raises(InvalidValue):
        await peer.connect("nowhere")
    nobody = address.replace(address.split("/tcp/")[1].split("/")[0], "1")
    with pytest.raises(PeerUnreachable):
        await peer.connect(nobody)


async def test_whoever_is_banned_is_gone_and_may_come_back_later(met):
    peer, address = met
    found = await peer.connect(address)
    await peer.ban(found, 3600)
    assert found in peer.network.banned

    async def gone() -> bool:
        return found not in peer.network.connected

    await until(gone)
    assert next(entry for entry in peer.book.entries() if entry.id == found).banned_until > 0
    with pytest.raises(KnowchainError):
        await peer.connect(address)
    await peer.unban(found)
    assert found not in peer.network.banned
    assert next(entry for entry in peer.book.entries() if entry.id == found).banned_until == 0


async def test_sync_needs_somebody(met):
    peer, _ = met
    assert list(await peer.replicator.sync_now()) == []
    with pytest.raises(NotFound):
        await peer.replicator.sync_now("12D3KooWnobody")


async def test_a_sync_session_is_reported(met):
    peer, address = met
    found = await peer.connect(address)

    async def connected() -> bool:
        return found in peer.network.connected

    await until(connected)
    (report,) = await peer.replicator.sync_now(found)
    told = report.as_dict()
    assert told["peer"] == found
    assert {"role", "started", "seconds", "ended", "counters"} <= set(told)


async def test_what_nobody_has_can_not_be_fetched(met):
    peer, address = met
    nobody = address.replace(address.split("/tcp/")[1].split("/")[0], "1")
    with pytest.raises(PeerUnreachable):
        await peer.fetch(cid_of(b"nobody has this"), addresses=[nobody])
    with pytest.raises((NotFound, PeerError)):
        await peer.fetch(cid_of(b"nobody has this"), addresses=[address])


async def test_the_state_is_told_in_the_same_words(met):
    peer, _ = met
    told = peer.status()
    assert told["peer"] == peer.network.peer_id
    assert {"listening", "connected", "sync", "gossip", "content", "bitswap"} <= set(told)
    assert {"running", "sessions", "failed", "totals"} <= set(told["sync"])
