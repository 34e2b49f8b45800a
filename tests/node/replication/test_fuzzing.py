"""What peers send each other, changed at random: read or refused, in bounded time and memory."""

from __future__ import annotations

import contextlib
import random
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, Final

import pytest

from knowchain import codec
from knowchain.admission import Incoming
from knowchain.errors import PeerError
from knowchain.identifiers import RAW, cid_of
from knowchain.sync import FrameReader, framed
from knowchain.sync.messages import (
    Blocks,
    Credit,
    Have,
    Hello,
    Reconcile,
    Served,
    Want,
    decode_session,
    encode_session,
)
from knowchain.sync.negentropy import Mode, Range, decode_message, encode_range
from knowchain_node.bitswap import wire
from knowchain_node.dht import wire as dht
from knowchain_node.network import peer_id_of
from knowchain_node.replication.blocks import _read_want
from knowchain_node.replication.envelope import pack, unpack
from knowchain_node.replication.introducing import _read

PEER: Final = peer_id_of(bytes(32))
IDS: Final = b"".join(sorted(bytes([n]) * 32 for n in range(8)))


def session(payload: bytes) -> object:
    message = decode_session(payload)
    return decode_message(message.message) if isinstance(message, Reconcile) else message


def frames(data: bytes) -> object:
    return FrameReader(2**16).feed(data)


def reconciliation() -> bytes:
    ranges = (
        Range(bytes([128]) + bytes(31), Mode.FINGERPRINT, bytes(16)),
        Range(bytes([255]) + bytes(31), Mode.ID_LIST, b"".join(bytes([n]) * 32 for n in (129, 200))),
    )
    return b"\x61" + b"".join(map(encode_range, ranges))


def bitswap(data: bytes) -> object:
    return [wire.decode(payload) for payload in wire.Unframing().feed(data)]


def bitswap_message() -> bytes:
    cid = cid_of(b"block")
    entries = [wire.Entry(cid, have=True, dont_have=True), wire.Entry(cid, cancel=True)]
    presences = [wire.Presence(cid, have) for have in (True, False)]
    return wire.encode(entries, full=True, blocks=[(cid, b"block")], presences=presences)


def provided() -> dht.Message:
    provider = dht.Whereabouts(PEER, ("/ip4/10.0.0.7/tcp/1",))
    return dht.Message(dht.ADD_PROVIDER, bytes(34), providers=(provider,))


SEEDS: Final[dict[str, tuple[Callable[[bytes], Any], list[bytes]]]] = {
    "envelopes": (unpack, list(pack([Incoming(b"b" * 90, b"body"), Incoming(b"c" * 40, None)]))),
    "introductions": (
        _read,
        [codec.encode([["/ip4/192.0.2.7/tcp/1/p2p/x"], ["/ip4/192.0.2.8/tcp/1/p2p/y"] * 3])],
    ),
    "wants": (_read_want, [codec.encode([cid_of(bytes([n]), RAW) for n in range(3)])]),
    "sessions": (
        session,
        [
            encode_session(message)
            for message in (
                Hello("main", 12),
                Reconcile(reconciliation()),
                Have(IDS, True),
                Want("records", IDS, True),
                Credit(4096),
                Blocks(((b"b" * 64, b"body"), (b"c" * 32, None))),
                Served(IDS[:64]),
            )
        ],
    ),
    "bitswap": (bitswap, [bitswap_message()]),
    "providers": (lambda data: dht.decode(data[1:]), [dht.encode(provided())]),
    "frames": (frames, [framed(b"payload") * 3]),
}  # fmt: skip


def changed(chance: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        out[chance.randrange(len(out))] = chance.randrange(256)
    if chance.random() < 0.3:
        del out[chance.randrange(len(out)) :]
    if chance.random() < 0.2:
        at = chance.randrange(len(out) + 1)
        out[at:at] = chance.choice(
            (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b"\x5b\x7f" + b"\xff" * 7, b"\x81" * 40)
        )
    return bytes(out) if chance.random() > 0.05 else chance.randbytes(chance.randrange(64))


def fuzz(count: int, seed: int) -> None:
    """So many cases over all kinds; a find is repeated by its seed."""
    chance = random.Random(seed)
    kinds = list(SEEDS.values())
    begun = time.process_time()
    for _ in range(count):
        read, valid = chance.choice(kinds)
        with contextlib.suppress(PeerError):
            read(changed(chance, chance.choice(valid)))
    assert (time.process_time() - begun) / count < 0.002


def test_what_is_changed_is_valid_before() -> None:
    for read, valid in SEEDS.values():
        for data in valid:
            read(data)


def test_a_slice_of_the_fuzzing_campaign() -> None:
    fuzz(5_000, seed=1)


@pytest.mark.slow
def test_a_million_hostile_messages_neither_crash_nor_hang_nor_grow() -> None:
    fuzz(50_000, seed=2)
    grown = []
    for seed in range(3, 12):
        tracemalloc.start()
        fuzz(20_000, seed)
        grown.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        fuzz(90_000, seed + 100)
    assert grown[-1] < 2 * grown[0] + 200_000
