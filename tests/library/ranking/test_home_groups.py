"""Viewpoint groups of a home: found among whom its owner trusts, published, named by a profile, shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ranking_people import Person

from knowchain.errors import InvalidValue, NotAllowed, NotFound
from knowchain.home.feeding import FeedRequest, show_feed
from knowchain.home.groups import (
    GroupsRequest,
    ShowGroups,
    compute_groups,
    publish_groups,
    show_groups,
)
from knowchain.home.plain import to_plain
from knowchain.home.saying import Saying, say
from knowchain.identifiers import RecordId, record_id
from knowchain.limits import MAX_BODY
from knowchain.ranking.grouping.grouping import MAX_MEMBERS
from knowchain.records import write_body
from knowchain.records.bodies import compose

BRIDGING = """v = 1
name = "bridging"
[reader]
groups = "{groups}"
[weights]
bridge = 1000
"""
PLAIN = 'v = 1\nname = "plain"\n[weights]\n"axis.goodness" = 1000\n'


@dataclass
class Community:
    """A reader, whom a writer's works reach with what two camps judged of them."""

    reader: Person
    works: list[RecordId]
    people: list[Person]

    @property
    def shared(self) -> RecordId:
        """The work that both camps like, but neither best."""
        return self.works[-1]


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    """Seven judge the first works good and the next bad; three the other way; all like the last a little."""
    folder = tmp_path_factory.mktemp("community")
    writer, reader = Person(folder, "Writer"), Person(folder, "Reader")
    works = [writer.work(f"Work {n}") for n in range(7)]
    people = [Person(folder, f"Judge {n}") for n in range(10)]
    reader.hear(writer)
    for number, each in enumerate(people):
        each.now = writer.now
        for place, work in enumerate(works):
            value = 1 if place == 6 else 2 if (place < 3) == (number < 7) else -1
            each.sign("evaluation", subject=[str(work)], axis="goodness", value=value)
        reader.hear(each)
        reader.trust(each.id)
    yield Community(reader, works, people)
    for each in (writer, reader, *people):
        each.home.close()


def at_last(community: Community) -> FeedRequest:
    return FeedRequest(as_of=community.reader.now)


def test_the_camps_are_found_with_names_titles_and_what_sets_them_apart(community: Community) -> None:
    found = compute_groups(community.reader.home, GroupsRequest(feed=at_last(community)))
    assert [(group.nearest, group.size) for group in found.groups] == [(7, 7), (3, 3)]
    assert {each.name for each in found.groups[1].members} == {f"“Judge {n}”" for n in range(7, 10)}
    assert len(found.groups[0].members) == 5
    assert {each.work for each in found.divided} == set(community.works[:6])
    assert [(each.work, each.title) for each in found.united] == [(community.shared, "Work 6")]
    assert found.foretold[1] > found.foretold[0]
    assert (found.people, found.works, found.judgements) == (10, 7, 70)
    assert isinstance(to_plain(found), dict)


def test_the_same_records_and_moment_give_the_same_record_on_another_machine(
    community: Community, tmp_path: Path
) -> None:
    other = Person(tmp_path, "Other")
    other.hear(community.reader)
    mine, theirs = (
        compute_groups(person.home, GroupsRequest(everybody=True, feed=at_last(community)))
        for person in (community.reader, other)
    )
    assert mine.fields is not None
    assert theirs.fields is not None
    assert {**mine.fields, "snapshot": ""} == {**theirs.fields, "snapshot": ""}
    other.home.close()


def test_whom_trust_does_not_reach_is_not_looked_at(community: Community, tmp_path: Path) -> None:
    stranger = Person(tmp_path, "Stranger")
    stranger.hear(community.reader)
    found = compute_groups(stranger.home, GroupsRequest())
    assert (found.groups, found.fields) == ((), None)
    with pytest.raises(NotAllowed, match="nothing to publish"):
        publish_groups(stranger.home, GroupsRequest())
    assert len(compute_groups(stranger.home, GroupsRequest(everybody=True)).groups) == 2
    stranger.home.close()


def test_before_anybody_judged_there_are_no_groups(community: Community) -> None:
    found = compute_groups(community.reader.home, GroupsRequest(feed=FeedRequest(as_of=1000)))
    assert (found.groups, found.people) == ((), 0)


def test_a_profile_that_names_the_record_puts_first_what_both_camps_like(community: Community) -> None:
    home = community.reader.home
    published = publish_groups(home, GroupsRequest())
    bridging = show_feed(home, FeedRequest(profile=BRIDGING.format(groups=published.said.id)))
    plain = show_feed(home, FeedRequest(profile=PLAIN))
    assert bridging.items[0].item == community.shared
    assert plain.items[0].item in community.works[:3]
    assert bridging.items[0].contributions[0].evidence == (published.said.id,)
    shown = show_groups(home, ShowGroups(str(published.said.id)))
    assert [(group.title, group.size, group.nearest, group.minimum) for group in shown.groups] == [
        ("Group 1", 7, 7, 100),
        ("Group 2", 3, 3, 100),
    ]
    assert (shown.judging, shown.author_name) == (10, "“Reader”")
    assert shown.parameters["people"] == 10
    assert {each.work for each in shown.divided} == set(community.works[:6])
    assert shown.snapshot == str(published.found.snapshot)


def test_what_is_no_record_of_groups_is_said(community: Community) -> None:
    home = community.reader.home
    with pytest.raises(NotAllowed, match="no viewpoint groups"):
        show_groups(home, ShowGroups(str(community.works[0])))
    with pytest.raises(NotFound):
        show_groups(home, ShowGroups(str(record_id(b"nowhere"))))
    retracted = publish_groups(home, GroupsRequest()).said.id
    community.reader.retract(retracted)
    with pytest.raises(NotAllowed, match="taken back"):
        show_groups(home, ShowGroups(str(retracted)))


@pytest.mark.parametrize(
    "request_", [GroupsRequest(groups=1), GroupsRequest(judgements=0), GroupsRequest(minimum=-1)]
)
def test_what_is_out_of_range_is_refused(community: Community, request_: GroupsRequest) -> None:
    with pytest.raises(InvalidValue, match="out of range"):
        compute_groups(community.reader.home, request_)


def test_the_most_members_fit_into_a_body() -> None:
    half = MAX_MEMBERS // 2
    groups = [
        {
            "members": [
                {"who": str(record_id(b"%d %d" % (side, n))), "part": 999 - n % 500} for n in range(half)
            ],
            "minimum": 1_000_000,
            "title": {"en": [f"Group {side}"]},
        }
        for side in range(2)
    ]
    draft = compose(
        "viewpoint-groups",
        {"groups": groups, "method": "m", "snapshot": str(record_id(b"s")), "as_of": 0},
    )
    assert draft.body is not None
    assert len(write_body(draft.body, author=record_id(b"a"), salt=bytes(16)).data) < MAX_BODY


def test_a_file_of_groups_can_be_changed_and_signed(community: Community) -> None:
    home = community.reader.home
    fields = dict(compute_groups(home, GroupsRequest(groups=2)).fields or {})
    fields["reason"] = {"en": ["to see across"]}
    said = say(home, Saying("viewpoint-groups", fields))
    assert show_groups(home, ShowGroups(str(said.id))).reason == "to see across"
