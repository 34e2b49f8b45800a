"""Who has what, as the gateway tells it."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from knowchain.identifiers import RAW, cid_of
from knowchain_node.gateway.routing import filtered

PEER = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
ADDRESS = f"/ip4/127.0.0.1/tcp/4001/p2p/{PEER}"


@pytest.fixture
def held(home):
    home.content.put(cid_of(b"x", RAW), b"x")
    return cid_of(b"x", RAW)


async def test_what_is_held_is_provided_here_over_http_and_libp2p(gateway, held):
    reply = await gateway.get(f"/routing/v1/providers/{held}")
    (row,) = json.loads(reply.body)["Providers"]
    assert row == {
        "Schema": "peer",
        "ID": PEER,
        "Addrs": [ADDRESS, f"/ip4/127.0.0.1/tcp/{urlsplit(gateway.url).port}/http"],
        "Protocols": ["transport-bitswap", "transport-ipfs-gateway-http"],
    }
    assert reply.headers["Cache-Control"] == "public, max-age=300"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


async def test_rows_come_one_by_one_to_who_asks_for_that(gateway, held):
    reply = await gateway.get(f"/routing/v1/providers/{held}", Accept="application/x-ndjson")
    assert reply.headers["Content-Type"].startswith("application/x-ndjson")
    (line,) = reply.body.splitlines()
    assert json.loads(line)["ID"] == PEER


async def test_what_is_not_held_has_no_provider_here(gateway):
    reply = await gateway.get(f"/routing/v1/providers/{cid_of(b'elsewhere')}")
    assert (reply.status, json.loads(reply.body)) == (200, {"Providers": []})
    assert reply.headers["Cache-Control"] == "public, max-age=15"


async def test_the_operator_may_say_where_the_gateway_is_reached(home, gateway_of, held):
    for url, address in (
        ("https://archive.example", "/dns/archive.example/tcp/443/https"),
        ("http://192.0.2.7:8080", "/ip4/192.0.2.7/tcp/8080/http"),
        ("http://[2001:db8::1]:8080", "/ip6/2001:db8::1/tcp/8080/http"),
    ):
        async with gateway_of(home, url=url) as caller:
            reply = await caller.get(f"/routing/v1/providers/{held}")
            assert json.loads(reply.body)["Providers"][0]["Addrs"] == [ADDRESS, address]


async def test_our_own_addresses_are_told_by_our_id_in_either_form(gateway):
    for text, count in (
        (PEER, 1),
        ("bafzaajaiaejcagyafvz5ypnxqze6dy3rp465m3w5azvp4la7qyouwgtdrikvuezt", 0),
        ("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", 0),
    ):
        reply = await gateway.get(f"/routing/v1/peers/{text}")
        assert (reply.status, len(json.loads(reply.body)["Peers"])) == (200, count)


async def test_what_can_not_be_read_or_is_not_kept(gateway):
    for path, status in (
        ("/routing/v1/providers/nonsense", 400),
        ("/routing/v1/peers/nonsense", 400),
        (f"/routing/v1/ipns/{PEER}", 404),
        ("/routing/v1/other", 404),
    ):
        assert (await gateway.get(path)).status == status


ROWS = [
    {
        "ID": "a",
        "Addrs": ["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/udp/1/quic-v1"],
        "Protocols": ["transport-bitswap"],
    },
    {"ID": "b", "Addrs": ["/dns/x/tcp/443/https"], "Protocols": ["transport-ipfs-gateway-http"]},
    {"ID": "c", "Addrs": [], "Protocols": []},
]


@pytest.mark.parametrize(
    ("protocols", "addresses", "left"),
    [
        ("", "", {"a": 2, "b": 1, "c": 0}),
        ("transport-bitswap", "", {"a": 2}),
        ("transport-bitswap,unknown", "", {"a": 2, "c": 0}),
        ("", "https", {"b": 1}),
        ("", "!udp", {"a": 1, "b": 1}),
        ("", "tcp,!dns", {"a": 1}),
        ("", "unknown,https", {"b": 1, "c": 0}),
        ("nothing", "", {}),
    ],
)
def test_filters(protocols, addresses, left):
    assert {row["ID"]: len(row["Addrs"]) for row in filtered(ROWS, protocols, addresses)} == left


async def test_filters_are_read_from_the_query(gateway, held):
    reply = await gateway.get(f"/routing/v1/providers/{held}?filter-addrs=http&filter-protocols=unknown")
    assert json.loads(reply.body)["Providers"] == []
    reply = await gateway.get(f"/routing/v1/providers/{held}?filter-addrs=http")
    assert len(json.loads(reply.body)["Providers"][0]["Addrs"]) == 1
