"""mDNS on the loopback interface: peers find each other, and nobody believes what is announced."""

from __future__ import annotations

from typing import Any

import pytest

from knowchain_node.network import PeerConnected, PeerFound
from knowchain_node.network.child.discovery import _named, _text

World = Any
SOMEONE = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"


async def test_two_peers_in_one_network_find_and_dial_each_other(world: World) -> None:
    one = await world.peer(mdns=True, mdns_interface="127.0.0.1", wait=False)
    events = one.events()
    two = await world.peer(mdns=True, mdns_interface="127.0.0.1")
    found = await world.happens(
        events, lambda event: isinstance(event, PeerFound) and event.peer == two.peer_id
    )
    assert two.listening[0] in found.addresses
    if two.peer_id not in one.connected:
        await world.happens(events, lambda event: isinstance(event, PeerConnected))


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ([f"dnsaddr=/ip4/192.0.2.7/tcp/4001/p2p/{SOMEONE}"], 1),
        (["dnsaddr=/ip4/192.0.2.7/tcp/4001"], 0),
        (["dnsaddr=/nonsense", "another=1", ""], 0),
        ([f"dnsaddr=/ip4/192.0.2.7/tcp/4001/p2p/{SOMEONE[:-3]}!!!"], 0),
        ([f"dnsaddr=/dns4/{'x' * 200}/tcp/4001/p2p/{SOMEONE}"], 0),
    ],
    ids=["an address", "no peer", "nonsense", "a bad peer id", "too long"],
)
def test_what_is_announced_is_read_with_care(texts: list[str], found: int) -> None:
    assert len(_named(b"".join(map(_text, texts)))) == found


def test_only_so_many_addresses_are_taken_from_one_announcement() -> None:
    texts = [f"dnsaddr=/ip4/192.0.2.7/tcp/{port}/p2p/{SOMEONE}" for port in range(1, 100)]
    assert len(_named(b"".join(map(_text, texts)))[SOMEONE]) == 8


def test_an_announcement_that_is_cut_short_is_read_as_far_as_it_goes() -> None:
    whole = _text(f"dnsaddr=/ip4/192.0.2.7/tcp/4001/p2p/{SOMEONE}")
    for end in range(len(whole)):
        assert len(_named(whole[:end])) <= 1
