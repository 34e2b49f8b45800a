"""Which record stands for another today."""

from __future__ import annotations

from people_writing import START, Person

from knowchain.home import Home
from knowchain.home.records_seen import RecordsSeen
from knowchain.identifiers import RecordId
from knowchain.provenance import Current, current_version


def current(home: Home, rid: RecordId) -> Current:
    with home.store.snapshot() as reader:
        return current_version(RecordsSeen(reader), rid)


def test_a_record_without_successor_stands_for_itself(home: Home, mari: Person) -> None:
    work = mari.work("one")
    assert current(home, work) == Current(work, work, "itself")


def test_the_newest_official_version_stands_for_all_before_it(home: Home, mari: Person, ifor: Person) -> None:
    first = mari.work("one")
    second = mari.work("two", revises=[str(first)])
    third = mari.work("three", revises=[str(second)])
    ifor.work("a variant", revises=[str(third)])
    assert current(home, first) == Current(first, third, "revised", (second, third))
    assert current(home, third).id == third


def test_a_retracted_version_stands_back_for_the_one_before(home: Home, mari: Person) -> None:
    first = mari.work("one")
    second = mari.work("two", revises=[str(first)])
    retraction = mari.retract(second)
    assert current(home, first).id == first
    assert current(home, second) == Current(second, None, "retracted", (retraction,))
    mari.retract(retraction, reason="reinstatement")
    assert current(home, first).id == second


def test_of_two_branches_the_later_claimed_one_stands(home: Home, mari: Person) -> None:
    first = mari.work("one")
    later = mari.work("two", revises=[str(first)], time=START + 10_000_000)
    mari.work("three", revises=[str(first)], time=START)
    assert current(home, first).id == later


def test_a_retraction_leads_to_what_it_names_in_its_place(home: Home, mari: Person) -> None:
    work, better = mari.work("one"), mari.work("better")
    retraction = mari.retract(work, reason="superseded", replacement=[str(better)])
    assert current(home, work) == Current(work, better, "replaced", (retraction,))


def test_an_heir_s_version_is_official(home: Home, mari: Person, ifor: Person) -> None:
    work = mari.work("one")
    theirs = ifor.work("two", revises=[str(work)])
    assert current(home, work).id == work
    mari.hand_over_to(ifor)
    assert current(home, work).id == theirs


def test_what_a_thief_wrote_replaces_nothing(home: Home, mari: Person) -> None:
    work = mari.work("one")
    honest = len(mari.chain) - 1
    stolen = mari.work("forged", revises=[str(work)])
    assert current(home, work).id == stolen
    mari.revoke_after(honest)
    assert current(home, work).id == work
    assert current(home, stolen).why == "revoked"
