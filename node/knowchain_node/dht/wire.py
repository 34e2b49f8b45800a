"""Messages of the DHT as bytes: those about providers and about nearest peers. No I/O.

Source: the libp2p Kademlia specification, "RPC messages".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from knowchain.content.protobuf import field_of, fields, varint
from knowchain.errors import ContentError, InvalidValue
from knowchain.identifiers import from_base58, to_base58
from knowchain.records.vocabulary.peer_ids import canonical
from knowchain_node.dht.addresses import pack, unpack

__all__ = [
    "ADD_PROVIDER",
    "FIND_NODE",
    "GET_PROVIDERS",
    "MAX_MESSAGE",
    "PING",
    "PROTOCOL",
    "Message",
    "Whereabouts",
    "decode",
    "encode",
]

PROTOCOL: Final = "/ipfs/lan/kad/1.0.0"
"""What Kubo asks peers of private networks with, and answers them with."""
MAX_MESSAGE: Final = 128 * 1024
ADD_PROVIDER, GET_PROVIDERS, FIND_NODE, PING = 2, 3, 4, 5

_MOST_KEY: Final = 128
_MOST_PEERS: Final = 64
_MOST_ADDRESSES: Final = 16


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A peer, and where it can be dialled: multiaddresses without its id."""

    id: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A question or an answer.

    Attributes:
        kind: one of the numbers above; others are read and not understood.
        key: a multihash, or the bytes of a peer id.
        closer: peers that are nearer to the key.
        providers: peers that have what the key names.
    """

    kind: int
    key: bytes = b""
    closer: tuple[Whereabouts, ...] = ()
    providers: tuple[Whereabouts, ...] = ()


def encode(message: Message) -> bytes:
    """A message, its length in front."""
    parts = [b"\x08" + varint(message.kind)]
    if message.key:
        parts.append(field_of(2, message.key))
    parts += [field_of(8, _peer(peer)) for peer in message.closer]
    parts += [field_of(9, _peer(peer)) for peer in message.providers]
    data = b"".join(parts)
    return varint(len(data)) + data


def _peer(peer: Whereabouts) -> bytes:
    packed = [data for address in peer.addresses if (data := pack(address)) is not None]
    return field_of(1, from_base58(peer.id)) + b"".join(
        field_of(2, data) for data in packed[:_MOST_ADDRESSES]
    )


def decode(data: bytes) -> Message:
    """Read a message, its length taken off. Peers without a good id, and addresses not for us, are left out.

    Raises:
        ContentError: it is malformed.
    """
    kind, key = 0, b""
    peers: dict[int, list[Whereabouts]] = {8: [], 9: []}
    for number, start, stop in fields(data, 0, len(data)):
        if number == 1 and stop < 0:
            kind = start
        elif number == 2:
            key = data[start:stop]
        elif number in peers and stop >= 0 and len(peers[number]) < _MOST_PEERS:
            peers[number] += _read_peer(data, start, stop)
    if len(key) > _MOST_KEY:
        raise ContentError("a key of {size} bytes was asked for", size=len(key))
    return Message(kind, key, tuple(peers[8]), tuple(peers[9]))


def _read_peer(data: bytes, start: int, stop: int) -> Sequence[Whereabouts]:
    binary, addresses = b"", list[str]()
    for number, first, last in fields(data, start, stop):
        if number == 1 and last >= 0:
            binary = data[first:last]
        elif number == 2 and last >= 0 and len(addresses) < _MOST_ADDRESSES:
            address = unpack(data[first:last])
            if address is not None:
                addresses.append(address.partition("/p2p/")[0])
    try:
        return [Whereabouts(canonical(to_base58(binary)), tuple(dict.fromkeys(addresses)))]
    except InvalidValue:
        return []
