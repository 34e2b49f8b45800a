"""The parts of the DHT that need no network."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libp2p.kad_dht.pb.kademlia_pb2 import Message as Foreign
from multiaddr import Multiaddr

from knowchain.errors import ContentError, KnowchainError
from knowchain.identifiers import cid_of, from_base58
from knowchain_node.dht.addresses import is_local, pack, reachable_from, unpack
from knowchain_node.dht.records import ProviderRecords
from knowchain_node.dht.searching import search
from knowchain_node.dht.table import NEAREST, Table, nearest
from knowchain_node.dht.wire import ADD_PROVIDER, GET_PROVIDERS, Message, Whereabouts, decode, encode
from knowchain_node.network import peer_id_of

PEERS = [peer_id_of(bytes([n]) * 32) for n in range(60)]
KEY = cid_of(b"wanted").multihash
HERE = "/ip4/192.168.0.7/tcp/4001"


def unframed(data: bytes) -> bytes:
    return data[1:] if data[0] < 128 else data[2:]


# --- addresses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        HERE,
        "/ip6/fd00::7/tcp/65535",
        "/dns4/example.org/tcp/443",
        "/dns/example.org/tcp/1",
        f"{HERE}/p2p/{PEERS[0]}",
    ],
)
def test_addresses_are_those_of_other_implementations(address):
    assert pack(address) == Multiaddr(address).to_bytes()
    assert unpack(Multiaddr(address).to_bytes()) == address


@pytest.mark.parametrize(
    "address",
    ["/ip4/1.1.1.1/udp/4001/quic-v1", f"{HERE}/ws", "/unix/tmp", f"{HERE}/p2p/{PEERS[0]}/p2p-circuit"],
)
def test_what_is_not_tcp_alone_is_passed_over(address):
    assert pack(address) is None
    assert unpack(Multiaddr(address).to_bytes()) is None


@given(st.binary(max_size=64))
def test_any_bytes_are_an_address_or_none(data):
    text = unpack(data)
    assert text is None or pack(text) is not None


def test_every_interface_becomes_the_one_that_leads_to_the_other():
    wild = ("/ip4/0.0.0.0/tcp/4001", "/ip6/fd00::1/tcp/4001")
    assert reachable_from("/ip4/127.0.0.1/tcp/9", wild) == ["/ip4/127.0.0.1/tcp/4001", wild[1]]
    assert reachable_from("/dns4/example.org/tcp/1", wild[:1]) == []


def test_local_is_what_is_private_and_no_name():
    assert is_local(HERE)
    assert is_local("/ip4/127.0.0.1/tcp/1")
    for other in ("/ip4/1.1.1.1/tcp/1", "/ip4/0.0.0.0/tcp/1", "/dns4/localhost/tcp/1", "/ip4/junk/tcp/1", ""):
        assert not is_local(other)


# --- messages ----------------------------------------------------------------------------------------


def test_libp2p_reads_what_is_written_and_is_read():
    ours = Message(
        ADD_PROVIDER,
        KEY,
        (Whereabouts(PEERS[1], (HERE,)),),
        (Whereabouts(PEERS[2], (HERE, "/dns/a.b/tcp/1")),),
    )
    read = Foreign.FromString(unframed(encode(ours)))
    assert (read.type, read.key) == (ADD_PROVIDER, KEY)
    assert [(p.id, list(p.addrs)) for p in read.closerPeers] == [
        (from_base58(PEERS[1]), [Multiaddr(HERE).to_bytes()])
    ]
    read.providerPeers[0].connection = 1
    assert decode(read.SerializeToString()) == ours


def test_peers_without_a_good_id_and_addresses_not_for_us_are_left_out():
    made = Foreign(type=GET_PROVIDERS, key=KEY)
    made.closerPeers.add(id=b"junk", addrs=[pack(HERE)])
    quic = Multiaddr("/ip4/1.1.1.1/udp/1/quic-v1").to_bytes()
    made.providerPeers.add(id=from_base58(PEERS[1]), addrs=[quic, b"\xff", pack(f"{HERE}/p2p/{PEERS[1]}")])
    read = decode(made.SerializeToString())
    assert read.closer == ()
    assert read.providers == (Whereabouts(PEERS[1], (HERE,)),)


def test_a_flood_of_peers_and_addresses_is_cut():
    made = Foreign(type=GET_PROVIDERS)
    for peer in PEERS * 2:
        made.closerPeers.add(id=from_base58(peer), addrs=[pack(f"/ip4/10.0.0.{n}/tcp/1") for n in range(99)])
    read = decode(made.SerializeToString())
    assert len(read.closer) == 64
    assert all(len(peer.addresses) == 16 for peer in read.closer)


def test_a_key_without_end_is_refused():
    with pytest.raises(ContentError):
        decode(Foreign(type=GET_PROVIDERS, key=bytes(129)).SerializeToString())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_an_error_of_ours(data):
    try:
        decode(data)
    except KnowchainError:
        return


# --- records -----------------------------------------------------------------------------------------


def where(number: int) -> Whereabouts:
    return Whereabouts(PEERS[number], (HERE,))


def test_a_word_is_kept_for_two_days_and_may_be_given_again():
    records = ProviderRecords()
    records.add(KEY, where(1), 0.0)
    records.add(KEY, where(2), 100.0)
    assert records.of(KEY, 200.0) == [where(2), where(1)]
    records.add(KEY, where(1), 86_400.0)
    assert records.of(KEY, 48 * 3600.0 + 50) == [where(1), where(2)]
    assert records.of(KEY, 48 * 3600.0 + 150) == [where(1)]
    assert records.of(KEY, 10**6) == []
    assert len(records) == 0


def test_nobody_can_fill_the_records():
    records = ProviderRecords(most_keys=5, most_of_key=2, most_of_peer=3)
    assert [records.add(bytes([n]), where(0), 0.0) for n in range(4)] == [True, True, True, False]
    for n in range(10):
        records.add(b"popular", where(n + 1), 0.0)
    assert records.of(b"popular", 0.0) == [where(10), where(9)]
    for n in range(10):
        records.add(bytes([100 + n]), where(20 + n), 0.0)
    assert len(records) == 5
    assert records.add(b"new", where(0), 0.0)  # what it told is gone, so it may tell more


# --- the table and a search ----------------------------------------------------------------------------


def test_the_nearest_are_those_whose_hashes_are():
    table = Table()
    for n in range(60):
        table.answered(where(n))
    place = int.from_bytes(hashlib.sha256(KEY).digest(), "big")

    def distance(peer: Whereabouts) -> int:
        return place ^ int.from_bytes(hashlib.sha256(from_base58(peer.id)).digest(), "big")

    found = table.nearest(KEY)
    assert found == sorted((where(n) for n in range(60)), key=distance)[:NEAREST]
    assert found[0] not in table.nearest(KEY, without=found[0].id)


def test_the_table_is_bounded_and_lets_go_of_who_was_not_heard_of():
    table = Table(most=3)
    assert [table.answered(where(n)) for n in (0, 1, 2, 0)] == [True, True, True, False]
    table.answered(where(3))
    assert {peer.id for peer in table} == {PEERS[0], PEERS[2], PEERS[3]}
    table.failed(PEERS[0])
    assert PEERS[0] not in table


class Net:
    """Servers that know some others."""

    def __init__(self) -> None:
        self.knows: dict[str, list[int]] = {}
        self.has: dict[str, list[int]] = {}
        self.asked: list[str] = []

    async def ask(self, peer: Whereabouts, question: Message) -> Message | None:
        self.asked.append(peer.id)
        if peer.id not in self.knows:
            return None
        closer = tuple(where(n) for n in self.knows[peer.id])
        return Message(
            question.kind, question.key, closer, tuple(where(n) for n in self.has.get(peer.id, []))
        )


async def test_a_search_goes_from_server_to_server_and_never_twice_to_one():
    net = Net()
    for n in range(10):
        net.knows[PEERS[n]] = [n + 1, 0]
    net.has[PEERS[9]] = [30]
    providers, servers = await search(Message(GET_PROVIDERS, KEY), [where(0)], net.ask, own=PEERS[5])
    assert providers == []  # the way to the tenth leads through ourselves
    providers, servers = await search(Message(GET_PROVIDERS, KEY), [where(0)], net.ask, own=PEERS[59])
    assert providers == [where(30)]
    assert {server.id for server in servers} == set(PEERS[:10])
    assert net.asked.count(PEERS[0]) == 2


async def test_a_search_ends_with_enough_providers_and_with_enough_questions():
    net = Net()
    for n in range(60):
        net.knows[PEERS[n]] = list(range(60))
    providers, servers = await search(Message(GET_PROVIDERS, KEY), [where(0)], net.ask, own="")
    assert providers == []
    assert len(servers) <= 43
    net.asked.clear()
    net.has = {peer: list(range(20)) for peer in PEERS}
    providers, _ = await search(Message(GET_PROVIDERS, KEY), [where(0)], net.ask, own="")
    assert len(providers) >= 8
    assert len(net.asked) == 1


def test_nothing_is_nearest_of_nothing():
    assert nearest(KEY, []) == []
