"""What can be said over the seam: one frozen class for each kind of frame.

``DOWN`` is what the parent says, ``UP`` what the child says, ``BOTH`` what either says about a stream. A
frame that is not in the table of its direction, or has a field of the wrong type or size, ends the child's
life. ``request`` numbers are chosen by the parent, and each is answered once by ``Done``, ``Refused`` or
``PeerRows``. Streams that the parent opens have odd numbers, streams that other peers open even ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Final

from knowchain_node.network.config import MAX_DATA, MAX_PIECE
from knowchain_node.network.errors import SeamBroken
from knowchain_node.network.frames import Item, pack

__all__ = [
    "DOWN",
    "UP",
    "VERSION",
    "Ban",
    "Connect",
    "Disconnect",
    "Done",
    "Failed",
    "Frame",
    "GossipUp",
    "Keep",
    "ListPeers",
    "OpenStream",
    "PeerDown",
    "PeerGraftedUp",
    "PeerRows",
    "PeerSeen",
    "PeerUp",
    "Ping",
    "Pong",
    "Publish",
    "Refused",
    "Serve",
    "Start",
    "Started",
    "StreamCredit",
    "StreamData",
    "StreamEnd",
    "StreamOpened",
    "StreamReset",
    "Subscribe",
    "Unban",
    "Unsubscribe",
    "VerdictDown",
    "decode",
    "encode",
]

VERSION: Final = 1
"""Version of the seam. Parent and child are always installed together; this catches a half-done upgrade."""
_MAX_TEXT: Final = 512


class Frame:
    """Base of everything that can be said."""

    __slots__ = ()


# --- down: the parent tells the child -----------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Start(Frame):
    """The first frame: all that the child needs. ``seed`` is the libp2p transport key's, no other's."""

    version: int
    seed: bytes = field(repr=False)
    listen: tuple[str, ...]
    agent: str
    mdns: bool
    mdns_interface: str
    limits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ping(Frame):
    """Asks for a sign of life."""

    number: int


@dataclass(frozen=True, slots=True)
class Subscribe(Frame):
    """Join a topic."""

    request: int
    topic: str


@dataclass(frozen=True, slots=True)
class Unsubscribe(Frame):
    """Leave a topic."""

    request: int
    topic: str


@dataclass(frozen=True, slots=True)
class Publish(Frame):
    """Send a message to the mesh; answered with the number of peers that it was handed to."""

    request: int
    topic: str
    data: bytes


@dataclass(frozen=True, slots=True)
class VerdictDown(Frame):
    """What the parent found a message to be: 0 accept, 1 ignore, 2 reject. Gives its credit back."""

    message: bytes
    verdict: int


@dataclass(frozen=True, slots=True)
class Connect(Frame):
    """Dial an address once."""

    request: int
    address: str


@dataclass(frozen=True, slots=True)
class Disconnect(Frame):
    """Close every connection with a peer, and stop keeping it."""

    request: int
    peer: str


@dataclass(frozen=True, slots=True)
class Keep(Frame):
    """The addresses of all peers to stay connected with; takes the place of the former list."""

    request: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ban(Frame):
    """Disconnect peers and refuse them from now on."""

    request: int
    peers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unban(Frame):
    """Let banned peers in again."""

    request: int
    peers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListPeers(Frame):
    """Asks for all connected peers."""

    request: int


@dataclass(frozen=True, slots=True)
class Serve(Frame):
    """Accept streams of a protocol from now on."""

    request: int
    protocol: str


@dataclass(frozen=True, slots=True)
class OpenStream(Frame):
    """Open a stream to a connected peer."""

    request: int
    stream: int
    peer: str
    protocol: str


# --- both: about a stream -----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class StreamData(Frame):
    """Bytes of a stream, paid out of its credit."""

    stream: int
    data: bytes


@dataclass(frozen=True, slots=True)
class StreamCredit(Frame):
    """So many bytes of a stream were taken in, and may be sent again."""

    stream: int
    amount: int


@dataclass(frozen=True, slots=True)
class StreamEnd(Frame):
    """This side sends no more on a stream."""

    stream: int


@dataclass(frozen=True, slots=True)
class StreamReset(Frame):
    """A stream is over in both directions; what is under way is lost."""

    stream: int


# --- up: the child tells the parent -------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Started(Frame):
    """The child listens."""

    peer: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed(Frame):
    """The child can't start, and why; it ends after this."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pong(Frame):
    """A sign of life, with the child's counters (:class:`knowchain_node.network.counters.ChildCounters`)."""

    number: int
    counters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Done(Frame):
    """A request was carried out."""

    request: int
    value: int
    text: str


