"""Attacks on each row of the table in docs/spec/network.md, by peers that speak raw libp2p.

After each the victim must be in its first life, and an honest peer must get through to it.
Rows 8, 9 and 10 are also attacked in test_supervision.py, the drops of row 7 in test_gossip.py.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trio
from libp2p import new_host
from libp2p.abc import IHost
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_x25519
from libp2p.exceptions import BaseLibp2pError
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo, info_from_p2p_addr
from libp2p.pubsub.pb import rpc_pb2 as pb
from libp2p.pubsub.validators import PUBSUB_SIGNING_PREFIX
from libp2p.security.insecure.transport import PLAINTEXT_PROTOCOL_ID, InsecureTransport
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as NoiseTransport
from libp2p.security.secio import transport as secio
from libp2p.utils.varint import encode_varint_prefixed
from multiaddr import Multiaddr

from knowchain_node.network import Limits, NetworkService, PeerUnreachable
from knowchain_node.network.child.guards.listening import CannotListen, listening
from knowchain_node.network.child.host import build_host
from knowchain_node.network.child.router import name_of
from knowchain_node.network.counters import ChildCounters

World = Any
TOPIC = "knowchain/test/1"
MESHSUB = "/meshsub/1.1.0"
SILENT = "/knowchain/test/silent/1"
LOOPBACK = Multiaddr("/ip4/127.0.0.1/tcp/0")

Attack = Callable[[IHost, ID], Awaitable[None]]


async def attacked(
    net: NetworkService, attack: Attack, handlers: dict[str, Any] | None = None, **options: Any
) -> Any:
    """Run ``attack`` in a libp2p host of its own, connected with ``net``, in another thread.

    Returns what it returns, or what stopped it: to be cut off is what becomes of attackers.
    """
    keys = create_new_key_pair(os.urandom(32))
    noise = {NOISE: NoiseTransport(keys, noise_privkey=create_x25519().private_key)}
    info = info_from_p2p_addr(Multiaddr(net.listening[0]))

    async def run() -> Any:
        host = new_host(key_pair=keys, **{"sec_opt": noise, **options})
        for protocol, handler in (handlers or {}).items():
            host.set_stream_handler(protocol, handler)
        async with host.run([LOOPBACK]):
            try:
                with trio.fail_after(20):
                    await host.connect(PeerInfo(info.peer_id, info.addrs))
                    return await attack(host, info.peer_id)
            except BaseLibp2pError as error:
                return error
            finally:
                with trio.CancelScope(shield=True), trio.move_on_after(2):
                    await host.close()

    return await asyncio.to_thread(trio.run, run)


async def victim(world: World, **limits: int) -> NetworkService:
    settings = Limits(**{"connections_per_ip": 100, **limits})
    return await world.peer(TOPIC, limits=settings, ping_seconds=0.05)


async def is_well(world: World, net: NetworkService) -> None:
    """An honest peer gets through, and the victim never died."""
    honest = await world.peer(TOPIC)
    events = honest.events()
    await world.within(honest.connect(net.listening[0]))
    await world.grafted(events, net.peer_id)
    data = os.urandom(16)
    await honest.publish(TOPIC, data)
    messages = net.messages(TOPIC)
    while (message := await world.within(anext(messages))).data != data:
        message.ignore()
    assert net.counters.restarts == 0


async def write_raw(host: IHost, peer: ID, data: bytes) -> None:
    """Open a stream and write ``data`` where the protocol is negotiated."""
    stream = await host.get_network().new_stream(peer)
    await stream.write(data)
    with trio.move_on_after(0.3):
        while await stream.read(4096):
            pass


async def gossip(host: IHost, peer: ID, *rpcs: bytes) -> None:
    """Send envelopes over a gossip stream, until they are read or refused."""
    stream = await host.new_stream(peer, [MESHSUB])
    for rpc in rpcs:
        await stream.write(encode_varint_prefixed(rpc))
    await stream.close()
    with trio.move_on_after(5), suppress(BaseLibp2pError):  # the victim ends its side when it has read
        while await stream.read(4096):
            pass


def signed(host: IHost, data: bytes, topic: str = TOPIC, number: int = 1) -> pb.Message:
    message = pb.Message(
        data=data, topicIDs=[topic], from_id=host.get_id().to_bytes(), seqno=number.to_bytes(8, "big")
    )
    message.signature = host.get_private_key().sign(
        PUBSUB_SIGNING_PREFIX.encode() + message.SerializeToString()
    )
    message.key = host.get_public_key().serialize()
    return message


# --- row 1 ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "data",
    [
        b"\x04\xff\xfe\xfd\n",
        b"\xff" * 64,
        b"\x00",
        b"\x80\x80\x80\x80\x80\x80\x01" + b"x" * 5000,
        b"\x13/multistream/1.0.0\n\x05\xff\xfe\xfd\xfc\n",
        b"\x13/multistream/1.0.0\n" + b"\x03ls\n" * 2000,
    ],
    ids=["bad UTF-8", "a length without an end", "nothing", "a length of 2^42", "bad UTF-8 later", "listing"],
)
async def test_row_1_what_a_handler_raises_does_not_end_the_host(world: World, data: bytes) -> None:
    net = await victim(world)

    async def attack(host: IHost, peer: ID) -> None:
        for _ in range(2):
            try:
                await write_raw(host, peer, data)
            except BaseLibp2pError:
                continue

    await attacked(net, attack)
    await is_well(world, net)


async def test_row_1_streams_that_break_off_do_not_end_the_host(world: World) -> None:
    net = await victim(world)

    async def attack(host: IHost, peer: ID) -> None:
        for protocol in ("/ipfs/ping/1.0.0", "/ipfs/id/1.0.0", MESHSUB):
            stream = await host.new_stream(peer, [protocol])
            await stream.write(b"\x05abc")
            await stream.reset()
        for _ in range(10):
            await (await host.get_network().new_stream(peer)).reset()

    await attacked(net, attack)
    await is_well(world, net)


@pytest.mark.parametrize(
    "answer", [b"\x04\xff\xff\xff\xff", b"\xff" * 20, b"", b"\xff\xff\xff\x7f"], ids=repr
)
async def test_row_1_a_malformed_answer_to_identify_does_not_end_the_host(
    world: World, answer: bytes
) -> None:
    """We ask every peer that connects what it is; libp2p reads the answer in a task of the whole program."""
    net = await victim(world)

    asked = trio.Event()

    async def lie(stream: Any) -> None:
        await stream.write(answer)
        await stream.close()
        asked.set()

    async def attack(host: IHost, peer: ID) -> None:
        await asked.wait()

    await attacked(net, attack, {"/ipfs/id/1.0.0": lie})
    await is_well(world, net)


# --- row 2 ------------------------------------------------------------------------------------------
async def test_row_2_malformed_gossip_does_not_end_the_host(world: World) -> None:
    net = await victim(world)

    async def attack(host: IHost, peer: ID) -> None:
        def changed(**fields: Any) -> bytes:
            message = signed(host, os.urandom(8))
            for name, value in fields.items():
                message.ClearField(name)
                if isinstance(value, list):
                    getattr(message, name).extend(value)
                else:
                    setattr(message, name, value)
            return pb.RPC(publish=[message]).SerializeToString()

        await gossip(host, peer, b"\xff\xff\xff not a protobuf")
        await gossip(host, peer, changed(key=b"\x08\x01\x12\x20 malformed", from_id=b"\x12\x20" + bytes(32)))
        await gossip(host, peer, changed(key=b"\xff"), changed(from_id=b""), changed(from_id=b"\xff" * 500))
        await gossip(host, peer, changed(topicIDs=[]), changed(topicIDs=[TOPIC, "b"]), changed(signature=b""))
        await gossip(host, peer, changed(signature=bytes(64)), changed(from_id=peer.to_bytes()))

    await attacked(net, attack)
    await world.until(lambda: net.counters.child.gossip_malformed == 4)
    await world.until(lambda: net.counters.child.gossip_unsigned == 6)
    await is_well(world, net)
    assert net.counters.accepted + net.counters.rejected == 0, "nothing malformed came up to be judged"


async def test_row_2_an_envelope_that_is_too_large_ends_its_stream(world: World) -> None:
    net = await victim(world)

    async def attack(host: IHost, peer: ID) -> None:
        for length in (b"\xff\xff\xff\xff\x7f", b"\xff" * 10, b"\x81\x80\x10"):
            stream = await host.new_stream(peer, [MESHSUB])
            await stream.write(length + b"x" * 100)
            with trio.fail_after(5), pytest.raises(BaseLibp2pError):
                while True:
                    await stream.read(1)

    await attacked(net, attack)
    await world.until(lambda: net.counters.child.gossip_malformed >= 3)
    await is_well(world, net)


# --- row 3 ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["plaintext", "secio"])
async def test_row_3_a_peer_that_does_not_speak_noise_gets_in_as_nobody(world: World, kind: str) -> None:
    net = await victim(world)
    keys = create_new_key_pair(os.urandom(32))
    transports = {
        "plaintext": {PLAINTEXT_PROTOCOL_ID: InsecureTransport(keys)},
        "secio": {secio.ID: secio.Transport(keys)},
    }

    async def attack(host: IHost, peer: ID) -> None:
        raise AssertionError("connected")

    assert isinstance(await attacked(net, attack, sec_opt=transports[kind]), BaseLibp2pError)
    assert net.connected == frozenset()
    await is_well(world, net)


# --- rows 4 and 12 ----------------------------------------------------------------------------------
async def test_row_4_a_slot_is_free_again_when_its_connection_ends(world: World) -> None:
    """More connections than slots, one after the other."""
    net = await victim(world, connections=6, reserved_outbound=2)

    async def nothing(host: IHost, peer: ID) -> None:
        return None

    for _ in range(6):
        await attacked(net, nothing)
    await is_well(world, net)


async def test_row_4_connections_in_all_and_from_one_address_are_bounded(world: World) -> None:
    net = await victim(world, connections_per_ip=3)
    friends = [await world.peer() for _ in range(3)]
    for friend in friends:
        await world.within(friend.connect(net.listening[0]))
    fourth = await world.peer()
    refused = fourth.events()
    try:
        await world.within(fourth.connect(net.listening[0]))
    except PeerUnreachable:
        pass
    else:  # the dialler's side of the handshake is done before ours is
        await world.happens(refused, lambda event: type(event).__name__ == "PeerDisconnected")
    await world.until(lambda: net.counters.child.connections_refused >= 1)
    assert fourth.peer_id not in net.connected
    assert await world.within(net.connect(fourth.listening[0])), "dials of our own are not bounded by it"


def is_hung_up(one: socket.socket) -> bool:
    """Whether the other side closed a connection."""
    one.setblocking(False)
    try:
        while one.recv(4096):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return True


async def test_row_12_connections_that_say_nothing_do_not_keep_others_out(world: World) -> None:
    net = await victim(world)
    port = int(net.listening[0].split("/")[4])
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(260)]
    try:
        await asyncio.wait_for(is_well(world, net), 4)  # before the handshakes' deadline
        assert sum(is_hung_up(one) for one in idle) >= 200
    finally:
        for one in idle:
            one.close()
    await world.until(lambda: net.counters.child.handshakes_displaced >= 200)


async def test_row_12_a_handshake_has_a_deadline(world: World) -> None:
    net = await victim(world, handshake_seconds=1)
    port = int(net.listening[0].split("/")[4])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await world.within(reader.read(), 5)  # until the victim hangs up
    writer.close()
    await is_well(world, net)


async def test_what_is_sent_before_a_peer_is_proven_is_bounded(world: World) -> None:
    """multistream reads a name of any length; here its sender is cut off."""
    net = await victim(world, handshake_seconds=5)
    port = int(net.listening[0].split("/")[4])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\xff\xff\xff\xff\x0f")
    with pytest.raises(ConnectionError):
        for _ in range(2000):
            writer.write(bytes(65_536))
            await asyncio.wait_for(writer.drain(), 5)
    writer.close()
    await is_well(world, net)


# --- row 7 ------------------------------------------------------------------------------------------
async def test_row_7_a_peer_that_floods_is_slowed_and_others_get_through(world: World) -> None:
    net = await victim(world, gossip_messages_per_second=50, gossip_bytes_per_second=100_000)

    async def attack(host: IHost, peer: ID) -> None:
        small = [pb.RPC(publish=[signed(host, b"s%d" % n)]).SerializeToString() for n in range(180)]
        large = [pb.RPC(publish=[signed(host, os.urandom(60_000))]).SerializeToString() for _ in range(4)]
        await gossip(host, peer, *small, *large)

    started = time.monotonic()
    flood = asyncio.create_task(attacked(net, attack))
    await world.until(lambda: net.counters.child.gossip_delayed >= 20)
    await is_well(world, net)
    taken, seconds = net.counters.child.gossip_received, time.monotonic() - started
    assert taken <= 2 * 50 + 50 * seconds + 10
    await flood


async def test_a_wish_for_one_message_again_and_again_is_fulfilled_once(world: World) -> None:
    """libp2p sends a message as often as an IWANT names it: 60 kB asked for 400 times are 24 MB."""
    net = await victim(world)
    data, got, came, too_much = os.urandom(60_000), [0], trio.Event(), trio.Event()
    await net.publish(TOPIC, data)

    async def take(stream: Any) -> None:
        came.set()
        while True:
            got[0] += len(await stream.read(2**20))
            if got[0] >= 2**20:
                too_much.set()

    async def attack(host: IHost, peer: ID) -> None:
        await came.wait()
        name = name_of(pb.Message(data=data, topicIDs=[TOPIC]))
        wish = pb.ControlMessage(iwant=[pb.ControlIWant(messageIDs=[name] * 400)])
        for _ in range(5):
            await gossip(host, peer, pb.RPC(control=wish).SerializeToString())
        with trio.move_on_after(1):
            await too_much.wait()

    await attacked(net, attack, {MESHSUB: take})
    assert len(data) < got[0] < 2**20, "once for each wish at most"
    await is_well(world, net)


async def test_control_messages_that_ask_for_too_much_are_left_undone(world: World) -> None:
    net = await victim(world)

    async def attack(host: IHost, peer: ID) -> None:
        topics = [os.urandom(8).hex() for _ in range(60)]
        many = [pb.ControlGraft(topicID=TOPIC)] * 500
        prunes = [pb.ControlPrune(topicID=topic, backoff=2**62) for topic in topics]
        ids = [os.urandom(32) for _ in range(5000)]
        for control in (
            pb.ControlMessage(graft=many),
            pb.ControlMessage(prune=prunes),
            pb.ControlMessage(ihave=[pb.ControlIHave(topicID=TOPIC, messageIDs=ids)]),
            pb.ControlMessage(ihave=[pb.ControlIHave(topicID="unknown", messageIDs=ids)]),
        ):
            await gossip(host, peer, pb.RPC(control=control).SerializeToString())
        joins = [pb.RPC.SubOpts(subscribe=True, topicid=os.urandom(50).hex()) for _ in range(3000)]
        await gossip(host, peer, pb.RPC(subscriptions=joins).SerializeToString())

    await attacked(net, attack)
    await world.until(lambda: net.counters.child.control_refused >= 2)
    await is_well(world, net)


# --- rows 8, 9 and 10 ---------------------------------------------------------------------------------
def test_row_8_a_host_that_is_left_listens_no_more() -> None:
    """While the program goes on: libp2p's own goes on too, and takes connections that nobody serves."""

    async def run() -> int:
        host = build_host(os.urandom(32), "test", Limits(), ChildCounters())
        async with listening(host, ["/ip4/127.0.0.1/tcp/0"]):
            port = int(str(host.get_addrs()[0].value_for_protocol("tcp")))
            assert await answers(port)
        return await answers(port)

    assert not trio.run(run)


