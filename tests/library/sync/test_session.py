"""Two honest peers: whatever each has, both have it afterwards."""

from __future__ import annotations

import random

import pytest

from knowchain.errors import InvalidValue, NotAllowed
from knowchain.sync import Session, SyncLimits

SMALL = SyncLimits(reconcile_bytes=1_024, batch_bytes=1_000, heads_per_want=3)


def synced(a, b):
    assert a.session.over == b.session.over == "done"
    assert a.store.blocks == b.store.blocks
    assert list(a.store.heads()) == list(b.store.heads())


def test_a_new_peer_gets_everything_with_bodies(store, pair, talk):
    old, new = store(), store()
    genesis = old.write("identity")
    old.chain("device", 300, genesis)
    told = old.write("told", genesis, body=b"a body")
    for here, there in ((old, new), (store(), old)):
        a, b = pair(here, there)
        talk(a, b)
        synced(a, b)
    assert new.bodies == {old.body_of[told]: b"a body"}


def test_a_grown_chain_sends_only_what_is_new(store, pair, talk):
    old, new = store(), store()
    for each in (old, new):
        each.chain("a", 1000, each.write("identity"))
    tip = old.chain("a more", 5, next(iter(old.heads())))[-1]
    a, b = pair(new, old)
    talk(a, b)
    synced(a, b)
    assert a.session.counters.records_in == 5
    assert (a.session.counters.only_here, a.session.counters.only_there) == (1, 1)
    assert list(new.heads()) == [tip]


def test_the_responder_is_brought_up_too(store, pair, talk):
    one, two = store(), store()
    one.chain("one", 20)
    two.chain("two", 30)
    a, b = pair(one, two)
    talk(a, b)
    synced(a, b)
    assert a.session.counters.records_in == 30
    assert b.session.counters.records_in == 20


def test_equal_peers_pay_one_round_and_send_no_records(store, pair, talk):
    one, two = store(), store()
    for each in (one, two):
        for n in range(5000):
            each.write(f"{n}")
    a, b = pair(one, two)
    talk(a, b)
    synced(a, b)
    assert a.session.counters.rounds == 1
    assert a.session.counters.bytes_in + a.session.counters.bytes_out < 2_000


@pytest.mark.parametrize("seed", range(25))
def test_random_worlds_converge_under_small_frames(store, pair, talk, seed):
    rng = random.Random(seed)
    one, two = store(), store()
    shared: list[bytes] = []
    for n in range(rng.randrange(120)):
        parents = sorted(set(rng.sample(shared, min(len(shared), rng.randrange(4)))))
        shared.append(one.write(f"{n}", *parents))
    for block in one.blocks.values():
        two.admit(block)
    for each, name in ((one, "one"), (two, "two")):
        mine = list(shared)
        for n in range(rng.randrange(150)):
            parents = sorted(set(rng.sample(mine, min(len(mine), rng.randrange(4)))))
            body = rng.randbytes(rng.randrange(1, 400)) if rng.random() < 0.5 else None
            mine.append(each.write(f"{name} {n}", *parents, body=body))
    a, b = pair(one, two, limits=SMALL)
    talk(a, b)
    synced(a, b)
    assert one.bodies == two.bodies


@pytest.mark.parametrize("cut", [3, 5, 8, 13, 40])
def test_a_cut_session_is_resumed_from_what_came(store, pair, talk, cut):
    old, new = store(), store()
    old.chain("a", 400, size=100)
    sent = 0
    while new.blocks != old.blocks:
        a, b = pair(new, old, limits=SMALL)
        for _ in range(cut):
            a.step(b)
            b.step(a)
        sent += b.session.counters.records_out
        if not new.blocks:
            cut += 1
        assert sent < 2_000
    assert sent < 400 + 20 * (400 // max(1, cut)) + 100


def test_without_bodies_they_can_be_asked_for_later(store, pair, talk):
    old, new = store(), store()
    bodies = [bytes([n]) * 50 for n in range(40)]
    for n, body in enumerate(bodies):
        old.write(f"{n}", body=body)
    a, b = pair(new, old, bodies=False)
    talk(a, b)
    synced(a, b)
    assert not new.bodies
    a, b = pair(new, old, limits=SMALL)
    unknown = bytes(32)
    a.session.want_bodies([*old.body_of.values(), unknown])
    talk(a, b)
    assert a.session.over == "done"
    assert sorted(new.bodies.values()) == sorted(bodies)


def test_a_peer_that_is_far_behind_catches_up_over_several_sessions(store, pair, talk):
    old, new = store(), store()
    for n in range(3_000):
        old.write(f"{n}")
    sessions = 0
    left_over = True
    while left_over:
        a, b = pair(new, old, limits=SyncLimits(differing=500, reconcile_bytes=4_096))
        talk(a, b)
        assert a.session.over == b.session.over == "done"
        left_over = a.session.left_over
        sessions += 1
    assert new.blocks == old.blocks
    assert 3 < sessions <= 7


def test_blocks_wait_for_credit_and_credit_for_the_disk(store):
    old, new = store(), store()
    old.chain("a", 3000, size=1000)
    asking, giving = Session(new, "test", "initiator"), Session(old, "test", "responder")
    events = []
    moved = True
    while moved:
        moved = False
        while (payload := asking.next_payload()) is not None:
            giving.receive(payload)
            moved = True
        while (payload := giving.next_payload()) is not None:
            events += asking.receive(payload)
            moved = True
    window = SyncLimits().window_bytes
    assert window - 2_000 < sum(event.size for event in events) <= window
    assert old.read <= len(events) + 1
    assert asking.over is None
    for event in events:
        asking.settle(event, new.take(event))
    assert asking.next_payload() is not None


def test_what_a_later_version_wrote_does_not_end_the_session(store, pair):
    old, new = store(), store()
    old.chain("a", 3)
    a, b = pair(new, old)
    new.take = lambda event: "unsupported" if event.block[0] == 0 else "parked"
    for _ in range(50):
        a.step(b)
        b.step(a)
    assert a.session.over == "done"
    assert not new.blocks


def test_a_peer_of_another_network_is_refused(store):
    asking, giving = Session(store(), "ours", "initiator"), Session(store(), "theirs", "responder")
    with pytest.raises(Exception, match="network 'ours'") as caught:
        giving.receive(asking.next_payload())
    assert caught.value.reason == giving._reason == "network"
    asking.receive(giving.next_payload())
    assert asking.over == giving.over == "network"
    assert asking.next_payload() is None


def test_a_session_that_said_done_asks_for_nothing_more(store, pair, talk):
    a, b = pair(store(), store())
    talk(a, b)
    with pytest.raises(NotAllowed):
        a.session.want_bodies([bytes(32)])


@pytest.mark.parametrize("name", ["", "x" * 129, "a\nb"])
def test_a_network_has_a_printable_name(store, name):
    with pytest.raises(InvalidValue, match="network"):
        Session(store(), name, "initiator")
