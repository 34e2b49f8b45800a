"""Nodes: which libp2p peer is run by the identity that signs.

The record is the operator's claim. It is proven when the peer itself hands it over on a connection
that libp2p has authenticated with this peer id: then each has named the other.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.kinds.terms import LINE
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.scalars import Instant
from knowchain.records.bodies.structures import Field, ListOf
from knowchain.records.bodies.text import Text
from knowchain.records.bodies.values import Stored
from knowchain.records.vocabulary import peer_ids

__all__ = ["NODE"]

_STEP: Final = re.compile(r"(?:/[A-Za-z0-9._~:%+=,@-]+)+")
_PORTS: Final = ("tcp", "udp")
_HOSTS: Final = ("ip4", "ip6", "dns", "dns4", "dns6", "dnsaddr")


def _multiaddr(text: str, *, field: str) -> str:
    """A libp2p address; protocols that are not known here are left to the peers that know them."""
    steps = text.split("/")[1:]
    if not _STEP.fullmatch(text) or len(steps) < 2 or not all(map(_step_is_valid, steps, steps[1:])):
        raise InvalidValue(
            "{field}: {value} is not a multiaddr",
            field=field,
            value=text,
            remedy="give it like `/dns4/peer.example.org/tcp/4001` or `/ip4/192.0.2.7/udp/4001/quic-v1`",
        )
    return text


def _step_is_valid(protocol: str, value: str) -> bool:
    if protocol in _PORTS:
        return value.isdecimal() and value.isascii() and int(value) <= 65_535
    if protocol in ("ip4", "ip6"):
        try:
            return ipaddress.ip_address(value).version == int(protocol[2])
        except ValueError:
            return False
    return value not in _HOSTS or protocol not in _HOSTS


def _addresses_name_this_peer(stored: dict[str, Stored], at: Place) -> None:
    addresses, peer_id = stored.get("addresses"), stored.get("peer_id")
    for position, address in enumerate(addresses if isinstance(addresses, list) else ()):
        _, marked, named = str(address).rpartition("/p2p/")
        if marked and peer_id is not None and named != peer_id and "/p2p-circuit" not in named:
            place = at.child("addresses").item(position)
            at.report(
                place.error(
                    "{value} is of another peer", value=named, remedy="leave `/p2p/…` out, or correct it"
                )
            )


def _span_runs_forward(stored: dict[str, Stored], at: Place) -> None:
    start, end = stored.get("valid_from"), stored.get("valid_until")
    if isinstance(start, int) and isinstance(end, int) and end <= start:
        raise at.child("valid_until").error(
            "{value} is not after valid_from", value=end, remedy="give a later moment"
        )


NODE: Final = Kind(
    "node",
    "A peer, and who runs it: the identity that signs. Proven when the peer hands the record over itself.",
    (
        Field(
            "peer_id",
            Text("libp2p peer id", reader=peer_ids.canonical),
            "the peer, in base58btc",
            required=True,
        ),
        Field(
            "addresses",
            ListOf(Text("multiaddr", limit=512, reader=_multiaddr), limit=32),
            "where it listens, for anybody to see",
        ),
        Field("agent", LINE, "its program and version"),
        Field("valid_from", Instant(), "from when this holds; absent: from the record's time"),
        Field("valid_until", Instant(), "until when; absent: until it is revised or retracted"),
    ),
    COMMON,
    {
        "peer_id": "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA",
        "addresses": ["/dns4/peer.example.org/tcp/4001"],
        "agent": "knowchain/0.1.0",
        "valid_until": "2027-01-31T00:00:00Z",
    },
    checks=(_addresses_name_this_peer, _span_runs_forward),
)
