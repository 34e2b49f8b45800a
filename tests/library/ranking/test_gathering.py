"""What ranking is told of a home's records: the same whether it came at once, bit by bit, or in any order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from ranking_people import Person

from knowchain.home.gathering import Gathered
from knowchain.identifiers import RecordId, cid_of, key_id
from knowchain.ranking.columns import Columns
from knowchain.ranking.facts import Drop, Fact
from knowchain.ranking.likeness import fingerprint
from knowchain.records import Revoke, write_identity


@pytest.fixture
def mari(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path, "Mari")
    yield person
    person.home.close()


@pytest.fixture
def owain(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path, "Owain")
    yield person
    person.home.close()


LATER = 2**60


def opinions(columns: Columns) -> dict[str, object]:
    """What the columns know of what people said, by names."""
    found: dict[str, object] = {"viewpoints": columns.viewpoints}
    matters = {"evaluations": columns.axes.names, "labels": columns.label_names.names, "uses": [""]}
    for name, table in (
        ("evaluations", columns.evaluations),
        ("labels", columns.labels),
        ("uses", columns.uses),
    ):
        found[name] = {
            (columns.authors.names[who], columns.subjects.names[subject], matters[name][matter]): [said[:3]]
            for slot, (who, subject, matter) in enumerate(table.index.names)
            if (said := table.counting(slot, LATER)) is not None
        }
    about = zip(columns.subjects.names, columns.subject_author, columns.worth, strict=True)
    found["worth"] = {
        rid: (columns.authors.names[author], worth) for rid, author, worth in about if author >= 0
    }
    return found


class Watched:
    """What was gathered step by step beside what is gathered anew; they must never differ."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.kept = Gathered("main")

    def facts(self) -> dict[RecordId, Fact]:
        anew = Gathered("main")
        with self.person.home.store.snapshot() as reader:
            manifests = self.kept.bring_up_to_date(reader), anew.bring_up_to_date(reader)
        assert manifests[0] == manifests[1]
        assert self.kept.columns.facts == anew.columns.facts
        assert self.kept.columns.statements == anew.columns.statements
        for number, rid in enumerate(anew.columns.works.names):
            row = self.kept.columns.works.get(rid)
            assert row is not None
            assert self.kept.columns.hops(row) == anew.columns.hops(number)
        assert opinions(self.kept.columns) == opinions(anew.columns)
        return anew.columns.facts

    def drop(self, rid: RecordId) -> Drop | None:
        return self.facts()[rid].drop


def test_a_retraction_hides_and_its_retraction_brings_back(mari: Person) -> None:
    watched = Watched(mari)
    work = mari.work("The harbour")
    assert watched.drop(work) is None
    retraction = mari.retract(work)
    assert watched.drop(work) is Drop.RETRACTED
    again = mari.retract(retraction)
    assert watched.drop(work) is None
    mari.retract(again)
    assert watched.drop(work) is Drop.RETRACTED


def test_somebody_elses_retraction_and_revision_hide_nothing(mari: Person, owain: Person) -> None:
    work = mari.work("The harbour")
    owain.hear(mari)
    owain.work("The harbour, corrected", revises=[str(work)])
    watched = Watched(mari)
    watched.facts()
    mari.hear(owain)
    assert watched.drop(work) is None


def test_a_newer_version_replaces_the_older_until_it_is_taken_back(mari: Person) -> None:
    watched = Watched(mari)
    first = mari.work("One")
    second = mari.work("Two", revises=[str(first)])
    assert (watched.drop(first), watched.drop(second)) == (Drop.REVISED, None)
    mari.retract(second)
    assert (watched.drop(first), watched.drop(second)) == (None, Drop.RETRACTED)


def test_a_body_that_comes_later_is_taken_in_when_it_comes(mari: Person, owain: Person) -> None:
    work = mari.work("The harbour", "cy")
    watched = Watched(owain)
    owain.hear(mari, bodies=False)
    assert watched.drop(work) is Drop.BODY_ABSENT
    owain.hear(mari)
    assert watched.drop(work) is None
    assert watched.facts()[work].languages == ("cy",)


def test_a_revoked_key_takes_its_works_along(mari: Person) -> None:
    watched = Watched(mari)
    before = mari.work("Before")
    assert watched.drop(before) is None
    other = Watched(mari)
    other.facts()
    revoke_own_key(mari)
    assert watched.drop(before) is Drop.REVOKED
    assert other.drop(before) is Drop.REVOKED


