"""Gossip between real libp2p peers on loopback."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from knowchain.errors import InvalidValue, NotFound
from knowchain_node.network import NetworkDown, NetworkService

World = Any
TOPIC = "knowchain/test/1"


async def test_three_peers_get_each_others_batches(world: World) -> None:
    one, two, three = [await world.peer(TOPIC) for _ in range(3)]
    await world.mesh(one, two)
    await world.mesh(two, three)
    await world.mesh(three, one)
    peers = (one, two, three)
    batches = {
        net.peer_id: [bytes([n]) * 60_000 for n in range(10 * i, 10 * i + 8)] for i, net in enumerate(peers)
    }

    async def publish(net: NetworkService) -> None:
        for batch in batches[net.peer_id]:
            assert await net.publish(TOPIC, batch) >= 1

    getting = [asyncio.create_task(world.received(net, 16)) for net in peers]
    await world.within(asyncio.gather(*map(publish, peers)))
    for net, messages in zip(peers, await world.within(asyncio.gather(*getting)), strict=True):
        others = [batch for peer, sent in batches.items() if peer != net.peer_id for batch in sent]
        assert sorted(message.data for message in messages) == sorted(others)
        assert all(message.data in batches[message.origin] for message in messages)


async def test_only_what_the_parent_accepts_is_forwarded(world: World) -> None:
    """A line of three: what the middle ignores or rejects never comes to the end."""
    source, middle, end = [await world.peer(TOPIC) for _ in range(3)]
    await world.mesh(source, middle)
    await world.mesh(middle, end)
    for data in (b"ignored", b"rejected", b"good"):
        await source.publish(TOPIC, data)
    messages = middle.messages(TOPIC)
    for _ in range(3):
        message = await world.within(anext(messages))
        {b"ignored": message.ignore, b"rejected": message.reject, b"good": message.accept}[message.data]()
    [first] = await world.received(end, 1)
    assert first.data == b"good"
    assert (first.origin, first.forwarder) == (source.peer_id, middle.peer_id)
    [peer] = [peer for peer in await middle.peers() if peer.id == source.peer_id]
    assert peer.rejected == 1
    assert (middle.counters.accepted, middle.counters.ignored, middle.counters.rejected) == (1, 1, 1)


async def test_the_same_content_is_one_message_whoever_sends_it(world: World) -> None:
    one, two, reader = [await world.peer(TOPIC) for _ in range(3)]
    await world.mesh(one, reader)
    await world.mesh(two, reader)
    await one.publish(TOPIC, b"the same")
    await world.received(reader, 1)
    await two.publish(TOPIC, b"the same")
    await two.publish(TOPIC, b"another")
    [message] = await world.received(reader, 1)
    assert message.data == b"another"


async def test_a_reader_that_does_not_judge_holds_no_more_than_its_credit(world: World) -> None:
    """50 MiB are published to a peer that reads nothing: it holds 4, and is well afterwards."""
    source, slow = await world.peer(TOPIC), await world.peer(TOPIC)
    await world.mesh(source, slow)
    for number in range(200):
        await source.publish(TOPIC, number.to_bytes(4, "big") * 16_000)
    held = slow._gossip._queues[TOPIC].qsize()
    assert 0 < held <= 4 * 2**20 // 64_000 + 1
    await world.received(slow, held)
    await source.publish(TOPIC, b"and now?")
    messages = slow.messages(TOPIC)
    while (message := await world.within(anext(messages))).data != b"and now?":
        message.accept()


async def test_messages_in_a_burst_beyond_libp2ps_ten_a_second_all_arrive(world: World) -> None:
    """Row 7: libp2p's spam protection drops what is over 10 a second, own messages included."""
    source, sink = await world.peer(TOPIC), await world.peer(TOPIC)
    await world.mesh(source, sink)
    getting = asyncio.create_task(world.received(sink, 300))
    for number in range(300):
        await source.publish(TOPIC, b"%d" % number)
    assert len({message.data for message in await world.within(getting)}) == 300


async def test_what_can_not_be_published_says_why(world: World) -> None:
    net = await world.peer(TOPIC)
    with pytest.raises(InvalidValue, match="65536"):
        await net.publish(TOPIC, bytes(65_537))
    with pytest.raises(InvalidValue):
        await net.publish("", b"")
    with pytest.raises(NotFound):
        net.messages("another")
    assert await net.publish(TOPIC, b"to nobody") == 0


async def test_a_peer_that_is_not_up_refuses_at_once_and_remembers_what_it_is_told(world: World) -> None:
    net = await world.peer(wait=False)
    with pytest.raises(NetworkDown) as caught:
        await net.publish(TOPIC, b"too early")
    assert caught.value.remedy
    await net.subscribe(TOPIC)
    other = await world.peer(TOPIC)
    await world.within(net.ready())
    await world.mesh(other, net)
    await other.publish(TOPIC, b"joined")
    [message] = await world.received(net, 1)
    assert message.data == b"joined"


async def test_leaving_a_topic_ends_its_messages_and_joining_again_brings_them_back(world: World) -> None:
    one, two = await world.peer(TOPIC, "other"), await world.peer(TOPIC, "other")
    await world.mesh(one, two)
    reading = asyncio.create_task(anext(two.messages(TOPIC), None))
    await two.unsubscribe(TOPIC)
    assert await world.within(reading) is None, "who reads a topic that is left is told"
    await one.publish(TOPIC, b"unheard")
    await one.publish("other", b"heard")
    [message] = await world.received(two, 1, "other")
    assert message.data == b"heard"