async def answers(port: int) -> bool:
    try:
        await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    "address", ["/ip4/127.0.0.1/udp/1", "/nonsense", "/dns4/localhost/tcp/0", "/ip4/192.0.2.1/tcp/0"]
)
def test_row_10_an_address_that_can_not_be_listened_on_is_said(address: str) -> None:
    async def run() -> None:
        host = build_host(os.urandom(32), "test", Limits(), ChildCounters())
        async with listening(host, [address]):
            raise AssertionError("listens")

    with pytest.raises(CannotListen):
        trio.run(run)


# --- row 11 -----------------------------------------------------------------------------------------
async def test_row_11_a_dead_address_neither_hides_a_living_one_nor_is_held_against_the_peer(
    world: World,
) -> None:
    net, other = await world.peer(), await world.peer()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound but not listening: refused
        dead = f"/ip4/127.0.0.1/tcp/{closed.getsockname()[1]}/p2p/{other.peer_id}"
        with pytest.raises(PeerUnreachable, match="refused"):
            await world.within(net.connect(dead))
        events = net.events()
        await net.keep((dead, other.listening[0]))
        await world.happens(events, lambda event: getattr(event, "peer", "") == other.peer_id)
    assert net.counters.restarts == 0


async def test_addresses_that_a_peer_claims_are_never_dialled(world: World) -> None:
    """libp2p dials what identify and signed records say, when it wants connections."""
    net = await victim(world)
    with socket.socket() as trap:
        trap.bind(("127.0.0.1", 0))
        trap.listen()
        trap.settimeout(1.5)
        claimed = [Multiaddr(f"/ip4/127.0.0.1/tcp/{trap.getsockname()[1]}")]

        async def attack(host: IHost, peer: ID) -> None:
            await gossip(host, peer, pb.RPC(publish=[signed(host, b"hello")]).SerializeToString())

        await attacked(net, attack, announce_addrs=claimed)
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(trap.accept)


