"""The messages of a sync session: arrays in strict DAG-CBOR.

::

    hello     = ["hello", 1, network: tstr, heads: uint]
    reconcile = ["reconcile", message: bytes]           ; negentropy v1
    have      = ["have", ids, last: bool]               ; heads that the initiator has alone
    want      = ["want", "records" / "bodies", ids, bodies: bool]
    credit    = ["credit", bytes: uint]
    blocks    = ["blocks", [+ [block: bytes, ? body: bytes]]]
    bodies    = ["bodies", [+ body: bytes]]
    served    = ["served", lacking: ids]                ; ends the oldest open want
    done      = ["done"]                                ; the sender wants nothing more
    close     = ["close", reason: tstr]
    ids       = bytes                                   ; 32-byte SHA-256 digests, joined

Source: docs/spec/sync.md, "Session".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from knowchain.codec import Value, decode, encode
from knowchain.errors import CodecError, SyncError
from knowchain.limits import MAX_BLOCK, MAX_BODY, MAX_INT
from knowchain.sync.limits import MAX_FRAME
from knowchain.sync.sorted_ids import ID_SIZE

VERSION: Final = 1
"""Version of the session protocol."""
MAX_TEXT: Final = 128
"""Characters of a network's name or of a reason."""
_DEPTH: Final = 3

WantKind: TypeAlias = Literal["records", "bodies"]


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of each side."""

    network: str
    heads: int


@dataclass(frozen=True, slots=True)
class Reconcile:
    """One message of the reconciliation."""

    message: bytes


@dataclass(frozen=True, slots=True)
class Have:
    """Heads that the initiator has and the responder lacks; the last one may be empty."""

    ids: bytes
    last: bool


@dataclass(frozen=True, slots=True)
class Want:
    """Ask for the lineage of heads, with or without bodies, or for bodies alone."""

    kind: WantKind
    ids: bytes
    bodies: bool


@dataclass(frozen=True, slots=True)
class Credit:
    """The receiver may send so many bytes of blocks and bodies more."""

    amount: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """Record blocks, parents before children, each with its body where there is one."""

    items: tuple[tuple[bytes, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Bodies:
    """Bodies that were asked for alone."""

    items: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Served:
    """The oldest open want is answered; ``lacking`` are the ids that were not there."""

    lacking: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """The sender has all it wants; it still serves."""


@dataclass(frozen=True, slots=True)
class Close:
    """The session is over at once, for a named reason."""

    reason: str


Message: TypeAlias = Hello | Reconcile | Have | Want | Credit | Blocks | Bodies | Served | Done | Close


def encode_session(message: Message) -> bytes:
    """The payload of the message's frame."""
    return encode(_listed(message))


def decode_session(payload: bytes) -> Message:
    """Read the payload of a frame.

    Raises:
        SyncError: ``malformed`` or ``version``.
    """
    try:
        value = decode(payload, max_depth=_DEPTH, max_size=MAX_FRAME)
    except CodecError as exc:
        raise SyncError("malformed", "a session message is not DAG-CBOR: {why}", why=str(exc)) from exc
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        raise SyncError("malformed", "a session message is no array that begins with its name")
    reader = _READERS.get(value[0])
    if reader is None:
        raise SyncError("malformed", "no session message is called {name}", name=repr(value[0][:40]))
    message = reader(value[1:])
    if message is None:
        raise SyncError("malformed", "the fields of a {name} message are not those it has", name=value[0])
    return message


def _listed(message: Message) -> Value:
    match message:
        case Hello():
            return ["hello", VERSION, message.network, message.heads]
        case Reconcile():
            return ["reconcile", message.message]
        case Have():
            return ["have", message.ids, message.last]
        case Want():
            return ["want", message.kind, message.ids, message.bodies]
        case Credit():
            return ["credit", message.amount]
        case Blocks():
            return ["blocks", [[block] if body is None else [block, body] for block, body in message.items]]
        case Bodies():
            return ["bodies", list(message.items)]
        case Served():
            return ["served", message.lacking]
        case Done():
            return ["done"]
        case Close():
            return ["close", message.reason]


def _hello(fields: list[Value]) -> Hello | None:
    match fields:
        case [int(version), *_] if version != VERSION:
            raise SyncError("version", "the peer speaks version {version} of sync, not 1", version=version)
        case [bool(), *_]:
            return None
        case [_, str(network), int(heads)] if _is_text(network) and _is_count(heads):
            return Hello(network, heads)
    return None


def _reconcile(fields: list[Value]) -> Reconcile | None:
    match fields:
        case [bytes(message)] if type(message) is bytes:
            return Reconcile(message)
    return None


def _have(fields: list[Value]) -> Have | None:
    match fields:
        case [bytes(ids), bool(last)] if _is_ids(ids):
            return Have(ids, last)
    return None


def _want(fields: list[Value]) -> Want | None:
    match fields:
        case ["records" | "bodies" as kind, bytes(ids), bool(bodies)] if ids and _is_ids(ids):
            return Want(kind, ids, bodies)
    return None


def _credit(fields: list[Value]) -> Credit | None:
    match fields:
        case [int(amount)] if _is_count(amount):
            return Credit(amount)
    return None


def _blocks(fields: list[Value]) -> Blocks | None:
    items: list[tuple[bytes, bytes | None]] = []
    match fields:
        case [[_, *_] as listed]:
            for item in listed:
                match item:
                    case [bytes(block)] if _is_sized(block, MAX_BLOCK):
                        items.append((block, None))
                    case [bytes(block), bytes(body)] if _is_sized(block, MAX_BLOCK) and _is_sized(
                        body, MAX_BODY
                    ):
                        items.append((block, body))
                    case _:
                        return None
            return Blocks(tuple(items))
    return None


def _bodies(fields: list[Value]) -> Bodies | None:
    match fields:
        case [[_, *_] as listed]:
            bodies = tuple(b for b in listed if isinstance(b, bytes) and _is_sized(b, MAX_BODY))
            return Bodies(bodies) if len(bodies) == len(listed) else None
    return None


def _served(fields: list[Value]) -> Served | None:
    match fields:
        case [bytes(lacking)] if _is_ids(lacking):
            return Served(lacking)
    return None


def _done(fields: list[Value]) -> Done | None:
    return None if fields else Done()


def _close(fields: list[Value]) -> Close | None:
    match fields:
        case [str(reason)] if _is_text(reason):
            return Close(reason)
    return None


def _is_ids(value: bytes) -> bool:
    return type(value) is bytes and len(value) % ID_SIZE == 0


def _is_sized(value: bytes, most: int) -> bool:
    return type(value) is bytes and 0 < len(value) <= most


def _is_count(value: int) -> bool:
    return type(value) is int and 0 <= value <= MAX_INT


def _is_text(value: str) -> bool:
    return 0 < len(value) <= MAX_TEXT and value.isprintable()


_READERS: Final[dict[str, Callable[[list[Value]], Message | None]]] = {
    "hello": _hello,
    "reconcile": _reconcile,
    "have": _have,
    "want": _want,
    "credit": _credit,
    "blocks": _blocks,
    "bodies": _bodies,
    "served": _served,
    "done": _done,
    "close": _close,
}
