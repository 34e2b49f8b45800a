"""What other peers want of us: in order, and bounded."""

from __future__ import annotations

from knowchain.identifiers import cid_of
from knowchain_node.bitswap.ledgers import Ledgers
from knowchain_node.bitswap.wire import Entry, Message

CIDS = [cid_of(bytes([n])) for n in range(10)]


def message(*cids: bytes, full: bool = False, **kwargs: bool) -> Message:
    return Message(tuple(Entry(cid, **kwargs) for cid in cids), full)


def test_wants_are_answered_in_their_order():
    ledgers = Ledgers()
    ledgers.take("a", message(*CIDS[:3]))
    ledgers.take("a", message(*CIDS[3:5]))
    assert [entry.cid for entry in ledgers.next("a", 4)] == CIDS[:4]
    assert [entry.cid for entry in ledgers.next("a", 4)] == CIDS[4:5]
    assert len(ledgers) == 0


def test_what_is_cancelled_is_not_answered():
    ledgers = Ledgers()
    ledgers.take("a", message(*CIDS[:3]))
    ledgers.take("a", message(CIDS[1], cancel=True))
    assert [entry.cid for entry in ledgers.next("a", 9)] == [CIDS[0], CIDS[2]]


def test_a_full_wantlist_takes_the_place_of_what_was_there():
    ledgers = Ledgers()
    ledgers.take("a", message(*CIDS[:3]))
    ledgers.take("a", message(CIDS[7], full=True))
    assert [entry.cid for entry in ledgers.next("a", 9)] == [CIDS[7]]


def test_who_wants_the_block_itself_by_now_gets_it_and_never_the_other_way():
    ledgers = Ledgers()
    ledgers.take("a", message(CIDS[0], have=True))
    ledgers.take("a", message(CIDS[0]))
    ledgers.take("a", message(CIDS[0], have=True))
    assert ledgers.next("a", 9) == [Entry(CIDS[0])]


def test_one_peers_wants_are_bounded_and_leave_room_for_others():
    ledgers = Ledgers(most_of_one=3, most_in_all=5)
    assert ledgers.take("a", message(*CIDS)) == 7
    assert ledgers.take("b", message(*CIDS)) == 8
    assert len(ledgers) == 5
    ledgers.forget("a")
    assert len(ledgers) == 2
    assert ledgers.take("b", message(CIDS[5])) == 0


def test_what_was_taken_out_and_not_answered_comes_first_again():
    ledgers = Ledgers()
    ledgers.take("a", message(*CIDS[:4]))
    ledgers.put_back("a", ledgers.next("a", 4)[2:])
    ledgers.take("a", message(CIDS[9]))
    assert [entry.cid for entry in ledgers.next("a", 9)] == [CIDS[2], CIDS[3], CIDS[9]]
    taken = [Entry(CIDS[0])]
    ledgers.forget("a")
    ledgers.put_back("a", taken)  # it left meanwhile
    assert len(ledgers) == 0


def test_a_peer_that_wants_faster_than_the_rate_has_to_wait():
    ledgers = Ledgers()
    assert ledgers.delay("a", 20_000, 0.0) == 0.0
    assert ledgers.delay("a", 10_000, 0.0) == 1.0
    assert ledgers.delay("b", 10, 0.0) == 0.0
    assert ledgers.delay("a", 0, 1.0) == 0.0