def revoke_own_key(person: Person) -> None:
    """As after a theft: all that the key signed counts no more."""
    device = person.home.device
    tip = person.home.store.reader().standing().tips(person.id)[0]
    block = write_identity(
        [device],
        author=person.id,
        prev=tip,
        seq=1,
        time=person.clock(),
        ops=[Revoke(key_id(device.public_key), None)],
    )
    assert person.home.admission.admit(block.data, None, source="local").ok


def test_trust_counts_while_it_stands_and_scoped_trust_does_not(mari: Person, owain: Person) -> None:
    watched = Watched(mari)
    given = mari.trust(owain.id, 2)
    mari.sign("trust", subject=str(owain.id), level=1, scope={"topics": ["song"]})
    watched.facts()
    assert [each.id for each in watched.kept.columns.statements.values()] == [given]
    mari.retract(given)
    watched.facts()
    assert not watched.kept.columns.statements


def test_a_collection_takes_what_its_rule_takes(mari: Person, owain: Person) -> None:
    watched = Watched(mari)
    collection = mari.sign(
        "collection", title={"en": ["Songs"]}, rights=[str(mari.rights)], acceptance={"rule": "curators"}
    )
    owain.hear(mari)
    theirs = owain.work("A song", part_of=[str(collection)])
    own = mari.work("My song", part_of=[str(collection)])
    mari.hear(owain)
    facts = watched.facts()
    assert facts[own].collections == (collection,)
    assert facts[theirs].collections == ()
    event = mari.sign(
        "event",
        event="accession",
        subject=[str(theirs)],
        part_of=[str(collection)],
        when="2026-01-01T00:00:00Z",
        agent={"name": "Mari", "role": "curator"},
        outcome="success",
    )
    assert watched.facts()[theirs].collections == (collection,)
    mari.retract(event)
    assert watched.facts()[theirs].collections == ()
    mari.retract(collection)
    assert watched.facts()[own].collections == ()


