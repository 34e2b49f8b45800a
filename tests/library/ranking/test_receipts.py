"""Receipts: re-run elsewhere they match on every bit; whatever is changed, left out or held back is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ranking_people import Person

from knowchain import codec
from knowchain.errors import InvalidValue
from knowchain.home.feeding import FeedRequest, feeds_of, show_feed
from knowchain.home.following import Interest, follow
from knowchain.home.receipts import (
    Audit,
    AuditRequest,
    ReceiptRequest,
    audit_receipt,
    write_feed_receipt,
)
from knowchain.home.seen import seen_in
from knowchain.ranking.receipt_reading import read_receipt
from knowchain.ranking.receipts import write_receipt
from knowchain.ranking.snapshot import manifest_of

MOVING = """
v = 1
name = "moving"
[weights]
fresh = 900
novelty = 300
trust = 1500
[[boost]]
when = "lang == 'cy'"
add = 50
[rerank]
author_decay = true
mmr_lambda = 200
calibration_mu = 300
floors = [{ group = "minority", p_milli = 200 }]
explore = { every = 4 }
"""
ALONE = 'v = 1\nname = "alone"\n[weights]\nfresh = 9\n[sources]\nfollows = 0\nlanguage = 0\n'


@pytest.fixture
def mari(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path, "Mari")
    for number in range(5):
        person.work(f"English {number}", "en")
    yield person
    person.home.close()


@pytest.fixture
def owain(tmp_path: Path, mari: Person) -> Iterator[Person]:
    """Somebody else, who holds all that Mari does."""
    person = Person(tmp_path, "Owain")
    for number in range(3):
        person.work(f"Cymraeg {number}", "cy")
    mari.hear(person)
    mari.trust(person.id)
    person.hear(mari)
    yield person
    person.home.close()


def receipt(person: Person, path: Path, *, opened: bool = False, **feed: object) -> Path:
    target = path / f"{person.home.identity}.receipt"
    request = ReceiptRequest(str(target), FeedRequest(**feed), opened, replace=True)  # type: ignore[arg-type]
    write_feed_receipt(person.home, request)
    return target


def audit(person: Person, file: Path) -> Audit:
    return audit_receipt(person.home, AuditRequest(str(file)))


def test_another_home_that_holds_the_same_finds_the_same_on_every_bit(
    mari: Person, owain: Person, tmp_path: Path
) -> None:
    found = audit(owain, receipt(mari, tmp_path, profile=MOVING))
    assert (found.verdict, found.differs, found.at) == ("match", (), None)
    assert found.items == 8
    assert "Mari" in found.reader_name


def test_a_home_that_holds_more_by_now_ranks_what_was_held_then(
    mari: Person, owain: Person, tmp_path: Path
) -> None:
    file = receipt(mari, tmp_path, profile=MOVING)
    late = owain.work("Later", "cy")
    owain.retract(late)
    owain.work("Later still", "gd")
    assert feeds_of(owain.home).manifest(owain.home).cid != read_receipt(file.read_bytes()).receipt.snapshot
    assert audit(owain, file).verdict == "match"
    assert audit(mari, file).verdict == "match"


def test_what_was_seen_and_owed_is_an_input(mari: Person, owain: Person, tmp_path: Path) -> None:
    show_feed(mari.home, FeedRequest(profile=MOVING, limit=3))
    with mari.home.store.snapshot() as reader:
        assert seen_in(reader).owed
    closed = audit(owain, receipt(mari, tmp_path, profile=MOVING))
    assert (closed.verdict, closed.private) == ("missing input", ("history",))
    opened = audit(owain, receipt(mari, tmp_path, profile=MOVING, opened=True))
    assert opened.verdict == "match"


def test_what_is_followed_is_only_committed_to_unless_it_is_opened(
    mari: Person, owain: Person, tmp_path: Path
) -> None:
    follow(mari.home, Interest(people=(str(owain.id),), topics=("Shipping",)))
    at = mari.home.clock()
    closed = receipt(mari, tmp_path, preset="scholarship", as_of=at)
    data = closed.read_bytes()
    assert audit(owain, closed).private == ("follows",)
    assert b"shipping" not in data
    opened = receipt(mari, tmp_path, preset="scholarship", as_of=at, opened=True)
    assert audit(owain, opened).verdict == "match"
    one, other = (read_receipt(each).receipt.private for each in (data, opened.read_bytes()))
    assert one == other, "the same commitment can be opened later"
    alone = receipt(mari, tmp_path, profile=ALONE)
    assert read_receipt(alone.read_bytes()).receipt.private == {}
    assert audit(owain, alone).verdict == "match"


def test_records_that_lack_are_named(mari: Person, owain: Person, tmp_path: Path) -> None:
    late = mari.work("Nobody else has this", "en")
    found = audit(owain, receipt(mari, tmp_path, profile=ALONE))
    assert (found.verdict, found.missing, found.lacking) == ("missing input", (late,), 1)


def test_a_feed_with_another_order_or_with_items_left_out_differs_at_its_place(
    mari: Person, owain: Person, tmp_path: Path
) -> None:
    given = read_receipt(receipt(mari, tmp_path, profile=ALONE).read_bytes())
    manifest = manifest_of(
        network=given.manifest.network, heads=given.manifest.heads, absent=given.manifest.absent
    )
    items = given.receipt.items
    lies = {
        3: (*items[:2], items[3]._replace(place=3), items[2]._replace(place=4), *items[4:]),
        8: items[:7],
        1: (items[0]._replace(score=items[0].score + 1), *items[1:]),
    }
    for place, lie in lies.items():
        signed = replace(given.receipt, items=lie).signed_by(mari.home.device)
        file = tmp_path / "lie"
        file.write_bytes(write_receipt(signed, manifest, None, b""))
        found = audit(owain, file)
        assert (found.verdict, found.at, found.differs) == ("differs", place, ("items",))
    silent = replace(given.receipt, dropped={"filter": 3}).signed_by(mari.home.device)
    file.write_bytes(write_receipt(silent, manifest, None, b""))
    assert (audit(owain, file).at, audit(owain, file).differs) == (None, ("dropped",))


def test_a_receipt_signed_by_somebody_elses_key_differs(mari: Person, owain: Person, tmp_path: Path) -> None:
    given = read_receipt(receipt(mari, tmp_path, profile=ALONE).read_bytes())
    manifest = manifest_of(
        network=given.manifest.network, heads=given.manifest.heads, absent=given.manifest.absent
    )
    file = tmp_path / "stolen"
    file.write_bytes(write_receipt(given.receipt.signed_by(owain.home.device), manifest, None, b""))
    assert audit(owain, file).differs == ("key",)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_byte_changed_anywhere_is_refused(
    mari: Person, owain: Person, tmp_path: Path, data: st.DataObject
) -> None:
    file = tmp_path / "whole.receipt"
    if not file.exists():
        follow(mari.home, Interest(people=(str(owain.id),)))
        write_feed_receipt(mari.home, ReceiptRequest(str(file), FeedRequest(profile=MOVING), open=True))
    whole = file.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidValue) as caught:
        read_receipt(bytes(changed))
    assert caught.value.remedy


@pytest.mark.parametrize(
    "data", [b"", b"\xa0", b"{}", b"\xff" * 100, codec.encode({"receipt": {}, "manifest": []})]
)
def test_what_is_no_receipt_is_refused(mari: Person, tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "none"
    file.write_bytes(data)
    with pytest.raises(InvalidValue):
        audit(mari, file)


def test_a_receipt_of_a_later_engine_is_refused_by_name(mari: Person, tmp_path: Path) -> None:
    value = codec.decode(receipt(mari, tmp_path, profile=ALONE).read_bytes(), max_depth=12)
    assert isinstance(value, dict)
    assert isinstance(value["receipt"], dict)
    value["receipt"]["engine"] = "knowchain-ranking/2"
    with pytest.raises(InvalidValue, match="knowchain-ranking/2") as caught:
        read_receipt(codec.encode(value, max_depth=12))
    assert "install" in caught.value.remedy


def test_an_existing_file_is_not_written_over(mari: Person, tmp_path: Path) -> None:
    target = receipt(mari, tmp_path, profile=ALONE)
    with pytest.raises(InvalidValue, match="exists already"):
        write_feed_receipt(mari.home, ReceiptRequest(str(target)))
    with pytest.raises(InvalidValue, match="folder"):
        write_feed_receipt(mari.home, ReceiptRequest(str(tmp_path / "no" / "where")))


def test_a_ledger_that_the_profile_does_not_keep_differs(mari: Person, owain: Person, tmp_path: Path) -> None:
    given = read_receipt(receipt(mari, tmp_path, profile=ALONE).read_bytes())
    manifest = manifest_of(
        network=given.manifest.network, heads=given.manifest.heads, absent=given.manifest.absent
    )
    file = tmp_path / "owed"
    signed = replace(given.receipt, ledger_before={"cy": -70_000}).signed_by(mari.home.device)
    file.write_bytes(write_receipt(signed, manifest, None, b""))
    assert audit(owain, file).differs == ("ledger_before",)


def test_a_feed_that_names_novelty_with_a_weight_of_0_can_be_re_run(
    mari: Person, owain: Person, tmp_path: Path
) -> None:
    show_feed(mari.home, FeedRequest(profile=MOVING))
    zero = MOVING.replace("novelty = 300", "novelty = 0")
    assert audit(owain, receipt(mari, tmp_path, profile=zero, opened=True)).verdict == "match"