# --- streams and windows ----------------------------------------------------------------------------
async def silent(stream: Any) -> None:
    await asyncio.Event().wait()


async def test_a_peer_that_sends_past_its_window_loses_its_connection(world: World) -> None:
    """libp2p logs it and buffers on, without an end."""
    net = await victim(world)
    net.on_stream(SILENT, silent)
    await is_well(world, net)

    async def attack(host: IHost, peer: ID) -> None:
        stream = await host.new_stream(peer, [SILENT])
        stream.muxed_stream.send_window = 2**40
        for _ in range(400):  # 24 MB
            await stream.write(bytes(60_000))

    await attacked(net, attack)
    await world.until(lambda: net.counters.child.windows_exceeded == 1)
    await is_well(world, net)


async def test_a_peer_that_fills_a_large_window_with_one_frame_is_heard(world: World) -> None:
    """js does, and libp2p opens a window some bytes wider than the megabyte that it aims at."""
    net = await victim(world)
    size = 2**20 + 20

    async def take(stream: Any) -> None:
        await stream.read_exactly(size)
        await stream.write(b"all of it")

    net.on_stream(SILENT, take)
    await is_well(world, net)

    async def send(host: IHost, peer: ID) -> bytes:
        stream = await host.new_stream(peer, [SILENT])
        muxed = stream.muxed_stream
        header = struct.pack(">BBHII", 0, 0, 0, muxed.stream_id, size)
        await muxed.conn.secured_conn.write(header + bytes(size))
        return bytes(await stream.read(9))

    assert await attacked(net, send) == b"all of it"
    assert net.counters.child.windows_exceeded == 0