def test_the_manifest_names_heads_and_absent_bodies_and_nothing_of_what_was_erased(
    mari: Person, owain: Person
) -> None:
    work = mari.work("The harbour")
    gathered = Gathered("main")
    with mari.home.store.snapshot() as reader:
        before = gathered.bring_up_to_date(reader)
        assert gathered.bring_up_to_date(reader) is before
        assert before.cid == cid_of(before.blocks[0][1], 0x71)
    mari.sign("retraction", scope="erase", reason="privacy", subject=[str(work)])
    with mari.home.store.snapshot() as reader:
        noted = gathered.bring_up_to_date(reader)
    assert noted != before
    mari.home.store.erase_body(work)
    with mari.home.store.snapshot() as reader:
        anew = Gathered("main").bring_up_to_date(reader)
    assert anew == noted, "when a peer destroys erased bytes moves no snapshot"


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_arrival_gives_the_same_facts(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    people = [Person(tmp_path, name) for name in ("A", "B", "C")]
    watcher = Watched(people[0])
    made: list[RecordId] = []
    for step in range(25):
        who = chance.choice(people)
        for other in chance.sample(people, 2):
            if other is not who:
                who.hear(other, bodies=chance.random() < 0.8)
        mine = [rid for rid in made if rid in who.home.store.reader()]
        act = chance.choice(["work", "work", "cite", "retract", "revise", "trust"])
        if act == "work" or not mine:
            made.append(who.work(f"Work {step}", chance.choice(["cy", "en"])))
        elif act == "cite":
            made.append(who.work(f"Work {step}", derived_from=[str(chance.choice(mine))]))
        elif act == "retract":
            made.append(who.retract(chance.choice(mine)))
        elif act == "revise":
            made.append(who.work(f"Work {step}", revises=[str(chance.choice(mine))]))
        else:
            made.append(who.trust(chance.choice([p for p in people if p is not who]).id))
        watcher.facts()
    for first in people:
        for second in people:
            first.hear(second)
    found = [Watched(person).facts() for person in people]
    assert found[0] == found[1] == found[2] == watcher.facts()
    for person in people:
        person.home.close()


def said_of(watched: Watched, rid: RecordId, table: str = "evaluations") -> list[int]:
    """What counts of one record, whoever says it."""
    watched.facts()
    found = opinions(watched.kept.columns)[table]
    assert isinstance(found, dict)
    return sorted(value for (_, subject, _), [(_, _, value)] in found.items() if subject == rid)


def test_evaluations_count_until_they_are_revised_or_taken_back(mari: Person, owain: Person) -> None:
    work = mari.work("The harbour")
    owain.hear(mari)
    watched = Watched(owain)
    first = owain.sign("evaluation", axis="truth", value=2, subject=[str(work)])
    assert said_of(watched, work) == [2]
    second = owain.sign("evaluation", axis="truth", value=-1, subject=[str(work)], revises=[str(first)])
    assert said_of(watched, work) == [-1]
    owain.retract(second)
    assert said_of(watched, work) == [2], "what replaced it is gone"
    owain.retract(first)
    assert said_of(watched, work) == []


def test_a_label_stands_and_is_taken_back(mari: Person) -> None:
    work = mari.work("The harbour")
    watched = Watched(mari)
    mari.sign("moderation-label", label="x-own", subject=[str(work), str(mari.id)])
    assert said_of(watched, work, "labels") == said_of(watched, mari.id, "labels") == [1]
    mari.sign("moderation-label", label="x-own", negated=True, subject=[str(work)])
    assert said_of(watched, work, "labels") == [0]
    assert said_of(watched, mari.id, "labels") == [1]


def test_what_quotes_cites_translates_or_accessions_takes_up(mari: Person, owain: Person) -> None:
    work = mari.work("The harbour")
    owain.hear(mari)
    watched = Watched(owain)
    owain.sign("note", motivation="annotation", text={"en": ["Well."]}, subject=[str(work)])
    assert said_of(watched, work, "uses") == [], "who comments on it doesn't pass it on"
    note = owain.sign("note", motivation="citation", subject=[str(work)])
    assert said_of(watched, work, "uses") == [1]
    owain.retract(note)
    assert said_of(watched, work, "uses") == []
    collection = owain.sign(
        "collection", title={"en": ["Harbours"]}, acceptance={"rule": "curators"}, rights=[str(owain.rights)]
    )
    owain.sign(
        "event",
        event="accession",
        subject=[str(work)],
        part_of=[str(collection)],
        when="2026-11-01",
        agent="Owain",
        outcome="success",
    )
    assert said_of(watched, work, "uses") == [1]


def test_a_translation_is_worth_more_than_a_work_and_a_review_less(mari: Person, owain: Person) -> None:
    work = mari.work("The harbour")
    review = mari.sign("evaluation", axis="truth", value=1, subject=[str(work)])
    note = mari.sign(
        "note",
        motivation="translation",
        subject=[str(work)],
        translation={"from": "en", "to": "cy"},
        text={"cy": ["Yr harbwr"]},
    )
    whole = mari.work("Yr harbwr", "cy", derived_from=[str(work)])
    owain.hear(mari)
    watched = Watched(owain)
    for each in (work, review, note, whole):
        owain.sign("note", motivation="citation", subject=[str(each)])
    watched.facts()
    columns = watched.kept.columns
    worth = {rid: int(columns.worth[number]) for number, rid in enumerate(columns.subjects.names)}
    assert [worth[each] for each in (review, work, note, whole)] == [1, 2, 3, 3]


def test_viewpoint_groups_are_read_while_they_stand(mari: Person, owain: Person) -> None:
    watched = Watched(mari)
    groups = mari.sign(
        "viewpoint-groups",
        groups=[
            {"members": [{"who": str(mari.id), "part": 1000}], "minimum": 0},
            {"members": [{"who": str(owain.id), "part": 5}], "minimum": 100},
        ],
        method="by hand",
        snapshot=str(mari.id),
        as_of="2026-11-01T00:00:00Z",
    )
    watched.facts()
    held = watched.kept.columns.viewpoints[groups]
    assert [group.minimum for group in held.groups] == [0, 100]
    assert held.groups[1].members == ((owain.id, 5),)
    mari.retract(groups)
    watched.facts()
    assert groups not in watched.kept.columns.viewpoints


def test_what_a_work_says_gives_its_fingerprint(mari: Person) -> None:
    work = mari.work("Hen benillion", "cy", description={"en": ["Old verses", "sung"], "cy": ["Geiriau"]})
    bare = mari.work("ab", "cy")
    gathered = Gathered("main")
    with mari.home.store.snapshot() as reader:
        gathered.bring_up_to_date(reader)
        found = [gathered.columns.fingerprint_of(each) for each in (work, bare, mari.rights)]
    assert found == [fingerprint(["Hen benillion", "Geiriau", "Old verses", "sung"]), None, None]