@dataclass(frozen=True, slots=True)
class Refused(Frame):
    """A request was not carried out, and why."""

    request: int
    reason: str


@dataclass(frozen=True, slots=True)
class PeerRows(Frame):
    """The connected peers, one row each (:class:`knowchain_node.network.peers.Peer`)."""

    request: int
    rows: tuple[tuple[Item, ...], ...]


@dataclass(frozen=True, slots=True)
class GossipUp(Frame):
    """A message of another peer, not judged yet; paid out of the gossip credit."""

    message: bytes
    topic: str
    data: bytes
    origin: str
    forwarder: str


@dataclass(frozen=True, slots=True)
class PeerUp(Frame):
    """A peer is connected."""

    peer: str
    address: str
    outbound: bool


@dataclass(frozen=True, slots=True)
class PeerDown(Frame):
    """The last connection with a peer ended."""

    peer: str


@dataclass(frozen=True, slots=True)
class PeerGraftedUp(Frame):
    """A peer is in the mesh of a topic, and what is published there goes to it."""

    peer: str
    topic: str


@dataclass(frozen=True, slots=True)
class PeerSeen(Frame):
    """A peer was found in the local network; nothing about it is proven."""

    peer: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StreamOpened(Frame):
    """Another peer opened a stream of a served protocol."""

    stream: int
    peer: str
    protocol: str


_BOTH: Final[dict[int, type[Frame]]] = {
    40: StreamData,
    41: StreamCredit,
    42: StreamEnd,
    43: StreamReset,
}
DOWN: Final[dict[int, type[Frame]]] = {
    1: Start,
    2: Ping,
    3: Subscribe,
    4: Unsubscribe,
    5: Publish,
    6: VerdictDown,
    7: Connect,
    8: Disconnect,
    9: Keep,
    10: Ban,
    11: Unban,
    12: ListPeers,
    13: Serve,
    14: OpenStream,
    **_BOTH,
}
UP: Final[dict[int, type[Frame]]] = {
    20: Started,
    21: Failed,
    22: Pong,
    23: Done,
    24: Refused,
    25: PeerRows,
    26: GossipUp,
    27: PeerUp,
    28: PeerDown,
    29: PeerSeen,
    30: StreamOpened,
    31: PeerGraftedUp,
    **_BOTH,
}
_NUMBER: Final = {kind: number for number, kind in {**DOWN, **UP}.items()}
_NAMES: Final = {kind: tuple((one.name, str(one.type)) for one in fields(kind)) for kind in _NUMBER}  # type: ignore[arg-type]


def encode(frame: Frame) -> bytes:
    """``frame`` as bytes for the seam."""
    kind = type(frame)
    return pack((_NUMBER[kind], *(getattr(frame, name) for name, _ in _NAMES[kind])))


def decode(items: tuple[Item, ...], table: dict[int, type[Frame]]) -> Frame:
    """The frame that ``items`` say, if the side that sent them may say it.

    Raises:
        SeamBroken: the kind is not in ``table``, or a field has the wrong type or is too large.
    """
    number, values = items[0], items[1:]
    kind = table.get(number) if type(number) is int else None
    if kind is None:
        raise SeamBroken("a frame of kind {number} may not be sent this way over the seam", number=number)
    names = _NAMES[kind]
    if len(names) != len(values):
        raise SeamBroken("a frame {kind} has {count} fields", kind=kind.__name__, count=len(values))
    for (name, wanted), value in zip(names, values, strict=True):
        if not _is(value, wanted, MAX_PIECE if kind is StreamData else MAX_DATA):
            raise SeamBroken("{kind}.{name} is not a {wanted}", kind=kind.__name__, name=name, wanted=wanted)
    return kind(*values)


def _is(value: Item, wanted: str, most: int) -> bool:
    """Whether ``value`` has the type that a field's annotation names, bytes being at most ``most``."""
    if wanted == "int":
        return type(value) is int
    if wanted == "bytes":
        return type(value) is bytes and len(value) <= most
    if wanted == "str":
        return type(value) is str and len(value) <= _MAX_TEXT
    if wanted == "bool":
        return type(value) is bool
    inner = wanted.removeprefix("tuple[").removesuffix(", ...]")
    if type(value) is not tuple:
        return False
    return inner == "Item" or all(_is(one, inner, most) for one in value)