async def test_a_peer_that_opens_streams_without_end_loses_its_connection(world: World) -> None:
    net = await victim(world, streams_per_second=50)

    async def attack(host: IHost, peer: ID) -> int:
        opened = 0
        with trio.move_on_after(4):
            try:
                for _ in range(2000):
                    await host.get_network().new_stream(peer)
                    opened += 1
            except BaseLibp2pError:
                pass
        return opened

    await attacked(net, attack)
    await world.until(lambda: net.counters.child.connections_refused >= 1)
    await is_well(world, net)


async def test_a_peer_that_opens_streams_somewhat_too_fast_waits(world: World) -> None:
    """Kubo opens a stream for each message, and is heard whole."""
    net = await victim(world, streams_per_second=50)
    heard = 0

    async def take(stream: Any) -> None:
        nonlocal heard
        heard += len(await stream.read())

    net.on_stream(SILENT, take)
    await is_well(world, net)

    async def send(host: IHost, peer: ID) -> None:
        for _ in range(115):  # a hundred at once are within the rate
            stream = await host.new_stream(peer, [SILENT])
            await stream.write(b"1")
            await stream.close()

    assert await attacked(net, send) is None
    await world.until(lambda: heard == 115)
    assert net.counters.child.connections_refused == 0


async def test_frames_of_yamux_that_make_no_sense_end_only_their_connection(world: World) -> None:
    net = await victim(world)

    async def attack(host: IHost, peer: ID) -> None:
        [conn] = host.get_network().connections[peer]
        for frame in (
            struct.pack("!BBHII", 9, 77, 0xFFFF, 5, 2**31),
            struct.pack("!BBHII", 0, 0, 1, 0, 10) + bytes(10),
            struct.pack("!BBHII", 0, 1, 1, 7, 2**32 - 1),
            struct.pack("!BBHII", 0, 0, 1, 9, 15 * 2**20),
        ):
            with trio.move_on_after(1):
                await conn.muxed_conn.secured_conn.write(frame)
        await trio.sleep(0.2)

    await attacked(net, attack)
    await is_well(world, net)


