"""Who may have something: what routers say is read with care."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from knowchain.errors import InvalidValue, PeerError
from knowchain.identifiers import cid_of
from knowchain_node.api.listener import answering, bound_socket
from knowchain_node.bitswap.providers import Providers, check_peer, peers_of

PEER = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
OPEN, PRIVATE = "/ip4/1.1.1.1/tcp/4001", "/ip4/192.168.0.7/tcp/4001"


def row(*addresses: str, **changed: Any) -> dict[str, Any]:
    return {"Schema": "peer", "ID": PEER, "Addrs": addresses, "Protocols": ["transport-bitswap"], **changed}


def test_addresses_get_the_peer_id_that_the_router_names():
    found = list(peers_of([row(OPEN, f"{OPEN}/p2p/{PEER}", "/dns4/example.org/tcp/4001")], within=False))
    assert found == [f"{OPEN}/p2p/{PEER}"] * 2 + [f"/dns4/example.org/tcp/4001/p2p/{PEER}"]


@pytest.mark.parametrize(
    "rows",
    [
        [row(OPEN, Protocols=["transport-ipfs-gateway-http"])],
        [row(f"{OPEN}/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp")],
        [row("/ip4/1.1.1.1/udp/4001/quic-v1", "/ip4/1.1.1.1/tcp/443/wss", "junk", 7)],  # type: ignore[arg-type]
        [row(OPEN, ID="nobody")],
        [row(OPEN, ID=None)],
        [row(PRIVATE), row("/dns4/localhost/tcp/4001"), row("/ip4/here/tcp/4001")],
        ["junk", None, 7, {}],
    ],
    ids=["no bitswap", "another peer", "not TCP", "no peer id", "no id", "private", "no rows"],
)
def test_what_can_not_be_dialled_or_is_not_to_be_believed_is_left_out(rows):
    assert list(peers_of(rows, within=False)) == []


def test_a_router_of_the_own_network_may_name_private_addresses():
    assert list(peers_of([row(PRIVATE)], within=True)) == [f"{PRIVATE}/p2p/{PEER}"]


def test_an_address_that_is_none_is_refused_with_the_right_form():
    assert check_peer(f"{OPEN}/p2p/{PEER}", "--from")
    for wrong in (OPEN, f"/p2p/{PEER}", "https://example.org", f"/ip4/1.1.1.1/udp/1/quic-v1/p2p/{PEER}"):
        with pytest.raises(InvalidValue):
            check_peer(wrong, "--from")


async def test_providers_are_dialled_where_a_router_says_they_are(world):
    """First those that are connected, then those of routers; a router that is down is no end."""
    theirs, ours, friend = await world.peer(), await world.peer(), await world.peer()
    await world.connect(ours.network, friend.network)
    address = theirs.network.listening[0]
    wanted = cid_of(b"wanted")

    async def answer(request: web.Request) -> web.Response:
        assert request.match_info["cid"] == str(wanted)
        rows = [
            row(address, ID=theirs.network.peer_id),
            row(ours.network.listening[0], ID=ours.network.peer_id),
        ]
        return web.json_response({"Providers": rows})

    app = web.Application()
    app.router.add_get("/routing/v1/providers/{cid}", answer)
    async with answering(app, bound_socket("127.0.0.1", 0), most=8) as url:
        searches = Providers(ours.network, ["http://127.0.0.1:1", url]).of(wanted)
        connected, routed = [list(await search()) for search in searches]
    assert connected == [friend.network.peer_id]
    assert routed == [theirs.network.peer_id]
    assert theirs.network.peer_id in ours.network.connected


async def test_a_named_peer_that_does_not_answer_is_an_error_and_not_nobody(world):
    ours = await world.peer()
    named, _ = Providers(ours.network).of(cid_of(b"wanted"), [f"/ip4/127.0.0.1/tcp/1/p2p/{PEER}"])
    with pytest.raises(PeerError):
        await named()
