"""Whom we ask for which block."""

from __future__ import annotations

from knowchain.identifiers import Cid, cid_of
from knowchain_node.bitswap.asking import MOST_PROVIDERS, Asking
from knowchain_node.bitswap.wire import Entry

ROOT, ONE, TWO = (cid_of(bytes([n])) for n in range(3))


def wants(orders: dict[str, list[Entry]], peer: str) -> list[bytes]:
    """The blocks themselves that a peer is asked for."""
    return [entry.cid for entry in orders.get(peer, []) if not entry.have and not entry.cancel]


def asking(*peers: str, wanted: tuple[Cid, ...] = (ROOT,)) -> Asking:
    made = Asking(0.0, patience=30.0)
    made.want(wanted)
    for peer in peers:
        made.add(peer, 0.0)
    return made


def test_the_only_one_is_asked_for_the_block_at_once():
    assert wants(asking("a").orders(0.0), "a") == [ROOT]


def test_several_are_asked_whether_they_have_it_and_one_is_asked_for_it():
    made = asking("a", "b", "c")
    orders = made.orders(0.0)
    assert set(orders) == {"a", "b", "c"}
    assert all([entry.have for entry in entries] == [True] for entries in orders.values())
    made.told("b", ROOT, have=True, now=0.1)
    made.told("c", ROOT, have=True, now=0.1)
    orders = made.orders(0.1)
    assert len(orders) == 1
    assert wants(orders, *orders) == [ROOT]


def test_after_a_dont_have_the_next_is_asked_and_after_the_last_nobody_has_it():
    made = asking("a", "b")
    made.orders(0.0)
    made.told("a", ROOT, have=True, now=0.1)
    assert wants(made.orders(0.1), "a") == [ROOT]
    made.told("a", ROOT, have=False, now=0.2)
    assert made.nobody_has() is None  # b has not answered yet
    made.told("b", ROOT, have=False, now=0.2)
    assert made.nobody_has() == ROOT
    assert not made.orders(0.2)
    assert not made.lost.keys() & {"b"}


def test_who_does_not_answer_whether_it_has_it_is_asked_for_it_after_a_moment():
    made = asking("a", "b")
    made.orders(0.0)
    assert not made.orders(1.0)
    orders = made.orders(3.0)
    assert [wants(orders, peer) for peer in orders] == [[ROOT]]


def test_what_links_lead_to_is_shared_among_those_who_have_the_root():
    made = asking("a", "b")
    made.orders(0.0)
    for peer in "ab":
        made.told(peer, ROOT, have=True, now=0.1)
    made.orders(0.1)
    made.came("a", ROOT, 100, 0.2)
    made.came("b", ROOT, 100, 0.2)
    made.want([cid_of(bytes([9, n])) for n in range(10)])
    orders = made.orders(0.2)
    assert len(wants(orders, "a")) == len(wants(orders, "b")) == 5


def test_a_block_that_was_not_asked_of_a_peer_is_not_its_to_give():
    made = asking("a", "b")
    made.orders(0.0)
    made.told("a", ROOT, have=True, now=0.1)
    made.orders(0.1)
    assert not made.came("a", ONE, 5, 0.2)
    assert not made.came("stranger", ROOT, 5, 0.2)
    answers = [made.came("a", ROOT, 5, 0.2) for _ in range(5)]
    assert answers == [True] * 4 + [False]  # twice for each time that it was asked


def test_a_block_given_to_the_question_whether_it_is_there_is_taken():
    made = asking("a", "b")
    made.orders(0.0)
    assert made.came("a", ROOT, 5, 0.1)
    assert not made.orders(0.1)  # and is not asked for again


def test_who_gives_nothing_is_reminded_and_then_left_and_another_is_asked():
    made = asking("a", "b")
    made.orders(0.0)
    made.told("a", ROOT, have=True, now=0.0)
    assert wants(made.orders(0.0), "a") == [ROOT]
    made.told("b", ROOT, have=False, now=0.0)
    made.told("a", ROOT, have=True, now=0.0)
    assert wants(made.orders(8.0), "a") == [ROOT]
    assert not made.orders(9.0)
    made.add("c", 29.0)
    made.told("c", ROOT, have=True, now=29.0)
    orders = made.orders(30.0)
    assert made.stalled == ["a"]
    assert "a" not in orders
    assert wants(orders, "c") == [ROOT]


def test_who_owes_nothing_is_not_left_for_silence():
    made = asking("a")
    made.orders(0.0)
    made.came("a", ROOT, 5, 1.0)
    made.orders(1000.0)
    made.want([ONE])
    assert wants(made.orders(2000.0), "a") == [ONE]
    assert not made.stalled


def test_what_one_is_slow_with_is_asked_of_another_that_has_nothing_to_do():
    made = asking("a", "b")
    made.orders(0.0)
    made.told("a", ROOT, have=True, now=0.0)
    assert wants(made.orders(0.0), "a") == [ROOT]
    made.told("b", ONE, have=True, now=5.5)
    assert wants(made.orders(6.0), "b") == [ROOT]
    made.came("b", ROOT, 5, 6.1)
    assert made.orders(6.2) == {"a": [Entry(ROOT, cancel=True)]}
    assert made.came("a", ROOT, 5, 6.3)  # it was asked, and may have sent it already


def test_who_left_is_replaced_and_is_not_asked_again():
    made = asking("a", "b")
    made.orders(0.0)
    for peer in "ab":
        made.told(peer, ROOT, have=True, now=0.0)
    (first,) = made.orders(0.0)
    made.left(first, "it disconnected")
    other = "b" if first == "a" else "a"
    assert wants(made.orders(0.1), other) == [ROOT]
    made.add(first, 0.2)
    assert made.providers == (other,)
    made.left(other, "it disconnected")
    assert made.nobody_has() == ROOT
    assert set(made.lost) == {"a", "b"}


def test_large_blocks_are_asked_for_in_smaller_numbers():
    def asked(size: int) -> int:
        made = asking("a")
        made.orders(0.0)
        made.came("a", ROOT, size, 0.0)
        for n in range(60):
            made.want([cid_of(bytes([n, 1]))])
            made.orders(0.0)
            made.came("a", cid_of(bytes([n, 1])), size, 0.0)
        made.want([cid_of(bytes([n % 256, n // 256, 2])) for n in range(1000)])
        return len(wants(made.orders(0.0), "a"))

    assert asked(2 * 2**20) == 4
    assert asked(256 * 1024) == 32
    assert asked(16 * 1024) == 32
    assert asked(500) == 512


def test_the_number_of_providers_is_bounded_and_the_useless_make_room():
    made = asking(*(str(n) for n in range(MOST_PROVIDERS)))
    made.orders(0.0)
    made.add("one more", 0.0)
    assert "one more" not in made.providers
    made.told("7", ROOT, have=False, now=0.1)
    made.add("one more", 0.1)
    assert "one more" in made.providers
    assert len(made.providers) == MOST_PROVIDERS


def test_at_the_end_nobody_owes_anything():
    made = asking("a", wanted=(ROOT, ONE))
    made.orders(0.0)
    assert made.cancelled() == {"a": [Entry(ROOT, cancel=True), Entry(ONE, cancel=True)]}
