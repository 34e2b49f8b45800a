"""The blast radius: whoever stands on what turned out wrong, by distance and by author."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people_writing import DAY, START, Clock, Person

from knowchain.errors import InvalidValue, NotFound
from knowchain.home import Home
from knowchain.home.blasting import BlastQuestion, blast_radius
from knowchain.identifiers import key_id, record_id
from knowchain.provenance import Blast, blast, render_blast
from knowchain.provenance.columns import width
from knowchain.records import Add, Ref
from knowchain.signing import KeyPair


def radius(home: Home, subject: object, **how: object) -> Blast:
    return blast_radius(home, BlastQuestion(str(subject), **how))  # type: ignore[arg-type]


def test_everything_that_stands_on_a_record_is_listed_by_distance(
    home: Home, mari: Person, ifor: Person
) -> None:
    wrong = mari.work("wrong")
    derived = ifor.work("derived", derived_from=[str(wrong)])
    quote = mari.say("note", {"motivation": "quote", "subject": [str(derived)], "selector": {"exact": "x"}})
    judged = ifor.say("evaluation", {"axis": "truth", "value": 2, "subject": [str(wrong)]})
    citing = ifor.work("citing", references=[str(quote)])
    mari.work("apart")
    found = radius(home, wrong)
    assert {one.id: one.distance for one in found.affected} == {derived: 1, judged: 1, quote: 2, citing: 3}
    assert found.affected_count == 4
    assert found.by_distance == {1: 2, 2: 1, 3: 1}
    assert found.by_author == {"“Ifor Rees”": 3, "“Mari Ellis”": 1}
    assert found.by_relation["prov:wasDerivedFrom"] == 1
    assert [one.distance for one in found.affected] == sorted(one.distance for one in found.affected)
    assert {one.id for one in found.affected if one.same_author} == {quote}


def test_who_takes_back_or_contradicts_or_has_merely_seen_stands_on_nothing(
    home: Home, mari: Person, ifor: Person
) -> None:
    wrong = mari.work("wrong")
    mari.retract(wrong)
    ifor.work("against", disputes=[str(wrong)])
    seen = ifor.work("seen", after=[str(wrong)])
    found = radius(home, wrong)
    assert found.affected == ()
    assert [one.id for one in found.witnesses] == [seen]
    assert found.witness_count == 1


def test_a_relation_of_a_later_version_counts(home: Home, mari: Person) -> None:
    wrong = mari.work("wrong")
    later = mari.write("note", {}, [Ref("zz:uses", wrong)])
    assert [one.id for one in radius(home, wrong).affected] == [later]


def test_the_members_of_a_rights_record_and_a_collection_are_under_them(home: Home, mari: Person) -> None:
    work = mari.work("one")
    assert work in {one.id for one in radius(home, mari.rights()).affected}


def test_what_is_not_held_has_a_radius_too(home: Home, mari: Person) -> None:
    unknown = record_id(b"unknown")
    work = mari.work("one", derived_from=[str(unknown)])
    found = radius(home, unknown)
    assert [one.id for one in found.affected] == [work]
    assert found.roots[0].kind is None


# --- keys ---------------------------------------------------------------------------------------------------


def test_all_that_a_key_signed_counts_from_a_number_or_record_on(
    home: Home, mari: Person, ifor: Person
) -> None:
    first = mari.work("one")
    second = mari.work("two")
    on_first = ifor.work("on one", derived_from=[str(first)])
    on_second = ifor.work("on two", derived_from=[str(second)])
    key = mari.device.public_key
    whole = radius(home, key)
    assert whole.cause == "key"
    assert whole.root_count == len(mari.chain)
    assert {on_first, on_second} <= {one.id for one in whole.affected}
    number = mari.chain.index(second)
    for since in (str(number), str(second)):
        found = radius(home, key, since=since)
        assert found.root_count == 1
        assert [one.id for one in found.affected] == [on_second]


def test_a_revoked_key_counts_from_its_cut_on(home: Home, mari: Person, ifor: Person) -> None:
    honest = mari.work("honest")
    cut = len(mari.chain) - 1
    stolen = mari.work("stolen")
    ifor.work("on honest", derived_from=[str(honest)])
    fooled = ifor.work("on stolen", derived_from=[str(stolen)])
    warned = ifor.work("had seen", after=[str(stolen)])
    mari.revoke_after(cut)
    found = radius(home, mari.device.public_key)
    assert [root.id for root in found.roots] == [stolen]
    assert [one.id for one in found.affected] == [fooled]
    assert [one.id for one in found.witnesses] == [warned]
    assert found.since == "its revocation"


def test_a_time_counts_what_claims_it_or_came_later(home: Home, mari: Person, clock: Clock) -> None:
    clock.now = START
    honest = mari.work("honest", time=START)
    clock.now = START + 10 * DAY
    backdated = mari.work("backdated", time=START)
    found = radius(home, mari.device.public_key, since="2026-01-05")
    ids = {root.id for root in found.roots}
    assert backdated in ids
    assert honest not in ids


def test_changes_of_identities_by_the_key_are_named(home: Home, mari: Person) -> None:
    change = mari.change(Add(key_id(b"a thief's device")))
    assert change in radius(home, mari.device.public_key).identity_changes


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "-1"])
def test_a_beginning_that_names_nothing_is_refused(home: Home, mari: Person, since: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        radius(home, mari.device.public_key, since=since)
    assert refused.value.fields["field"] == "since"


def test_a_record_of_another_key_is_no_beginning(home: Home, mari: Person, ifor: Person) -> None:
    with pytest.raises(InvalidValue):
        radius(home, mari.device.public_key, since=str(ifor.work("other")))


def test_a_record_takes_no_beginning(home: Home, mari: Person) -> None:
    with pytest.raises(InvalidValue):
        radius(home, mari.work("one"), since="3")


def test_unknown_keys_and_records_are_not_found(home: Home) -> None:
    with pytest.raises(NotFound):
        radius(home, KeyPair.generate().public_key)
    with pytest.raises(NotFound):
        radius(home, "bafyreia4toklvit4oziwqwh5odtkjettintydknvf77n7iufhedj54e3my")


# --- as text -----------------------------------------------------------------------------------------------


def test_the_list_is_bounded_and_the_counts_are_not(home: Home, mari: Person, ifor: Person) -> None:
    wrong = mari.work("wrong")
    for n in range(30):
        ifor.work(f"derived {n}", derived_from=[str(wrong)])
    found = radius(home, wrong, most=10)
    assert len(found.affected) == 10
    assert found.affected_count == 30
    text = render_blast(found)
    assert "20 more" in text
    assert "derived from" in text
    assert all(width(line) <= 80 for line in text.splitlines())


def test_hostile_words_are_spelled_out(home: Home, mari: Person) -> None:
    wrong = mari.write("work", {"title": {"en": ["\x1b[2J\u202e"]}})
    mari.write("note", {"text": {"en": ["\x1b[2J\u202e"]}}, [Ref("kc:about", wrong)])
    text = render_blast(radius(home, wrong))
    assert all(char.isprintable() for char in text.replace("\n", ""))
    assert "\\x1b" in text


# --- the walk ----------------------------------------------------------------------------------------------

GRAPHS = st.dictionaries(st.integers(0, 12), st.sets(st.integers(0, 12), max_size=4), max_size=13)


@given(graph=GRAPHS, root=st.integers(0, 12))
def test_distances_are_those_of_a_plain_search(graph: dict[int, set[int]], root: int) -> None:
    """``graph`` says what each record stands on; a record stands on earlier ones only."""
    acyclic = {node: {target for target in targets if target < node} for node, targets in graph.items()}

    def pointing_at(targets: object) -> list[tuple[int, str, int]]:
        return [(n, "r", t) for t in targets for n, on in acyclic.items() if t in on]  # type: ignore[attr-defined]

    expected = {root: 0}
    for node in sorted(acyclic):
        steps = [expected[target] for target in acyclic[node] if target in expected]
        if steps and node != root:
            expected[node] = min(steps) + 1
    del expected[root]
    assert dict(blast([root], pointing_at).distance) == expected
    for node, pairs in blast([root], pointing_at).reasons.items():
        assert all(expected.get(target, 0) == expected[node] - 1 for _, target in pairs)
