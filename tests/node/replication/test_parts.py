"""The parts of replication by themselves: envelopes, wants, blocks, introductions, conduct, the peer book."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from knowchain import codec
from knowchain.admission import Incoming
from knowchain.content.blocks import MemoryBlocks
from knowchain.errors import ContentError, SyncError
from knowchain.identifiers import RAW, cid_of
from knowchain.sync import FrameReader, framed
from knowchain_node.network import StreamBroken
from knowchain_node.replication import blocks as blocks_module
from knowchain_node.replication import peerbook
from knowchain_node.replication.blocks import BlockAsker, BlockServer
from knowchain_node.replication.conduct import GARBAGE, NUISANCE, Conduct
from knowchain_node.replication.envelope import MAX_ENVELOPE, pack, topic_of, unpack
from knowchain_node.replication.introducing import _read, ip_of, own_addresses, scope_of
from knowchain_node.replication.peerbook import PeerBook, peer_in
from knowchain_node.replication.wants import Wanted, Wants

PEER = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
OTHER = "12D3KooWLXsWygixAyk8HXFTWdgpi16ZyS39Jk9hn73Eqfjovp4V"


class Pipe:
    """A stream whose other side is a list of pieces; what is written is kept."""

    peer = PEER

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self.written = bytearray()
        self.was_reset = False

    async def read(self, _most: int = 0) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    async def write(self, data: bytes) -> None:
        self.written += data

    def reset(self) -> None:
        self.was_reset = True

    async def __aenter__(self) -> Pipe:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    @property
    def answers(self) -> list[Any]:
        return [codec.decode(payload) for payload in FrameReader(2**22).feed(bytes(self.written))]


# --- envelopes -------------------------------------------------------------------------------------------


def test_records_are_packed_in_order_and_read_again() -> None:
    records = [Incoming(bytes([n]) * 1000, b"body" if n % 2 else None) for n in range(200)]
    envelopes = list(pack(records))
    assert len(envelopes) > 1
    assert all(len(envelope) <= MAX_ENVELOPE for envelope in envelopes)
    assert [record for envelope in envelopes for record in unpack(envelope)] == records


def test_a_body_that_does_not_fit_is_left_to_sync() -> None:
    (envelope,) = pack([Incoming(b"b" * 32_000, b"x" * 40_000)])
    assert unpack(envelope) == [Incoming(b"b" * 32_000, None)]


@pytest.mark.parametrize(
    "value",
    [[], [[]], [b"block"], [["text"]], [[b"a", b"b", b"c"]], {"a": 1}, 7, [[b"a"]] * 257, [[[b"a"]]]],
)
def test_what_is_no_envelope_is_refused(value: Any) -> None:
    with pytest.raises(SyncError) as refused:
        unpack(codec.encode(value))
    assert refused.value.reason == "malformed"


def test_a_topic_names_its_network() -> None:
    assert topic_of("main") == "/knowchain/main/records/1"


# --- wants -----------------------------------------------------------------------------------------------


def wanted(n: int) -> Wanted:
    return Wanted(cid_of(bytes([n]), RAW))


def test_a_want_is_taken_once_and_comes_back_later_and_later() -> None:
    wants = Wants()
    wants.add(wanted(1))
    pauses, now = [], 0.0
    while (taken := wants.take(now)) is not None:
        assert wants.take(now) is None
        wants.failed(taken.root, now)
        if not wants:
            break
        pauses.append(wants.next_due() - now)
        now = wants.next_due()
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert max(pauses) == 3600
    assert len(pauses) == 23


def test_a_new_connection_makes_everything_due_and_done_is_done() -> None:
    wants = Wants()
    for n in range(3):
        wants.add(wanted(n))
    for _ in range(3):
        taken = wants.take(0.0)
        assert taken is not None
        wants.failed(taken.root, 0.0)
    assert wants.take(0.5) is None
    wants.hurry(0.5)
    roots = [taken.root for _ in range(3) if (taken := wants.take(0.5))]
    assert len(set(roots)) == 3
    for root in roots:
        wants.done(root)
    assert len(wants) == 0


def test_there_are_only_so_many_wants() -> None:
    wants = Wants(most=2)
    for n in range(5):
        wants.add(wanted(n))
    assert wants.full
    assert len(wants) == 2


# --- blocks ----------------------------------------------------------------------------------------------


def held(*data: bytes) -> MemoryBlocks:
    blocks = MemoryBlocks()
    for each in data:
        blocks.put(cid_of(each, RAW), each)
    return blocks


def want(*data: bytes) -> bytes:
    return framed(codec.encode([cid_of(each, RAW) for each in data]))


async def test_wants_are_answered_in_order_and_what_lacks_is_said() -> None:
    pipe = Pipe(want(b"one", b"nowhere", b"two"), want(b"two"))
    await BlockServer(held(b"one", b"two"), lambda *_: None).serve(pipe)  # type: ignore[arg-type]
    one, two, nowhere = (cid_of(each, RAW) for each in (b"one", b"two", b"nowhere"))
    assert pipe.answers == [[one, b"one"], [nowhere], [two, b"two"], [two, b"two"]]


@pytest.mark.parametrize(
    "payload",
    [codec.encode([]), codec.encode([cid_of(b"x")] * 17), codec.encode([b"x"]), b"\xff", codec.encode("x")],
)
async def test_garbage_for_a_want_is_blamed_and_ends_the_stream(payload: bytes) -> None:
    blamed: list[tuple[str, float]] = []
    pipe = Pipe(framed(payload), want(b"one"))
    await BlockServer(held(b"one"), lambda *fault: blamed.append(fault)).serve(pipe)  # type: ignore[arg-type]
    assert blamed == [(PEER, GARBAGE)]
    assert pipe.answers == []


async def test_a_want_longer_than_its_bound_is_blamed_before_it_is_read() -> None:
    blamed: list[tuple[str, float]] = []
    server = BlockServer(held(), lambda *fault: blamed.append(fault))
    await server.serve(Pipe((2**20).to_bytes(4, "big") + bytes(2048)))  # type: ignore[arg-type]
    assert blamed == [(PEER, GARBAGE)]


async def test_a_peer_is_served_only_so_many_streams() -> None:
    gate = asyncio.Event()

    class Slow(Pipe):
        async def read(self, _most: int = 0) -> bytes:
            await gate.wait()
            return b""

    server = BlockServer(held(), lambda *_: None)
    streams = [Slow() for _ in range(6)]
    serving = [asyncio.create_task(server.serve(stream)) for stream in streams]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [stream.was_reset for stream in streams] == [False] * 4 + [True] * 2
    gate.set()
    await asyncio.gather(*serving)


def answer(*parts: Any) -> bytes:
    return framed(codec.encode(list(parts)), blocks_module.MAX_BLOCK + 256)


async def test_an_asker_takes_what_it_asked_for_and_checks_it() -> None:
    one, two = cid_of(b"one", RAW), cid_of(b"two", RAW)
    asker = BlockAsker(Pipe(answer(one, b"one") + answer(two)))  # type: ignore[arg-type]
    assert await asker.ask([one, two]) == {one: b"one"}
    for lie in (answer(one, b"other"), answer(two, b"two"), answer(one, "one"), answer(), framed(b"\xff")):
        with pytest.raises((ContentError, SyncError)):
            await BlockAsker(Pipe(lie)).ask([one])  # type: ignore[arg-type]
    with pytest.raises(StreamBroken):
        await BlockAsker(Pipe(answer(one, b"one")[:-1])).ask([one])  # type: ignore[arg-type]


# --- introductions ---------------------------------------------------------------------------------------


def test_of_itself_a_peer_is_believed_only_where_it_is_connected_from() -> None:
    told = [
        f"/ip4/192.0.2.7/tcp/4001/p2p/{PEER}",
        f"/ip4/0.0.0.0/tcp/4002/p2p/{PEER}",
        f"/ip4/198.51.100.1/tcp/4001/p2p/{PEER}",
        f"/ip4/192.0.2.7/tcp/4001/p2p/{OTHER}",
        f"/ip6/::/tcp/4003/p2p/{PEER}",
        f"/dns4/example.org/tcp/4001/p2p/{PEER}",
        "/ip4/192.0.2.7/tcp/4001",
    ]
    assert own_addresses(PEER, told, ip_address("192.0.2.7")) == [
        f"/ip4/192.0.2.7/tcp/4001/p2p/{PEER}",
        f"/ip4/192.0.2.7/tcp/4002/p2p/{PEER}",
    ]


def test_an_address_reaches_as_far_as_its_network() -> None:
    scopes = {"127.0.0.1": 0, "::1": 0, "10.0.0.1": 1, "192.168.1.1": 1, "fe80::1": 1, "1.1.1.1": 2}
    assert {text: scope_of(ip_address(text)) for text in scopes} == scopes


@pytest.mark.parametrize("address", ["", "/", "ip4/1.2.3.4", "/dns4/x/tcp/1", "/ip4/1.2.3/tcp/1", "/ip4"])
def test_what_begins_with_no_ip_address_has_none(address: str) -> None:
    assert ip_of(address) is None


@pytest.mark.parametrize(
    "value",
    [
        [[], [], []],
        [[]],
        [["/x"] * 9, []],
        [[], ["/x"] * 33],
        [["no slash"], []],
        [["/" + "x" * 256], []],
        [["/é"], []],
        [[b"/x"], []],
        "x",
        [[["/x"]], []],
    ],
)
def test_what_is_no_introduction_is_refused(value: Any) -> None:
    with pytest.raises(SyncError) as refused:
        _read(codec.encode(value))
    assert refused.value.reason == "malformed"


# --- conduct ---------------------------------------------------------------------------------------------


def test_faults_add_up_fade_and_shut_out_for_longer_each_time() -> None:
    now = 0.0
    conduct = Conduct(lambda: now)
    assert conduct.fault("a", GARBAGE) is None
    assert conduct.fault("a", GARBAGE) == 3600
    assert conduct.weight("a") == 0
    assert conduct.fault("a", GARBAGE) is None
    now += 600
    assert conduct.weight("a") == pytest.approx(GARBAGE / 2)
    assert conduct.fault("a", GARBAGE) is None
    assert conduct.fault("a", NUISANCE) == 7200
    assert conduct.weight("b") == 0


def test_nuisances_now_and_then_are_borne() -> None:
    now = 0.0
    conduct = Conduct(lambda: now)
    for _ in range(1000):
        assert conduct.fault("a", NUISANCE) is None
        now += 600


def test_the_marks_of_many_peers_are_bounded_and_the_worst_are_kept() -> None:
    conduct = Conduct(lambda: 0.0)
    conduct.fault("worst", GARBAGE)
    for n in range(10_000):
        conduct.fault(f"peer {n}", NUISANCE)
    assert conduct.weight("worst") == GARBAGE
    assert sum(conduct.weight(f"peer {n}") > 0 for n in range(10_000)) <= 4096


# --- the peer book ---------------------------------------------------------------------------------------


async def test_the_book_remembers_where_peers_were_and_who_is_shut_out(tmp_path: Any) -> None:
    now = 1_000_000
    book = PeerBook(tmp_path / "book", lambda: now)
    book.met(PEER, f"/ip4/192.0.2.7/tcp/1/p2p/{PEER}")
    book.met(OTHER, f"/ip4/192.0.2.8/tcp/1/p2p/{OTHER}")
    book.ban(OTHER, 60)
    book.save()
    again = PeerBook(tmp_path / "book", lambda: now)
    assert again.dialable(10) == [f"/ip4/192.0.2.7/tcp/1/p2p/{PEER}"]
    assert again.banned() == {OTHER: 60.0}
    now += 61_000
    assert again.banned() == {}
    assert len(again.dialable(10)) == 2
    assert len(again.dialable(1)) == 1


async def test_the_book_is_bounded_and_a_ban_outlives_acquaintances(tmp_path: Any) -> None:
    now = 0
    book = PeerBook(tmp_path / "book", lambda: now)
    book.ban("shut out", 10**9)
    for n in range(1500):
        now += 1
        book.met(f"peer {n}", f"/ip4/192.0.2.7/tcp/{n}/p2p/peer {n}")
    for n in range(30):
        book.met("peer 1499", f"/ip4/192.0.2.7/tcp/{n}/p2p/peer 1499")
    entries = book.entries()
    assert len(entries) == 1001
    assert "shut out" in book.banned()
    assert len(next(entry for entry in entries if entry.id == "peer 1499").addresses) == 8
    book.unban("shut out")
    assert book.banned() == {}
    book.save()


async def test_a_book_that_is_saved_while_it_is_being_written_holds_the_last_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow disk writes the state of a while ago when the peer ends and saves that of now."""
    begun, go_on = threading.Event(), threading.Event()
    real = peerbook.write_whole

    def slow(path: Path, data: bytes) -> None:
        if not begun.is_set():
            begun.set()
            assert go_on.wait(10)
        real(path, data)

    monkeypatch.setattr(peerbook, "write_whole", slow)
    book = PeerBook(tmp_path / "book", lambda: 5)
    book.met("a", None)
    book._save_aside()
    assert await asyncio.to_thread(begun.wait, 10)
    book.met("b", None)
    ending = asyncio.get_running_loop().run_in_executor(None, book._write, *book._data())
    go_on.set()
    await ending
    assert {entry.id for entry in PeerBook(tmp_path / "book", lambda: 5).entries()} == {"a", "b"}
    assert os.listdir(tmp_path) == ["book"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[1]", b'{"a": 1}', b'[{"id": 7}]', b"\xff"])
async def test_a_book_that_was_damaged_is_begun_anew(tmp_path: Any, content: bytes) -> None:
    (tmp_path / "book").write_bytes(content)
    book = PeerBook(tmp_path / "book", lambda: 0)
    assert book.entries() == []
    book.met(PEER, None)
    book.save()
    assert json.loads((tmp_path / "book").read_text())[0]["id"] == PEER


def test_the_peer_of_an_address() -> None:
    assert peer_in(f"/ip4/192.0.2.7/tcp/1/p2p/{PEER}") == PEER
    for address in ("/ip4/192.0.2.7/tcp/1", "/p2p/", f"/p2p/{PEER}/p2p-circuit", ""):
        assert peer_in(address) is None