# --- for long ---------------------------------------------------------------------------------------
def memory_of(net: NetworkService) -> int:
    """Resident bytes of the child process."""
    lines = Path(f"/proc/{net.child_pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


@pytest.mark.slow
async def test_strangers_that_come_and_go_leave_nothing_behind(world: World) -> None:
    """Each with a new key, topics of its own, a gossip stream and messages."""
    settings = Limits(connections_per_ip=100)
    net = await world.peer(TOPIC, mode="process", limits=settings, ping_seconds=0.05)

    async def attack(host: IHost, peer: ID) -> None:
        joins = [pb.RPC.SubOpts(subscribe=True, topicid=os.urandom(50).hex()) for _ in range(60)]
        messages = [signed(host, os.urandom(5_000)) for _ in range(10)]
        await gossip(host, peer, pb.RPC(subscriptions=joins, publish=messages).SerializeToString())

    async def judge() -> None:
        async for message in net.messages(TOPIC):
            message.ignore()

    judging = asyncio.create_task(judge())
    for _ in range(60):
        await attacked(net, attack)
    before = memory_of(net)
    for _ in range(150):
        await attacked(net, attack)
    assert memory_of(net) - before < 8 * 2**20
    await world.until(lambda: not net.connected)
    judging.cancel()
    await is_well(world, net)


@pytest.mark.slow
async def test_three_idle_peers_take_less_than_half_a_percent_of_a_processor_each(world: World) -> None:
    nets = [await world.peer(TOPIC, mode="process") for _ in range(3)]
    for one, other in ((0, 1), (1, 2), (2, 0)):
        await world.mesh(nets[one], nets[other])

    def spent() -> float:
        ticks = 0
        for net in nets:
            fields = Path(f"/proc/{net.child_pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK") + time.process_time()

    before, seconds = spent(), 40.0
    await asyncio.sleep(seconds)  # the measurement itself: what is spent while nothing happens
    assert (spent() - before) / seconds / len(nets) < 0.005
